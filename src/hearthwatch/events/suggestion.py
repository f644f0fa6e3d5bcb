"""The Suggestion: what would have kept false alarms away and nothing else, learnt from what people called false alarms. Pure.

Never more than a proposal: a person looks at it on the picture and says yes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from hearthwatch.detect.detection import LabelOptions
from hearthwatch.events.event import Event
from hearthwatch.frames.geometry import Box, Point, Polygon, bounding
from hearthwatch.kit.units import CameraId

LOOKED_AT = 5
"""So many of the last false alarms are asked about."""
LEAST = 3
"""Once or twice is chance."""
MASKED_FRAC = 0.6
"""As much of a box must lie in a mask for it not to count; see tracks.sightings."""
_MOST_AREA_FRAC = 0.25
_MARGIN_FRAC = 0.015
_NEAR_FRAC = 0.12
_ROOM = 1.15
_MOST_MIN_AREA_FRAC = 0.06
_MOST_SCORE = 0.75
_SCORE_STEP = 0.01


class SuggestionKind(StrEnum):
    MASK = "mask"
    MIN_AREA = "min-area"
    MIN_SCORE = "min-score"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What keeps a label of a camera quiet already."""

    label: LabelOptions = LabelOptions()
    masks: tuple[tuple[Point, ...], ...] = ()

    def stop(self, event: Event) -> bool:
        """Tell whether the event would not have come about with these."""
        if event.box is None:
            return False
        small = event.box.area_frac < self.label.min_area_frac
        return small or 0 < event.score < self.label.min_score or _is_masked(event.box, self.masks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Of the last `of` false alarms it would have kept `covers` away. `also` counts other events nobody has judged that it
    would have kept away, too; none that a person has seen and let stand. `region` is the part of the picture to ignore, for a
    MASK; `value` the least area or score, for the others."""

    kind: SuggestionKind
    camera: CameraId
    label: str
    of: int
    covers: int
    also: int
    region: Box | None = None
    value: float = 0.0

    @property
    def mask(self) -> tuple[Point, ...]:
        """The region's corners, as a mask of the configuration."""
        assert self.region is not None
        return corners_of(self.region)


def suggest(false_alarms: Sequence[Event], others: Sequence[Event], now: Filters) -> tuple[Suggestion, ...]:
    """Return what is worth proposing, best first. Both are of one camera and label, newest first; `now` is in force already."""
    last = [event for event in false_alarms if event.box is not None and not now.stop(event)][:LOOKED_AT]
    if len(last) < LEAST:
        return ()
    rest = [event for event in others if event.box is not None and not now.stop(event)]
    found = [
        made
        for made in (_mask(last, rest), _least_area(last, rest, now), _least_score(last, rest, now))
        if made is not None and made.covers >= LEAST and made.covers * 2 > made.of
    ]
    return tuple(sorted(found, key=lambda made: (made.also, -made.covers, list(SuggestionKind).index(made.kind))))


def _mask(last: Sequence[Event], rest: Sequence[Event]) -> Suggestion | None:
    """Around the largest group that lies together."""
    best: Suggestion | None = None
    for seed in last:
        together = [event.box for event in last if event.box and seed.box and _is_near(event.box, seed.box)]
        around = bounding(together)
        region = _rounded(around.grown(_MARGIN_FRAC)) if around else None
        if region is None or region.area_frac > _MOST_AREA_FRAC:
            continue
        corners = (corners_of(region),)
        made = _made(SuggestionKind.MASK, last, rest, partial(_in_masks, corners), region=region)
        if made is not None and (best is None or made.covers > best.covers):
            best = made
    return best


def _least_area(last: Sequence[Event], rest: Sequence[Event], now: Filters) -> Suggestion | None:
    """Over the largest that can be left out without anybody who was seen: try them from the largest down."""
    for area in sorted((event.box.area_frac for event in last if event.box), reverse=True):
        value = round(area * _ROOM, 4)
        if not now.label.min_area_frac < value <= _MOST_MIN_AREA_FRAC:
            continue
        made = _made(SuggestionKind.MIN_AREA, last, rest, partial(_smaller, value), value=value)
        if made is not None:
            return made
    return None


def _least_score(last: Sequence[Event], rest: Sequence[Event], now: Filters) -> Suggestion | None:
    for score in sorted((event.score for event in last if event.score > 0), reverse=True):
        value = round(score + _SCORE_STEP, 2)
        if not now.label.min_score < value <= _MOST_SCORE:
            continue
        made = _made(SuggestionKind.MIN_SCORE, last, rest, partial(_less_sure, value), value=value)
        if made is not None:
            return made
    return None


def _made(
    kind: SuggestionKind,
    last: Sequence[Event],
    rest: Sequence[Event],
    stops: Callable[[Box, float], bool],
    *,
    region: Box | None = None,
    value: float = 0.0,
) -> Suggestion | None:
    """Return it with its counts, None where it would have kept away somebody a person has seen and let stand."""
    stopped = [event for event in rest if event.box and stops(event.box, event.score)]
    if any(event.reviewed for event in stopped):
        return None
    return Suggestion(
        kind=kind,
        camera=last[0].camera,
        label=last[0].label,
        of=len(last),
        covers=sum(1 for event in last if event.box and stops(event.box, event.score)),
        also=len(stopped),
        region=region,
        value=value,
    )


def _in_masks(masks: Sequence[tuple[Point, ...]], box: Box, _score: float) -> bool:
    return _is_masked(box, masks)


def _smaller(value: float, box: Box, _score: float) -> bool:
    return box.area_frac < value


def _less_sure(value: float, _box: Box, score: float) -> bool:
    return 0 < score < value


def _is_near(one: Box, other: Box) -> bool:
    (x0, y0), (x1, y1) = one.centre, other.centre
    return one.iou(other) > 0 or (abs(x1 - x0) <= _NEAR_FRAC and abs(y1 - y0) <= _NEAR_FRAC)


def corners_of(box: Box) -> tuple[Point, ...]:
    return ((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1))


def _is_masked(box: Box, masks: Sequence[tuple[Point, ...]]) -> bool:
    """By the same grid as the looker."""
    if not masks:
        return False
    width, height = box.x1 - box.x0, box.y1 - box.y0
    points = [(box.x0 + width * (i + 0.5) / 5, box.y0 + height * (j + 0.5) / 5) for i in range(5) for j in range(5)]
    polygons = [Polygon(points=points) for points in masks]
    return sum(any(mask.contains(point) for mask in polygons) for point in points) > MASKED_FRAC * len(points)


def _rounded(box: Box) -> Box:
    return Box(x0=round(box.x0, 3), y0=round(box.y0, 3), x1=round(box.x1, 3), y1=round(box.y1, 3))
