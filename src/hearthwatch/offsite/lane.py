"""Footage at the targets as a lane of a timeline: stretches made by SQL, never a noun for each piece.

It goes by the class and pin a piece was sent with; what the way back to a moment is, `elsewhere` says piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, text

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite.pruning import Rules
from hearthwatch.offsite.upload import TargetId
from hearthwatch.recording.segment import FootageClass

_LONGEST_US = 3600 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """`[start_us, end_us)` that each of `targets` has proved to hold."""

    start_us: WallUs
    end_us: WallUs
    targets: tuple[TargetId, ...]


_ISLANDS = text("""
SELECT start_us, before_us, last_us FROM (
  SELECT start_us, max(end_us) OVER () AS last_us,
         max(end_us) OVER (ORDER BY start_us ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_us
    FROM uploads
   WHERE target = :target AND camera = :camera AND stream = :stream AND state = 'proved' AND kind != 'picture'
     AND start_us > :low - :longest AND start_us < :high AND end_us > :low
     AND (pinned OR start_us >= CASE footage_class WHEN 'event' THEN :event WHEN 'motion' THEN :motion ELSE :continuous END))
 WHERE before_us IS NULL OR start_us > before_us + :seam
 ORDER BY start_us
""")


def held(
    connection: Connection,
    rules: Mapping[TargetId, Rules],
    camera: CameraId,
    stream: Stream,
    holes: Iterable[tuple[WallUs, WallUs]],
    *,
    seam_us: int,
    now_us: WallUs,
) -> tuple[Held, ...]:
    """Return what targets hold of `holes`, oldest first, less what their own rules may have taken by now."""
    found: list[tuple[int, int, TargetId]] = []
    for target, rule in rules.items():
        oldest = {
            name: now_us - keep_us if (keep_us := rule.keep_us(one)) is not None else 0
            for name, one in (
                ("event", FootageClass.EVENT), ("motion", FootageClass.MOTION), ("continuous", FootageClass.CONTINUOUS),
            )
        }  # fmt: skip
        for low, high in holes:
            asked = {"target": target, "camera": camera, "stream": stream, "low": low, "high": high, "longest": _LONGEST_US}
            rows = connection.execute(_ISLANDS, asked | oldest | {"seam": seam_us}).all()
            for at, row in enumerate(rows):
                until = rows[at + 1].before_us if at + 1 < len(rows) else row.last_us
                first, last = max(row.start_us, low), min(until, high)
                if last > first:
                    found.append((first, last, target))
    return tuple(_merged(found))


def _merged(found: list[tuple[int, int, TargetId]]) -> Iterable[Held]:
    """Yield the stretches with the same targets; what begins and ends inside another is told by the moments that change it."""
    edges = sorted({at for first, last, _target in found for at in (first, last)})
    before: Held | None = None
    for low, high in pairwise(edges):
        targets = tuple(sorted({target for first, last, target in found if first <= low and high <= last}))
        if not targets:
            continue
        if before is not None and before.targets == targets and before.end_us == low:
            before = Held(start_us=before.start_us, end_us=WallUs(high), targets=targets)
            continue
        if before is not None:
            yield before
        before = Held(start_us=WallUs(low), end_us=WallUs(high), targets=targets)
    if before is not None:
        yield before
