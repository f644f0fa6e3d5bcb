"""Adoption: footage that was recorded elsewhere (uploaded, or fetched from a camera's card) comes into the gaps of our own.

What we have ourselves is neither doubled nor replaced, and what was private stays a gap: a piece begins at the first key frame
in a gap and ends where our own footage goes on. Doing it again changes nothing, because what it kept the first time is there
by then.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from hearthwatch.feeds.packet import Gap, Kind, Packet, Run, RunId, StreamInfo
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording.cut import Batch, Cutter
from hearthwatch.recording.label import Label
from hearthwatch.recording.segment import Origin, Segment, SegmentId, SegmentState, StorageOptions
from hearthwatch.recording.segment_file import SegmentFile, set_pinned
from hearthwatch.recording.store import Store

_MIN_GAP_US = US_PER_S
"""Shorter holes are none: they lie between any two files."""
_MAX_US = 86_400 * US_PER_S
_ENDLESS_US = WallUs(1 << 62)
_MAX_OPEN = 8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """[start_us, end_us) is there already."""

    start_us: WallUs
    end_us: WallUs


def covered_by(own: Iterable[Segment]) -> tuple[Covered, ...]:
    """Return what the segments cover, in order, joined over holes that are none; one being written covers all after it."""
    found: list[Covered] = []
    for one in sorted(own, key=lambda each: each.start_us):
        end_us = _ENDLESS_US if one.state is SegmentState.RECORDING else one.end_us
        if found and one.start_us - found[-1].end_us < _MIN_GAP_US:
            found[-1] = Covered(start_us=found[-1].start_us, end_us=max(found[-1].end_us, end_us))
        else:
            found.append(Covered(start_us=one.start_us, end_us=end_us))
    return tuple(found)


def _kept_free(gap: Gap) -> Covered:
    return Covered(start_us=gap.start_us, end_us=_ENDLESS_US if gap.end_us is None else gap.end_us)


class Adoption:
    """One piece of footage on its way in. Owned by the disk's thread; every method raises StorageFailed, then it is over."""

    def __init__(self, store: Store, run: Run, info: StreamInfo, origin: Origin, options: StorageOptions) -> None:
        self._store = store
        self._run = run
        self._info = info
        self._origin = origin
        self._options = options
        until_us = WallUs(run.start_us + _MAX_US)
        own = store.index.kept_in(run.camera, run.stream, run.start_us, until_us)
        unwanted = store.index.unwanted(run.camera, run.stream, run.start_us, until_us)
        self._covered = (*covered_by(own), *(_kept_free(gap) for gap in unwanted))
        self._cutter: Cutter | None = None
        self._until_us = _ENDLESS_US
        self._file: SegmentFile | None = None
        self._segment: SegmentId | None = None
        self.kept_us = 0
        """Footage that was kept so far, in files that are closed."""

    def take(self, packets: Sequence[Packet]) -> None:
        """Take the next packets, in decode order."""
        for packet in packets:
            if packet.kind is Kind.VIDEO:
                if self._cutter is not None and packet.wall_us >= self._until_us:
                    self._end_piece()
                if self._cutter is None and packet.is_key:
                    self._maybe_begin(packet.wall_us)
            if self._cutter is not None:
                batch = self._cutter.take(packet)
                if batch is not None:
                    self._write(batch)

    def finish(self) -> None:
        """Close what is open."""
        self._end_piece()

    def give_up(self) -> None:
        """Let go after an error or when nobody goes on; what was written whole stays. Never raises."""
        file, segment, self._cutter, self._file = self._file, self._segment, None, None
        if file is not None and segment is not None:
            filled = file.abandon()
            index = self._store.index
            try:
                if filled is None:
                    index.discard(segment)
                else:
                    index.complete(segment, filled)
            except StorageFailed:
                return  # the next start repairs it

    def _maybe_begin(self, at_us: WallUs) -> None:
        for one in self._covered:
            if one.start_us - _MIN_GAP_US < at_us < one.end_us:
                return
        self._until_us = min((one.start_us for one in self._covered if one.start_us > at_us), default=_ENDLESS_US)
        self._cutter = Cutter(self._info, self._options)

    def _end_piece(self) -> None:
        batch = self._cutter.flush() if self._cutter else None
        self._cutter = None
        if batch is not None:
            self._write(batch)
        self._close()

    def _write(self, batch: Batch) -> None:
        if batch.starts:
            self._close()
            self._open(batch)
        assert self._file is not None
        self._file.append(batch)
        self._file.sync()

    def _open(self, batch: Batch) -> None:
        run = self._run
        while True:
            label = Label(
                run=run.id,
                camera=run.camera,
                stream=run.stream,
                sequence=self._store.next_sequence(run.camera, run.stream),
                start_us=batch.video[0].wall_us,
                info=self._info,
                origin=self._origin,
            )
            try:
                file = SegmentFile(self._store.folder, label, batch)
                break
            except FileExistsError:
                continue
        try:
            self._segment = self._store.index.begin_import(label)
        except StorageFailed:
            file.abandon()
            raise
        self._file = file

    def _close(self) -> None:
        file, segment, self._file = self._file, self._segment, None
        if file is None or segment is None:
            return
        filled = file.close()
        index = self._store.index
        if index.complete(segment, filled):
            set_pinned(file.path, pinned=True)
        index.cover(self._run.camera, self._run.stream, filled.start_us, WallUs(filled.start_us + filled.duration_us))
        self.kept_us += filled.duration_us


class Adoptions:
    """All pieces on their way in; one that nobody ends is given up when newer ones need its place."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[RunId, Adoption] = {}

    def take(
        self, run: Run, info: StreamInfo, origin: Origin, packets: Sequence[Packet], options: StorageOptions, *, is_last: bool
    ) -> int:
        """Take the next packets of a piece; return how much of it was kept so far, in milliseconds. Raises StorageFailed."""
        adoption = self._open.get(run.id)
        if adoption is None:
            while len(self._open) >= _MAX_OPEN:
                self._open.pop(next(iter(self._open))).give_up()
            adoption = self._open[run.id] = Adoption(self._store, run, info, origin, options)
        try:
            adoption.take(packets)
            if is_last:
                adoption.finish()
        except StorageFailed:
            self._open.pop(run.id).give_up()
            raise
        if is_last:
            del self._open[run.id]
        return adoption.kept_us // 1000

    def close(self) -> None:
        """Give up what nobody ended."""
        while self._open:
            self._open.popitem()[1].give_up()
