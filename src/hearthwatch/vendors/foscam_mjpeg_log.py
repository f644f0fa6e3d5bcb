"""The log of the MJPEG generation of Foscam: `get_log.cgi` to records.

`var log_text='…';` where records are separated by the two characters backslash and n. A record is a date and up to three
columns (user, address, words) with runs of blanks between; user and address are missing at times, the words depend on the
firmware, and the weekday is wrong.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply
from hearthwatch.vendors.device import ClockReading, LocalUs, LoginAction, LoginRecord, LogLine, address_of
from hearthwatch.vendors.foscam_mjpeg_reply import text_of
from hearthwatch.vendors.local_time import parse_local
from hearthwatch.vendors.redaction import sample_of

_HEAD = re.compile(r"\s*var\s+log_text\s*=\s*'")
_SEPARATOR = re.compile(r"\\r\\n|\\n|\r\n|\n|\r")
_RECORD = re.compile(r"(?:\w{1,12}\.?,\s*)?(\d{4}-\d{1,2}-\d{1,2} {1,3}\d{1,2}:\d{1,2}:\d{1,2})(?:\s+(.*))?")
_MAX_RECORDS = 20_000
_MAX_RECORD_CHARS = 1000
_ACTIONS = (
    (r"fail|illegal|invalid|wrong|denied|deny|refuse|reject|error", LoginAction.DENIED),
    (r"log ?(?:out|off)|disconnect|leave", LoginAction.LOGOUT),
    (r"log ?[io]n|access|connect|visit", LoginAction.LOGIN),
    (r"clear.*log|log.*clear", LoginAction.LOG_CLEARED),
    (r"pass|pwd", LoginAction.PASSWORD_CHANGED),
    (r"user|account", LoginAction.ACCOUNT_CHANGED),
    (r"(?:set|chang).*time|time.*(?:set|chang)|ntp", LoginAction.CLOCK_SET),
    (r"reboot|restart|power|boot|startup|system start|upgrade", LoginAction.RESTARTED),
    (r"config|default|restore|setting|set params", LoginAction.SETTINGS_CHANGED),
)
_PATTERNS = tuple((re.compile(pattern), action) for pattern, action in _ACTIONS)
_ALARM = re.compile(r"motion|alarm|sound|input")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record; `origin` is what stands where an address does. A record that is none of the known has only words."""

    local_us: LocalUs | None
    user: str
    origin: str
    words: str
    raw: str


def entries(body: bytes) -> tuple[Entry, ...]:
    """Return the records in the camera's order, oldest first."""
    what = "the log"
    text = text_of(body, what)
    head = _HEAD.match(text)
    end = text.rfind("'")
    if head is None or end < head.end():
        raise BadReply(f"{what}: not the text that was expected", sample_of(body))
    found = []
    for line in _SEPARATOR.split(text[head.end() : end]):
        if line.strip():
            found.append(entry(line))
        if len(found) > _MAX_RECORDS:
            raise BadReply(f"{what}: more than {_MAX_RECORDS} records", sample_of(body))
    return tuple(found)


def entry(line: str) -> Entry:
    """Return one record. The last column that is an IPv4 address is the address: a user may be called like one."""
    raw = line.strip()[:_MAX_RECORD_CHARS]
    match = _RECORD.fullmatch(raw)
    local_us = parse_local(match[1]) if match else None
    columns = [one for one in re.split(r"\s{2,}", (match[2] or "") if match else raw) if one]
    places = [index for index, one in enumerate(columns) if _is_ipv4(one)]
    if places:
        at = places[-1]
        user, origin, words = columns[:at], columns[at], columns[at + 1 :]
    else:
        user, origin, words = columns[:-1], "", columns[-1:]
    return Entry(local_us=local_us, user="  ".join(user), origin=origin, words="  ".join(words), raw=raw)


def login_record(one: Entry, clock: ClockReading) -> LoginRecord | None:
    """Return the record if it is about access or tampering, or names somebody in words that we do not know; else None."""
    action = action_of(one.words)
    about_someone = bool(one.user or one.origin)
    if action is None or (action is LoginAction.OTHER and not about_someone):
        return None
    return LoginRecord(
        action=action,
        code=one.words,
        user=one.user,
        address=address_of(one.origin),
        origin=one.origin,
        via="Web",
        local_us=one.local_us,
        at_us=None if one.local_us is None else clock.corrected(one.local_us),
        raw=one.raw,
    )


def log_line(one: Entry, clock: ClockReading) -> LogLine:
    return LogLine(
        code=one.words,
        user=one.user,
        local_us=one.local_us,
        at_us=None if one.local_us is None else clock.corrected(one.local_us),
        text=one.origin,
        raw=one.raw,
    )


def action_of(words: str) -> LoginAction | None:
    """Return what the words mean; OTHER when we do not know them, None for an alarm of the picture, sound or input."""
    lower = words[:200].lower()
    action = next((action for pattern, action in _PATTERNS if pattern.search(lower)), LoginAction.OTHER)
    return None if action is LoginAction.OTHER and _ALARM.search(lower) else action


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
