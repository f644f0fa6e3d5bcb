"""Events as a lane of a timeline: those beside each other as one mark, grouped by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, String, bindparam, text

from hearthwatch.events.event import EventId, EventKind
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

_LONGEST_US = 6 * 3600 * US_PER_S
"""A visit that lasts longer is shown from where the range begins only while it is looked at near its start."""
_MOST = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`count` events of one kind and label that begin in the same cell; `end_us` None while one lasts. `id` is the first one's.

    Seen from afar they are only counted: `id` and `label` are empty then, `kind` is None."""

    camera: CameraId
    start_us: WallUs
    end_us: WallUs | None
    count: int
    id: EventId
    kind: EventKind | None
    label: str


_MARKS = text("""
SELECT camera, min(start_us) AS start_us, max(end_us) AS end_us, max(end_us IS NULL) AS lasts, count(*) AS times,
       min(id) AS id, kind, label
  FROM events
 WHERE camera IN :cameras AND start_us >= :low - :longest AND start_us < :high AND (end_us IS NULL OR end_us > :low)
 GROUP BY camera, start_us / :cell, kind, label
 ORDER BY min(start_us) LIMIT :most
""").bindparams(bindparam("cameras", expanding=True, type_=String))
_COUNTS = text("""
SELECT camera, start_us / :cell AS cell, count(*) AS times FROM events
 WHERE camera IN :cameras AND start_us >= :low AND start_us < :high
 GROUP BY camera, cell ORDER BY camera, cell
""").bindparams(bindparam("cameras", expanding=True, type_=String))


def marks(
    connection: Connection, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, *, cell_us: int
) -> tuple[Mark, ...]:
    """Return the events that overlap `[start_us, end_us)`, oldest first."""
    asked = {
        "cameras": list(cameras), "low": start_us, "high": end_us, "cell": cell_us, "longest": _LONGEST_US, "most": _MOST,
    }  # fmt: skip
    return tuple(
        Mark(
            camera=CameraId(row.camera),
            start_us=WallUs(row.start_us),
            end_us=None if row.lasts else WallUs(row.end_us),
            count=row.times,
            id=EventId(row.id),
            kind=EventKind(row.kind),
            label=row.label,
        )
        for row in connection.execute(_MARKS, asked)
    )


def counts(
    connection: Connection, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, *, cell_us: int
) -> tuple[Mark, ...]:
    """Return how many events begin in each cell of `[start_us, end_us)`, by camera; one index answers this."""
    asked = {"cameras": list(cameras), "low": start_us, "high": end_us, "cell": cell_us}
    return tuple(
        Mark(
            camera=CameraId(row.camera),
            start_us=WallUs(max(row.cell * cell_us, start_us)),
            end_us=WallUs(min((row.cell + 1) * cell_us, end_us)),
            count=row.times,
            id=EventId(""),
            kind=None,
            label="",
        )
        for row in connection.execute(_COUNTS, asked)
    )
