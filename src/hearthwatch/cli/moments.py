"""Moments as people write them: `14:00`, `yesterday 22:15`, `10m ago`, `2026-11-21T14:00`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime, to_datetime

_UNITS_S = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86_400,
    "day": 86_400,
}
_AMOUNT = re.compile(r"(\d{1,6})\s*([a-z]+)")
_SPAN = re.compile(r"(?:\d{1,6}\s*[a-z]+\s*)+")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DAYS_AGO = {"today": 0, "yesterday": 1}
_HELP = (
    "write it like 14:00, `today 14:00`, `yesterday 22:15:30`, `10m ago`, `2026-11-21 14:00`, "
    "or with a zone as in 2026-11-21T14:00Z"
)


def moment(text: str, now_us: WallUs, zone: tzinfo, *, late: bool = False) -> WallUs:
    """Return the moment `text` means to a person in `zone`. Raises ConfigFault.

    Of an hour that comes twice (the clock goes back) it is the first, or with `late` the second, so that a range from one to
    the other has all of it.
    """
    words = " ".join(text.split())
    low = words.lower()
    if low == "now":
        return now_us
    if low.endswith(" ago"):
        return WallUs(now_us - _span_us(low.removesuffix(" ago"), text))
    today = to_datetime(now_us, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    day, _space, rest = low.partition(" ")
    if day in _DAYS_AGO:
        return _local(_at(today - timedelta(days=_DAYS_AGO[day]), rest or "0:00", text), zone, late=late)
    if _CLOCK.fullmatch(low):
        return _local(_at(today, low, text), zone, late=late)
    try:
        at = datetime.fromisoformat(words.upper())
    except ValueError as error:
        raise _unclear(text) from error
    return _local(at, zone, late=late) if at.tzinfo is None else _us(at, text)


def end_moment(text: str, start_us: WallUs, now_us: WallUs, zone: tzinfo) -> WallUs:
    """Return the end of a range: as `moment` does, or `+5m` after its start."""
    stripped = text.strip()
    if stripped.startswith("+"):
        return WallUs(start_us + _span_us(stripped[1:].strip().lower(), text))
    return moment(text, now_us, zone, late=True)


def until_moment(text: str, now_us: WallUs, zone: tzinfo) -> WallUs:
    """Return a moment to come: as `moment` does, or `+2h` from now; a time of day that is over today is tomorrow's."""
    found = end_moment(text, now_us, now_us, zone)
    if found > now_us or not _CLOCK.fullmatch(text.strip()):
        return found
    tomorrow = to_datetime(now_us, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=1)
    return _local(_at(tomorrow, text.strip(), text), zone, late=False)


def _span_us(text: str, whole: str) -> int:
    if not _SPAN.fullmatch(text):
        raise _unclear(whole)
    total_s = 0
    for count, unit in _AMOUNT.findall(text):
        seconds = _UNITS_S.get(unit) or _UNITS_S.get(unit.removesuffix("s"))
        if seconds is None:
            raise _unclear(whole)
        total_s += int(count) * seconds
    return total_s * US_PER_S


def _at(day: datetime, clock: str, whole: str) -> datetime:
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise _unclear(whole)
    hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return day.replace(hour=hour, minute=minute, second=second)
    except ValueError as error:
        raise _unclear(whole) from error


def _local(at: datetime, zone: tzinfo, *, late: bool) -> WallUs:
    return _us(at.replace(tzinfo=zone, fold=int(late)), at.isoformat())


def _us(at: datetime, whole: str) -> WallUs:
    try:
        return from_datetime(at)
    except (OverflowError, OSError, ValueError) as error:
        raise _unclear(whole) from error


def _unclear(text: str) -> ConfigFault:
    return ConfigFault(f"{text!r} is no time I understand: {_HELP}")
