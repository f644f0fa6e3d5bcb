"""The index of footage as every other room and process sees it: which segments, which gaps, how much."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from sqlalchemy import Connection, and_, case, func, select

from hearthwatch.feeds.packet import Gap, RunId, Stream, StreamInfo
from hearthwatch.kit.db import open_reader
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.recording.rows import gap_of, gaps_overlapping, kept, of_stream, overlapping, segment_of, sql_errors
from hearthwatch.recording.schema import gaps, runs, segments, stores
from hearthwatch.recording.segment import FootageClass, Origin, Segment, SegmentId, SegmentState

_DAY_US = 86_400 * US_PER_S
_BUCKET_US = 900 * US_PER_S
"""A quarter of an hour: every time zone's midnight falls on one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asked of a time range of one camera: a class, or a pin."""

    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    footage_class: FootageClass
    pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One local calendar day with footage; `date` is ISO 8601."""

    date: str
    segments: int
    size_bytes: int
    kept_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How much of one camera's footage of one class is kept; `newest_day_bytes` is what the last 24 hours added."""

    camera: CameraId
    footage_class: FootageClass
    pinned: bool
    segments: int
    size_bytes: int
    oldest_us: WallUs
    newest_day_bytes: int


class IndexReader:
    """Reads the index while the recorder writes it; may be shared by threads. Every method may raise StorageFailed.

    It sees the footage of the disk in use; a segment still being written has `duration_us` 0 and reaches until now.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = open_reader(path)
        self._lock = threading.Lock()
        self._inode = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _run(self) -> Iterator[Connection]:
        """One connection serves all threads in turn: SQLite has no use for more, and answers take a millisecond."""
        with self._lock, sql_errors("reading the index of footage"):
            self._follow()
            with self._engine.connect() as run:
                yield run

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend the connection to a query of one's own; other threads wait meanwhile."""
        return self._run()

    def _follow(self) -> None:
        """Open the file anew when the recorder had to put another one in the place of a damaged one."""
        try:
            inode = self._path.stat().st_ino
        except OSError as error:
            raise storage_failed(error, f"opening {self._path}") from error
        if inode != self._inode:
            self._engine.dispose()
            self._inode = inode

    def segments(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[Segment, ...]:
        """Return the segments that overlap [start_us, end_us), oldest first."""
        query = select(segments).where(of_stream(camera, stream), kept(), _here(), overlapping(start_us, end_us))
        with self._run() as run:
            return tuple(segment_of(row) for row in run.execute(query.order_by(segments.c.start_us, segments.c.sequence)))

    def segment(self, camera: CameraId, stream: Stream, sequence: int) -> Segment | None:
        """Return one file's row, in whatever state."""
        query = select(segments).where(of_stream(camera, stream), segments.c.sequence == sequence, _here())
        with self._run() as run:
            row = run.execute(query).first()
        return None if row is None else segment_of(row)

    def all_segments(self) -> Iterator[Segment]:
        """Yield every segment of the disk in use by camera, stream and sequence, in pages."""
        after: tuple[str, str, int] = ("", "", -1)
        table = segments.c
        while True:
            later = (table.camera > after[0]) | (
                (table.camera == after[0])
                & ((table.stream > after[1]) | ((table.stream == after[1]) & (table.sequence > after[2])))
            )
            query = select(segments).where(_here(), later).order_by(table.camera, table.stream, table.sequence).limit(5000)
            with self._run() as run:
                page = run.execute(query).all()
            if not page:
                return
            yield from (segment_of(row) for row in page)
            after = (page[-1].camera, page[-1].stream, page[-1].sequence)

    def finished_since(self, after: SegmentId, limit: int) -> tuple[Segment, ...]:
        """Return complete, hashed segments whose copy is not proved, in the order they were begun, from behind `after` on."""
        mine = (segments.c.id > after, segments.c.state == SegmentState.COMPLETE, segments.c.sha256 != b"")
        query = select(segments).where(*mine, segments.c.proved_us.is_(None), _here()).order_by(segments.c.id).limit(limit)
        with self._run() as run:
            return tuple(segment_of(row) for row in run.execute(query))

    def unfinished_from(self) -> SegmentId:
        """Return the id below which every segment is finished and hashed."""
        open_ = (segments.c.state != SegmentState.COMPLETE) | (segments.c.sha256 == b"")
        with self._run() as run:
            first = run.scalar(select(func.min(segments.c.id)).where(open_, _here()))
            last = run.scalar(select(func.max(segments.c.id)))
        return SegmentId(first if first is not None else int(last or 0) + 1)

    def hashed_since(self, after: SegmentId, limit: int) -> tuple[Segment, ...]:
        """Return complete, hashed segments in the order they were begun, from behind `after` on."""
        mine = (segments.c.id > after, segments.c.state == SegmentState.COMPLETE, segments.c.sha256 != b"")
        query = select(segments).where(*mine, _here()).order_by(segments.c.id).limit(limit)
        with self._run() as run:
            return tuple(segment_of(row) for row in run.execute(query))

    def count_since(self, after: SegmentId) -> int:
        """Return how many segments were begun after that one."""
        with self._run() as run:
            return run.scalar(select(func.count()).where(segments.c.id > after, _here())) or 0

    def unhashed_from(self) -> SegmentId:
        """Return the id below which no segment is being written or waits to be hashed; one that is damaged, for which
        `unfinished_from` waits, does not count."""
        waits = (segments.c.state == SegmentState.COMPLETE) & (segments.c.sha256 == b"")
        with self._run() as run:
            open_ = (segments.c.state == SegmentState.RECORDING) | waits
            first = run.scalar(select(func.min(segments.c.id)).where(open_, _here()))
            last = run.scalar(select(func.max(segments.c.id)))
        return SegmentId(first if first is not None else int(last or 0) + 1)

    def gaps(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[Gap, ...]:
        """Return the gaps that overlap [start_us, end_us), oldest first."""
        mine = and_(gaps.c.camera == camera, gaps.c.stream == stream, gaps_overlapping(start_us, end_us))
        with self._run() as run:
            return tuple(gap_of(row) for row in run.execute(select(gaps).where(mine).order_by(gaps.c.start_us)))

    def streams(self) -> tuple[tuple[CameraId, Stream], ...]:
        """Return every camera and stream there is footage of."""
        query = select(segments.c.camera, segments.c.stream).where(_here()).distinct().order_by(segments.c.camera)
        with self._run() as run:
            return tuple((CameraId(row.camera), Stream(row.stream)) for row in run.execute(query))

    def info(self, run_id: RunId) -> StreamInfo | None:
        """Return what a run's segments hold, None for a run that is not known."""
        with self._run() as run:
            found = run.scalar(select(runs.c.info).where(runs.c.id == run_id))
        return None if found is None else msgspec.json.decode(found, type=StreamInfo)

    def days(self, camera: CameraId, stream: Stream = Stream.MAIN, zone: tzinfo = UTC) -> tuple[Day, ...]:
        """Return the local days with footage, oldest first."""
        bucket = (segments.c.start_us // _BUCKET_US).label("bucket")
        query = (
            select(
                bucket,
                func.count().label("files"),
                func.sum(segments.c.size_bytes).label("bytes"),
                func.sum(segments.c.duration_us).label("kept_us"),
            )
            .where(of_stream(camera, stream), kept(), _here())
            .group_by(bucket)
            .order_by(bucket)
        )
        found: dict[str, Day] = {}
        with self._run() as run:
            for row in run.execute(query):
                date = to_datetime(WallUs(row.bucket * _BUCKET_US), zone).date().isoformat()
                day = found.get(date, Day(date=date, segments=0, size_bytes=0, kept_us=0))
                found[date] = Day(
                    date=date,
                    segments=day.segments + row.files,
                    size_bytes=day.size_bytes + row.bytes,
                    kept_us=day.kept_us + row.kept_us,
                )
        return tuple(found.values())

    def totals(self, now_us: WallUs) -> tuple[Total, ...]:
        """Return what is kept per camera, class and pin: what a forecast of how many days fit is made from."""
        table = segments.c
        fresh = case((table.start_us > now_us - _DAY_US, table.size_bytes), else_=0)
        key = (table.camera, table.footage_class, table.pinned)
        query = select(
            *key,
            func.count().label("files"),
            func.sum(table.size_bytes).label("bytes"),
            func.min(table.start_us).label("oldest_us"),
            func.sum(fresh).label("fresh"),
        )
        with self._run() as run:
            return tuple(
                Total(
                    camera=CameraId(row.camera),
                    footage_class=FootageClass(row.footage_class),
                    pinned=row.pinned,
                    segments=row.files,
                    size_bytes=row.bytes,
                    oldest_us=WallUs(row.oldest_us),
                    newest_day_bytes=row.fresh,
                )
                for row in run.execute(query.where(kept(), _here()).group_by(*key).order_by(*key))
            )

    def uploaded_bytes(self) -> dict[CameraId, int]:
        """Return what the footage that cameras uploaded takes, by camera."""
        mine = and_(segments.c.origin == Origin.UPLOAD, _here())
        query = select(segments.c.camera, func.sum(segments.c.size_bytes).label("bytes")).where(mine)
        with self._run() as run:
            return {CameraId(row.camera): int(row.bytes) for row in run.execute(query.group_by(segments.c.camera))}

    def store(self) -> str | None:
        """Return the uuid of the disk in use."""
        with self._run() as run:
            return run.scalar(select(stores.c.uuid).where(stores.c.in_use))


def _here() -> Any:
    return segments.c.store == select(stores.c.id).where(stores.c.in_use).scalar_subquery()


def asked_of(row: Any) -> Asked:
    return Asked(
        camera=CameraId(row.camera),
        start_us=WallUs(row.start_us),
        end_us=WallUs(row.end_us),
        footage_class=FootageClass(row.footage_class),
        pinned=row.pinned,
    )
