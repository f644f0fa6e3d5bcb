"""The lines of an ONVIF camera's log. Their form is the vendor's: kept as they are, and understood as far as it goes.

ONVIF promises nothing about `GetSystemLog` but that it is text; most cameras have none. What a line says of access is told by
its words, and a line whose date is not understood is never left out.
"""

from __future__ import annotations

import datetime as dt
import re

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


def lines(text: str) -> list[str]:
    """Return the lines that say something, in the camera's order; the last of very many."""
    return [line[:_MAX_LINE_CHARS] for one in text.splitlines() if (line := one.strip())][-MAX_LINES:]


def log_line(line: str, clock: ClockReading) -> LogLine:
    """`clock` is the camera's clock in its own zone: that is what logs are written in."""
    local_us = _local(line, clock)
    user = _USER.search(line)
    return LogLine(
        code=action_of(line).value,
        user=user[1] if user else "",
        local_us=local_us,
        at_us=None if local_us is None else clock.corrected(local_us),
        text=line,
        raw=line,
    )


def login_record(line: str, clock: ClockReading) -> LoginRecord:
    """A line of the access log. OTHER where its words are not understood: it is about access all the same."""
    said = log_line(line, clock)
    origin = found[0] if (found := _IP.search(_DATE.sub("", line))) else ""
    return LoginRecord(
        action=action_of(line),
        code=said.code,
        user=said.user,
        address=address_of(origin),
        origin=origin,
        via="",
        local_us=said.local_us,
        at_us=said.at_us,
        raw=line,
    )


def action_of(line: str) -> LoginAction:
    """Return what the words of a line mean."""
    return next((action for pattern, action in _WORDS if pattern.search(line)), LoginAction.OTHER)


def is_due(at_us: WallUs | None, since_us: WallUs) -> bool:
    """Whether a line is asked for: dated from then on, or not dated in a way that we understand."""
    return at_us is None or at_us >= since_us


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
