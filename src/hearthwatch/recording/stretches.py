"""What there is of footage, seen from afar: stretches of time made by SQL, never a noun for each file.

Up to a day and a half is exact to the gap between two files; what is longer is told in quarters of an hour from the table that
triggers keep, which costs the same however many files there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, bindparam, text

from hearthwatch.feeds.packet import GapReason, Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.rows import MAX_SEGMENT_US

QUARTER_US = 900 * US_PER_S
EXACT_US = 36 * 3600 * US_PER_S
_SEAM_US = 2 * US_PER_S
"""Files that follow one another leave so much between them at most."""
_FEW_US = 30 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """`[start_us, end_us)`; `frac` of it is covered, in quarters where it was not looked at exactly."""

    start_us: WallUs
    end_us: WallUs
    frac: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A gap, or `count` short ones of one cause beside each other; `end_us` None while it lasts."""

    start_us: WallUs
    end_us: WallUs | None
    reason: GapReason
    detail: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One camera's footage in a range, oldest first. `motion`, from the camera's `card` and `pinned` are parts of `footage`."""

    footage: tuple[Stretch, ...] = ()
    motion: tuple[Stretch, ...] = ()
    card: tuple[Stretch, ...] = ()
    pinned: tuple[Stretch, ...] = ()
    gaps: tuple[Hole, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A range of time that is looked at; what is shorter than `cell_us` may be joined with its neighbours."""

    stream: Stream
    start_us: WallUs
    end_us: WallUs
    cell_us: int
    now_us: WallUs


_STORE = "(SELECT id FROM stores WHERE in_use)"
_FILES = f"""
camera = :camera AND stream = :stream AND start_us >= :low AND start_us < :high
AND state IN ('recording', 'complete', 'suspect') AND store = {_STORE}
"""
_END = "CASE state WHEN 'recording' THEN max(:now, start_us) ELSE start_us + duration_us END"
_BEFORE = text(f"""
SELECT start_us, {_END} AS end_us FROM segments
 WHERE camera = :camera AND stream = :stream AND start_us < :low AND start_us >= :low - {MAX_SEGMENT_US}
   AND state IN ('recording', 'complete', 'suspect') AND store = {_STORE}
 ORDER BY start_us DESC LIMIT 1
""")  # noqa: S608  # put together from constants, as below
_LONGER = text(f"""
SELECT min(start_us) FROM segments
 WHERE origin != 'live' AND origin IN ('card', 'upload') AND camera = :camera AND stream = :stream
   AND start_us < :low AND start_us >= :low - {MAX_SEGMENT_US} AND start_us + duration_us > :low AND store = {_STORE}
""")  # noqa: S608


def _islands(only: str) -> Any:
    """Each stretch of files that follow one another: the rows at which one begins, with the end of the one before."""
    return text(f"""
SELECT start_us, before_us, last_us FROM (
  SELECT start_us,
         max(end_us) OVER (ORDER BY start_us ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_us,
         max(end_us) OVER () AS last_us
    FROM (SELECT start_us, {_END} AS end_us FROM segments WHERE {_FILES} {only}))
 WHERE before_us IS NULL OR start_us > before_us + :seam
 ORDER BY start_us
""")  # noqa: S608


_ALL, _MOTION = _islands(""), _islands("AND footage_class IN ('motion', 'event')")
_CARD, _PINNED = _islands("AND origin = 'card'"), _islands("AND pinned")
_CELLS = text(f"""
SELECT camera, quarter / :quarters AS cell, sum(min(kept_us, {QUARTER_US})) AS kept, sum(motion_us) AS motion,
       sum(card_us) AS card, sum(pinned_us) AS pinned
  FROM quarters
 WHERE store = {_STORE} AND camera IN :cameras AND stream = :stream AND quarter BETWEEN :low AND :high
 GROUP BY camera, cell ORDER BY camera, cell
""").bindparams(bindparam("cameras", expanding=True, type_=Text))  # noqa: S608
_ANY = text(f"""
SELECT sum(motion_us) > 0 AS motion, sum(card_us) > 0 AS card, sum(pinned_us) > 0 AS pinned FROM quarters
 WHERE store = {_STORE} AND camera = :camera AND stream = :stream AND quarter BETWEEN :low AND :high
""")  # noqa: S608
_GROWING = text(f"""
SELECT camera, start_us, footage_class FROM segments
 WHERE store = {_STORE} AND state = 'recording' AND stream = :stream
""")  # noqa: S608
_GAPS = text("""
SELECT camera, min(start_us) AS start_us, max(end_us) AS end_us, max(end_us IS NULL) AS lasts, reason, detail, count(*) AS times
  FROM gaps
 WHERE camera IN :cameras AND stream = :stream AND start_us < :high AND (end_us IS NULL OR end_us > :low)
 GROUP BY camera, reason,
          CASE WHEN end_us IS NULL OR end_us - start_us >= :cell THEN -id ELSE start_us / :cell END
 ORDER BY min(start_us) LIMIT :most
""").bindparams(bindparam("cameras", expanding=True, type_=Text))
_MOST_GAPS = 4000


