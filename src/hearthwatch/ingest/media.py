"""What an uploaded file is by its first bytes, and what its name tells of when and why. Pure.

Names: Dahua `2018-05-06/001/dav/15/15.28.40-15.29.10[M][0@0][0].dav` and `20180506152840423ch01.jpg`, Foscam HD
`MDAlarm_20180506-152840.jpg`, Reolink `Front_01_20210512093015.mp4`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.ingest.drop import Media

HEAD_BYTES = 16
_MAX_BOXES = 20_000
END_OF_JPEG = b"\xff\xd9"
_CLIP_HEADS = (
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (0, b"DHAV"),
    (0, b"\x1aE\xdf\xa3"),
    (0, b"\0\0\0\1"),
)
_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d{10})")
_CLOCK = re.compile(r"[-_ T/.]{0,3}([01]\d|2[0-3])[-_.:h]?([0-5]\d)[-_.:m]?([0-5]\d)")
_DOTTED = re.compile(r"(?<!\d)([01]\d|2[0-3])\.([0-5]\d)\.([0-5]\d)(?!\d)")


class Reason(StrEnum):
    """Why the camera recorded it, as far as the name says."""

    MOTION = "motion"
    ALARM = "alarm"
    SCHEDULE = "schedule"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a name says. `at` is by the camera's own clock, without a zone."""

    at: dt.datetime | None
    reason: Reason


def media_of(head: bytes) -> Media | None:
    """Return what begins with these bytes, None for nothing that a camera uploads to be seen."""
    if head.startswith(b"\xff\xd8\xff"):
        return Media.JPEG
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return Media.CLIP
    if any(head[at:].startswith(mark) for at, mark in _CLIP_HEADS):
        return Media.CLIP
    return None


def is_cut_off(size_bytes: int, read: Callable[[int, int], bytes]) -> bool:
    """Tell whether an MP4 of that size ends before it says it does, or lacks its index; `read` takes place and length.

    Of other clips nobody can tell: they go on as long as they go on."""
    at, seen = 0, set[bytes]()
    for _ in range(_MAX_BOXES):
        head = read(at, 16)
        length, kind = int.from_bytes(head[:4]), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16])
        elif length == 0:
            length = size_bytes - at
        if length < 8 or not kind.isalnum():
            return False  # no boxes any more: some cameras pad
        seen.add(kind)
        at += length
        if at + 8 > size_bytes:
            return at > size_bytes or b"moov" not in seen
    return False


def is_mp4(head: bytes) -> bool:
    return head[4:8] in {b"ftyp", b"moov", b"mdat"}


def said_by(name: str) -> Said:
    """Return what the path of an upload tells."""
    return Said(at=_stated(name), reason=_reason(name))


def _stated(name: str) -> dt.datetime | None:
    for day in reversed(list(_DAY.finditer(name))):
        clock = _CLOCK.match(name, day.end()) or next(iter(_DOTTED.finditer(name, day.end())), None)
        if clock is None:
            continue
        try:
            return dt.datetime(*(int(part) for part in (*day.groups(), *clock.groups())))  # type: ignore[arg-type] # noqa: DTZ001
        except ValueError:
            continue
    return None


def _reason(name: str) -> Reason:
    file = name.rpartition("/")[2]
    low = file.lower()
    if "[m]" in low or low.startswith(("mdalarm", "hmdalarm")) or "motion" in low:
        return Reason.MOTION
    if "[r]" in low or low.startswith(("schedule", "snap_", "timer")):
        return Reason.SCHEDULE
    if "[a]" in low or "alarm" in low or "[e]" in low:
        return Reason.ALARM
    return Reason.UNKNOWN
