"""What the makers' version texts mean, and when two of them can be compared at all.

A version has a branch (what must be equal for the numbers to be comparable), numbers, and a date of build. Between branches
only the dates count: Amcrest's 2.520 of 2017 is older than its 2.420 of 2020.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum


class Grammar(StrEnum):
    DAHUA = "dahua"
    FOSCAM_MJPEG = "foscam-mjpeg"
    FOSCAM_HD = "foscam-hd"
    REOLINK = "reolink"
    HIKVISION = "hikvision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """`built` None: no date is told. Numbers may be empty: then there is a date only."""

    branch: str
    numbers: tuple[int, ...]
    built: dt.date | None


_DAHUA = re.compile(
    r"v?(\d{1,4})\.(\d{1,4})\.([0-9a-z]{1,16})\.(\d{1,6})(?:\.r)?(?:\.(\d{6}|\d{8}))?"
    r"(?:[,\s]+build\s*[:=]?\s*(\d{4}-\d{1,2}-\d{1,2}))?",
    re.IGNORECASE,
)
_QUAD = re.compile(r"\d{1,5}(?:\.\d{1,5}){3}")
_REOLINK = re.compile(r"v?(\d{1,4}\.\d{1,4}\.\d{1,4})\.(\d{1,6})(?:_(\d{6})\d{0,4})?", re.IGNORECASE)
_HIKVISION = re.compile(r"v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:[,_\s]*build[\s:]*(\d{6}))?", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
MAX_CHARS = 256


def parse(grammar: Grammar, text: str, built: dt.date | None = None) -> Firmware | None:  # noqa: PLR0911 - one a grammar
    """Return what `text` says, None when it is not of this grammar; `built` is the date told apart from it.

    A plain date `2018-05-18` is a Firmware of any grammar, without numbers.
    """
    text = text.strip()[:MAX_CHARS]
    if date := _DATE.fullmatch(text):
        day = _date(int(date[1]), int(date[2]), int(date[3]))
        return None if day is None else Firmware(branch="", numbers=(), built=day)
    match grammar:
        case Grammar.DAHUA:
            return _dahua(text, built)
        case Grammar.FOSCAM_MJPEG | Grammar.FOSCAM_HD:
            return _foscam(text, built, heads=1 if grammar is Grammar.FOSCAM_MJPEG else 2)
        case Grammar.REOLINK:
            if (found := _REOLINK.fullmatch(text)) is None:
                return None
            return Firmware(branch=found[1], numbers=(int(found[2]),), built=_short_date(found[3]) or built)
        case Grammar.HIKVISION:
            if (found := _HIKVISION.fullmatch(text)) is None:
                return None
            return Firmware(branch=f"{found[1]}.{found[2]}", numbers=(int(found[3]),), built=_short_date(found[4]) or built)


def _dahua(text: str, built: dt.date | None) -> Firmware | None:
    """`major.minor.custom.patch.R[.yyMMdd|yyyyMMdd][,build:yyyy-mm-dd]`; major, minor and custom code name the branch."""
    if (found := _DAHUA.fullmatch(text)) is None:
        return None
    said = None
    if build := _DATE.fullmatch(found[6] or ""):
        said = _date(int(build[1]), int(build[2]), int(build[3]))
    branch = f"{int(found[1])}.{int(found[2])}.{found[3].upper()}"
    return Firmware(branch=branch, numbers=(int(found[4]),), built=_short_date(found[5]) or said or built)


def _foscam(text: str, built: dt.date | None, *, heads: int) -> Firmware | None:
    """Four numbers. The first (MJPEG: the chip) or first two (HD: the revision of the board) name the branch. A text may hold
    the system's version before the application's, which counts."""
    found = _QUAD.findall(text)
    if not found or len(found) > 2 or len(re.sub(r"[^\d.]", "", text)) > 48:
        return None
    parts = [int(part) for part in found[-1].split(".")]
    branch = ".".join(str(part) for part in parts[:heads])
    return Firmware(branch=branch, numbers=tuple(parts[heads:]), built=built)


def _short_date(digits: str | None) -> dt.date | None:
    """`yyMMdd` or `yyyyMMdd`."""
    if not digits:
        return None
    if len(digits) == 8:
        return _date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return _date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


class Order(StrEnum):
    """UNKNOWN: the two cannot be compared, or version and date contradict each other."""

    BEFORE = "before"
    SAME = "same"
    AFTER = "after"
    UNKNOWN = "unknown"


def same_branch(one: Firmware, other: Firmware) -> bool:
    """Whether the numbers of the two can be compared."""
    return bool(one.numbers and other.numbers) and one.branch == other.branch and len(one.numbers) == len(other.numbers)


def compare(one: Firmware, limit: Firmware) -> Order:
    """Return where `one` stands as seen from `limit`."""
    dates = _order(one.built, limit.built) if one.built and limit.built else Order.UNKNOWN
    if not same_branch(one, limit):
        return dates
    numbers = _order(one.numbers, limit.numbers)
    if numbers is Order.SAME:  # makers build one number again and again: where the limit has a date, the date decides
        return numbers if limit.built is None else dates
    if numbers is Order.AFTER and dates is Order.BEFORE:
        return Order.UNKNOWN
    return numbers


def _order(one: dt.date | tuple[int, ...], other: dt.date | tuple[int, ...]) -> Order:
    if one == other:
        return Order.SAME
    return Order.BEFORE if one < other else Order.AFTER  # type: ignore[operator]  # both are of one kind
