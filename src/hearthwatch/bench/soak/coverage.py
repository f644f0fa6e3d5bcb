"""Which of the pictures the cameras sent are on disk: files are read as they are finished, before retention takes them."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hearthwatch.bench.soak.cameras import Numbering, Sent
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import US_PER_S
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Segment, SegmentId
from hearthwatch.recording.walk import read_footage

_PAGE = 10_000
_APART_NS = 3_000_000_000
"""How far the recorder's time of a picture may be from the camera's; half of what the same picture takes to come again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is judged, in wall time (ns); `without` are stretches in which we disturbed the house ourselves."""

    start_ns: int
    end_ns: int
    without: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One stream: of `sent` pictures `kept` are on disk, bit for bit; `longest_s` is the longest time without one."""

    camera: str
    stream: Stream
    sent: int
    kept: int
    strangers: int
    longest_s: float
    lost_at_s: tuple[float, ...] = ()

    @property
    def frac(self) -> float:
        return self.kept / self.sent if self.sent else 0.0


class Follower:
    """Reads each finished file once; `unread` are those that were gone or broken when their turn came."""

    def __init__(self, footage: Path, numberings: Mapping[str, Numbering]) -> None:
        """`numberings` are those of each camera's main stream, by its name."""
        self._footage = footage
        self._numberings = numberings
        self._index: IndexReader | None = None
        self._after = SegmentId(0)
        self._seen: set[SegmentId] = set()
        self._found: dict[tuple[str, Stream], tuple[array[int], array[int]]] = defaultdict(lambda: (array("q"), array("q")))
        self.files = 0
        self.stored_bytes = 0
        self.unread: list[str] = []

    def read(self) -> None:
        """Read what was finished since the last time. Raises StorageFailed."""
        if self._index is None:
            if not (self._footage / "index.db").exists():
                return
            self._index = IndexReader(self._footage / "index.db")
        low = SegmentId(self._index.unfinished_from() - 1)
        for segment in self._index.finished_since(self._after, _PAGE):
            if segment.id not in self._seen and segment.stream is Stream.MAIN and segment.camera in self._numberings:
                self._seen.add(segment.id)
                self._take(segment)
        if low > self._after:
            self._after = low
            self._seen = {one for one in self._seen if one > low}

    def close(self) -> None:
        if self._index is not None:
            self._index.close()

    def covered(self, camera: str, stream: Stream, sent: Sent, window: Window) -> Covered:
        """Return how much of what was sent in a window is on disk."""
        times_us, units = self._found[camera, stream]
        ordered = np.argsort(np.frombuffer(times_us, np.int64), kind="stable") if times_us else np.empty(0, np.int64)
        return match(camera, stream, sent, [(times_us[at] * 1000, units[at]) for at in ordered], window)

    def _take(self, segment: Segment) -> None:
        times_us, units = self._found[segment.camera, segment.stream]
        try:
            with (self._footage / segment.path).open("rb") as file:
                for at_us, unit in _pictures(file, segment, self._numberings[segment.camera]):
                    times_us.append(at_us)
                    units.append(unit)
        except (OSError, HearthwatchError) as error:
            self.unread.append(f"{segment.path}: {error}")
        self.files += 1
        self.stored_bytes += segment.size_bytes


def _pictures(file: BinaryIO, segment: Segment, numbering: Numbering) -> list[tuple[int, int]]:
    """Return when each picture of a file was there and which of the clip it is, -1 for none of them."""
    footage = read_footage(file)
    ticks_per_s = footage.label.info.video.ticks_per_s
    found = []
    for one in footage.fragments:
        if one.video is None:
            continue
        file.seek(one.data)
        starts = accumulate(one.video.durations, initial=one.video.base_ticks)
        for at_ticks, size in zip(starts, one.video.sizes, strict=False):
            at_us = segment.start_us + (at_ticks - footage.first_ticks) * US_PER_S // ticks_per_s
            found.append((at_us, numbering(file.read(size))))
    return found


def match(camera: str, stream: Stream, sent: Sent, found: list[tuple[int, int]], window: Window) -> Covered:
    """Lay what is on disk (time in ns, unit; by time) beside the ledger: each picture sent counts once."""
    sent_ns, sent_units = sent.wall_ns.tolist(), sent.unit.tolist()
    kept = np.zeros(len(sent_ns), bool)
    at = strangers = 0
    for when_ns, unit in found:
        nearest = at
        while nearest < len(sent_ns) and sent_ns[nearest] <= when_ns + _APART_NS:
            if sent_units[nearest] == unit and sent_ns[nearest] >= when_ns - _APART_NS:
                break
            nearest += 1
        else:
            strangers += window.start_ns <= when_ns < window.end_ns
            continue
        kept[nearest] = True
        at = nearest + 1
    times = sent.wall_ns.astype(np.int64)
    inside = (times >= window.start_ns) & (times < window.end_ns)
    for left_ns, right_ns in window.without:
        inside &= (times < left_ns) | (times >= right_ns)
    lost = times[inside & ~kept]
    edges = np.concatenate(([window.start_ns], times[kept], [window.end_ns])).clip(window.start_ns, window.end_ns)
    return Covered(
        camera=camera,
        stream=stream,
        sent=int(inside.sum()),
        kept=int((inside & kept).sum()),
        strangers=int(strangers),
        longest_s=float(np.diff(edges).max()) / 1e9,
        lost_at_s=tuple(round(float(one - window.start_ns) / 1e9, 2) for one in lost[:20]),
    )
