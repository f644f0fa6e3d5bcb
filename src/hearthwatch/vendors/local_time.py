"""Dates as cameras print them."""

from __future__ import annotations

import datetime as dt
import re

from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime, to_datetime
from hearthwatch.vendors.device import LocalUs

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[ T]+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?\s*([AaPp][Mm])?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})[ T]+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?\s*([AaPp][Mm])?")
_MAX_LOCAL_US = 253_402_300_799 * US_PER_S


def parse_local(text: str, *, month_first: bool = False) -> LocalUs | None:
    """Return `2020-01-02 22:05:33` or `02/01/2020 10:05:33 PM` as a camera's reading, None when it is no date.

    Cameras leave out leading zeros and add `AM` to hours of a 24-hour clock. A year at the end follows day and month unless
    `month_first`.
    """
    text = text.strip()[:40]
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day, *clock, half = found.groups()
    elif found := _YEAR_LAST.fullmatch(text):
        day, month, year, *clock, half = found.groups()
        if month_first:
            day, month = month, day
    else:
        return None
    hour, minute, second = (int(part) for part in clock)
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    try:
        at = dt.datetime(int(year), int(month), int(day), hour, minute, min(second, 59), tzinfo=dt.UTC)
    except ValueError:
        return None
    return LocalUs(from_datetime(at))


def print_local(local_us: LocalUs) -> str:
    """Return a reading as `2020-01-02 22:05:33`."""
    return to_datetime(WallUs(max(0, min(local_us, _MAX_LOCAL_US)))).strftime("%Y-%m-%d %H:%M:%S")
