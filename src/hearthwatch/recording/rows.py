"""Between rows of `index.db` and nouns, and the one place where SQL errors become StorageFailed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exc, or_

from hearthwatch.feeds.packet import Gap, GapReason, RunId, Stream
from hearthwatch.kit.clock import UnsetClock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import CameraId, WallUs, camera_id
from hearthwatch.recording.label import footage_path
from hearthwatch.recording.schema import gaps, segments
from hearthwatch.recording.segment import FootageClass, Origin, Segment, SegmentId, SegmentState

RANK = {one: rank for rank, one in enumerate(FootageClass)}
MAX_SEGMENT_US = 86_400 * 1_000_000
"""No file is longer than this; it bounds how far back a query by overlap must look."""
FIRST_US = WallUs(1_577_836_800_000_000)
"""The beginning of 2020. Nothing is older than this software: what is stamped so has no age, for its clock was never set."""
UNWANTED = (GapReason.PRIVATE, GapReason.MODE)
"""Causes of a gap that no footage from elsewhere fills."""
PLAYABLE = (SegmentState.RECORDING, SegmentState.COMPLETE, SegmentState.SUSPECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """Whose footage is looked through: that of `only` one camera, or of all but some."""

    only: CameraId | None = None
    but: frozenset[CameraId] = frozenset()

    @property
    def rows(self) -> ColumnElement[bool]:
        return segments.c.camera.not_in(self.but) if self.only is None else segments.c.camera == self.only


EVERYBODY = Among()


@contextmanager
def sql_errors(doing: str) -> Iterator[None]:
    """Translate what the database raises while `doing` something."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        cause = str(error.orig if isinstance(error, exc.DBAPIError) else error)
        fault = StorageFault.NO_SPACE if "disk is full" in cause else StorageFault.BROKEN
        raise StorageFailed(fault, f"{doing}: {cause}") from error
    except UnicodeDecodeError as error:  # what SQLite says of damage holds damaged bytes
        raise StorageFailed(StorageFault.BROKEN, f"{doing}: the file is malformed") from error


def segment_of(row: Any) -> Segment:
    """Raises StorageFailed, in words of damage, for a row that no recorder wrote."""
    try:
        return _segment(row)
    except (ValueError, TypeError) as error:
        raise StorageFailed(StorageFault.BROKEN, f"the index of footage is malformed: {error}") from error


def _segment(row: Any) -> Segment:
    return Segment(
        id=SegmentId(row.id),
        run=RunId(row.run),
        camera=camera_id(row.camera),
        stream=Stream(row.stream),
        sequence=row.sequence,
        start_us=WallUs(row.start_us),
        duration_us=row.duration_us,
        size_bytes=row.size_bytes,
        frames=row.frames,
        keyframes=row.keyframes,
        path=footage_path(CameraId(row.camera), Stream(row.stream), row.sequence),
        sha256=bytes(row.sha256),
        state=SegmentState(row.state),
        footage_class=FootageClass(row.footage_class),
        pinned=row.pinned,
        origin=Origin(row.origin),
        proved_us=None if row.proved_us is None else WallUs(row.proved_us),
    )


def gap_of(row: Any) -> Gap:
    return Gap(
        camera=CameraId(row.camera),
        stream=Stream(row.stream),
        start_us=WallUs(row.start_us),
        end_us=None if row.end_us is None else WallUs(row.end_us),
        reason=GapReason(row.reason),
        detail=row.detail,
        unset=unset_of(row),
    )


def unset_of(row: Any) -> UnsetClock | None:
    """Return the clock that stamped a row, None for one that was kept right."""
    return None if row.clock_boot is None else UnsetClock(boot=row.clock_boot, offset_us=row.clock_us)


def overlapping(start_us: WallUs, end_us: WallUs) -> ColumnElement[bool]:
    """Segments that overlap a range; one still being written reaches as far as one likes."""
    table = segments.c
    return and_(
        table.start_us < end_us,
        table.start_us > start_us - MAX_SEGMENT_US,
        or_(table.start_us + table.duration_us > start_us, table.state == SegmentState.RECORDING),
    )


def of_stream(camera: str, stream: str) -> ColumnElement[bool]:
    return and_(segments.c.camera == camera, segments.c.stream == stream)


def kept() -> ColumnElement[bool]:
    """Segments that may be shown."""
    return segments.c.state.in_(PLAYABLE)


def gaps_overlapping(start_us: WallUs, end_us: WallUs) -> ColumnElement[bool]:
    return and_(gaps.c.start_us < end_us, or_(gaps.c.end_us.is_(None), gaps.c.end_us > start_us))
