"""What stands at the broker about the house at a moment."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.alerts import home_assistant

from hearthwatch.alerts.mqtt_discovery import Code, Shown, ShownCamera, announcements
from hearthwatch.alerts.mqtt_states import CameraFacts, HouseFacts, states
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.arming.arming import ArmState, Cause, Mode
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.units import CameraId, WallUs

TOPICS = Topics("hearthwatch")
FRONT = CameraId("front")
CAMERA = CameraFacts(
    id=FRONT,
    live=True,
    state="live",
    motion=False,
    labels=("person", "dog"),
    seen=frozenset(),
    tampered=False,
    quiet_until_us=WallUs(0),
)
ARM = ArmState(
    number=3,
    mode=Mode.AWAY,
    since_us=WallUs(1_700_000_000_000_000),
    at_us=WallUs(1_700_000_000_000_000),
    cause=Cause.PERSON,
    who="Anna",
    via="Telegram",
    evidence=("Anna's phone answered",),
    planned_us=WallUs(0),
)
FACTS = HouseFacts(
    arm=ARM,
    alarmed=False,
    cameras=(CAMERA,),
    people=(("anna", True), ("bo", False), ("new", None)),
    outages=(),
    private=False,
    said="",
    ignored=0,
)


def told(facts: HouseFacts) -> dict[str, str]:
    return {topic.removeprefix("hearthwatch/"): payload.decode() for topic, payload in states(facts, TOPICS).items()}


def outage(fault: Fault, camera: CameraId | None) -> Outage:
    return Outage(fault=fault, camera=camera, subject=camera or "disk", start_us=WallUs(1), end_us=None, detail="look at it")


@pytest.mark.parametrize(
    ("mode", "panel", "telling"),
    [
        (Mode.DISARMED, "disarmed", "ON"),
        (Mode.HOME, "armed_home", "ON"),
        (Mode.AWAY, "armed_away", "ON"),
        (Mode.DISABLED, "disarmed", "OFF"),
    ],
)
def test_the_modes_in_home_assistants_words(mode: Mode, panel: str, telling: str) -> None:
    found = told(replace(FACTS, arm=replace(ARM, mode=mode)))
    assert panel in home_assistant.PANEL_STATES
    assert (found["panel"], found["mode"], found["telling"]) == (panel, mode.value, telling)


def test_a_visitor_who_was_told_of_triggers_the_panel_of_an_armed_house_alone() -> None:
    found = {mode: told(replace(FACTS, arm=replace(ARM, mode=mode), alarmed=True))["panel"] for mode in Mode}
    assert "triggered" in home_assistant.PANEL_STATES
    assert [mode for mode, panel in found.items() if panel == "triggered"] == [Mode.AWAY]


def test_who_is_home_and_who_is_not_known() -> None:
    found = told(FACTS)
    assert [found[f"person/{one}"] for one in ("anna", "bo", "new")] == ["ON", "OFF", "None"]


def test_who_armed_it_and_why_is_told_only_where_presence_is() -> None:
    assert json.loads(told(FACTS)["about"])["evidence"] == ["Anna's phone answered"]
    hidden = told(replace(FACTS, private=True, people=()))
    assert not any("Anna" in payload for payload in hidden.values())
    assert not any(topic.startswith("person/") for topic in hidden)


def test_what_a_camera_sees() -> None:
    found = told(replace(FACTS, cameras=(replace(CAMERA, motion=True, seen=frozenset({"person"})),)))
    assert found["camera/front/motion"] == found["camera/front/label/person"] == "ON"
    assert found["camera/front/label/dog"] == found["camera/front/tamper"] == "OFF"


@pytest.mark.parametrize("fault", [Fault.CAMERA_COVERED, Fault.CAMERA_TURNED, Fault.CAMERA_STRANGER, Fault.CAMERA_FROZEN])
def test_tampering_is_an_outage_of_the_camera_or_its_own_alarm(fault: Fault) -> None:
    assert told(replace(FACTS, outages=(outage(fault, FRONT),)))["camera/front/tamper"] == "ON"
    assert told(replace(FACTS, cameras=(replace(CAMERA, tampered=True),)))["camera/front/tamper"] == "ON"


def test_trouble_is_the_cameras_or_the_houses() -> None:
    camera = told(replace(FACTS, outages=(outage(Fault.CAMERA_UNREACHABLE, FRONT),)))
    house = told(replace(FACTS, outages=(outage(Fault.DISK_FULL, None),)))
    assert (camera["camera/front/trouble"], camera["trouble"]) == ("ON", "OFF")
    assert (house["camera/front/trouble"], house["trouble"]) == ("OFF", "ON")
    assert json.loads(camera["camera/front/about"])["trouble"] == ["front: look at it"]


def test_every_state_topic_that_is_announced_has_its_state() -> None:
    shown = Shown(
        name="Home",
        version="1",
        cameras=(ShownCamera(id="front", name="Front", labels=CAMERA.labels),),
        people=tuple((one, one) for one, _ in FACTS.people),
        pictures=True,
        alerts=False,
        obeys=True,
        code=Code.NONE,
    )
    found = states(FACTS, TOPICS)
    for payload in announcements(shown, TOPICS, "ha").values():
        fields = json.loads(payload)
        for key in ("state_topic", "json_attributes_topic"):
            assert key not in fields or fields[key] in found
