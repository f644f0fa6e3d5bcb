"""At which times of the week something is told. Pure; times are local; one that ends before it begins goes over midnight."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES = 24 * 60
_SPAN = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*) )?"
    r"(?P<from>(?:[01][0-9]|2[0-3]):[0-5][0-9])-(?P<to>(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
)
HELP = "write it as `22:00-06:00`, `sat,sun 00:00-24:00` or `mon-fri 08:00-18:00`"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSpan:
    """Minutes of the day, from `begin` up to but without `end`; one that goes over midnight belongs to the day it begins on.
    Equal ones are the whole day."""

    days: frozenset[int]
    begin: int
    end: int

    def holds(self, at: datetime) -> bool:
        """Tell whether local time `at` lies in it."""
        minute = at.hour * 60 + at.minute
        today, yesterday = at.weekday(), (at.weekday() - 1) % 7
        if self.begin < self.end:
            return today in self.days and self.begin <= minute < self.end
        return (today in self.days and minute >= self.begin) or (yesterday in self.days and minute < self.end)


def week_span(text: str) -> WeekSpan | None:
    """Return `mon-fri 22:00-06:00` as a span, None for what is none."""
    found = _SPAN.fullmatch(text)
    days = _days(found["days"]) if found else None
    if found is None or days is None:
        return None
    return WeekSpan(days=days, begin=_minute(found["from"]), end=_minute(found["to"]))


def is_time(spans: Iterable[str], at: datetime) -> bool:
    """Tell whether `at` lies in one of `spans`; no span at all means always. What is no span holds no time."""
    given = tuple(spans)
    return not given or any(span.holds(at) for text in given if (span := week_span(text)) is not None)


def _days(text: str | None) -> frozenset[int] | None:
    if text is None:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            return None
        low, high = _DAYS.index(first), _DAYS.index(last or first)
        found |= {day % 7 for day in range(low, (high if high >= low else high + 7) + 1)}
    return frozenset(found)


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
