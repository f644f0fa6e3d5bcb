"""A visitor who stays is told once, and again only where and as long as the owner wants it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from tests.alerts.house import BERLIN, FRONT, an_event

from hearthwatch.alerts.alert import TEXT_ONLY, Severity
from hearthwatch.alerts.options import AlertOptions
from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.alerts.reminder import Reminders
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import Change, ChangeKind, Event, EventKind
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

NOW = WallUs(1_700_000_000_000_000)  # 2023-11-14 23:13:20 in Berlin
YARD = CameraId("yard")


def at(seconds: float) -> WallUs:
    return WallUs(NOW + round(seconds * US_PER_S))


def there(key: str = "E1", **fields) -> Event:
    return replace(an_event(start_us=NOW), **({"id": key, "end_us": None} | fields))


def times(reminders: Reminders, until_s: int, every_s: float, step_s: int = 1) -> list[int]:
    return [second for second in range(0, until_s, step_s) if reminders.due(at(second), lambda _event: every_s)]


def test_one_that_stays_is_due_each_time_its_wait_is_over() -> None:
    reminders = Reminders()
    reminders.told(there(), NOW)
    assert times(reminders, 1000, 300) == [300, 600, 900]


def test_nobody_who_did_not_ask_is_reminded() -> None:
    reminders = Reminders()
    reminders.told(there(), NOW)
    assert times(reminders, 4000, 0, 60) == []


def test_it_ends_with_the_event_and_rests_while_the_visitor_is_out_of_sight() -> None:
    reminders = Reminders()
    reminders.told(there(), NOW)
    reminders.follow(Change(kind=ChangeKind.UPDATED, event=there(end_us=at(290)), tell=False))
    assert not reminders.due(at(300), lambda _event: 300)
    reminders.follow(Change(kind=ChangeKind.UPDATED, event=there(), tell=False))
    assert reminders.due(at(303), lambda _event: 300)
    reminders.follow(Change(kind=ChangeKind.CLOSED, event=there(end_us=at(400)), tell=False))
    assert times(reminders, 4000, 300, 60) == []


def test_what_was_never_told_is_not_told_again() -> None:
    reminders = Reminders()
    reminders.follow(Change(kind=ChangeKind.OPENED, event=there(), tell=False))
    reminders.follow(Change(kind=ChangeKind.UPDATED, event=there(), tell=False))
    assert times(reminders, 4000, 300, 60) == []


def test_one_visitor_on_two_cameras_is_reminded_of_once() -> None:
    reminders = Reminders()
    reminders.told(there(), NOW)
    reminders.told(there("E2", camera=YARD, start_us=at(20)), at(20))
    reminders.told(there("E3", label="dog"), at(50))
    ((first, second),) = reminders.due(at(300), lambda _event: 300)
    assert [first.id, second.id] == ["E1", "E2"]
    assert not reminders.due(at(330), lambda _event: 300)
    ((dog,),) = reminders.due(at(350), lambda _event: 300)
    assert dog.id == "E3"


def test_a_clock_that_was_set_back_starts_the_wait_anew() -> None:
    reminders = Reminders()
    reminders.told(there(), at(0))
    assert not reminders.due(at(-5000), lambda _event: 300)
    assert not reminders.due(at(-4710), lambda _event: 300)
    assert reminders.due(at(-4700), lambda _event: 300)


def policy(**options) -> Policy:
    numbers = count(1)
    cameras = {
        FRONT: CameraAlerts(name="Front", options=AlertOptions(**options)),
        YARD: CameraAlerts(name="Yard", options=AlertOptions(remind_s=60, send_picture=True)),
    }
    return Policy(home="Home", zone=BERLIN, cameras=cameras, ids=lambda: f"A{next(numbers)}")


def test_the_words_say_since_when_and_where() -> None:
    events = [there(), there("E2", camera=YARD, start_us=at(20))]
    alert = policy().on_reminder(events, Mode.AWAY, snoozed_until_us=lambda _camera: WallUs(0), now_us=at(900))
    assert alert is not None
    assert alert.title == "Front, Yard: person still there"
    assert alert.text == "Since 23:13:20, for 15 min."
    assert (alert.severity, alert.event, alert.camera, alert.parts) == (Severity.URGENT, "E1", FRONT, TEXT_ONLY)
    assert (alert.received_ns, alert.decided_ns) == (0, 0)


@pytest.mark.parametrize(
    ("options", "mode", "snoozed_s", "told"),
    [
        ({}, Mode.AWAY, 0, True),
        ({}, Mode.DISARMED, 0, False),
        ({}, Mode.DISABLED, 0, False),
        ({}, Mode.AWAY, 2000, False),
        ({"enabled": False}, Mode.AWAY, 0, False),
        ({"labels": ("dog",)}, Mode.AWAY, 0, False),
        ({"times": ("08:00-18:00",)}, Mode.AWAY, 0, False),
    ],
)
def test_a_reminder_goes_by_the_rules_of_now(options: dict, mode: Mode, snoozed_s: int, told: bool) -> None:
    alert = policy(**options).on_reminder([there()], mode, snoozed_until_us=lambda _camera: at(snoozed_s), now_us=at(900))
    assert (alert is not None) is told


def test_the_wait_is_the_cameras_and_none_by_default() -> None:
    assert policy().remind_s(there()) == 0
    assert policy(remind_s=600).remind_s(there()) == 600
    assert policy(remind_s=600).remind_s(there(kind=EventKind.TAMPER)) == 0
    assert policy().remind_s(there(camera=CameraId("gone"))) == 0
