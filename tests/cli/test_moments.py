from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.cli.moments import end_moment, moment
from hearthwatch.cli.wording import counted, lasting, shown, sized
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime, iso

BERLIN = ZoneInfo("Europe/Berlin")
NOW = from_datetime(datetime(2026, 11, 21, 15, 30, tzinfo=BERLIN))


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("now", "2026-11-21T15:30:00"),
        ("14:00", "2026-11-21T14:00:00"),
        ("9:05:07", "2026-11-21T09:05:07"),
        ("today 14:00", "2026-11-21T14:00:00"),
        ("today", "2026-11-21T00:00:00"),
        ("Yesterday  22:15", "2026-11-20T22:15:00"),
        ("yesterday", "2026-11-20T00:00:00"),
        ("10m ago", "2026-11-21T15:20:00"),
        ("90 s ago", "2026-11-21T15:28:30"),
        ("1h30m ago", "2026-11-21T14:00:00"),
        ("2 hours 5 minutes ago", "2026-11-21T13:25:00"),
        ("3 days ago", "2026-11-18T15:30:00"),
        ("2026-11-19", "2026-11-19T00:00:00"),
        ("2026-11-19 14:00", "2026-11-19T14:00:00"),
        ("2026-11-19T14:00:30", "2026-11-19T14:00:30"),
        ("2026-11-19T14:00Z", "2026-11-19T15:00:00"),
        ("2026-11-19t14:00+05:00", "2026-11-19T10:00:00"),
    ],
)
def test_what_a_person_writes(text: str, local: str) -> None:
    assert moment(text, NOW, BERLIN) == from_datetime(datetime.fromisoformat(local).replace(tzinfo=BERLIN))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "25:00",
        "14:60",
        "today 14",
        "yesterday noon",
        "10x ago",
        "ago",
        "5 ago",
        "2026-13-01",
        "0001-01-01T00:00+14:00",
    ],
)
def test_what_nobody_understands_is_answered_with_examples(text: str) -> None:
    with pytest.raises(ConfigFault, match="no time I understand: write it like 14:00"):
        moment(text, NOW, BERLIN)


def test_a_range_over_the_hour_that_comes_twice_has_all_of_it() -> None:
    start = moment("2026-10-25 02:30", NOW, BERLIN)
    end = end_moment("2026-10-25 02:30", start, NOW, BERLIN)
    assert end - start == 3600 * US_PER_S


def test_an_end_may_count_from_the_start() -> None:
    start = moment("14:00", NOW, BERLIN)
    assert end_moment("+5m", start, NOW, BERLIN) == start + 300 * US_PER_S
    assert end_moment("14:10", start, NOW, BERLIN) == start + 600 * US_PER_S
    with pytest.raises(ConfigFault, match="no time I understand"):
        end_moment("+soon", start, NOW, BERLIN)


@given(st.integers(0, 4 * 10**15))
def test_iso_times_come_back_as_they_were(at_us: int) -> None:
    assert moment(iso(WallUs(at_us)), NOW, BERLIN) == at_us


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_a_clear_fault(text: str) -> None:
    try:
        moment(text, NOW, BERLIN)
    except ConfigFault as fault:
        assert "no time I understand" in str(fault)


def test_wording() -> None:
    assert shown(NOW, BERLIN) == "2026-11-21 15:30:00"
    spans = [timedelta(0), timedelta(seconds=59.6), timedelta(hours=1, seconds=5), timedelta(days=2, hours=3, minutes=4)]
    assert [lasting(span // timedelta(microseconds=1)) for span in spans] == ["0 s", "1 min", "1 h", "2 d 3 h"]
    assert [sized(size) for size in (900, 3_300_000, 2_500_000_000, 4 * 10**12)] == ["1 kB", "3.3 MB", "2.5 GB", "4.0 TB"]
    assert [counted(1, "gap"), counted(0, "gap")] == ["1 gap", "0 gaps"]
    assert lasting(WallUs(-5)) == "0 s"
