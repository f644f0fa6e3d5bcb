"""Rounds: what is measured in them, which are thrown away, and what stands in the way of a peer that is not installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hearthwatch.bench.contender import Result, Used, _last_frame, compete, needs
from hearthwatch.bench.cpu import cpu_ns, own_cpu_ns, resident_bytes
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import ConfigFault, Unreachable
from hearthwatch.kit.units import NS_PER_S


class Fake:
    """A contender in this process whose pictures follow a clock."""

    pids = (os.getpid(),)

    def __init__(self, clock: FakeClock, rate: Callable[[float], float]) -> None:
        self._clock = clock
        self._start_ns = clock.mono_ns()
        self._rate = rate

    def pictures(self) -> int | None:
        return int(self._rate((self._clock.mono_ns() - self._start_ns) / NS_PER_S))


def rounds_of(pictures: Callable[[float], float], rounds: int = 2) -> Result:
    clock = FakeClock()
    return compete({"ours": Fake(clock, pictures)}, rounds=rounds, round_s=20, pictures_per_s=10, clock=clock)


def test_good_rounds_count() -> None:
    result = rounds_of(lambda passed_s: passed_s * 10)
    assert len(result.rounds) == 2
    assert result.discarded == 0
    assert result.pictures("ours") == 400


def test_a_round_that_came_short_is_thrown_away_and_repeated() -> None:
    """The first round misses a second of the stream."""
    result = rounds_of(lambda passed_s: passed_s * 10 - (10 if passed_s > 15 else 0))
    assert result.discarded == 1
    assert result.pictures("ours") == 400


def test_a_contender_that_never_keeps_up_ends_the_benchmark() -> None:
    with pytest.raises(Unreachable, match="ours took less than 99 %"):
        rounds_of(lambda passed_s: passed_s * 9)


def test_ratios_are_taken_round_by_round() -> None:
    def used(cpu_frac: float, size: int) -> Used:
        return Used(cpu_frac=cpu_frac, resident_bytes=size, pictures=None)

    pairs = ((1.0, 2.0), (3.0, 3.0), (1.0, 8.0))
    result = Result(rounds=tuple({"ours": used(a, 10), "peer": used(b, 40)} for a, b in pairs), discarded=0)
    assert result.cpu_ratio("ours", "peer") == 0.5
    assert result.cpu_frac("peer") == 3.0
    assert result.resident_ratio("ours", "peer") == 0.25


def test_the_cost_of_a_process_is_read_from_outside() -> None:
    before_ns, own_ns = cpu_ns(os.getpid()), own_cpu_ns()
    sum(range(200_000))
    spent_ns = own_cpu_ns() - own_ns
    assert spent_ns > 0
    assert cpu_ns(os.getpid()) - before_ns >= spent_ns
    assert resident_bytes(os.getpid()) > 1_000_000


def test_progress_of_ffmpeg_is_its_last_report(tmp_path: Path) -> None:
    report = tmp_path / "progress"
    assert _last_frame(report) == 0
    report.write_text("frame=12\nfps=10\nprogress=continue\nframe=25\nprogress=continue\n")
    assert _last_frame(report) == 25


def test_a_missing_peer_says_how_to_get_it() -> None:
    with pytest.raises(ConfigFault, match="make bench"):
        needs("hearthwatch-no-such-program")
