"""What the disk's thread does: writes what the pumps hand over, syncs each second, keeps the index, retries what failed.

The write order of the whole room stands here: file created (O_EXCL), folder synced, row `recording`, fragments, a sync each
second; at the end the file synced, then the row `complete`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from hearthwatch.feeds.packet import SEAMLESS, Gap, GapReason, Packet, Run, Stream, StreamInfo
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.logs import Interval
from hearthwatch.kit.units import NS_PER_S, CameraId, WallUs
from hearthwatch.recording.adoption import Adoptions
from hearthwatch.recording.cut import Batch
from hearthwatch.recording.index import Asked
from hearthwatch.recording.label import Label
from hearthwatch.recording.owed import Owed
from hearthwatch.recording.repair import reconcile
from hearthwatch.recording.segment import Limits, Origin, Segment, SegmentId, SegmentState, StorageOptions
from hearthwatch.recording.segment_file import SegmentFile, set_pinned, sha256_of
from hearthwatch.recording.store import Store, is_damage
from hearthwatch.recording.sweep import Sweep
from hearthwatch.recording.writer import Begun, Cut, Ended, Item, SegmentWriter

log = logging.getLogger(__name__)

_RETRY_NS = 1 * NS_PER_S
_TIDY_NS = 10 * NS_PER_S
_TIDY_SOON_NS = NS_PER_S
_STEP_NS = 50_000_000
_FORGET_NS = 3600 * NS_PER_S
_ASKED_KEPT_US = 86_400 * 1_000_000


class StorageHealth(Protocol):
    def __call__(self, failure: StorageFailed | None) -> None:
        """Told of every failure of the footage disk, and with None once footage is on the disk again; must not raise."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """How far one stream is known to be on the disk; `recording` False while nothing is written."""

    camera: CameraId
    stream: Stream
    recording: bool
    until_us: WallUs | None


@dataclass(slots=True)
class _Row:
    """The row of a file; without an id it is still owed to the index."""

    id: SegmentId | None = None


@dataclass(slots=True)
class _Track:
    """One stream as the disk sees it. `last_us` ends its last footage."""

    run: Run
    info: StreamInfo
    file: SegmentFile | None = None
    row: _Row = field(default_factory=_Row)
    sequence: int = 0
    last_us: WallUs | None = None
    sync_us: WallUs | None = None
    retry_ns: int = 0


class Disk:
    """Everything but the thread: `handle` one item, `tick` often. Owned by one thread; raises nothing."""

    def __init__(self, store: Store, options: StorageOptions, clock: Clock, on_health: StorageHealth) -> None:
        self._store = store
        self._options = options
        self._clock = clock
        self._on_health = on_health
        self._owed = Owed(clock, self._report)
        self._sweep = Sweep(store, clock, self._owed)
        self._adoptions = Adoptions(store)
        self._tracks: dict[SegmentWriter, _Track] = {}
        self._failing = False
        self._damage: StorageFailed | None = None
        self._has_unhashed = True
        self._forget_ns = 0
        self._sync_ns: int = clock.mono_ns()
        self._tidy_ns: int = clock.mono_ns()
        self._reconcile: Iterator[None] = reconcile(store.folder, store.index)
        self._complaint = Interval(clock, every_s=60)
        self._shortage = Interval(clock, every_s=3600)

    def set_options(self, options: StorageOptions) -> None:
        """Take the retention options; those of files hold until the next start."""
        self._options = options

    def set_limits(self, limits: Limits) -> None:
        self._sweep.limits = limits

    def confirmed(self) -> tuple[Confirmed, ...]:
        """Return the state of every stream; may be called from any thread."""
        return tuple(
            Confirmed(camera=writer.camera, stream=writer.stream, recording=track.file is not None, until_us=track.sync_us)
            for writer, track in list(self._tracks.items())
        )

    def handle(self, item: Item) -> None:
        match item:
            case Cut():
                self._write(item)
            case Begun():
                self._begin(item)
            case Ended():
                self._end(item.writer, item.gap)
            case _:
                item()

    def _begin(self, item: Begun) -> None:
        track = self._tracks.get(item.writer)
        if track is None:
            self._tracks[item.writer] = _Track(item.run, item.info)
            return
        self._close_file(item.writer, track, None)
        track.run, track.info = item.run, item.info

    def _end(self, writer: SegmentWriter, gap: Gap) -> None:
        track = self._tracks.get(writer)
        if track is not None and track.file is not None:
            self._close_file(writer, track, gap.start_us if gap.reason in SEAMLESS else None)
            gap = replace(gap, start_us=track.last_us or gap.start_us)
        if track is not None:
            track.retry_ns = 0
        self._owed.note(lambda: self._store.index.open_gap(gap))
        if gap.reason is GapReason.DISK_SLOW:
            self._report(StorageFailed(StorageFault.SLOW, f"the disk cannot keep up with {gap.camera}"))

    def _write(self, item: Cut) -> None:
        writer, batch = item.writer, item.batch
        track = self._tracks[writer]
        try:
            if batch.starts:
                self._close_file(writer, track, batch.video[0].wall_us)
                if self._clock.mono_ns() < track.retry_ns:
                    writer.wants_file = True
                    return
                self._open_file_or_make_room(track, item)
            if track.file is not None:
                self._append(track.file, batch)
        except StorageFailed as error:
            self._fail(writer, track, error, batch.video[0].wall_us if batch.video else None)

    def _append(self, file: SegmentFile, batch: Batch) -> None:
        """Write a fragment; on a full disk the oldest footage makes room for it, and nothing is lost."""
        try:
            file.append(batch)
        except StorageFailed as error:
            if error.fault is not StorageFault.NO_SPACE or not self._sweep.make_room():
                raise
            file.append(batch)

    def _open_file_or_make_room(self, track: _Track, item: Cut) -> None:
        try:
            self._open_file(track, item)
        except StorageFailed as error:
            if error.fault is not StorageFault.NO_SPACE or not self._sweep.make_room():
                raise
            self._open_file(track, item)

    def _open_file(self, track: _Track, item: Cut) -> None:
        if not self._owed.settle() and self._owed.is_full:
            raise StorageFailed(StorageFault.NO_SPACE, "the index of footage cannot be written")
        index, run = self._store.index, track.run
        if not track.sequence:
            track.sequence = self._store.next_sequence(run.camera, run.stream)
        while True:
            label = Label(
                run=run.id,
                camera=run.camera,
                stream=run.stream,
                sequence=track.sequence,
                start_us=item.batch.video[0].wall_us,
                info=track.info,
                unset=run.unset,
            )
            try:
                file = SegmentFile(self._store.folder, label, item.batch)
                break
            except FileExistsError:
                track.sequence = max(track.sequence + 1, self._store.next_sequence(run.camera, run.stream))
        track.sequence += 1
        row, footage_class = _Row(), item.writer.footage_class

        def begin() -> None:
            row.id = index.begin(label, footage_class)

        self._owed.note(begin)  # footage is worth more than its row, which comes as soon as the index takes one
        if self._owed.is_full:
            self._owed.take_back(begin)
            file.abandon()
            raise StorageFailed(StorageFault.NO_SPACE, "the index of footage cannot be written")
        track.file, track.row, track.retry_ns = file, row, 0

    def _close_file(self, writer: SegmentWriter, track: _Track, next_us: WallUs | None) -> None:
        file, row = track.file, track.row
        if file is None:
            return
        try:
            filled = file.close(next_us)
        except StorageFailed as error:
            self._fail(writer, track, error, None)
            return
        track.file = None
        track.last_us = WallUs(filled.start_us + filled.duration_us)
        track.sync_us = file.sync_us = track.last_us
        self._tidy_ns = min(self._tidy_ns, self._clock.mono_ns() + _TIDY_SOON_NS)
        path = file.path

        def note() -> None:
            if row.id is not None and self._store.index.complete(row.id, filled):
                set_pinned(path, pinned=True)

        self._owed.note(note)

    def _fail(self, writer: SegmentWriter, track: _Track, error: StorageFailed, at_us: WallUs | None) -> None:
        """Give up the file, note the hole, make room, and ask for a new file at the next key frame."""
        index, file, row = self._store.index, track.file, track.row
        track.file = None
        writer.wants_file = True
        track.retry_ns = self._clock.mono_ns() + _RETRY_NS
        start_us = at_us if at_us is not None else track.last_us
        if file is not None:
            filled = file.abandon()

            def note() -> None:
                if row.id is not None:
                    index.discard(row.id) if filled is None else index.complete(row.id, filled)

            self._owed.add(note)
            if filled is not None:
                start_us = track.last_us = WallUs(filled.start_us + filled.duration_us)
        if start_us is not None:
            gap = Gap(
                camera=writer.camera,
                stream=writer.stream,
                start_us=start_us,
                end_us=None,
                reason=GapReason.DISK,
                detail=str(error),
                unset=track.run.unset,
            )
            self._owed.add(lambda: index.open_gap(gap))
        if error.fault is StorageFault.NO_SPACE:
            self._guard(self._sweep.make_room)
        self._owed.settle()
        self._report(error)

    def tick(self) -> None:
        """Do what is due: the sync of each second, and every ten seconds retention, ballast, repair and hashes."""
        if self._damage is not None:
            self._guard(self._renew_index)
        now_ns = self._clock.mono_ns()
        if now_ns >= self._sync_ns:
            self._sync_ns = now_ns + round(self._options.fragment_s * NS_PER_S)
            self._sync()
        if now_ns >= self._tidy_ns:
            self._tidy_ns = now_ns + _TIDY_NS
            self._owed.settle()
            self._guard(self._tidy)

    def wait_s(self) -> float:
        """Return how long nothing is due."""
        due_ns = min(self._sync_ns, self._tidy_ns) - self._clock.mono_ns()
        return max(0.0, due_ns / NS_PER_S)

    def _renew_index(self) -> None:
        """Go on with a new index; open files are closed and come into it like all others, as strangers."""
        assert self._damage is not None
        for writer, track in self._tracks.items():
            if track.file is not None:
                track.file.abandon()
                track.file = None
                writer.wants_file = True
        self._owed.clear()
        self._store.renew_index(self._clock, self._damage)
        self._damage = None
        limits = self._sweep.limits
        self._sweep = Sweep(self._store, self._clock, self._owed)
        self._sweep.limits = limits
        self._reconcile = reconcile(self._store.folder, self._store.index)
        self._tidy_ns = self._clock.mono_ns()

    def _sync(self) -> None:
        synced = False
        for writer, track in self._tracks.items():
            if track.file is None or not track.file.is_dirty:
                continue
            try:
                track.file.sync()
                track.sync_us = track.file.sync_us
                synced = True
            except StorageFailed as error:
                self._fail(writer, track, error, None)
        if (
            synced
            and self._failing
            and not self._owed
            and not any(one.retry_ns and one.file is None for one in self._tracks.values())
        ):
            self._failing = False
            self._on_health(None)

    def _tidy(self) -> None:
        plan = self._sweep.run(self._options)
        if plan.short_bytes and (times := self._shortage.due()) is not None:
            log.warning(
                "%d MB of disk space are missing and only pinned footage is left (%d times)", plan.short_bytes >> 20, times
            )
        if plan.delete:
            self._tidy_ns = self._clock.mono_ns() + _TIDY_SOON_NS
        self._take_in_strangers()
        self._store.retime(self._clock)
        self._store.ballast.build()
        if self._has_unhashed:
            self._hash_one()
        if self._clock.mono_ns() >= self._forget_ns:
            self._forget_ns = self._clock.mono_ns() + _FORGET_NS
            self._store.index.forget_asked(WallUs(self._clock.wall_us() - _ASKED_KEPT_US))

    def _hash_one(self) -> None:
        self._has_unhashed = False
        for segment in self._store.index.without_sha256(1):
            self._store.index.set_sha256(segment.id, sha256_of(self._store.folder / segment.path))
            self._has_unhashed = True

    def _take_in_strangers(self) -> None:
        until_ns = self._clock.mono_ns() + _STEP_NS
        try:
            for _step in self._reconcile:
                self._has_unhashed = True
                if self._clock.mono_ns() >= until_ns:
                    self._tidy_ns = self._clock.mono_ns() + _TIDY_SOON_NS
                    return
        except StorageFailed:
            self._reconcile = reconcile(self._store.folder, self._store.index)
            raise

    def _guard(self, work: Callable[[], object]) -> None:
        try:
            work()
        except StorageFailed as error:
            self._report(error)

    def _report(self, error: StorageFailed) -> None:
        self._failing = True
        if is_damage(error):
            self._damage = error
        if (times := self._complaint.due()) is not None:
            log.warning("footage disk: %s (%d times)", error, times)
        self._on_health(error)

    def adopt(self, run: Run, info: StreamInfo, origin: Origin, packets: Sequence[Packet], *, is_last: bool) -> int:
        """See Adoptions.take; uploads are held to their quota afterwards."""
        kept_ms = self._adoptions.take(run, info, origin, packets, self._options, is_last=is_last)
        if is_last and origin is Origin.UPLOAD:
            self._sweep.prune_uploads(run.camera)
        return kept_ms

    def mark(self, asked: Asked) -> int:
        """Raise the class of, or pin, every segment in the range; return how many there are now."""
        found = self._store.index.mark(asked)
        if asked.pinned:
            self._show_pins(found, pinned=True)
        return len(found)

    def unpin(self, camera: CameraId, start_us: WallUs, end_us: WallUs) -> int:
        found = self._store.index.unpin(camera, start_us, end_us)
        self._show_pins(found, pinned=False)
        return len(found)

    def _show_pins(self, found: tuple[Segment, ...], *, pinned: bool) -> None:
        for one in found:
            if one.state is SegmentState.COMPLETE:
                set_pinned(self._store.folder / one.path, pinned=pinned)

    def close(self, now_us: WallUs) -> None:
        """Close every file in order; streams that were not ended get a gap with cause STOPPED."""
        for writer, track in self._tracks.items():
            if track.file is not None:
                gap = Gap(camera=writer.camera, stream=writer.stream, start_us=now_us, end_us=None, reason=GapReason.STOPPED)
                self._end(writer, gap)
        self._adoptions.close()
        self._owed.settle()
        self._store.close()
