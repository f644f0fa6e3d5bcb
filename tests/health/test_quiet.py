"""What was to be expected is kept and not told."""

from __future__ import annotations

import pytest
from tests.alerts.house import BERLIN, FRONT, House

from hearthwatch.health import ledger
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.health.quiet import Expected, is_quiet, parse_restart
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, from_datetime
from hearthwatch.vendors.device import RestartTime

SUNDAY = RestartTime(weekday=6, minute_of_day=120)


def wall(text: str) -> WallUs:
    from datetime import datetime

    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=BERLIN))


def outage(fault: Fault = Fault.CAMERA_UNREACHABLE, at: str = "2026-11-22T02:00:20", camera: CameraId = FRONT) -> Outage:
    return Outage(fault=fault, camera=camera, subject=camera, start_us=wall(at), end_us=None, detail="")


def quiet(one: Outage, *, after_s: float = 15, when: RestartTime = SUNDAY, ahead_us: int = 3600 * US_PER_S, told=()) -> bool:
    expected = {FRONT: Expected(when=when, ahead_us=ahead_us)}
    return is_quiet(one, told=told, expected=expected, now_us=WallUs(one.start_us + round(after_s * US_PER_S)))


@pytest.mark.parametrize(
    ("at", "is_expected"),
    [
        ("2026-11-22T02:00:20", True),
        ("2026-11-22T01:59:30", True),
        ("2026-11-22T02:04:00", True),
        ("2026-11-22T01:58:00", False),
        ("2026-11-22T02:06:00", False),
        ("2026-11-21T02:00:20", False),
        ("2026-11-23T02:00:20", False),
        ("2026-11-29T02:00:20", True),
    ],
)
def test_a_restart_of_each_week(at: str, is_expected: bool) -> None:
    assert quiet(outage(at=at)) is is_expected


def test_a_restart_of_each_day_and_over_midnight() -> None:
    daily = RestartTime(weekday=None, minute_of_day=0)
    assert quiet(outage(at="2026-11-24T23:59:30"), when=daily)
    assert quiet(outage(at="2026-11-25T00:03:00"), when=daily)
    assert not quiet(outage(at="2026-11-25T00:10:00"), when=daily)


def test_after_five_minutes_it_is_told_after_all() -> None:
    assert quiet(outage(), after_s=299)
    assert not quiet(outage(), after_s=301)


def test_it_is_by_the_clock_of_the_camera() -> None:
    assert not quiet(outage(), ahead_us=0)
    assert quiet(outage(at="2026-11-22T03:00:20"), ahead_us=0)


def test_only_being_away_is_expected() -> None:
    assert quiet(outage(Fault.DOOR_UNREACHABLE))
    assert not quiet(outage(Fault.CAMERA_COVERED))
    assert not quiet(outage(camera=CameraId("yard")))


def test_what_another_notice_says_is_told_once() -> None:
    tampered, covered = outage(Fault.CAMERA_TAMPERED), outage(Fault.CAMERA_COVERED)
    assert quiet(covered, told=[tampered])
    assert quiet(tampered, told=[covered])
    assert not quiet(covered, told=[outage(Fault.CAMERA_TAMPERED, camera=CameraId("yard"))])
    assert not quiet(outage(Fault.CAMERA_FROZEN), told=[tampered])
    assert quiet(outage(Fault.CAMERA_RESTARTED))
    assert quiet(outage(Fault.CAMERA_NETWORK_LOST))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sun 02:00", SUNDAY),
        ("Sunday 2:00", SUNDAY),
        ("mon 23:59", RestartTime(weekday=0, minute_of_day=1439)),
        ("02:00", RestartTime(weekday=None, minute_of_day=120)),
        ("", None),
        ("24:00", None),
        ("noon", None),
        ("sun 02:00 and more", None),
    ],
)
def test_times_as_they_are_written(text: str, found: RestartTime | None) -> None:
    assert parse_restart(text) == found


async def test_the_board_keeps_it_and_tells_when_it_lasts(tmp_path) -> None:
    house = House(tmp_path)
    told, hush = [], [True]

    async def tell(one: Outage) -> None:
        told.append(one.end_us is not None)

    board = Board(house.db, house.clock, tell, lambda _one, _told: hush[0])
    await board.load()
    for last in (True, False):
        board.failed(Fault.CAMERA_UNREACHABLE, "front", "away", camera=FRONT)
        for _ in range(20):
            house.clock.advance(1)
            await board.tick()
        assert told == []
        hush[0] = last
        if last:
            board.recovered(Fault.CAMERA_UNREACHABLE, "front")
        for _ in range(20):
            house.clock.advance(1)
            await board.tick()
    assert told == [False]
    rows = await house.db.run(lambda connection: ledger.recent(connection, since_us=WallUs(0)))
    assert [one.end_us is not None for one in rows] == [False, True]
    house.close()
