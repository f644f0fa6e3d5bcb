"""The lines of an ONVIF camera's log. Their form is the vendor's: kept as they are, and understood as far as it goes.

ONVIF promises nothing about `GetSystemLog` but that it is text; most cameras have none. What a line says of access is told by
its words, and a line whose date is not understood is never left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from hearthwatch.kit.units import US_PER_S, WallUs, from_datetime, to_datetime
from hearthwatch.vendors.device import ClockReading, LocalUs, LoginAction, LoginRecord, LogLine, address_of
from hearthwatch.vendors.local_time import parse_local

MAX_LINES = 20_000
_MAX_LINE_CHARS = 1000
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[ T]+\d{1,2}:\d{1,2}:\d{1,2}", re.ASCII)
_SYSLOG_DATE = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2})\b", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IP = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|\[?(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}\]?)(?![\w.])", re.ASCII)
_USER = re.compile(r"\b(?:user(?: ?name)?|account)\b\s*[=:]?\s*['\"\[(]?([\w.@-]{1,64})", re.IGNORECASE)
_BAD = r"(?:fail|denied|refused|invalid|wrong|illegal|unauthori[sz]ed)"
_ENTRY = r"(?:log[io]n|authenticat|access|password)"
_WORDS: tuple[tuple[re.Pattern[str], LoginAction], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), action)
    for pattern, action in (
        (r"log(?:s|ged)? ?(?:was |been )?cleared|clear(?:ed)? log", LoginAction.LOG_CLEARED),
        (r"locked|blocked", LoginAction.LOCKED),
        (rf"{_ENTRY}.{{0,60}}{_BAD}|{_BAD}.{{0,60}}{_ENTRY}", LoginAction.DENIED),
        (r"(?:add|creat)\w* (?:new )?(?:user|account)|(?:user|account) .{0,70}(?:added|created)", LoginAction.ACCOUNT_ADDED),
        (r"(?:delet|remov)\w* (?:user|account)|(?:user|account) .{0,70}(?:deleted|removed)", LoginAction.ACCOUNT_REMOVED),
        (r"password .{0,40}(?:chang|modif|set)|(?:chang|modif)\w* .{0,40}password", LoginAction.PASSWORD_CHANGED),
        (r"log(?:ged)?[ -]?(?:out|off)|session (?:ended|closed)", LoginAction.LOGOUT),
        (r"log(?:ged)?[ -]?(?:in|on)\b|session (?:opened|started)|accepted (?:password|user)", LoginAction.LOGIN),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A line, when the camera says it was, and when that is by our clock; None when its date is not understood."""

    text: str
    local_us: LocalUs | None
    at_us: WallUs | None


def lines(text: str) -> list[str]:
    """Return the lines that say something, in the camera's order; the last of very many."""
    return [line[:_MAX_LINE_CHARS] for one in text.splitlines() if (line := one.strip())][-MAX_LINES:]


def due(text: str, clock: ClockReading, since_us: WallUs) -> Iterator[Dated]:
    """Yield the lines of a log from our `since_us` on, and those whose date is not understood. `clock` is the camera's clock in
    its own zone: that is what logs are written in."""
    for line in lines(text):
        local_us = _local(line, clock)
        at_us = None if local_us is None else clock.corrected(local_us)
        if at_us is None or at_us >= since_us:
            yield Dated(text=line, local_us=local_us, at_us=at_us)


def log_line(line: Dated) -> LogLine:
    """Return any line of a log."""
    user = _USER.search(line.text)
    return LogLine(
        code=action_of(line.text).value,
        user=user[1] if user else "",
        local_us=line.local_us,
        at_us=line.at_us,
        text=line.text,
        raw=line.text,
    )


def login_record(line: Dated) -> LoginRecord:
    """A line of the access log. OTHER where its words are not understood: it is about access all the same."""
    action = action_of(line.text)
    user, origin = _USER.search(line.text), _IP.search(_DATE.sub("", line.text))
    return LoginRecord(
        action=action,
        code=action.value,
        user=user[1] if user else "",
        address=address_of(origin[0]) if origin else None,
        origin=origin[0] if origin else "",
        via="",
        local_us=line.local_us,
        at_us=line.at_us,
        raw=line.text,
    )


def action_of(line: str) -> LoginAction:
    """Return what the words of a line mean."""
    return next((action for pattern, action in _WORDS if pattern.search(line)), LoginAction.OTHER)


def _local(line: str, clock: ClockReading) -> LocalUs | None:
    if found := _DATE.search(line):
        return parse_local(found[0])
    if not (short := _SYSLOG_DATE.search(line)):
        return None
    month, day, hour, minute, second = (_MONTHS.index(short[1]) + 1, *(int(short[group]) for group in range(2, 6)))
    year = to_datetime(WallUs(max(0, clock.local_us))).year
    for guess in (year, year - 1):  # a date without a year that would lie ahead is of last year
        try:
            at = from_datetime(dt.datetime(guess, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC))
        except ValueError:
            continue
        if at <= clock.local_us + 86_400 * US_PER_S:
            return LocalUs(at)
    return None
