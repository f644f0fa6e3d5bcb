"""Footage of a clock nobody kept right is stamped anew once it is set: the row moves, the file stays as it is.

A row remembers how far the wall clock was ahead of the monotonic clock, which nobody sets. What it is ahead by now tells how
wrong the stamp is, for as long as the boot lasts. Files still being written follow when they are finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, update

from hearthwatch.kit.units import US_PER_S
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.rows import kept, of_stream, sql_errors
from hearthwatch.recording.schema import gaps, segments
from hearthwatch.recording.segment import SegmentState

SLIGHT_US = US_PER_S // 2
"""So little is no step of the clock: runs follow it without a cut, and so their rows stay."""
DRIFT_PPM = 200
"""A clock that nobody keeps goes wrong by itself, no faster than this: what that explains was right when it was stamped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    camera: str
    stream: str
    first_us: int


def retime(index: IndexWriter, boot: str, ahead_us: int, mono_us: int) -> int:
    """Stamp anew what the unset clock of `boot` stamped, now that the set one is `ahead_us` ahead of the monotonic clock, which
    shows `mono_us`.

    Returns how many files moved. Raises StorageFailed. All of it is one transaction: order is kept at every moment.
    """
    finished = segments.c.state.in_((SegmentState.COMPLETE, SegmentState.SUSPECT))
    mine = and_(segments.c.store == index.store_id, segments.c.clock_boot == boot, finished)
    with sql_errors("stamping footage anew"), index.engine.connect() as look:
        if look.scalar(select(segments.c.id).where(mine).limit(1)) is None:
            return 0
    with sql_errors("stamping footage anew"), index.engine.begin() as run:
        far = and_(mine, _is_far(segments.c, ahead_us, mono_us))
        right_us = segments.c.start_us + ahead_us - segments.c.clock_us
        query = select(segments.c.camera, segments.c.stream, func.min(right_us).label("first_us"), func.count().label("files"))
        found = run.execute(query.where(far).group_by(segments.c.camera, segments.c.stream)).all()
        stated_us = func.coalesce(segments.c.stated_us, segments.c.start_us)
        run.execute(update(segments).where(far).values(start_us=right_us, stated_us=stated_us))
        run.execute(update(segments).where(mine).values(clock_boot=None, clock_us=None))
        for row in found:
            moved = _Moved(camera=row.camera, stream=row.stream, first_us=row.first_us)
            _move_gaps(run, moved, boot, case((_is_far(gaps.c, ahead_us, mono_us), ahead_us - gaps.c.clock_us), else_=0))
        run.execute(update(gaps).where(gaps.c.clock_boot == boot).values(clock_boot=None, clock_us=None))
    return sum(row.files for row in found)


def _is_far(table: Any, ahead_us: int, mono_us: int) -> ColumnElement[bool]:
    """Whether a row is stamped more wrongly than its clock can have gone wrong since then."""
    age_us = mono_us - (table.start_us - table.clock_us)
    return func.abs(ahead_us - table.clock_us) > func.max(SLIGHT_US, age_us * DRIFT_PPM / 1_000_000)


def _move_gaps(run: Connection, moved: _Moved, boot: str, shift: ColumnElement[int]) -> None:
    """Gaps of the unset clock move along; each, and the one before the moved footage, ends where footage or a gap begins."""
    mine = and_(gaps.c.camera == moved.camera, gaps.c.stream == moved.stream)
    marked = run.scalars(select(gaps.c.id).where(mine, gaps.c.clock_boot == boot)).all()
    run.execute(update(gaps).where(gaps.c.id.in_(marked)).values(start_us=gaps.c.start_us + shift))
    before = run.scalar(
        select(gaps.c.id)
        .where(mine, gaps.c.start_us <= moved.first_us)
        .order_by(gaps.c.start_us.desc(), gaps.c.id.desc())
        .limit(1)
    )
    for gap in run.execute(select(gaps).where(gaps.c.id.in_({*marked, before} - {None}), gaps.c.end_us.is_not(None))).all():
        end_us = _following_us(run, gap)
        if end_us is not None:
            run.execute(update(gaps).where(gaps.c.id == gap.id).values(end_us=end_us))


def _following_us(run: Connection, gap: Any) -> int | None:
    """Return where the next footage or gap begins."""
    footage = select(func.min(segments.c.start_us)).where(
        of_stream(gap.camera, gap.stream), kept(), segments.c.start_us >= gap.start_us
    )
    hole = select(func.min(gaps.c.start_us)).where(
        gaps.c.camera == gap.camera, gaps.c.stream == gap.stream, gaps.c.start_us > gap.start_us
    )
    return min((at for at in (run.scalar(footage), run.scalar(hole)) if at is not None), default=None)
