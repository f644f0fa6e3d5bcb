"""What an event and a change of the mode ask of an action."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearthwatch.actions.action import (
    ActionOptions,
    CameraActionOptions,
    GpioActionOptions,
    MqttActionOptions,
    Turn,
    Way,
    WebhookActionOptions,
    WhenOptions,
)
from hearthwatch.actions.rules import asked_by_event, asked_by_mode
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import Change, ChangeKind, Event, EventId, EventKind
from hearthwatch.kit.units import CameraId, WallUs


def change(label="person", camera="front", zones=(), tell=True, kind=EventKind.OBJECT) -> Change:
    event = Event(
        id=EventId("E1"),
        camera=CameraId(camera),
        kind=kind,
        label=label,
        start_us=WallUs(1),
        end_us=None,
        score=0.8,
        box=None,
        zones=frozenset(zones),
        picture=False,
        best_us=WallUs(1),
        reviewed=False,
    )
    return Change(kind=ChangeKind.OPENED, event=event, tell=tell)


SIREN = ActionOptions(
    camera=CameraActionOptions(camera="front"), when=WhenOptions(labels=("person",), cameras=("front",), zones=("drive",))
)


@pytest.mark.parametrize(
    ("seen", "mode", "wanted"),
    [
        (change(zones=["drive"]), Mode.AWAY, True),
        (change(zones=["drive", "street"]), Mode.AWAY, True),
        (change(zones=["street"]), Mode.AWAY, False),
        (change(), Mode.AWAY, False),
        (change(label="cat", zones=["drive"]), Mode.AWAY, False),
        (change(camera="back", zones=["drive"]), Mode.AWAY, False),
        (change(zones=["drive"], tell=False), Mode.AWAY, False),
        *((change(zones=["drive"]), mode, False) for mode in (Mode.HOME, Mode.DISARMED, Mode.DISABLED)),
    ],
)
def test_an_event_switches_on_what_names_it_and_by_default_only_in_an_armed_house(seen, mode, wanted) -> None:
    assert asked_by_event(SIREN, seen, mode) is wanted


def test_motion_without_a_name_is_called_motion() -> None:
    options = ActionOptions(when=WhenOptions(labels=("motion",)))
    assert asked_by_event(options, change(label="", kind=EventKind.MOTION), Mode.AWAY)


def test_nothing_switches_it_on_unless_wished() -> None:
    plain = ActionOptions(camera=CameraActionOptions(camera="front"))
    assert not asked_by_event(plain, change(), Mode.AWAY)
    assert asked_by_mode(plain, Mode.AWAY) is None
    assert not asked_by_event(replace(SIREN, enabled=False), change(zones=["drive"]), Mode.AWAY)


def test_disarming_switches_off_and_what_is_wished_for_a_mode_wins() -> None:
    assert [asked_by_mode(SIREN, mode) for mode in (Mode.DISARMED, Mode.HOME, Mode.DISABLED)] == [Turn.OFF] * 3
    lamp = ActionOptions(when=WhenOptions(going_to=(Mode.HOME,)))
    assert asked_by_mode(lamp, Mode.HOME) is Turn.ON
    assert asked_by_mode(lamp, Mode.DISARMED) is Turn.OFF


@pytest.mark.parametrize(
    ("options", "way", "has_off"),
    [
        (ActionOptions(webhook=WebhookActionOptions(url="http://a/on")), Way.WEBHOOK, False),
        (ActionOptions(webhook=WebhookActionOptions(url="http://a/on", off_url="http://a/off")), Way.WEBHOOK, True),
        (ActionOptions(mqtt=MqttActionOptions(topic="a")), Way.MQTT, True),
        (ActionOptions(mqtt=MqttActionOptions(topic="a", off_payload="")), Way.MQTT, False),
        (ActionOptions(gpio=GpioActionOptions(pin=0)), Way.GPIO, True),
        (SIREN, Way.CAMERA, True),
    ],
)
def test_what_there_is_to_switch_off(options, way, has_off) -> None:
    assert options.ways == (way,)
    assert options.has_off is has_off
