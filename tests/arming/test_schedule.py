"""The schedule in local time: every time of the week comes once, whatever the clocks do."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.arming.arming import Mode, Planned, ScheduleOptions, Weekday
from hearthwatch.arming.schedule import following, local_time, newest
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime, to_datetime

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = {
    "night": ScheduleOptions(at="23:00", mode=Planned.AWAY),
    "morning": ScheduleOptions(at="07:00", mode=Planned.AUTO, days=(Weekday.MON, Weekday.TUE)),
}
DAY_US = 86_400 * US_PER_S


def at(text: str, zone=BERLIN) -> WallUs:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=zone))


def test_the_newest_time_that_came():
    assert newest(NIGHT, at("2026-11-21 22:00"), at("2026-11-21 22:59:59"), BERLIN) is None
    due = newest(NIGHT, at("2026-11-21 22:00"), at("2026-11-21 23:00"), BERLIN)
    assert (due.name, due.mode, due.at_us) == ("night", Mode.AWAY, at("2026-11-21 23:00"))
    assert newest(NIGHT, at("2026-11-21 23:00"), at("2026-11-22 22:00"), BERLIN) is None  # a Sunday has no morning
    due = newest(NIGHT, at("2026-11-21 12:00"), at("2026-11-23 08:00"), BERLIN)
    assert (due.name, due.mode) == ("morning", None)


def test_the_next_time():
    assert following(NIGHT, at("2026-11-21 23:00"), BERLIN).at_us == at("2026-11-22 23:00")
    assert following(NIGHT, at("2026-11-22 23:00"), BERLIN).name == "morning"
    assert following({}, at("2026-11-22 23:00"), BERLIN) is None


@pytest.mark.parametrize("text", ["24:00", "7:00", "07:60", "", "07:00:00", "7 pm"])
def test_what_is_no_time_of_day(text):
    assert local_time(text) is None


def test_a_time_the_clocks_skip_comes_that_much_later():
    gap = {"x": ScheduleOptions(at="02:30", mode=Planned.AWAY)}
    due = newest(gap, at("2026-03-29 00:00"), at("2026-03-29 12:00"), BERLIN)
    assert to_datetime(due.at_us, BERLIN).strftime("%H:%M") == "03:30"


def test_a_time_that_comes_twice_counts_the_first_time():
    twice = {"x": ScheduleOptions(at="02:30", mode=Planned.AWAY)}
    first = at("2026-10-25 02:30")
    assert newest(twice, at("2026-10-25 00:00"), WallUs(first), BERLIN).at_us == first
    assert newest(twice, first, WallUs(first + 3 * 3600 * US_PER_S), BERLIN) is None


@settings(max_examples=25, deadline=None)
@given(
    start=st.integers(min_value=at("2026-03-26 00:00"), max_value=at("2026-10-28 00:00")),
    steps=st.lists(st.integers(min_value=1, max_value=40 * 3600), min_size=1, max_size=30),
    clock=st.sampled_from(["00:00", "01:59", "02:00", "02:30", "03:00", "12:00", "23:59"]),
)
def test_looking_now_and_then_finds_each_time_once(start, steps, clock):
    """However the looks fall, their spans together hold exactly one time for each local day that began in them."""
    schedule = {"x": ScheduleOptions(at=clock, mode=Planned.AWAY)}
    mark, found = WallUs(start), []
    for step in steps:
        now = WallUs(mark + step * US_PER_S)
        due = newest(schedule, mark, now, BERLIN)
        if due is not None:
            found.append(to_datetime(due.at_us, BERLIN).date())
        mark = now
    assert len(set(found)) == len(found)
    for before, after in pairwise(found):
        assert (after - before).days in {1, 2}  # a step of 40 hours may hold two times: the newest counts
