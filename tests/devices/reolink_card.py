"""The card of the emulated Reolink: what `Search` lists and under which name `Download` gives it; and its dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.devices.camera_state import EPOCH, Recording


def search(card: list[Recording], asked: dict[str, Any]) -> dict[str, Any]:
    """Return the value of `Search`; no `File` when nothing was recorded then."""
    start, end = moment(asked["StartTime"]), moment(asked["EndTime"])
    found = [_row(index, one) for index, one in enumerate(card) if one.start < end and one.end > start]
    return {"SearchResult": ({"File": found} if found else {}) | {"channel": 0}}


def _row(index: int, one: Recording) -> dict[str, Any]:
    size = {"height": 2160, "name": name(index, one), "size": str(one.clip.stat().st_size), "type": "main", "width": 3840}
    return {"EndTime": parts(one.end), "StartTime": parts(one.start), "frameRate": 0} | size


def name(index: int, one: Recording) -> str:
    times = f"{one.start:%Y%m%d_%H%M%S}_{one.end:%H%M%S}"
    return f"Mp4Record/{one.start:%Y-%m-%d}/RecM{index:02d}_{times}_6D28C08_{one.clip.stat().st_size:X}.mp4"


def named(card: list[Recording], source: str) -> Recording | None:
    """Return the recording that is called so."""
    return next((one for index, one in enumerate(card) if name(index, one) == source), None)


def moment(time: dict[str, Any]) -> dt.datetime:
    year, month, day, hour, minute, second = (int(time[key]) for key in ("year", "mon", "day", "hour", "min", "sec"))
    return EPOCH.replace(year=year, month=month, day=day, hour=hour, minute=minute, second=second)


def parts(at: dt.datetime) -> dict[str, int]:
    time = {"day": at.day, "hour": at.hour, "min": at.minute, "mon": at.month, "sec": at.second}
    return time | {"year": at.year}
