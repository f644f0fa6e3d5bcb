"""The one writer of the index of footage, owned by the recorder."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, case, delete, func, insert, select, update
from sqlalchemy.sql import ColumnElement

from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.kit.db import migrate, open_writer
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.custody import NO_BACKUP, loose
from hearthwatch.recording.filled import Filled, clock_columns, columns_of
from hearthwatch.recording.index import Asked, asked_of
from hearthwatch.recording.label import Label
from hearthwatch.recording.rows import (
    EVERYBODY,
    FIRST_US,
    PLAYABLE,
    RANK,
    UNWANTED,
    Among,
    gap_of,
    gaps_overlapping,
    kept,
    of_stream,
    overlapping,
    segment_of,
    sql_errors,
    unset_of,
)
from hearthwatch.recording.schema import MIGRATIONS, gaps, ranges, runs, segments, stores
from hearthwatch.recording.segment import Backup, Copied, FootageClass, Origin, Segment, SegmentId, SegmentState

_BUSY_MS = 1_000
"""Whoever else writes to the index keeps the disk's thread from its files: it must not wait long."""


class IndexWriter:
    """Owned by one thread at a time. Every method commits before it returns (`synchronous=FULL`) or raises StorageFailed."""

    def __init__(self, path: Path) -> None:
        with sql_errors("opening the index of footage"):
            self.engine = open_writer(path, busy_ms=_BUSY_MS)
            migrate(self.engine, MIGRATIONS)
        self.store_id = 0
        """Of the disk in use: other rows are none of ours."""
        self.used_bytes = 0
        """Bytes of all finished footage on the store in use."""

    def close(self) -> None:
        self.engine.dispose()

    def use_store(self, uuid: str, now_us: WallUs) -> None:
        """Work on the footage of the disk `uuid`; rows of other disks stay as they are."""
        with sql_errors("opening the index of footage"), self.engine.begin() as run:
            found = run.scalar(select(stores.c.id).where(stores.c.uuid == uuid))
            run.execute(update(stores).values(in_use=stores.c.uuid == uuid))
            if found is None:
                run.execute(insert(stores).values(uuid=uuid, first_seen_us=now_us, in_use=True))
                found = run.scalar(select(stores.c.id).where(stores.c.uuid == uuid))
            self.store_id = int(found or 0)
            total = select(func.sum(segments.c.size_bytes)).where(segments.c.store == self.store_id)
            self.used_bytes = int(run.scalar(total) or 0)

    def known_stores(self) -> tuple[str, ...]:
        with sql_errors("reading the index of footage"), self.engine.connect() as run:
            return tuple(run.scalars(select(stores.c.uuid).order_by(stores.c.id)))

    def next_sequence(self, camera: CameraId, stream: Stream) -> int:
        with sql_errors("reading the index of footage"), self.engine.connect() as run:
            top = run.scalar(select(func.max(segments.c.sequence)).where(of_stream(camera, stream)))
        return int(top or 0) + 1

    def begin(self, label: Label, footage_class: FootageClass = FootageClass.CONTINUOUS) -> SegmentId:
        """Note a file that is being written; ends the gap before it. One that is known already stays as it is."""
        with sql_errors("noting a new file of footage"), self.engine.begin() as run:
            mine = and_(of_stream(label.camera, label.stream), segments.c.sequence == label.sequence)
            known = run.scalar(select(segments.c.id).where(mine))
            if known is not None:
                return SegmentId(known)
            self._note_run(run, label)
            run.execute(
                update(gaps)
                .where(gaps.c.camera == label.camera, gaps.c.stream == label.stream, gaps.c.end_us.is_(None))
                .values(end_us=case((gaps.c.start_us > label.start_us, gaps.c.start_us), else_=label.start_us))
            )
            return self._insert(
                run,
                label,
                Filled(
                    start_us=label.start_us,
                    duration_us=0,
                    size_bytes=0,
                    frames=0,
                    keyframes=0,
                    sha256=b"",
                    state=SegmentState.RECORDING,
                ),
                footage_class,
            )

    def adopt(self, label: Label, filled: Filled, footage_class: FootageClass, *, pinned: bool) -> SegmentId:
        """Note a file that was found on disk without a row."""
        with sql_errors("adopting a file of footage"), self.engine.begin() as run:
            self._note_run(run, label)
            found = self._insert(run, label, filled, footage_class)
            run.execute(update(segments).where(segments.c.id == found).values(pinned=pinned))
        self.used_bytes += filled.size_bytes
        return found

    def begin_import(self, label: Label) -> SegmentId:
        """Note a file of footage from elsewhere while it is written: it has no length before it is complete, and no gap
        ends with it before then."""
        empty = Filled(
            start_us=label.start_us,
            duration_us=0,
            size_bytes=0,
            frames=0,
            keyframes=0,
            sha256=b"",
            state=SegmentState.SUSPECT,
        )
        with sql_errors("noting a new file of footage"), self.engine.begin() as run:
            self._note_run(run, label)
            return self._insert(run, label, empty)

    def cover(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> None:
        """Take [start_us, end_us) out of the gaps: there is footage of it now. What lasts lasts on behind it."""
        mine = and_(gaps.c.camera == camera, gaps.c.stream == stream, gaps_overlapping(start_us, end_us))
        with sql_errors("noting a gap in the footage"), self.engine.begin() as run:
            for row in run.execute(select(gaps).where(mine)).all():
                run.execute(delete(gaps).where(gaps.c.id == row.id))
                gap = gap_of(row)
                if gap.start_us < start_us:
                    self._add_gap(run, dataclasses.replace(gap, end_us=start_us))
                if gap.end_us is None or gap.end_us > end_us:
                    self._add_gap(run, dataclasses.replace(gap, start_us=end_us))

    def kept_in(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[Segment, ...]:
        """Return the footage that overlaps the range, oldest first."""
        return self._select(of_stream(camera, stream), overlapping(start_us, end_us), kept())

    def uploaded(self, camera: CameraId) -> tuple[Segment, ...]:
        """Return the finished footage a camera uploaded, oldest first."""
        finished = segments.c.state.in_((SegmentState.COMPLETE, SegmentState.SUSPECT))
        return self._select(segments.c.origin == Origin.UPLOAD, segments.c.camera == camera, finished)

    def bytes_of(self, among: Among = EVERYBODY, *, origins: Collection[Origin] = tuple(Origin)) -> int:
        """Return the bytes of footage on the store in use."""
        with sql_errors("reading the index of footage"), self.engine.connect() as run:
            mine = and_(among.rows, segments.c.origin.in_(origins), segments.c.store == self.store_id)
            return int(run.scalar(select(func.sum(segments.c.size_bytes)).where(mine)) or 0)

    def _note_run(self, run: Connection, label: Label) -> None:
        if run.scalar(select(runs.c.id).where(runs.c.id == label.run)) is None:
            row = {"id": label.run, "camera": label.camera, "stream": label.stream, "start_us": label.start_us}
            run.execute(insert(runs).values(**row, info=msgspec.json.encode(label.info)))

    def _insert(
        self, run: Connection, label: Label, filled: Filled, footage_class: FootageClass = FootageClass.CONTINUOUS
    ) -> SegmentId:
        values = columns_of(filled) | {
            "store": self.store_id,
            "run": label.run,
            "camera": label.camera,
            "stream": label.stream,
            "sequence": label.sequence,
            "footage_class": footage_class,
            "pinned": False,
            "origin": label.origin,
            **clock_columns(label.unset),
        }
        result = run.execute(insert(segments).values(**values))
        assert result.inserted_primary_key is not None
        return SegmentId(result.inserted_primary_key[0])

    def complete(self, segment: SegmentId, filled: Filled) -> bool:
        """Note what a file holds now that it is closed, with the class and pin asked of its time; True when it is pinned."""
        with sql_errors("noting a finished file of footage"), self.engine.begin() as run:
            before = run.execute(select(segments).where(segments.c.id == segment)).first()
            if before is None:
                return False
            asked = _asked(run, before.camera, filled.start_us, WallUs(filled.start_us + filled.duration_us))
            classes = [FootageClass(before.footage_class), *(one.footage_class for one in asked)]
            pinned = before.pinned or any(one.pinned for one in asked)
            values = columns_of(filled) | {"footage_class": max(classes, key=RANK.__getitem__), "pinned": pinned}
            run.execute(update(segments).where(segments.c.id == segment).values(**values))
        self.used_bytes += filled.size_bytes - before.size_bytes
        return bool(pinned)

    def discard(self, segment: SegmentId) -> None:
        """Drop the row of a file that never held anything and is gone."""
        with sql_errors("noting a lost file of footage"), self.engine.begin() as run:
            run.execute(delete(segments).where(segments.c.id == segment))

    def set_sha256(self, segment: SegmentId, sha256: bytes) -> None:
        with sql_errors("noting a hash"), self.engine.begin() as run:
            run.execute(update(segments).where(segments.c.id == segment).values(sha256=sha256))

    def open_gap(self, gap: Gap) -> None:
        """Note a hole that lasts. One that already lasts ends where this one starts; the same again changes nothing.

        A hole that was thought to be over, but nothing was kept since, lasts on.
        """
        with sql_errors("noting a gap in the footage"), self.engine.begin() as run:
            mine = and_(gaps.c.camera == gap.camera, gaps.c.stream == gap.stream, gaps.c.end_us.is_(None))
            lasting = run.execute(select(gaps).where(mine)).first()
            if lasting is not None:
                if lasting.reason == gap.reason:
                    return
                run.execute(update(gaps).where(mine).values(end_us=max(lasting.start_us, gap.start_us)))
            same = and_(gaps.c.camera == gap.camera, gaps.c.stream == gap.stream, gaps.c.reason == gap.reason)
            if not run.execute(update(gaps).where(same, gaps.c.end_us == gap.start_us).values(end_us=None)).rowcount:
                self._add_gap(run, gap)

    def add_gaps(self, found: Iterable[Gap]) -> None:
        """Note holes that are over."""
        over = tuple(found)  # finding them may read the index, on this one connection
        with sql_errors("noting gaps in the footage"), self.engine.begin() as run:
            for gap in over:
                self._add_gap(run, gap)

    def _add_gap(self, run: Connection, gap: Gap) -> None:
        row = {"start_us": gap.start_us, "end_us": gap.end_us, "reason": gap.reason, "detail": gap.detail[:500]}
        run.execute(insert(gaps).values(camera=gap.camera, stream=gap.stream, **row, **clock_columns(gap.unset)))

    def open_gaps_after_crash(self) -> int:
        """Open a gap with cause `us` behind the last footage of every stream that is not recorded and has none open."""
        opened = 0
        with sql_errors("noting gaps in the footage"), self.engine.begin() as run:
            for camera, stream in run.execute(select(runs.c.camera, runs.c.stream).distinct()).all():
                mine = of_stream(camera, stream)
                lasting = select(gaps.c.id).where(gaps.c.camera == camera, gaps.c.stream == stream, gaps.c.end_us.is_(None))
                last = _last(run, mine)
                if last is not None and last.state != SegmentState.RECORDING and run.scalar(lasting) is None:
                    gap = Gap(
                        camera=CameraId(camera),
                        stream=Stream(stream),
                        start_us=WallUs(last.start_us + last.duration_us),
                        end_us=None,
                        reason=GapReason.US,
                        detail="Hearthwatch was not running or was killed",
                        unset=unset_of(last),
                    )
                    self._add_gap(run, gap)
                    opened += 1
        return opened

    def mark(self, asked: Asked) -> tuple[Segment, ...]:
        """Raise the class (or pin) of every segment that overlaps, and remember it for those still to come; return them."""
        with sql_errors("marking footage"), self.engine.begin() as run:
            row = {"camera": asked.camera, "start_us": asked.start_us, "end_us": asked.end_us}
            run.execute(insert(ranges).values(**row, footage_class=asked.footage_class, pinned=asked.pinned))
            mine = and_(segments.c.camera == asked.camera, overlapping(asked.start_us, asked.end_us), kept())
            finished = segments.c.state != SegmentState.RECORDING
            if asked.pinned:
                run.execute(update(segments).where(mine, finished).values(pinned=True))
            lower = [one for one in RANK if RANK[one] < RANK[asked.footage_class]]
            raised = update(segments).where(mine, finished, segments.c.footage_class.in_(lower))
            run.execute(raised.values(footage_class=asked.footage_class))
            return tuple(segment_of(row) for row in run.execute(select(segments).where(mine)))

    def unpin(self, camera: CameraId, start_us: WallUs, end_us: WallUs) -> tuple[Segment, ...]:
        """Take the pin from every segment that overlaps, and from what is still to come in the range; return them."""
        with sql_errors("releasing footage"), self.engine.begin() as run:
            pins = and_(ranges.c.camera == camera, ranges.c.pinned, ranges.c.start_us < end_us, ranges.c.end_us > start_us)
            for row in run.execute(select(ranges).where(pins)).all():
                run.execute(delete(ranges).where(ranges.c.id == row.id))
                for left, right in ((row.start_us, start_us), (end_us, row.end_us)):
                    if left < right:
                        rest = {"camera": camera, "start_us": left, "end_us": right, "footage_class": row.footage_class}
                        run.execute(insert(ranges).values(**rest, pinned=True))
            mine = and_(segments.c.camera == camera, overlapping(start_us, end_us), kept())
            run.execute(update(segments).where(mine).values(pinned=False))
            return tuple(segment_of(row) for row in run.execute(select(segments).where(mine)))

    def asked(self, start_us: WallUs, end_us: WallUs) -> tuple[Asked, ...]:
        """Return what was asked of any camera's footage in [start_us, end_us)."""
        mine = and_(ranges.c.start_us < end_us, ranges.c.end_us > start_us)
        with sql_errors("reading the index of footage"), self.engine.connect() as run:
            return tuple(asked_of(row) for row in run.execute(select(ranges).where(mine).order_by(ranges.c.start_us)))

    def has_gap(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> bool:
        """Tell whether any gap of the stream overlaps the range."""
        mine = and_(gaps.c.camera == camera, gaps.c.stream == stream, gaps_overlapping(start_us, end_us))
        with sql_errors("reading the index of footage"), self.engine.connect() as run:
            return run.scalar(select(gaps.c.id).where(mine).limit(1)) is not None

    def unwanted(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[Gap, ...]:
        """Return the holes in the range that must stay holes: the owner wanted no footage of them."""
        mine = and_(gaps.c.camera == camera, gaps.c.stream == stream, gaps_overlapping(start_us, end_us))
        with sql_errors("reading the index of footage"), self.engine.connect() as run:
            found = run.execute(select(gaps).where(mine, gaps.c.reason.in_(UNWANTED)))
            return tuple(gap_of(row) for row in found)

    def forget_asked(self, before_us: WallUs) -> None:
        """Drop ranges no file still to come can overlap; their class and pins are on the rows of the files."""
        with sql_errors("tidying the index of footage"), self.engine.begin() as run:
            run.execute(delete(ranges).where(ranges.c.end_us < before_us))

    def unfinished(self) -> tuple[Segment, ...]:
        """Return the segments whose file was not closed in order."""
        return self._select(segments.c.state.in_((SegmentState.RECORDING, SegmentState.SUSPECT)))

    def garbage(self) -> tuple[Segment, ...]:
        return self._select(segments.c.state == SegmentState.GARBAGE)

    def without_sha256(self, limit: int) -> tuple[Segment, ...]:
        return self._select(segments.c.state == SegmentState.COMPLETE, segments.c.sha256 == b"", limit=limit)

    def prove(self, copied: Iterable[Copied], proved_us: WallUs | None) -> int:
        """Note when the copies of these files were proved, None: they are not; return how many of them are here."""
        found = 0
        with sql_errors("noting what is kept elsewhere"), self.engine.begin() as run:
            for one in copied:
                mine = and_(of_stream(one.camera, one.stream), segments.c.sequence == one.sequence)
                change = update(segments).where(mine, segments.c.sha256 == one.sha256).values(proved_us=proved_us)
                found += run.execute(change).rowcount
        return found

    def oldest(
        self, limit: int, backup: Mapping[CameraId, Backup] = NO_BACKUP, *, owed: bool = False, among: Among = EVERYBODY
    ) -> tuple[Segment, ...]:
        """Return the oldest finished segments that are not pinned: those whose proof is `owed`, or all others."""
        return self._select(loose(backup, owed=owed), among.rows, limit=limit)

    def proved(self, cameras: Collection[CameraId], before_us: WallUs, limit: int) -> tuple[Segment, ...]:
        """Return the oldest unpinned segments of `cameras` that ended before a moment and are proved to be kept elsewhere."""
        old = segments.c.start_us + segments.c.duration_us < before_us
        return self._select(
            old, segments.c.camera.in_(cameras), segments.c.proved_us.is_not(None), loose(NO_BACKUP), limit=limit
        )

    def older_than(
        self, footage_class: FootageClass, before_us: WallUs, limit: int, backup: Mapping[CameraId, Backup], *, among: Among
    ) -> tuple[Segment, ...]:
        """Return unpinned segments of the class that ended before a moment and whose proof is not owed, oldest first."""
        old = segments.c.start_us + segments.c.duration_us < before_us
        mine = and_(segments.c.footage_class == footage_class, among.rows, segments.c.start_us >= FIRST_US)
        return self._select(old, mine, segments.c.start_us < before_us, loose(backup), limit=limit)

    def of_stream(self, camera: CameraId, stream: Stream) -> tuple[Segment, ...]:
        return self._select(of_stream(camera, stream))

    def newest_end_us(self) -> WallUs | None:
        """Return where all footage ends, None when there is none."""
        with sql_errors("reading the index of footage"), self.engine.connect() as run:
            end = select(func.max(segments.c.start_us + segments.c.duration_us)).where(segments.c.store == self.store_id)
            found = run.scalar(end)
        return None if found is None else WallUs(found)

    def _select(self, *where: ColumnElement[bool], limit: int | None = None) -> tuple[Segment, ...]:
        query = select(segments).where(segments.c.store == self.store_id, *where).order_by(segments.c.start_us).limit(limit)
        with sql_errors("reading the index of footage"), self.engine.connect() as run:
            return tuple(segment_of(row) for row in run.execute(query))

    def condemn(self, ids: Sequence[SegmentId]) -> None:
        """Note that these files are about to be deleted."""
        with sql_errors("noting footage to delete"), self.engine.begin() as run:
            run.execute(update(segments).where(segments.c.id.in_(ids)).values(state=SegmentState.GARBAGE))

    def forget(self, deleted: Sequence[Segment]) -> None:
        """Drop the rows of files that are gone, and the runs nothing is left of."""
        with sql_errors("forgetting deleted footage"), self.engine.begin() as run:
            mine = segments.c.id.in_([one.id for one in deleted])
            size_bytes = run.scalar(select(func.sum(segments.c.size_bytes)).where(mine, segments.c.store == self.store_id))
            run.execute(delete(segments).where(mine))
            names = {one.run for one in deleted}
            used = select(segments.c.run).where(segments.c.run.in_(names))
            run.execute(delete(runs).where(runs.c.id.in_(names), runs.c.id.not_in(used)))
        self.used_bytes -= int(size_bytes or 0)


def _last(run: Connection, mine: ColumnElement[bool]) -> Any:
    """Return the row recorded last: the newest, but for what an unset clock stamped later with an older time."""
    playable = select(segments).where(mine, segments.c.state.in_(PLAYABLE))
    newest = run.execute(playable.order_by(segments.c.start_us.desc()).limit(1)).first()
    if newest is None:
        return None
    later = playable.where(segments.c.clock_boot.is_not(None), segments.c.sequence > newest.sequence)
    return run.execute(later.order_by(segments.c.sequence.desc()).limit(1)).first() or newest


def _asked(run: Connection, camera: str, start_us: WallUs, end_us: WallUs) -> list[Asked]:
    mine = and_(ranges.c.camera == camera, ranges.c.start_us < end_us, ranges.c.end_us > start_us)
    return [asked_of(row) for row in run.execute(select(ranges).where(mine))]
