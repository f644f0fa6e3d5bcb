"""Who is told of what, and in which words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

import pytest
from tests.alerts.house import BERLIN, FRONT, an_event

from hearthwatch.alerts.alert import Part, Severity
from hearthwatch.alerts.options import AlertOptions
from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.arming.arming import Mode, ModeOptions, ModesOptions, Telling
from hearthwatch.events.event import Change, ChangeKind, EventKind
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

NOW = WallUs(1_700_000_000_000_000)  # 2023-11-14 23:13:20 in Berlin


@dataclass(frozen=True)
class State:
    mode: Mode = Mode.AWAY
    snoozed: int = 0


def make(**options) -> Policy:
    numbers = count(1)
    cameras = {FRONT: CameraAlerts(name="Front door", options=AlertOptions(**options))}
    return Policy(home="Home", zone=BERLIN, cameras=cameras, ids=lambda: f"A{next(numbers)}")


def opened(tell=True, **fields) -> Change:
    return Change(kind=ChangeKind.OPENED, event=an_event(start_us=NOW, **fields), tell=tell)


def decide(policy, change, state=None):
    state = state or State()
    return policy.on_event(change, state.mode, snoozed_until_us=WallUs(state.snoozed), now_us=NOW, decided_ns=MonoNs(7))


def test_a_person_is_told_in_the_owners_words():
    alert = decide(make(), opened(zones=frozenset({"porch", "drive"}), detail="by the bell", received_ns=MonoNs(3)))
    assert alert.title == "Front door: person"
    assert alert.text == "23:13:20 · 80% sure · in drive, porch · by the bell"
    assert (alert.severity, alert.camera) == (Severity.URGENT, FRONT)
    assert (alert.received_ns, alert.decided_ns) == (3, 7)
    assert alert.dedupe_key == f"event/{alert.event}"
    assert alert.parts == {Part.TEXT}


@pytest.mark.parametrize(
    ("options", "change", "state", "told"),
    [
        ({}, {}, State(), True),
        ({}, {"tell": False}, State(), False),
        ({"enabled": False}, {}, State(), False),
        ({"labels": ("car",)}, {}, State(), False),
        ({"labels": ("car",)}, {"label": "car"}, State(), True),
        ({}, {"camera": CameraId("other")}, State(), False),
        ({}, {"kind": EventKind.MOTION, "label": ""}, State(), False),
        ({"labels": ("motion",)}, {"kind": EventKind.MOTION, "label": ""}, State(), True),
        ({"labels": ()}, {"kind": EventKind.TAMPER, "label": ""}, State(), True),
        ({}, {}, State(Mode.HOME), False),
        ({}, {}, State(Mode.DISARMED), False),
        ({}, {}, State(Mode.DISABLED), False),
        ({"labels": ()}, {"kind": EventKind.TAMPER, "label": ""}, State(Mode.DISABLED), True),
        ({"labels": ()}, {"kind": EventKind.OFFLINE, "label": ""}, State(Mode.HOME), True),
        ({}, {}, State(snoozed=NOW + 1), False),
        ({}, {}, State(snoozed=NOW), True),
    ],
)
def test_who_is_told(options, change, state, told):
    policy = make(**options)
    assert (decide(policy, opened(**change), state) is not None) is told


PORCH_AT_HOME = ModesOptions(
    home=ModeOptions(alerts=Telling.ALL, labels=("person", "car"), zones=("porch",)),
    away=ModeOptions(alerts=Telling.NONE),
    disabled=ModeOptions(alerts=Telling.ALL),
)


@pytest.mark.parametrize(
    ("mode", "change", "told"),
    [
        (Mode.HOME, {"zones": frozenset({"porch", "drive"})}, True),
        (Mode.HOME, {"zones": frozenset({"drive"})}, False),
        (Mode.HOME, {}, False),
        (Mode.HOME, {"label": "car", "zones": frozenset({"porch"})}, True),
        (Mode.HOME, {"label": "dog", "zones": frozenset({"porch"})}, False),
        (Mode.AWAY, {"zones": frozenset({"porch"})}, False),
        (Mode.DISARMED, {"zones": frozenset({"porch"})}, False),
        (Mode.DISABLED, {"zones": frozenset({"porch"})}, False),
        (Mode.HOME, {"kind": EventKind.TAMPER, "label": ""}, True),
    ],
)
def test_what_a_mode_means_for_a_camera(mode, change, told):
    cameras = {FRONT: CameraAlerts(name="Front door", modes=PORCH_AT_HOME)}
    policy = Policy(home="Home", zone=BERLIN, cameras=cameras, ids=lambda: "A1")
    assert (decide(policy, opened(**change), State(mode)) is not None) is told


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({}, {Part.TEXT}),
        ({"send_picture": True}, {Part.TEXT, Part.PICTURE}),
        ({"send_clip": True}, {Part.TEXT, Part.CLIP}),
        ({"send_picture": True, "send_clip": True}, {Part.TEXT, Part.PICTURE, Part.CLIP}),
    ],
)
def test_pictures_and_clips_leave_only_when_the_owner_says_so(options, parts):
    assert decide(make(**options), opened()).parts == parts


def test_words_for_other_events():
    policy = make(labels=("motion", "car"))
    assert decide(policy, opened(kind=EventKind.MOTION, label="")).title == "Front door: motion"
    assert "sure" not in decide(policy, opened(kind=EventKind.MOTION, label="")).text
    car = decide(policy, opened(label="car"))
    assert (car.title, car.severity) == ("Front door: car", Severity.WARN)


def outage(fault=Fault.CAMERA_UNREACHABLE, *, camera=FRONT, subject="front", end=None, detail="Check its plug."):
    return Outage(fault=fault, camera=camera, subject=subject, start_us=NOW, end_us=end, detail=detail)


def test_an_outage_begins_and_ends():
    policy = make()
    began = policy.on_outage(outage(), now_us=NOW)
    assert (began.title, began.text) == ("Front door: offline", "Since 23:13:20.\nCheck its plug.")
    assert began.severity is Severity.WARN
    later = WallUs(NOW + 3600 * 1_000_000)
    ended = policy.on_outage(outage(end=later), now_us=later)
    assert ended.title == "Front door: is back"
    assert ended.text == "After 60 min, from Tue 14 Nov 23:13:20 to 00:13:20."
    assert (ended.severity, ended.skip_channel) == (Severity.INFO, "")
    assert began.dedupe_key != ended.dedupe_key
    assert policy.on_outage(outage(), now_us=later).dedupe_key == began.dedupe_key


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_words_for_both_ends(fault):
    policy = make()
    for end in (None, WallUs(NOW + 1)):
        assert policy.on_outage(outage(fault, camera=None, subject="disk", end=end), now_us=NOW).title.startswith("Disk: ")


def test_a_dead_channel_is_told_on_the_others():
    dead = outage(Fault.CHANNEL_DEAD, camera=None, subject="telegram:1000")
    policy = make()
    assert policy.on_outage(dead, now_us=NOW).skip_channel == "telegram:1000"
    assert policy.on_outage(replace(dead, end_us=WallUs(NOW + 5)), now_us=NOW).skip_channel == ""


def test_names_nobody_knows():
    policy = make()
    assert policy.name(CameraId("shed")) == "shed"
    assert policy.on_outage(outage(camera=None, subject=""), now_us=NOW).title == "Home: offline"


def test_notice():
    alert = make().notice("Hearthwatch is running", "4 cameras", key="start/1", now_us=NOW)
    assert (alert.title, alert.dedupe_key, alert.severity) == ("Home: Hearthwatch is running", "notice/start/1", Severity.INFO)


def test_a_sensor_is_told_in_armed_modes_whatever_the_labels_and_its_burst_goes_as_an_album():
    options = make(send_picture=True)
    event = opened(kind=EventKind.SENSOR, label="pir")
    assert decide(options, event).parts == {Part.TEXT, Part.PICTURE, Part.ALBUM}
    assert decide(make(), event).parts == {Part.TEXT}
    assert decide(options, event, State(mode=Mode.DISARMED)) is None
