"""What a camera sent, seen by a second viewer of the same stream, and what of it the store holds; compared frame by frame."""

from __future__ import annotations

import hashlib
import random
import threading
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from hearthwatch.feeds.packet import Kind, Stream
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Segment
from hearthwatch.recording.walk import read_footage_at

FAR_US = WallUs(1 << 60)
_NEAR_US = 9 * US_PER_S
"""A viewer that was held up receives a frame seconds after another one; a clip that starts over repeats it after 20 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameId:
    """One video frame by its content, and when it was received."""

    digest: bytes
    wall_us: int
    is_key: bool


class SecondViewer:
    """Reads a stream in a thread of its own while the block lasts; `frames` grows, `error` tells why it ended early."""

    def __init__(self, url: str, *, user: str = "", password: str = "") -> None:
        self.frames: list[FrameId] = []
        self.error = ""
        self._stop = Stop()
        source = Source(
            camera=CameraId("viewer"),
            stream=Stream.MAIN,
            kind=SourceKind.RTSP,
            url=url,
            user=user,
            password=password,
            allow_loopback=True,
        )
        self._feed = RtspFeed(source, clock=SystemClock(), rng=random.Random())
        self._first = threading.Event()
        self._thread = threading.Thread(target=self._read, name="viewer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._first.wait(20), f"the camera sends the second viewer nothing: {self.error}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(10)

    def _read(self) -> None:
        try:
            opened = self._feed.open(self._stop)
            try:
                for packet in opened:
                    if packet.kind is Kind.VIDEO:
                        self.frames.append(_frame(packet.data, packet.wall_us, is_key=packet.is_key))
                        self._first.set()
            finally:
                opened.close()
        except HearthwatchError as error:
            self.error = str(error)


def _frame(data: bytes, wall_us: int, *, is_key: bool) -> FrameId:
    return FrameId(digest=hashlib.blake2b(data, digest_size=16).digest(), wall_us=wall_us, is_key=is_key)


def segments_of(reader: IndexReader, camera: str, *, since_us: int = 0) -> tuple[Segment, ...]:
    """Return the camera's segments of the main stream, oldest first."""
    return reader.segments(CameraId(camera), Stream.MAIN, WallUs(since_us), FAR_US)


def stored_in(folder: Path, segments: Iterable[Segment]) -> list[FrameId]:
    """Return every video frame of the files, by what the files themselves say."""
    found: list[FrameId] = []
    for segment in segments:
        path = folder / segment.path
        footage = read_footage_at(path)
        hz = footage.label.info.video.ticks_per_s
        with path.open("rb") as file:
            for fragment in footage.fragments:
                if fragment.video is None:
                    continue
                file.seek(fragment.data)
                ticks = fragment.video.base_ticks - footage.first_ticks
                rows = zip(fragment.video.sizes, fragment.video.durations, fragment.video.keys, strict=True)
                for size, duration, is_key in rows:
                    wall_us = footage.label.start_us + ticks * US_PER_S // hz
                    found.append(_frame(file.read(size), wall_us, is_key=is_key))
                    ticks += duration
    return found


def split(sent: Iterable[FrameId], stored: Iterable[FrameId]) -> tuple[list[FrameId], list[FrameId]]:
    """Return which of the frames that were sent are in the store, and which of those between the first and last are missing."""
    times: dict[bytes, list[int]] = {}
    for frame in stored:
        times.setdefault(frame.digest, []).append(frame.wall_us)
    for walls in times.values():
        walls.sort()
    kept: list[FrameId] = []
    missing: list[FrameId] = []
    for frame in sent:
        walls = times.get(frame.digest, [])
        at = bisect_left(walls, frame.wall_us)
        around = [place for place in (at - 1, at) if 0 <= place < len(walls)]
        nearest = min(around, key=lambda place: abs(walls[place] - frame.wall_us), default=None)
        if nearest is not None and abs(walls[nearest] - frame.wall_us) < _NEAR_US:
            del walls[nearest]
            kept.append(frame)
        else:
            missing.append(frame)
    if not kept:
        return kept, missing
    return kept, [frame for frame in missing if kept[0].wall_us < frame.wall_us < kept[-1].wall_us]