def cell_of(start_us: WallUs, end_us: WallUs, cells: int) -> int:
    """Return how long a cell is, in us, where a range is told in about so many: whole quarters where it is not exact."""
    cell_us = max(US_PER_S, (end_us - start_us) // max(1, cells))
    return cell_us if end_us - start_us <= EXACT_US else -(-cell_us // QUARTER_US) * QUARTER_US


def kept(reader: IndexReader, cameras: Sequence[CameraId], view: View) -> dict[CameraId, Kept]:
    """Return what there is of each camera. Raises StorageFailed."""
    if not cameras:
        return {}
    with reader.reading() as run:
        gaps = _gaps(run, cameras, view)
        if view.end_us - view.start_us > EXACT_US:
            found = _in_cells(run, cameras, view)
        else:
            found = {each: _exact(run, each, view) for each in cameras}
    return {
        each: Kept(footage=one.footage, motion=one.motion, card=one.card, pinned=one.pinned, gaps=tuple(gaps.get(each, ())))
        for each, one in found.items()
    }


def _exact(run: Connection, camera: CameraId, view: View) -> Kept:
    start_us, end_us, cell_us = view.start_us, view.end_us, view.cell_us
    who = {"camera": camera, "stream": view.stream}
    before = run.execute(_BEFORE, who | {"low": start_us, "now": view.now_us}).first()
    low = before.start_us if before is not None and before.end_us > start_us else start_us
    longer = run.execute(_LONGER, who | {"low": start_us}).scalar()
    low = low if longer is None else min(low, longer)
    asked = who | {"low": low, "high": end_us, "now": view.now_us}
    quarters = who | {"low": low // QUARTER_US, "high": end_us // QUARTER_US}
    has = run.execute(_ANY, quarters).one()

    def islands(query: Any, seam_us: int) -> tuple[Stretch, ...]:
        rows = run.execute(query, asked | {"seam": seam_us}).all()
        return tuple(_between(rows, start_us, end_us))

    return Kept(
        footage=islands(_ALL, _SEAM_US),
        motion=islands(_MOTION, max(_SEAM_US, cell_us)),  # also in the file that is being written
        card=islands(_CARD, max(_SEAM_US, cell_us)) if has.card else (),
        pinned=islands(_PINNED, max(_SEAM_US, cell_us)) if has.pinned else (),
    )


def _between(rows: Sequence[Any], start_us: WallUs, end_us: WallUs) -> Iterator[Stretch]:
    for at, row in enumerate(rows):
        until = rows[at + 1].before_us if at + 1 < len(rows) else row.last_us
        first, last = max(row.start_us, start_us), min(until, end_us)
        if last > first:
            yield Stretch(start_us=WallUs(first), end_us=WallUs(last))


def _in_cells(run: Connection, cameras: Sequence[CameraId], view: View) -> dict[CameraId, Kept]:
    start_us, end_us, cell_us, now_us = view.start_us, view.end_us, view.cell_us, view.now_us
    asked = {
        "cameras": list(cameras),
        "stream": view.stream,
        "low": start_us // QUARTER_US,
        "high": (end_us - 1) // QUARTER_US,
        "quarters": cell_us // QUARTER_US,
    }
    lanes: dict[CameraId, tuple[list[Stretch], ...]] = {each: ([], [], [], []) for each in cameras}
    for row in run.execute(_CELLS, asked):
        first = max(row.cell * cell_us, start_us)
        last = min((row.cell + 1) * cell_us, end_us)
        covered_us = max(1, min(last, now_us) - first)
        lane = lanes[CameraId(row.camera)]
        if row.kept > 0:
            _append(lane[0], first, last, _rounded(row.kept / covered_us))
        for part, number in ((row.motion, 1), (row.card, 2), (row.pinned, 3)):
            if part >= _FEW_US:
                _append(lane[number], first, last, 1.0)
    for row in run.execute(_GROWING, {"stream": view.stream}):
        if row.camera in lanes and start_us <= row.start_us < end_us:
            _append(lanes[CameraId(row.camera)][0], row.start_us, min(max(now_us, row.start_us + 1), end_us), 1.0)
    return {
        each: Kept(footage=tuple(lane[0]), motion=tuple(lane[1]), card=tuple(lane[2]), pinned=tuple(lane[3]))
        for each, lane in lanes.items()
    }


def _append(lane: list[Stretch], first: int, last: int, frac: float) -> None:
    before = lane[-1] if lane else None
    if before is not None and before.frac == frac and first <= before.end_us:
        lane[-1] = Stretch(start_us=before.start_us, end_us=WallUs(max(last, before.end_us)), frac=frac)
    elif before is None or last > before.end_us:
        lane.append(
            Stretch(start_us=WallUs(first if before is None else max(first, before.end_us)), end_us=WallUs(last), frac=frac)
        )


def _rounded(frac: float) -> float:
    """Quarters: 1.0 only where hardly anything is missing, and never nothing where there is something."""
    return 1.0 if frac > 0.985 else min(0.75, max(0.25, round(frac * 4) / 4))


def _gaps(run: Connection, cameras: Sequence[CameraId], view: View) -> dict[CameraId, list[Hole]]:
    asked = {"cameras": list(cameras), "stream": view.stream, "low": view.start_us, "high": view.end_us}
    asked |= {"cell": view.cell_us, "most": _MOST_GAPS}
    found: dict[CameraId, list[Hole]] = {}
    for row in run.execute(_GAPS, asked):
        hole = Hole(
            start_us=WallUs(row.start_us),
            end_us=None if row.lasts else WallUs(row.end_us),
            reason=GapReason(row.reason),
            detail=row.detail,
            count=row.times,
        )
        found.setdefault(CameraId(row.camera), []).append(hole)
    return found
