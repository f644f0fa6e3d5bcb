"""Times of the week at which something is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.alerts.times import is_time, week_span

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def at(day: int, clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return MONDAY + timedelta(days=day, hours=int(hours), minutes=int(minutes))


@pytest.mark.parametrize(
    ("spans", "day", "clock", "told"),
    [
        ((), 0, "12:00", True),
        (("08:00-18:00",), 0, "08:00", True),
        (("08:00-18:00",), 0, "18:00", False),
        (("22:00-06:00",), 3, "23:59", True),
        (("22:00-06:00",), 3, "05:59", True),
        (("22:00-06:00",), 3, "06:00", False),
        (("mon 22:00-06:00",), 1, "05:00", True),
        (("mon 22:00-06:00",), 0, "05:00", False),
        (("sun 22:00-06:00",), 0, "05:00", True),
        (("sat,sun 00:00-24:00",), 5, "00:00", True),
        (("sat,sun 00:00-24:00",), 0, "00:00", False),
        (("fri-mon 10:00-11:00",), 6, "10:30", True),
        (("fri-mon 10:00-11:00",), 2, "10:30", False),
        (("mon 01:00-02:00", "tue 03:00-04:00"), 1, "03:30", True),
        (("00:00-00:00",), 4, "13:00", True),
    ],
)
def test_when_something_is_told(spans, day, clock, told):
    assert is_time(spans, at(day, clock)) is told


@pytest.mark.parametrize(
    "text",
    ["", "22-6", "25:00-26:00", "Mon 10:00-11:00", "foo 10:00-11:00", "mon-xyz 10:00-11:00", "24:00-01:00", "10:00-11:00 "],
)
def test_what_is_no_span(text):
    assert week_span(text) is None
    assert not is_time((text,), MONDAY)


@given(st.text(max_size=40))
def test_no_text_breaks_it(text):
    week_span(text)


@given(st.integers(0, 6), st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 7 * 1440 - 1))
def test_a_span_and_its_complement_make_every_day_whole(day, begin, end, minute):
    """Of one day's span and the span from its end to its begin, exactly one holds wherever both belong to whole weeks."""
    if begin == end:
        return
    moment = MONDAY + timedelta(minutes=minute)
    one, other = (f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in ((begin, end), (end, begin)))
    assert is_time((one,), moment) is not is_time((other,), moment)
