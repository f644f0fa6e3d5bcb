"""Events as a lane of a timeline: those beside each other as one mark, grouped by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from hearthwatch.events.event import EventId, EventKind
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

_LONGEST_US = 6 * 3600 * US_PER_S
"""A visit that lasts longer is shown from where the range begins only while it is looked at near its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`count` events that begin in the same cell; `end_us` None while one lasts. `id` is the first one's; `label` is empty
    where they have several.

    Seen from afar they are only counted: `id` and `label` are empty then, `kind` is None."""

    camera: CameraId
    start_us: WallUs
    end_us: WallUs | None
    count: int
    id: EventId
    kind: EventKind | None
    label: str


_MARKS = text("""
SELECT min(start_us) AS start_us, max(end_us) AS end_us, max(end_us IS NULL) AS lasts, count(*) AS times,
       min(id) AS id, min(kind) AS kind, CASE WHEN min(label) = max(label) THEN min(label) ELSE '' END AS label
  FROM events
 WHERE camera = :camera AND start_us >= :low - :longest AND start_us < :high AND (end_us IS NULL OR end_us > :low)
 GROUP BY start_us / :cell
 ORDER BY min(start_us)
""")
_COUNTS = text("""
WITH RECURSIVE cells (low) AS (SELECT :low UNION ALL SELECT low + :cell FROM cells WHERE low + :cell < :high)
SELECT low, times FROM (
  SELECT low,
         (SELECT count(*) FROM events INDEXED BY events_by_camera
           WHERE camera = :camera AND start_us >= low AND start_us < min(low + :cell, :high)) AS times
    FROM cells)
 WHERE times > 0
""")
_KINDS = {each.value: each for each in EventKind}


def marks(
    connection: Connection, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, *, cell_us: int
) -> tuple[Mark, ...]:
    """Return the events that overlap `[start_us, end_us)`, by camera and oldest first."""
    asked = {"low": start_us, "high": end_us, "cell": cell_us, "longest": _LONGEST_US}
    return tuple(
        Mark(
            camera=camera,
            start_us=first_us,
            end_us=None if lasts else last_us,
            count=times,
            id=first_id,
            kind=_KINDS[kind],
            label=label,
        )
        for camera in cameras
        for first_us, last_us, lasts, times, first_id, kind, label in connection.execute(
            _MARKS, asked | {"camera": camera}
        ).all()
    )


def counts(
    connection: Connection, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, *, cell_us: int
) -> tuple[Mark, ...]:
    """Return how many events begin in each cell of `[start_us, end_us)`, by camera; one index answers this."""
    asked = {"low": start_us, "high": end_us, "cell": cell_us}
    nobody = EventId("")
    return tuple(
        Mark(
            camera=camera,
            start_us=low_us,
            end_us=WallUs(min(low_us + cell_us, end_us)),
            count=times,
            id=nobody,
            kind=None,
            label="",
        )
        for camera in cameras
        for low_us, times in connection.execute(_COUNTS, asked | {"camera": camera}).all()
    )
