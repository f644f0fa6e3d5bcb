"""The judge of the long runs must be able to say no."""

from __future__ import annotations

import math

from tests.runs.reckoning import entry_times_ms, latencies, not_once, rank, slope_per_min, uncovered, undelivered


def test_what_no_gap_explains_is_uncovered() -> None:
    assert uncovered(0, 100, []) == [(0, 100)]
    assert uncovered(0, 100, [(0, 100)]) == []
    assert uncovered(0, 100, [(60, 200), (10, 20), (15, 30)]) == [(0, 10), (30, 30)]
    assert uncovered(50, 50, []) == []


def test_an_entry_is_told_by_the_first_text_after_it_or_not_at_all() -> None:
    assert entry_times_ms([1_000_000_000, 60_000_000_000], [400_000_000, 1_050_000_000, 1_900_000_000]) == [50.0, math.inf]
    assert entry_times_ms([1_000_000_000], [900_000_000]) == [-100.0]  # the viewer was later than the house


def test_lost_and_doubled_texts_are_both_named() -> None:
    assert not_once(["a", "a", "b"], ["a", "b", "c"]) == (["a"], ["c"])


def test_a_rising_line_has_its_slope_and_nothing_has_an_endless_rank() -> None:
    assert round(slope_per_min([0.0, 30.0, 60.0], [300.0, 301.0, 302.0]), 6) == 2.0
    assert rank([3.0, 1.0, 2.0], 0.5) == 2.0
    assert rank([], 0.5) == math.inf


def alert(*deliveries: tuple[str, str, str], at_us: int = 10) -> dict:
    rows = [
        {"channel": channel, "part": part, "state": state, "last_error": "", "decided_ms": 30.0, "accepted_ms": 12.0}
        for channel, part, state in deliveries
    ]
    return {"title": "hall: person", "text": "", "event": "e", "camera": "hall", "at_us": at_us, "deliveries": rows}


def test_an_alert_must_go_out_whole_by_every_channel() -> None:
    whole = alert(("telegram:1", "text", "sent"), ("telegram:1", "picture", "sent"))
    assert undelivered([whole], ["telegram"], ["hall"], 0) == []
    half = alert(("telegram:1", "text", "sent"), ("telegram:1", "picture", "waiting"))
    assert undelivered([half], ["telegram"], ["hall"], 0) == ["hall: person (): telegram picture waiting"]
    assert undelivered([half], ["telegram"], ["hall"], 11) == [], "told before the owner was enrolled"
    assert len(undelivered([whole], ["telegram", "email"], ["hall"], 0)) == 2


def test_latency_counts_from_the_last_packet() -> None:
    found = latencies([alert(("telegram:1", "text", "sent"))])
    assert [(one.channel, one.part, one.p50_ms, one.decided_p50_ms) for one in found] == [("telegram", "text", 42.0, 30.0)]
