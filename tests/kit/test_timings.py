"""Counts below limits: each time is in one place, and the last count is all of them."""

from __future__ import annotations

from hearthwatch.kit.timings import LIMITS_S, Timings


def test_a_time_is_counted_below_every_limit_it_keeps() -> None:
    timings = Timings()
    for seconds in (0.001, 0.003, 0.3, 99.0):
        timings.note(seconds)
    counts, sum_s = timings.read()
    at = dict(zip(LIMITS_S, counts, strict=False))
    assert (at[0.001], at[0.0025], at[0.005], at[0.25], at[0.5], at[5.0]) == (1, 1, 2, 2, 3, 3)
    assert counts[-1] == 4, "what is above every limit still counts"
    assert abs(sum_s - 99.304) < 1e-9
