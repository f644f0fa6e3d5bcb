from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

import pytest

from hearthwatch.kit.clock import FakeClock, Stop
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.retry import REFUSED_WAIT_S, Backoff, keep_running, keep_running_async


class Recorder(FakeClock):
    """Notes every wait and ends the loop after `rounds` of them."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.rounds = rounds

    def sleep(self, stop: Stop, seconds: float) -> bool:
        self.waits.append(seconds)
        if len(self.waits) >= self.rounds:
            stop.set()
        return super().sleep(stop, seconds)


def run(outcomes: list[BaseException | Callable[[Recorder], None] | None], caplog: pytest.LogCaptureFixture) -> list[float]:
    clock = Recorder(len(outcomes))
    left = iter(outcomes)

    def once() -> None:
        outcome = next(left)
        if callable(outcome):
            outcome(clock)
        elif outcome is not None:
            raise outcome

    with caplog.at_level(logging.DEBUG, logger="hearthwatch"):
        keep_running("front", once, stop=Stop(), clock=clock, backoff=Backoff(jitter_frac=0))
    return clock.waits


def test_waits_double_up_to_the_cap(caplog: pytest.LogCaptureFixture) -> None:
    assert run([Unreachable("gone")] * 7, caplog) == [1, 2, 4, 8, 16, 30, 30]


def test_a_refusal_is_never_hammered(caplog: pytest.LogCaptureFixture) -> None:
    assert run([Unreachable("x"), Refused("wrong password"), Unsupported("no"), BadReply("?")], caplog) == [
        1,
        REFUSED_WAIT_S,
        REFUSED_WAIT_S,
        1,
    ]


def test_a_healthy_run_starts_the_waits_over(caplog: pytest.LogCaptureFixture) -> None:
    def long_run(clock: Recorder) -> None:
        clock.advance(61)
        raise Unreachable("after a minute")

    assert run([Unreachable("x"), Unreachable("x"), long_run, Unreachable("x"), None, Unreachable("x")], caplog) == [
        1,
        2,
        1,
        2,
        1,
        1,
    ]


def test_one_warning_a_streak_the_rest_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    run([Unreachable("gone"), Unreachable("gone"), Unreachable("gone")], caplog)
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.DEBUG, logging.DEBUG]
    assert "front: gone" in caplog.text


def test_a_bug_is_told_with_its_traceback_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    assert run([ZeroDivisionError("x"), None], caplog) == [1, 1]
    assert caplog.records[0].levelno == logging.ERROR
    assert caplog.records[0].exc_info


def test_a_stop_ends_the_loop_before_the_next_run() -> None:
    stop = Stop()
    runs: list[int] = []

    def once() -> None:
        runs.append(1)
        stop.set()
        raise Unreachable("x")

    keep_running("front", once, stop=stop, clock=FakeClock(), backoff=Backoff())
    assert runs == [1]


def test_jitter_stays_within_its_share() -> None:
    backoff = Backoff(rng=random.Random(1), jitter_frac=0.2, first_s=10, factor=1)
    waits = [backoff.wait_s(Unreachable("x"), 0) for _ in range(200)]
    assert all(8 <= wait <= 12 for wait in waits)
    assert len(set(waits)) > 100


async def test_the_async_loop_tries_again_and_ends_by_cancellation() -> None:
    enough = asyncio.Event()
    runs: list[int] = []

    async def once() -> None:
        runs.append(1)
        if len(runs) == 3:
            enough.set()
        raise Unreachable("x")

    task = asyncio.create_task(keep_running_async("x", once, clock=FakeClock(), backoff=Backoff(first_s=0, jitter_frac=0)))
    await asyncio.wait_for(enough.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(runs) >= 3


def test_a_failure_that_lasts_for_weeks_is_still_waited_out() -> None:
    backoff = Backoff(first_s=5, cap_s=300, jitter_frac=0)
    assert {backoff.wait_s(Unreachable("away"), 0) for _ in range(3000)} == {5, 10, 20, 40, 80, 160, 300}
