"""Packets that carry their number inside the video, so that what a file holds can be counted."""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hearthwatch.feeds.packet import Packet
from hearthwatch.kit.errors import BadReply, StorageFailed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import Segment
from hearthwatch.recording.walk import Footage, read_footage_at
from tests.recording.packet_maker import Made

_OURS = b"number of a trial"[:16]
_SEI, _USER_DATA = 6, 5
_DIGITS = 16
FPS = 15
STEP_TICKS = 90_000 // FPS


def numbered(made: Made, camera: CameraId, first: int, start_us: int, *, filler: bytes = b"") -> Iterator[Packet]:
    """Yield the clip's packets over and over for ever, numbered from `first`, each with `filler` as ballast."""
    count = len(made.packets)
    at = 0
    while True:
        packet = made.packets[at % count]
        dts = at * STEP_TICKS
        yield replace(
            packet,
            camera=camera,
            data=_sei(first + at, filler) + packet.data,
            dts_ticks=dts,
            pts_ticks=dts,
            wall_us=WallUs(start_us + at * 1_000_000 // FPS),
        )
        at += 1


def filler(size_bytes: int, rng: random.Random) -> bytes:
    """Return ballast that no parser takes for anything else."""
    return "".join(rng.choices(string.ascii_letters, k=size_bytes)).encode()


def _sei(number: int, ballast: bytes) -> bytes:
    body = _OURS + f"{number:0{_DIGITS}d}".encode() + ballast
    size = b"\xff" * (len(body) // 255) + bytes([len(body) % 255])
    nal = bytes([_SEI, _USER_DATA]) + size + body + b"\x80"
    return len(nal).to_bytes(4, "big") + nal


def numbers_in(path: Path) -> list[int]:
    """Return the numbers of the pictures in a file of footage, in their order. Raises BadReply, StorageFailed."""
    footage = read_footage_at(path)
    return [number for data in samples_of(path, footage) if (number := _number(data)) is not None]


def samples_of(path: Path, footage: Footage) -> Iterator[bytes]:
    """Yield the bytes of each picture."""
    with path.open("rb") as file:
        for one in footage.fragments:
            if one.video is not None:
                file.seek(one.data)
                for size in one.video.sizes:
                    yield file.read(size)


def _number(data: bytes) -> int | None:
    at = data.find(_OURS, 0, 400 + len(data) // 200)
    if at < 0 or not (digits := data[at + len(_OURS) :][:_DIGITS]).isdigit():
        return None
    return int(digits)


def kept_numbers(folder: Path, segments: tuple[Segment, ...]) -> Counter[int]:
    """Return how often each picture is in the files that the index lists."""
    found: Counter[int] = Counter()
    for one in segments:
        try:
            found.update(numbers_in(folder / one.path))
        except (BadReply, StorageFailed):
            continue
    return found
