"""Names made harmless, times, the digest."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.alerts.house import BERLIN

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.wording import clock_time, digest, many_lines, notes, one_line, span
from hearthwatch.kit.units import WallUs, from_datetime


@given(st.text(st.characters(exclude_categories=())), st.integers(5, 300))
def test_sec_14_one_line_is_one_line_any_writer_takes(text, limit):
    line = one_line(text, limit)
    assert len(line.splitlines()) <= 1
    assert len(line) <= limit
    line.encode("utf-8")
    assert not any(ord(c) < 32 or ord(c) == 127 or 0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069 for c in line)


@given(st.text(st.characters(exclude_categories=())))
def test_many_lines_keeps_the_number_of_lines(text):
    assert len(many_lines(text, 10_000).split("\n")) == max(1, len(text.splitlines()))


def test_ordinary_names_stay():
    assert one_line("  Haustür: Café 北 👋 ") == "Haustür: Café 北 👋"
    assert one_line("a\r\nBcc: x\x1b[31m") == "a Bcc: x [31m"
    assert many_lines("x" * 50, 20) == "x" * 19 + "…"


def when(*parts, zone=BERLIN, fold=0) -> WallUs:
    return from_datetime(datetime(*parts, tzinfo=zone, fold=fold))


@pytest.mark.parametrize(
    ("at", "now", "text"),
    [
        (when(2026, 7, 1, 14, 3, 27), when(2026, 7, 1, 23, 59), "14:03:27"),
        (when(2026, 7, 1, 14, 3, 27), when(2026, 7, 2, 0, 1), "Wed 01 Jul 14:03:27"),
        (when(2026, 10, 25, 2, 30), when(2026, 10, 25, 9), "02:30:00 (UTC+0200)"),
        (when(2026, 10, 25, 2, 30, fold=1), when(2026, 10, 25, 9), "02:30:00 (UTC+0100)"),
        (when(2026, 10, 25, 3, 30), when(2026, 10, 25, 9), "03:30:00"),
    ],
)
def test_times_are_local(at, now, text):
    assert clock_time(at, BERLIN, now) == text


def test_half_hour_zone():
    zone = ZoneInfo("Australia/Lord_Howe")
    assert (
        clock_time(from_datetime(datetime(2026, 1, 1, 0, 0, tzinfo=UTC)), zone, when(2026, 1, 1, 12, zone=zone)) == "11:00:00"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (45, "45 s"),
        (119.6, "2 min"),
        (720, "12 min"),
        (7200, "2 h"),
        (12_000, "3 h 20 min"),
        (172_800, "2 d"),
        (187_200, "2 d 4 h"),
    ],
)
def test_spans(seconds, text):
    assert span(seconds) == text


def alert(number, at_us, title="Front: person", **fields) -> Alert:
    return Alert(
        id=AlertId(f"A{number}"),
        event="",
        camera=None,
        severity=Severity.WARN,
        title=title,
        text="",
        at_us=at_us,
        dedupe_key=f"k{number}",
        **fields,
    )


def test_a_digest_lists_every_alert():
    start = when(2026, 7, 1, 22, 0)
    alerts = [alert(n, WallUs(start + n * 3600_000_000), "Front: person" if n % 2 else "Yard: cat") for n in range(4)]
    taken, text = digest(alerts, BERLIN)
    assert taken == 4
    assert text.splitlines() == [
        "Wed 01 Jul Yard: cat: 22:00",
        "Wed 01 Jul Front: person: 23:00",
        "Thu 02 Jul Yard: cat: 00:00",
        "Thu 02 Jul Front: person: 01:00",
    ]


def test_a_digest_takes_the_oldest_that_fit_one_message():
    alerts = [alert(n, WallUs(1_700_000_000_000_000 + n * 60_000_000), f"Camera {n}: person") for n in range(500)]
    taken, text = digest(alerts, BERLIN)
    assert 1 < taken < 500
    assert len(text) <= 3500
    assert len(text.splitlines()) == taken


def test_one_endless_title_still_makes_progress():
    taken, _ = digest([alert(1, WallUs(0), "x" * 9000)], BERLIN)
    assert taken == 1


def test_notes():
    plain = alert(1, WallUs(0))
    assert notes(plain, repeat=False) == []
    assert len(notes(alert(1, WallUs(0), degraded=True), repeat=True)) == 2
