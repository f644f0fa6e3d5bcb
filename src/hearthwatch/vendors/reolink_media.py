"""Where the pictures of a Reolink camera are: its streams, and what is on its card."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import WallUs, to_datetime
from hearthwatch.vendors.card import CardFile
from hearthwatch.vendors.device import LocalUs, VideoStream
from hearthwatch.vendors.reolink_reply import Values, as_object, number, reading, text

_PATH = re.compile(r"/[\w.-]{1,60}(?:/[\w.-]{1,60})?", re.ASCII)
_SIZE = re.compile(r"([0-9]{2,5})\s*[*x]\s*([0-9]{2,5})")


def streams(encode: Values, urls: Values, ports: Values, channel: int, host: str) -> tuple[VideoStream, ...]:
    """`GetEnc`, `GetRtspUrl` (empty where the firmware has none) and `GetNetPort` of `channel` from 0, in URLs from 1.

    Of the camera's URL only the path is taken: host and port are those that we use.
    """
    encode, urls, ports = as_object(encode.get("Enc")), as_object(urls.get("rtspUrl")), as_object(ports.get("NetPort"))
    port = number(ports, "rtspPort", 554)
    base = f"rtsp://{host}:{port if 0 < port < 65_536 else 554}"
    found = []
    for name in ("main", "sub"):
        video = as_object(encode.get(f"{name}Stream"))
        if not video:
            continue
        codec = text(video, "vType") or "h264"
        path = _path_of(text(urls, f"{name}Stream")) or f"/{codec}Preview_{channel + 1:02d}_{name}"
        width_px, height_px = number(video, "width", 0), number(video, "height", 0)
        if not (width_px and height_px) and (size := _SIZE.fullmatch(text(video, "size"))):
            width_px, height_px = int(size[1]), int(size[2])
        found.append(
            VideoStream(
                name=name,
                url=base + (path if _PATH.fullmatch(path) else f"/Preview_{channel + 1:02d}_{name}"),
                codec=codec,
                width_px=max(0, width_px),
                height_px=max(0, height_px),
                is_enabled=number(ports, "rtspEnable", 1) != 0,
            )
        )
    if not found:
        raise BadReply(f"the streams: nothing about channel {channel}")
    return tuple(found)


def _path_of(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return path if _PATH.fullmatch(path) else ""


def is_jpeg(body: bytes) -> bool:
    """Whether `Snap` answered with a picture; else it is a failure as for every command."""
    return body.startswith(b"\xff\xd8")


def search_param(channel: int, start: LocalUs, end: LocalUs) -> dict[str, object]:
    """Return what `Search` takes to list the main stream's recordings between two readings of the camera's clock."""
    span = {"StartTime": _date(start), "EndTime": _date(end)}
    return {"Search": {"channel": channel, "onlyStatus": 0, "streamType": "main", **span}}


def _date(local_us: LocalUs) -> dict[str, int]:
    at = to_datetime(WallUs(local_us))
    return {"year": at.year, "mon": at.month, "day": at.day, "hour": at.hour, "min": at.minute, "sec": at.second}


def card_files(value: Values) -> tuple[CardFile, ...]:
    """`Search`: what is on the card, oldest first. No `File` at all: nothing was recorded then."""
    result = value.get("SearchResult")
    if not isinstance(result, dict):
        raise BadReply("the recordings: the answer has no result")
    rows = result.get("File", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadReply("the recordings: the answer has no list of files")
    found = []
    for row in rows:
        start_us, end_us = reading(as_object(row.get("StartTime"))), reading(as_object(row.get("EndTime")))
        if not (name := text(row, "name")) or start_us is None or end_us is None or end_us < start_us:
            raise BadReply("the recordings: one has no name or no time")
        found.append(CardFile(name=name, start_us=start_us, end_us=end_us, size_bytes=max(0, _size_bytes(row))))
    return tuple(sorted(found, key=lambda one: one.start_us))


def _size_bytes(row: Values) -> int:
    """A number, or one written as text; larger than a setting's may be."""
    said = text(row, "size")
    return int(said) if re.fullmatch(r"[0-9]{1,15}", said) else 0
