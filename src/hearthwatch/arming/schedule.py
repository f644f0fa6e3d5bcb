"""The schedule of the week in local time. Pure; a change of the clocks neither doubles nor loses a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from hearthwatch.arming.arming import Mode, Planned, ScheduleOptions, Weekday
from hearthwatch.kit.units import WallUs, from_datetime, to_datetime

_DAYS = 8
_WEEK = tuple(Weekday)
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One time of the schedule: at `at_us` the house goes to `mode`; None hands it back to presence."""

    name: str
    at_us: WallUs
    mode: Mode | None


def local_time(text: str) -> time | None:
    """Return `22:30` as a time of day, None for anything else."""
    found = _CLOCK.fullmatch(text)
    return time(int(found[1]), int(found[2])) if found else None


def newest(schedule: Mapping[str, ScheduleOptions], after_us: WallUs, now_us: WallUs, zone: tzinfo) -> Due | None:
    """Return the last time that came in (after_us, now_us], at most a week ago."""
    today = to_datetime(now_us, zone).date()
    found = [due for due in _around(schedule, today - timedelta(days=_DAYS), zone) if after_us < due.at_us <= now_us]
    return max(found, key=lambda due: due.at_us, default=None)


def following(schedule: Mapping[str, ScheduleOptions], now_us: WallUs, zone: tzinfo) -> Due | None:
    """Return the first time after `now_us`."""
    today = to_datetime(now_us, zone).date()
    found = [due for due in _around(schedule, today - timedelta(days=1), zone) if due.at_us > now_us]
    return min(found, key=lambda due: due.at_us, default=None)


def _around(schedule: Mapping[str, ScheduleOptions], first: date, zone: tzinfo) -> Iterator[Due]:
    for name, options in schedule.items():
        at = local_time(options.at)
        if at is None:
            continue
        mode = None if options.mode is Planned.AUTO else Mode(options.mode.value)
        for offset in range(_DAYS + 3):
            day = first + timedelta(days=offset)
            if _WEEK[day.weekday()] in options.days:
                yield Due(name=name, at_us=from_datetime(datetime.combine(day, at, tzinfo=zone)), mode=mode)
