"""A loop that is stuck is noticed by the thread beside it."""

from __future__ import annotations

import asyncio
import contextlib

from hearthwatch.kit.clock import FakeClock
from hearthwatch.run.child import BEAT_S
from hearthwatch.run.patience import BEAT_LIMIT_S
from hearthwatch.run.turning import LATE_S, START_S, Turning


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


def test_a_stuck_loop_is_seen_within_fifteen_seconds() -> None:
    assert LATE_S + BEAT_S + BEAT_LIMIT_S < 15
