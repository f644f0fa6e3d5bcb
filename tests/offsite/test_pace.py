from __future__ import annotations

import asyncio

import pytest

from hearthwatch.kit.clock import FakeClock
from hearthwatch.offsite.pace import Throttle, limit_at, parse_limit


@pytest.mark.parametrize(
    ("text", "start", "end", "bit_s"),
    [("08:00-22:00 2", 480, 1320, 2e6), ("22:30-06:00 0.5", 1350, 360, 5e5), ("00:00-24:00 0", 0, 1440, 0)],
)
def test_a_limit_is_read(text: str, start: int, end: int, bit_s: float) -> None:
    found = parse_limit(text)
    assert (found.start_min, found.end_min, found.bit_s) == (start, end, bit_s)


@pytest.mark.parametrize(
    "text", ["", "08:00 2", "8:00-22:00 2", "24:00-22:00 1", "08:61-22:00 1", "08:00-22:00 -1", "08:00-24:30 1"]
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"08:00-22:00 2|00:00 to 24:00"):
        parse_limit(text)


def test_the_first_limit_that_holds_counts_and_else_the_usual_one() -> None:
    limits = [parse_limit("22:00-06:00 8"), parse_limit("05:00-12:00 1")]
    assert [limit_at(limits, 3e6, hour * 60) for hour in (23, 5, 7, 12)] == [8e6, 8e6, 1e6, 3e6]
    assert limit_at((), 0, 0) is None


async def test_no_more_passes_than_the_limit_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    throttle = Throttle(lambda: 8e6, clock)  # a megabyte a second
    began_ns = clock.mono_ns()
    for _step in range(100):
        await throttle.wait(100_000)
    assert 9.0 <= (clock.mono_ns() - began_ns) / 1e9 <= 10.0
