"""The log of the HD generation of Foscam: pages of `getLog`, newest first, put together; and what its numbers mean.

A record is `EPOCH+USER+IPNUM+EVENT`. The numbers of the events differ between cameras with and without a microphone's alarm.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import US_PER_S
from hearthwatch.vendors.device import ClockReading, LocalUs, LoginAction, LoginRecord, LogLine, address_of
from hearthwatch.vendors.foscam_hd_reply import fields, numbered, whole

PAGE = 10
OVERLAP = 3
"""Records that the next page repeats, so that new ones written meanwhile are noticed."""
_MAX_EPOCH_S = 4_294_967_296
_NEAR_US = 120 * US_PER_S

WITH_SOUND: Mapping[int, LoginAction | str] = MappingProxyType(
    {0: LoginAction.RESTARTED, 1: "motion", 2: "sound", 3: LoginAction.LOGIN, 4: LoginAction.LOGOUT,
     6: "input", 7: "temperature", 8: "humidity", 9: "person"}
)  # fmt: skip
WITHOUT_SOUND: Mapping[int, LoginAction | str] = MappingProxyType(
    {0: LoginAction.RESTARTED, 1: "motion", 2: LoginAction.LOGIN, 3: LoginAction.LOGOUT}
)
UNCERTAIN: Mapping[int, LoginAction | str] = MappingProxyType({**WITH_SOUND, 2: LoginAction.LOGIN})
"""For a camera that does not say which of the two: rather a log-in too many than one too few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    local_us: LocalUs
    user: str
    address: str | None
    event: int
    raw: str


def page(body: bytes) -> tuple[int, tuple[str, ...]]:
    """`getLog`: how many records there are in all, and those of this page as they are."""
    what = "a page of the log"
    said = fields(body, what)
    return whole(said, "totalCnt", what), numbered(said, "log", "curCnt", 0, what)


def joined(newer: Sequence[str], older: Sequence[str]) -> list[str] | None:
    """Return the records of two pages, `older` starting with the last of `newer`: at least OVERLAP of them, more when the
    camera wrote new records in between. None when they do not meet."""
    for count in range(min(OVERLAP, len(newer), len(older)), min(len(newer), len(older)) + 1):
        if list(newer[len(newer) - count :]) == list(older[:count]):
            return [*newer, *older[count:]]
    return None


def entry(raw: str, offset_us: int = 0) -> Entry:
    """Return one record; the user's name may hold a plus. `offset_us` is added to its time. Raises BadReply."""
    epoch, _, rest = raw.partition("+")
    rest, _, event = rest.rpartition("+")
    user, plus, number = rest.rpartition("+")
    if not plus or not re.fullmatch(r"[0-9]{1,12}\+-?[0-9]{1,12}\+[0-9]{1,6}", f"{epoch}+{number}+{event}"):
        raise BadReply("a record of the log: not time, user, address and event")
    local_us = LocalUs(max(0, min(int(epoch), _MAX_EPOCH_S) * US_PER_S + offset_us))
    return Entry(local_us=local_us, user=user, address=address_of(dotted(int(number))), event=int(event), raw=raw)


def dotted(number: int) -> str:
    """Return the address of `number`, whose lowest byte comes first: 167880896 is 192.168.1.10. It may be negative."""
    return str(ipaddress.IPv4Address((number & 0xFFFFFFFF).to_bytes(4, "little")))


def epoch_offset_us(raws: Sequence[str], clock: ClockReading, west_us: int, user: str) -> int | None:
    """Return what makes the times of the log local: 0, or minus `west_us` if they are universal. None: not known yet.

    Decided by a log-in of our own `user` just now: it is near one of the two. Records are newest first.
    """
    if abs(west_us) < 2 * _NEAR_US:
        return 0
    for raw in raws[:PAGE]:
        one = entry(raw)
        if one.user != user:
            continue
        if abs(one.local_us - clock.local_us) <= _NEAR_US:
            return 0
        if abs(one.local_us - west_us - clock.local_us) <= _NEAR_US:
            return -west_us
    return None


def login_record(one: Entry, clock: ClockReading, events: Mapping[int, LoginAction | str]) -> LoginRecord | None:
    """Return the record if it is about access or a start; None for alarms. Numbers beyond the table: somebody went off."""
    action = events.get(one.event, LoginAction.LOGOUT)
    if not isinstance(action, LoginAction):
        return None
    return LoginRecord(
        action=action,
        code=str(one.event),
        user=one.user,
        address=one.address,
        origin=one.address or "",
        via="",
        local_us=one.local_us,
        at_us=clock.corrected(one.local_us),
        raw=one.raw,
    )


def log_line(one: Entry, clock: ClockReading, events: Mapping[int, LoginAction | str]) -> LogLine:
    word = str(events.get(one.event, "offline"))
    return LogLine(
        code=str(one.event),
        user=one.user,
        local_us=one.local_us,
        at_us=clock.corrected(one.local_us),
        text=f"{word} {one.address or ''}".strip(),
        raw=one.raw,
    )
