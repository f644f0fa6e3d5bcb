"""NewTypes for clocks and ids, and the only place that turns microseconds into a datetime."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import NewType

WallUs = NewType("WallUs", int)
"""Wall clock, integer microseconds since the Unix epoch, UTC."""

MonoNs = NewType("MonoNs", int)
"""Monotonic clock, integer nanoseconds; comparable between processes of one boot."""

CameraId = NewType("CameraId", str)
"""Slug of a camera, ``^[a-z0-9][a-z0-9-]{0,31}$``: the NAME of its ``[camera.NAME]`` section."""

US_PER_S = 1_000_000
NS_PER_S = 1_000_000_000
CAMERA_ID_PATTERN = r"^[a-z0-9][a-z0-9-]{0,31}$"

_camera_id = re.compile(CAMERA_ID_PATTERN)


def camera_id(text: str) -> CameraId:
    """Return `text` as a CameraId; ValueError when it is not a slug."""
    if not _camera_id.fullmatch(text):
        raise ValueError(f"{text!r} is not a camera name: use 1 to 32 of a-z, 0-9 and '-'")
    return CameraId(text)


def to_datetime(at_us: WallUs, zone: tzinfo = UTC) -> datetime:
    """Return `at_us` as an aware datetime in `zone`."""
    seconds, micros = divmod(at_us, US_PER_S)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=micros).astimezone(zone)


def from_datetime(at: datetime) -> WallUs:
    """Return an aware datetime as WallUs; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a datetime without a time zone has no place on the wall clock")
    whole = at.astimezone(UTC)
    return WallUs(int(whole.replace(microsecond=0).timestamp()) * US_PER_S + whole.microsecond)


def iso(at_us: WallUs) -> str:
    """Return `at_us` as ISO 8601 in UTC with microseconds, e.g. ``2026-11-21T14:00:00.000000Z``."""
    return to_datetime(at_us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
