"""How many messages a burst becomes."""

from __future__ import annotations

from dataclasses import replace

from tests.logins.rows import login

from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.logins.login import Verdict
from hearthwatch.logins.pacing import Pace

FRONT = CameraId("front")


def at(seconds: float) -> MonoNs:
    return MonoNs(round((1000 + seconds) * NS_PER_S))


def test_the_first_is_told_at_once_and_a_thousand_together() -> None:
    assert len(Pace().due(FRONT, [login()] * 1000, at(0))) == 1000


def test_what_goes_on_in_the_same_way_is_told_later_and_ever_more_rarely() -> None:
    pace = Pace()
    told = [second for second in range(0, 30_000, 10) if pace.due(FRONT, [login()], at(second))]
    assert told == [0, 60, 660, 4260, 25_860]


def test_another_user_address_or_verdict_is_told_at_once() -> None:
    pace = Pace()
    assert pace.due(FRONT, [login()], at(0))
    assert pace.due(FRONT, [login(user="other")], at(1))
    assert pace.due(FRONT, [login(address="203.0.113.8")], at(2))
    assert pace.due(FRONT, [login(verdict=Verdict.OUR_ACCOUNT)], at(3))


def test_failures_are_one_story_whatever_names_are_tried() -> None:
    pace = Pace()
    assert pace.due(FRONT, [login(verdict=Verdict.FAILED)], at(0))
    assert not pace.due(FRONT, [login(verdict=Verdict.FAILED, user="root", address="203.0.113.9")], at(1))
    assert not pace.due(FRONT, [login(verdict=Verdict.LOCKED)], at(2))
    assert pace.due(FRONT, [login(verdict=Verdict.FAILED), login()], at(3)), "until one of them worked"


def test_many_causes_at_once_do_not_become_many_messages() -> None:
    pace = Pace()
    told = [second for second in range(60) if pace.due(FRONT, [login(user=f"u{second}")], at(second))]
    assert told == list(range(6))
    waiting = [login(user=f"u{number}") for number in range(6, 60)]
    assert len(pace.due(FRONT, waiting, at(61))) == 54


def test_when_what_waits_is_due() -> None:
    pace = Pace()
    assert pace.next_ns(FRONT, []) is None
    pace.due(FRONT, [login()], at(0))
    assert pace.next_ns(FRONT, [login()]) == at(60)
    assert pace.next_ns(FRONT, [login(), login(user="other")]) == 0


def test_cameras_do_not_wait_for_each_other() -> None:
    pace = Pace()
    assert pace.due(FRONT, [login()], at(0))
    back = CameraId("back")
    assert pace.due(back, [replace(login(), camera=back)], at(0))
