"""What a camera senses: which of it opens events, under what name, and that one visitor stays one event."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest
from tests.run.findings import BASE_US, a_track

from hearthwatch.events.alarms import AlarmOptions, OwnAlarm, OwnObjects, Sensed, SensedPhase, alike, is_of, sensed
from hearthwatch.events.event import ChangeKind, EventId, EventKind, EventOptions
from hearthwatch.events.rules import Rules
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.tracks.track import TrackId, TrackState, ZoneOptions
from hearthwatch.vendors import onvif_event
from hearthwatch.vendors.dahua_events import event
from hearthwatch.vendors.dahua_parts import PartReader
from hearthwatch.vendors.device import AlarmKind, AlarmPhase, AlarmSignal, SeenObject
from hearthwatch.vendors.onvif_xml import parse

ALSO = AlarmOptions(objects=OwnObjects.ALSO)
INSTEAD = AlarmOptions(objects=OwnObjects.INSTEAD)
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
START, STOP, PULSE, STATE = AlarmPhase.START, AlarmPhase.STOP, AlarmPhase.PULSE, AlarmPhase.STATE


def a_signal(kind: AlarmKind = AlarmKind.PERSON, phase: AlarmPhase = START, **fields) -> AlarmSignal:
    return AlarmSignal(**({"kind": kind, "code": kind.value, "phase": phase, "channel": 0} | fields))


def at(seconds: float) -> WallUs:
    return WallUs(BASE_US + round(seconds * US_PER_S))


class Bench:
    """The rules of one camera, and what came of all that was put in."""

    def __init__(self, alarms: AlarmOptions = ALSO, labels=("person", "car", "dog"), zones=None, cooldown_s=0.0) -> None:
        numbers = count(1)
        self.alarms = alarms
        self.rules = Rules(
            CameraId("front"),
            labels,
            EventOptions(cooldown_s=cooldown_s),
            lambda: EventId(f"E{next(numbers)}"),
            zones,
            alarms=alarms,
        )
        self.changes = []

    def hear(self, seconds: float, kind: AlarmKind = AlarmKind.PERSON, phase: AlarmPhase = START, **fields):
        one = sensed(a_signal(kind, phase, **fields), self.alarms)
        return self._took(self.rules.sense(one, at(seconds)) if one else ())

    def see(self, seconds: float, name="t1", **fields):
        return self._took(self.rules.track(a_track(name, at_s=seconds, **fields)))

    def wait(self, seconds: float):
        return self._took(self.rules.flush(at(seconds)))

    def _took(self, changes):
        self.changes += changes
        return changes

    @property
    def events(self):
        return list({change.event.id: change.event for change in self.changes}.values())

    @property
    def told(self):
        return [change.event.label for change in self.changes if change.tell]


@pytest.mark.parametrize(
    ("kind", "objects", "meaning"),
    [
        (AlarmKind.PERSON, (), (EventKind.OBJECT, "person")),
        (AlarmKind.VEHICLE, (), (EventKind.OBJECT, "car")),
        (AlarmKind.OTHER, ("dog_cat",), (EventKind.OBJECT, "dog")),
        (AlarmKind.MOTION, ("person",), (EventKind.OBJECT, "person")),
        (AlarmKind.MOTION, (), None),
        (AlarmKind.CROSSING, ("person",), (EventKind.OBJECT, "person")),
        (AlarmKind.CROSSING, (), (EventKind.ALARM, "crossing")),
        (AlarmKind.INPUT, (), (EventKind.ALARM, "input")),
        (AlarmKind.DOORBELL, (), (EventKind.ALARM, "doorbell")),
        (AlarmKind.AUDIO, (), (EventKind.ALARM, "audio")),
        (AlarmKind.TAMPER, (), (EventKind.TAMPER, "tamper")),
        (AlarmKind.VIDEO_LOSS, (), None),
        (AlarmKind.STORAGE_FAILED, (), None),
        (AlarmKind.LOGIN, (), None),
        (AlarmKind.LOGIN_FAILED, (), None),
        (AlarmKind.RESTARTED, (), None),
        (AlarmKind.OTHER, ("package",), None),
    ],
)
def test_what_an_alarm_means(kind, objects, meaning):
    found = sensed(a_signal(kind, objects=tuple(SeenObject(label=label, box=None) for label in objects)), ALSO)
    assert (None if found is None else (found.kind, found.labels[0])) == meaning


def test_options_say_what_counts():
    people = a_signal(AlarmKind.PERSON)
    assert sensed(people, AlarmOptions()) is None
    crossing = a_signal(AlarmKind.CROSSING, objects=(SeenObject(label="person", box=None),))
    assert sensed(crossing, AlarmOptions()).labels == ("crossing",)
    assert sensed(crossing, AlarmOptions(events=())) is None
    motion = sensed(a_signal(AlarmKind.MOTION), AlarmOptions(events=(OwnAlarm.MOTION,)))
    assert (motion.kind, motion.labels) == (EventKind.MOTION, ("",))
    assert sensed(a_signal(channel=3), AlarmOptions(objects=OwnObjects.ALSO, channel=3)) is None
    assert sensed(a_signal(channel=2), AlarmOptions(objects=OwnObjects.ALSO, channel=3)) is not None


def test_the_code_of_the_camera_stays_readable():
    found = sensed(a_signal(AlarmKind.CROSSING, code="CrossLineDetection", regions=("gate", "drive")), ALSO)
    assert found.detail == "the camera says CrossLineDetection (gate, drive)"
    assert len(sensed(a_signal(code="x" * 500, regions=("y" * 500,)), ALSO).detail) < 200


def test_channels_count_from_one_and_none_concerns_all():
    assert [is_of(a_signal(channel=channel), 2) for channel in (-1, 0, 1)] == [True, False, True]
    assert is_of(a_signal(channel=7), 0)


def test_labels_that_may_be_one_visitor():
    assert alike("car", "truck")
    assert alike("crossing", "person")
    assert not alike("crossing", "doorbell")
    assert not alike("person", "car")
    assert not alike("", "person")


def test_a_camera_opens_an_event_at_once_and_ends_it():
    bench = Bench()
    (opened,) = bench.hear(0)
    assert (opened.kind, opened.tell, opened.event.kind, opened.event.label) == (
        ChangeKind.OPENED,
        True,
        EventKind.OBJECT,
        "person",
    )
    assert (opened.event.score, opened.event.box) == (0.0, None)
    assert bench.hear(60, phase=STATE) == ()
    assert bench.hear(70, phase=STOP) == ()
    assert bench.wait(75) == ()
    (closed,) = bench.wait(81)
    assert (closed.kind, closed.event.end_us) == (ChangeKind.CLOSED, at(70))


def test_how_things_stand_opens_nothing():
    bench = Bench()
    assert bench.hear(0, phase=STATE) == ()
    assert bench.hear(1, phase=STOP) == ()
    assert bench.events == []


def test_an_end_that_never_comes():
    bench = Bench()
    bench.hear(0)
    bench.hear(60, phase=STATE)
    assert bench.wait(230) == ()
    (closed,) = bench.wait(241)
    assert closed.event.end_us == at(60)
    assert bench.hear(300)[0].kind is ChangeKind.OPENED


def test_a_moment_is_an_event_of_its_own():
    bench = Bench()
    (rung,) = bench.hear(0, AlarmKind.DOORBELL, PULSE)
    assert (rung.event.label, rung.tell) == ("doorbell", True)
    bench.hear(3, AlarmKind.DOORBELL, PULSE)
    (closed,) = bench.wait(14)
    assert closed.event.end_us == at(3)
    assert len(bench.events) == 1


@pytest.mark.parametrize("camera_first_s", [-8, -2, -0.5, 0.5, 2, 8])
def test_what_camera_and_detector_see_is_one_visitor(camera_first_s):
    bench = Bench()
    if camera_first_s < 0:
        bench.hear(10 + camera_first_s, phase=PULSE, code="SmartMotionHuman")
    bench.see(10)
    if camera_first_s > 0:
        bench.see(10.3, state=TrackState.ENDED)
        bench.hear(10 + camera_first_s, phase=PULSE, code="SmartMotionHuman")
    bench.wait(60)
    (event,) = bench.events
    assert bench.told == ["person"]
    assert (event.label, event.score) == ("person", 0.8)
    assert bench.rules.event_of(TrackId("t1")) == event.id


def test_the_looker_knows_better_how_long_it_lasts():
    bench = Bench()
    bench.hear(0)
    bench.see(1)
    bench.see(20, state=TrackState.ENDED)
    bench.wait(25)
    (event,) = bench.events
    assert event.end_us == at(20)
    assert "the camera says" in event.detail
    bench.hear(40, phase=STOP)
    assert bench.see(60, "t2")[0].kind is ChangeKind.OPENED


def test_a_line_crossed_by_somebody_is_told_as_somebody():
    bench = Bench(AlarmOptions())
    bench.hear(0, AlarmKind.CROSSING, PULSE, code="CrossLineDetection")
    bench.see(1)
    (event,) = bench.events
    assert (event.kind, event.label, event.start_us) == (EventKind.OBJECT, "person", at(0))
    assert bench.told == ["crossing", "person"]
    assert event.detail == "the camera says CrossLineDetection"


def test_several_codes_of_one_camera_are_one_visitor():
    bench = Bench()
    bench.hear(0, code="SmartMotionHuman")
    bench.hear(1, AlarmKind.CROSSING, code="CrossRegionDetection", objects=(SeenObject(label="person", box=None),))
    bench.hear(2, code="SmartMotionHuman", phase=STOP)
    bench.wait(20)
    assert bench.events[0].end_us is None
    bench.hear(30, AlarmKind.CROSSING, STOP, code="CrossRegionDetection", objects=(SeenObject(label="person", box=None),))
    (closed,) = bench.wait(41)
    assert closed.event.end_us == at(30)
    assert closed.event.detail == "the camera says SmartMotionHuman; the camera says CrossRegionDetection"


def test_people_and_cars_are_two():
    bench = Bench()
    bench.hear(0)
    bench.hear(1, AlarmKind.VEHICLE)
    assert [event.label for event in bench.events] == ["person", "car"]


def test_a_vehicle_takes_the_name_the_detector_gives_it():
    bench = Bench(labels=("person", "car", "truck"))
    bench.hear(0, AlarmKind.VEHICLE)
    bench.see(1, label="truck")
    assert [event.label for event in bench.events] == ["truck"]
    assert bench.told == ["car"]


def test_labels_that_are_not_wanted_open_nothing():
    bench = Bench(labels=("person",))
    assert bench.hear(0, AlarmKind.VEHICLE) == ()
    assert Bench(labels=("truck",)).hear(0, AlarmKind.VEHICLE)[0].event.label == "truck"


def test_zones_hold_for_what_the_camera_places():
    zones = {"path": ZoneOptions(points=LEFT)}
    box = (SeenObject(label="person", box=(0.1, 0.2, 0.3, 0.8)),)
    far = (SeenObject(label="person", box=(0.7, 0.2, 0.9, 0.8)),)
    assert Bench(zones=zones).hear(0, objects=far) == ()
    assert Bench(zones=zones).hear(0, objects=box)[0].event.zones == {"path"}
    assert Bench(zones=zones).hear(0) == ()
    assert Bench(INSTEAD, zones=zones).hear(0)[0].event.zones == frozenset()


def test_tampering_is_kept_and_told_by_its_outage_only():
    bench = Bench()
    (opened,) = bench.hear(0, AlarmKind.TAMPER)
    assert (opened.event.kind, opened.event.label, opened.tell) == (EventKind.TAMPER, "tamper", False)


def test_the_cooldown_holds_for_the_camera_too():
    bench = Bench(cooldown_s=15)
    bench.hear(0)
    bench.hear(1, phase=STOP)
    bench.wait(12)
    (again,) = bench.hear(13)
    assert (again.kind, again.tell) == (ChangeKind.OPENED, False)


def test_a_looker_that_dies_takes_no_word_of_the_camera_with_it():
    bench = Bench()
    bench.hear(0)
    bench.rules.abandon(at(1))
    assert bench.wait(30) == ()
    bench.hear(31, phase=STOP)
    (closed,) = bench.wait(42)
    assert closed.event.end_us == at(31)


def streamed(tapes: Path, name: str) -> list[AlarmSignal]:
    reader = PartReader("myboundary")
    parts = reader.feed((tapes / "dahua" / name).read_bytes())
    return [one for one in map(event, parts) if one is not None]


def test_tape_of_a_doorbell_is_one_ring(test_data: Path):
    bench = Bench()
    for second, signal in enumerate(streamed(test_data / "tapes", "amcrest-ad410/doorbell-press.rebuilt.bin")):
        if (one := sensed(signal, ALSO)) is not None:
            bench._took(bench.rules.sense(one, at(second)))
    assert [(one.kind, one.label) for one in bench.events] == [(EventKind.ALARM, "doorbell")]


def test_tape_of_motion_opens_an_event_only_where_that_is_wanted(test_data: Path):
    signals = streamed(test_data / "tapes", "amcrest-camera-ui/event-stream-capture.bin")
    assert AlarmKind.MOTION in {one.kind for one in signals}
    assert [sensed(one, ALSO) for one in signals] == [None] * len(signals)
    wanted = AlarmOptions(events=(OwnAlarm.MOTION,))
    found = [one for one in (sensed(signal, wanted) for signal in signals) if one is not None]
    assert found[0].phase is SensedPhase.BEGAN
    assert {one.kind for one in found} == {EventKind.MOTION}


def test_tapes_of_a_vehicle_and_of_a_crossing_name_them(test_data: Path):
    folder = test_data / "tapes/dahua"
    vehicle = json.loads((folder / "amcrest-camera-ui/smart-motion-vehicle.data.json").read_text())
    signal = event(f"Code=SmartMotionVehicle;action=Start;index=0;data={json.dumps(vehicle)}")
    assert sensed(signal, ALSO).labels[0] == "car"
    crossing = json.loads((folder / "amcrest-scrypted/CrossRegionDetection.data.json").read_text())
    signal = event(f"Code=CrossRegionDetection;action=Start;index=0;data={json.dumps(crossing)}")
    found = sensed(signal, ALSO)
    assert (found.kind, found.labels, found.box is not None) == (EventKind.OBJECT, ("person",), True)


def test_tapes_of_how_an_onvif_camera_stands_open_nothing(test_data: Path):
    bench = Bench(AlarmOptions(objects=OwnObjects.ALSO, events=tuple(OwnAlarm)))
    seen = 0
    for path in sorted((test_data / "tapes/onvif/axis-metadata").glob("*_init*.xml")):
        for one in onvif_event.notifications(parse(path.read_bytes())):
            found = sensed(onvif_event.signal(one, {}), bench.alarms)
            seen += 1
            if found is not None:
                bench._took(bench.rules.sense(found, at(0)))
    assert seen > 5
    assert bench.events == []


def test_tape_of_a_change_of_an_onvif_camera_opens_an_event(test_data: Path):
    path = test_data / "tapes/onvif/axis-metadata/vmd4_any_change.xml"
    (one,) = onvif_event.notifications(parse(path.read_bytes()))
    found = sensed(onvif_event.signal(one, {}), AlarmOptions(events=(OwnAlarm.MOTION,)))
    assert (found.kind, found.phase) == (EventKind.MOTION, SensedPhase.BEGAN)


def test_a_ring_after_the_house_died_is_a_ring_though_the_one_before_was_left_open():
    before, after = Bench(), Bench()
    (rung,) = before.hear(0, AlarmKind.DOORBELL, PULSE)
    after.rules.resume([rung.event], at(6))
    (closed,) = after.wait(11)
    assert (closed.kind, closed.event.end_us) == (ChangeKind.CLOSED, at(0))
    (again,) = after.hear(11.5, AlarmKind.DOORBELL, PULSE)
    assert (again.kind, again.tell) == (ChangeKind.OPENED, True)


def test_a_trigger_after_the_house_died_is_told_though_the_one_before_was_left_open():
    before, after = Bench(), Bench()
    pulse = Sensed(
        source="trigger",
        kind=EventKind.SENSOR,
        labels=("bell",),
        phase=SensedPhase.BEGAN,
        at_once=True,
        box=None,
        detail="a call by web",
    )
    (first,) = before.rules.sense(pulse, at(0))
    after.rules.resume([first.event], at(12))
    (closed,) = after.wait(12)
    assert (closed.kind, closed.event.end_us) == (ChangeKind.CLOSED, at(0))
    (again,) = after.rules.sense(pulse, at(13))
    assert (again.kind, again.tell) == (ChangeKind.OPENED, True)


def test_the_same_hand_at_the_bell_while_the_house_died_is_one_ring():
    before, after = Bench(), Bench()
    (rung,) = before.hear(0, AlarmKind.DOORBELL, PULSE)
    after.rules.resume([rung.event], at(6))
    assert after.hear(8, AlarmKind.DOORBELL, PULSE) == ()
