"""What there is of footage, seen from afar: stretches of time made by SQL, never a noun for each file.

Up to a day and a half is exact to the gap between two files; what is longer is told in quarters of an hour from the table that
triggers keep, which costs the same however many files there are.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def _of(flag: str) -> str:
    """When the first of the files of one kind begins and the last of them ends; null for none."""
    return f"min(CASE WHEN {flag} THEN start_us END), max(CASE WHEN {flag} THEN {_END} END)"


_GROUPS = text(f"""
SELECT min(start_us), max({_END}), sum({_END} - start_us),
       {_of("footage_class IN ('motion', 'event')")}, {_of("origin = 'card'")}, {_of("pinned")}
  FROM segments WHERE {_FILES}
 GROUP BY start_us / :cell ORDER BY 1
""")  # noqa: S608  # put together from constants, as below
_SEEN = text(f"SELECT start_us, {_END} FROM segments WHERE {_FILES} ORDER BY start_us")  # noqa: S608
_BEFORE = text(f"""
SELECT start_us, {_END} AS end_us FROM segments
 WHERE camera = :camera AND stream = :stream AND start_us < :low AND start_us >= :low - {MAX_SEGMENT_US}
   AND state IN ('recording', 'complete', 'suspect') AND store = {_STORE}
 ORDER BY start_us DESC LIMIT 1
""")  # noqa: S608
_LONGER = text(f"""
SELECT min(start_us) FROM segments
 WHERE origin != 'live' AND origin IN ('card', 'upload') AND camera = :camera AND stream = :stream
   AND start_us < :low AND start_us >= :low - {MAX_SEGMENT_US} AND start_us + duration_us > :low AND store = {_STORE}
""")  # noqa: S608


_CELLS = text(f"""
SELECT camera, quarter / :quarters AS cell, sum(min(kept_us, {QUARTER_US})) AS kept, sum(motion_us) AS motion,
       sum(card_us) AS card, sum(pinned_us) AS pinned
  FROM quarters
 WHERE store = {_STORE} AND camera IN :cameras AND stream = :stream AND quarter BETWEEN :low AND :high
 GROUP BY camera, cell ORDER BY camera, cell
""").bindparams(bindparam("cameras", expanding=True, type_=Text))  # noqa: S608
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
_REASONS = {each.value: each for each in GapReason}


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
    apart_us = max(_SEAM_US, cell_us)
    footage, motion, card, pinned = _Islands(_SEAM_US), _Islands(apart_us), _Islands(apart_us), _Islands(apart_us)
    asked = who | {"now": view.now_us}
    for first, last, filled_us, *of_parts in run.execute(_GROUPS, asked | {"low": low, "high": end_us, "cell": apart_us}).all():
        if abs(last - first - filled_us) <= _SEAM_US:
            footage.add(first, last)
        else:
            inside = {"low": first, "high": min(end_us, (first // apart_us + 1) * apart_us)}
            for begin_us, until_us in run.execute(_SEEN, asked | inside).all():
                footage.add(begin_us, until_us)
        for part, begin_us, until_us in zip((motion, card, pinned), of_parts[::2], of_parts[1::2], strict=True):
            if begin_us is not None:
                part.add(begin_us, until_us)
    return Kept(
        footage=footage.within(start_us, end_us),
        motion=motion.within(start_us, end_us),
        card=card.within(start_us, end_us),
        pinned=pinned.within(start_us, end_us),
    )


class _Islands:
    """Stretches of files that follow one another, added in their order, at most `seam_us` apart."""

    def __init__(self, seam_us: int) -> None:
        self._seam_us = seam_us
        self._found: list[list[int]] = []
        self._last_us = -(1 << 62)

    def add(self, first_us: int, last_us: int) -> None:
        if first_us > self._last_us + self._seam_us:
            self._found.append([first_us, last_us])
            self._last_us = last_us
        elif last_us > self._last_us:
            self._found[-1][1] = self._last_us = last_us

    def within(self, start_us: WallUs, end_us: WallUs) -> tuple[Stretch, ...]:
        return tuple(
            Stretch(start_us=WallUs(max(first, start_us)), end_us=WallUs(min(last, end_us)))
            for first, last in self._found
            if min(last, end_us) > max(first, start_us)
        )


def _in_cells(run: Connection, cameras: Sequence[CameraId], view: View) -> dict[CameraId, Kept]:
    start_us, end_us, cell_us, now_us = view.start_us, view.end_us, view.cell_us, view.now_us
    asked = {
        "cameras": list(cameras),
        "stream": view.stream,
        "low": start_us // QUARTER_US,
        "high": (end_us - 1) // QUARTER_US,
        "quarters": cell_us // QUARTER_US,
    }
    lanes: dict[str, tuple[_Cells, _Cells, _Cells, _Cells]] = {
        each: (_Cells(), _Cells(), _Cells(), _Cells()) for each in cameras
    }
    for camera, cell, kept_us, motion_us, card_us, pinned_us in run.execute(_CELLS, asked).all():
        first = max(cell * cell_us, start_us)
        last = min((cell + 1) * cell_us, end_us)
        footage, motion, card, pinned = lanes[camera]
        if kept_us > 0:
            footage.add(first, last, _rounded(kept_us / max(1, min(last, now_us) - first)))
        if motion_us >= _FEW_US:
            motion.add(first, last, 1.0)
        if card_us >= _FEW_US:
            card.add(first, last, 1.0)
        if pinned_us >= _FEW_US:
            pinned.add(first, last, 1.0)
    for row in run.execute(_GROWING, {"stream": view.stream}):
        if row.camera in lanes and start_us <= row.start_us < end_us:
            lanes[row.camera][0].add(row.start_us, min(max(now_us, row.start_us + 1), end_us), 1.0)
    return {
        CameraId(each): Kept(footage=lane[0].all(), motion=lane[1].all(), card=lane[2].all(), pinned=lane[3].all())
        for each, lane in lanes.items()
    }


class _Cells:
    """Cells beside each other that are covered alike, added in their order, as one stretch."""

    def __init__(self) -> None:
        self._found: list[list[Any]] = []
        self._last_us, self._frac = -1, -1.0

    def add(self, first_us: int, last_us: int, frac: float) -> None:
        if frac == self._frac and first_us <= self._last_us:
            self._last_us = self._found[-1][1] = max(last_us, self._last_us)
        elif last_us > self._last_us:
            self._found.append([max(first_us, self._last_us), last_us, frac])
            self._last_us, self._frac = last_us, frac

    def all(self) -> tuple[Stretch, ...]:
        return tuple(Stretch(start_us=first, end_us=last, frac=frac) for first, last, frac in self._found)


def _rounded(frac: float) -> float:
    """Quarters: 1.0 only where hardly anything is missing, and never nothing where there is something."""
    return 1.0 if frac > 0.985 else min(0.75, max(0.25, round(frac * 4) / 4))


def _gaps(run: Connection, cameras: Sequence[CameraId], view: View) -> dict[CameraId, list[Hole]]:
    asked = {"cameras": list(cameras), "stream": view.stream, "low": view.start_us, "high": view.end_us}
    asked |= {"cell": view.cell_us, "most": _MOST_GAPS}
    found: dict[CameraId, list[Hole]] = {}
    for camera, start_us, end_us, lasts, reason, detail, times in run.execute(_GAPS, asked).all():
        hole = Hole(start_us=start_us, end_us=None if lasts else end_us, reason=_REASONS[reason], detail=detail, count=times)
        found.setdefault(camera, []).append(hole)
    return found
