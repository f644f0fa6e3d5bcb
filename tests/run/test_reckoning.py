"""The judge of recordings must be able to say no."""

from __future__ import annotations

from tests.runs.reckoning import uncovered


def test_what_no_gap_explains_is_uncovered() -> None:
    assert uncovered(0, 100, []) == [(0, 100)]
    assert uncovered(0, 100, [(0, 100)]) == []
    assert uncovered(0, 100, [(60, 200), (10, 20), (15, 30)]) == [(0, 10), (30, 30)]
    assert uncovered(50, 50, []) == []
