"""A visit: the event that is open for somebody, where he was last, and whether somebody seen now may be the same."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hearthwatch.events.event import Event
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import US_PER_S, WallUs

CONTINUES_US = 4 * US_PER_S
"""As long as a lost track is held: who comes later is the next visitor."""
_RESUMES_US = 2 * US_PER_S
"""A looker that starts together with the house needs so long until it sees who has been there all the time."""
_REACH_FRAC = 0.15
_REACH_FRAC_PER_S = 0.12
_TOGETHER_US = 4 * US_PER_S
_TOGETHER_FRAC = 0.3
"""Who is seen first so soon after and so near a visitor has come with him, or is the same one in parts: legs and a head."""
SAME_US = 10 * US_PER_S
"""So much later than ours a camera may say that it saw somebody."""


@dataclass(slots=True, kw_only=True, eq=False)
class Visit:
    """An event that is open: by `live` tracks, or waiting from `last_us` on for its visitor to come out of hiding."""

    event: Event
    box: Box | None
    last_us: WallUs
    live: set[str] = field(default_factory=set)
    best_of: str = ""
    """The track whose best moment is the event's: its picture is shown, so the event's box follows it."""
    pictured: bool = False
    """Some picture stands for it already, since this house began."""
    told: bool = False
    saved_score: float = 0.0
    resumed: bool = False
    """Left open by a former house, and nobody of it seen since: where its visitor was, and whether still, is not known."""
    sensed: bool = False
    """Known from the camera's own alarms only: `live` are those, and where in the picture it is is not known."""


def lasts_at(visit: Visit, first_us: WallUs) -> bool:
    """Tell whether somebody seen first at `first_us` may be whom the camera means: it may be late to say so, and early."""
    return visit.event.start_us - SAME_US < first_us and (bool(visit.live) or first_us < visit.last_us + SAME_US)


def together(visit: Visit, first_us: WallUs, box: Box) -> bool:
    if visit.box is None or abs(first_us - visit.event.start_us) >= _TOGETHER_US:
        return False
    (x0, y0), (x1, y1) = visit.box.centre, box.centre
    return math.hypot(x1 - x0, y1 - y0) <= _TOGETHER_FRAC


def within_reach(visit: Visit, first_us: WallUs, box: Box) -> bool:
    gap_us = first_us - visit.last_us
    if visit.resumed:
        return gap_us < _RESUMES_US
    if not -CONTINUES_US < gap_us < CONTINUES_US:
        return False
    if visit.box is None:
        return True
    (x0, y0), (x1, y1) = visit.box.centre, box.centre
    reach = _REACH_FRAC + _REACH_FRAC_PER_S * abs(gap_us) / US_PER_S
    return math.hypot(x1 - x0, y1 - y0) <= reach or visit.box.intersection_frac(box) > 0
