"""The log of a Dahua or Amcrest camera: one page of a search to records.

The order of keys, `User` or `UserName` and the place of the address drift between firmwares; types are matched by their words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import WallUs
from hearthwatch.vendors.dahua_reply import pairs_of, rows, value_of
from hearthwatch.vendors.device import ClockReading, LocalUs, LoginAction, LoginRecord, LogLine, address_of
from hearthwatch.vendors.local_time import parse_local
from hearthwatch.vendors.redaction import sample_of

_ACTIONS = (
    (r"(?:log ?[io]n|access|auth|user|account).*(?:fail|illegal|invalid|wrong|error|denied)", LoginAction.DENIED),
    (r"(?:fail|illegal|invalid|wrong|error|denied).*(?:log ?[io]n|access|auth|user|account)", LoginAction.DENIED),
    (r"unlock|block", LoginAction.OTHER),
    (r"lock", LoginAction.LOCKED),
    (r"log ?(?:out|off)", LoginAction.LOGOUT),
    (r"log ?[io]n", LoginAction.LOGIN),
    (r"clear.*log|log.*clear|clearlog", LoginAction.LOG_CLEARED),
    (r"pass|pwd", LoginAction.PASSWORD_CHANGED),
    (r"(?:user|account|group).*(?:add|creat|new)|(?:add|creat|new).*(?:user|account|group)", LoginAction.ACCOUNT_ADDED),
    (r"(?:user|account|group).*(?:del|remov)|(?:del|remov).*(?:user|account|group)", LoginAction.ACCOUNT_REMOVED),
    (
        r"(?:user|account|group).*(?:mod|edit|chang|set)|(?:mod|edit|chang|set).*(?:user|account|group)",
        LoginAction.ACCOUNT_CHANGED,
    ),
    (r"set.*time|time.*(?:set|chang|adjust)|ntp", LoginAction.CLOCK_SET),
    (r"reboot|shut|restart|startup|power|upgrade", LoginAction.RESTARTED),
    (r"config|default|restore|import", LoginAction.SETTINGS_CHANGED),
)
_PATTERNS = tuple((re.compile(pattern), action) for pattern, action in _ACTIONS)
_MAX_WORDS_CHARS = 256  # the patterns take the square of it
_ADDRESSES = ("Detail.Address", "Detail.LogAddress", "Address", "Detail.ClientAddress", "Detail.IP")
_IN_TEXT = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log, not yet told apart; `fields` in the camera's order."""

    fields: tuple[tuple[str, str], ...]

    @property
    def raw(self) -> str:
        return "\n".join(f"{key}={value}" for key, value in self.fields)


def search_token(body: bytes) -> str:
    """`log.cgi?action=startFind`: `token=17`."""
    token = value_of(body, "token", "starting the log search").strip()
    if not re.fullmatch(r"[0-9A-Za-z]{1,32}", token):
        raise BadReply("starting the log search: not a token", sample_of(body))
    return token


def page(body: bytes) -> tuple[int, tuple[Entry, ...]]:
    """`log.cgi?action=doFind`: what `found` says, and the lines that are there. Only found=0 ends a search: `found=2` with
    one line happens."""
    pairs = pairs_of(body, "a page of the log")
    found = pairs.get("found", "").strip()
    if not re.fullmatch(r"[0-9]{1,6}", found):
        raise BadReply("a page of the log: it does not say how many lines it has", sample_of(body))
    return int(found), tuple(Entry(fields=tuple(row.items())) for row in rows(pairs, "items"))


def login_record(entry: Entry, clock: ClockReading) -> LoginRecord | None:
    """Return the line as a record when it is about access or tampering, else None."""
    fields = dict(entry.fields)
    code = fields.get("Type", "")
    action = action_of(code, fields)
    if action is LoginAction.OTHER:
        return None
    origin = next((fields[key] for key in _ADDRESSES if fields.get(key)), "")
    if not origin and (inside := _IN_TEXT.search(fields.get("Detail", ""))):
        origin = inside[0]
    local_us = parse_local(fields.get("Time", ""))
    return LoginRecord(
        action=action,
        code=code,
        user=_user(fields),
        address=address_of(origin),
        origin=origin,
        via=fields.get("Detail.Type", ""),
        local_us=local_us,
        at_us=_at(local_us, clock),
        raw=entry.raw,
    )


def log_line(entry: Entry, clock: ClockReading) -> LogLine:
    fields = dict(entry.fields)
    local_us = parse_local(fields.get("Time", ""))
    rest = (f"{key}={value}" for key, value in entry.fields if key not in {"Time", "Type", "User", "UserName"})
    return LogLine(
        code=fields.get("Type", ""),
        user=_user(fields),
        local_us=local_us,
        at_us=_at(local_us, clock),
        text=" ".join(rest),
        raw=entry.raw,
    )


def action_of(code: str, fields: Mapping[str, str]) -> LoginAction:
    """Return what the type of a line means. A `Login` whose detail tells of an error was denied."""
    words = code[:_MAX_WORDS_CHARS].lower()
    action = next((action for pattern, action in _PATTERNS if pattern.search(words)), LoginAction.OTHER)
    if action is LoginAction.LOGIN:
        detail = " ".join(value for key, value in fields.items() if key.startswith("Detail") and key != "Detail.Address")
        if re.search(r"fail|illegal|denied|wrong|invalid", detail[:_MAX_WORDS_CHARS].lower()):
            return LoginAction.DENIED
    return action


def _user(fields: Mapping[str, str]) -> str:
    return next((fields[key] for key in ("User", "UserName", "Detail.User", "Detail.Name") if fields.get(key)), "")


def _at(local_us: LocalUs | None, clock: ClockReading) -> WallUs | None:
    return None if local_us is None else clock.corrected(local_us)
