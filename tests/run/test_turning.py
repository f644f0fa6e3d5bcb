"""A loop that is stuck is noticed by the thread beside it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from hearthwatch.kit.clock import FakeClock
from hearthwatch.run.child import BEAT_S
from hearthwatch.run.patience import BEAT_LIMIT_S
from hearthwatch.run.turning import LATE_S, START_S, STEADY_S, Turning


def turn(turning: Turning, clock: FakeClock, for_s: float, each_s: float = 0.5) -> None:
    for _ in range(round(for_s / each_s)):
        clock.advance(each_s)
        turning.turned()


async def test_a_loop_that_turns_is_well_and_one_that_is_stuck_is_not() -> None:
    clock = FakeClock()
    turning = Turning(clock)
    clock.advance(START_S - 1)
    assert turning.is_well(), "it may take its time to start"
    clock.advance(2)
    assert not turning.is_well()
    task = asyncio.create_task(turning.run())
    await asyncio.sleep(0)
    assert turning.is_well()
    clock.advance(LATE_S)
    assert not turning.is_well()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_one_that_has_done_with_its_start_is_judged_though_it_is_young() -> None:
    clock = FakeClock()
    turning = Turning(clock)
    clock.advance(3)
    turning.turned()
    turn(turning, clock, STEADY_S)
    assert turning.is_well()
    clock.advance(LATE_S)
    assert not turning.is_well()


@pytest.mark.parametrize("each_s", [0.5, 3.0])
def test_one_that_still_reads_what_there_is_may_be_late(each_s: float) -> None:
    clock = FakeClock()
    turning = Turning(clock)
    clock.advance(5)
    turning.turned()
    turn(turning, clock, each_s if each_s > STEADY_S else STEADY_S - each_s, each_s)
    clock.advance(START_S / 2)
    assert turning.is_well()


def test_a_stuck_loop_is_seen_within_fifteen_seconds() -> None:
    assert LATE_S + BEAT_S + BEAT_LIMIT_S < 15
