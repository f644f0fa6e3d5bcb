"""One visitor on several cameras is one alert."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.incident import Incidents
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

NAMES = {"front": "Front door", "drive": "Driveway", "yard": "Yard"}


def alert(number: int, camera: str, at_s: float, severity: Severity = Severity.WARN) -> Alert:
    return Alert(
        id=AlertId(f"A{number}"),
        event=f"E{number}",
        camera=CameraId(camera),
        severity=severity,
        title=f"{NAMES[camera]}: person",
        text=f"at {at_s:.0f} · 80% sure\nand more",
        at_us=WallUs(round(at_s * US_PER_S)),
        dedupe_key=f"event/E{number}",
    )


def take(incidents: Incidents, one: Alert, what: str = "person", window_s: float = 60.0):
    return incidents.take(one, what=what, name=NAMES[one.camera], window_s=window_s)


def test_another_camera_joins_and_the_alert_that_was_told_says_so():
    incidents = Incidents()
    first = take(incidents, alert(1, "drive", 0))
    assert first.is_new
    second = take(incidents, alert(2, "front", 20, Severity.URGENT))
    assert not second.is_new
    assert (second.alert.id, second.alert.event, second.alert.dedupe_key) == ("A1", "E1", "event/E1")
    assert second.alert.title == "Driveway, Front door: person"
    assert second.alert.text == "at 0 · 80% sure\nand more\nFront door: at 20 · 80% sure"
    assert second.alert.severity is Severity.URGENT
    third = take(incidents, alert(3, "drive", 70))
    assert not third.is_new, "back on the first camera while it goes on"
    assert third.alert.title == "Driveway, Front door: person"


def test_what_is_another_incident():
    incidents = Incidents()
    assert take(incidents, alert(1, "drive", 0)).is_new
    assert take(incidents, alert(2, "front", 5), what="dog").is_new, "another kind of visitor"
    assert take(incidents, alert(3, "drive", 30)).is_new, "the same camera alone is told by its own cooldown"
    assert take(incidents, alert(4, "front", 91)).is_new, "too late"
    assert take(incidents, alert(5, "yard", 0)).is_new, "the clock was set back by more than the window"


def test_whoever_is_told_since_a_moment_ago_hears_of_what_still_goes_on():
    incidents = Incidents()
    for number, camera, ways in ((1, "drive", frozenset()), (2, "front", {"telegram"}), (3, "yard", {"telegram", "push"})):
        told = incidents.take(alert(number, camera, number), what="person", name=camera, window_s=60.0, ways=frozenset(ways))
        assert told.is_new, camera
    gone = incidents.take(alert(4, "drive", 4), what="person", name="drive", window_s=60.0, ways=frozenset({"push"}))
    assert not gone.is_new, "a way that is gone takes nothing away"


def test_what_a_camera_that_was_removed_saw_is_nobody_elses_visitor():
    incidents = Incidents()
    take(incidents, alert(1, "drive", 0))
    incidents.keep({CameraId("front"), CameraId("yard")})
    assert take(incidents, alert(2, "front", 2)).is_new
    incidents.keep({CameraId("front"), CameraId("yard")})
    assert not take(incidents, alert(3, "yard", 3)).is_new


def test_without_a_window_every_camera_tells_for_itself():
    incidents = Incidents()
    assert all(take(incidents, alert(number, camera, number), window_s=0).is_new for number, camera in enumerate(NAMES))
    assert take(incidents, alert(9, "front", 9)).is_new


def test_a_party_does_not_keep_a_thief_quiet():
    incidents = Incidents()
    cameras = list(NAMES)
    told = [number for number in range(40) if take(incidents, alert(number, cameras[number % 3], number * 50)).is_new]
    assert told == [0, 12, 24, 36], "told again after ten windows"


def test_the_text_stays_short():
    incidents = Incidents()
    last = [take(incidents, alert(number, list(NAMES)[number % 3], number)) for number in range(20)][-1]
    lines = last.alert.text.split("\n")
    assert len(lines) == 9
    assert lines[-1] == "and 13 more"


@given(st.lists(st.tuples(st.sampled_from(sorted(NAMES)), st.floats(0, 200)), min_size=1, max_size=30))
def test_nothing_is_lost(visits):
    """Every alert is either told or in what an alert that was told says."""
    incidents = Incidents()
    now = 0.0
    told: dict[str, Alert] = {}
    for number, (camera, gap) in enumerate(visits):
        now += gap
        telling = take(incidents, alert(number, camera, now))
        if telling.is_new:
            assert telling.alert == replace(alert(number, camera, now))
            assert telling.alert.id not in told
        else:
            assert telling.alert.id in told
            assert NAMES[camera] in telling.alert.title
        told[telling.alert.id] = telling.alert
