"""From a detector's answer to the sightings worth tracking: wanted, unmasked, each thing once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hearthwatch.detect.detection import Detection, LabelOptions, Looked
from hearthwatch.frames.geometry import Box, Polygon
from hearthwatch.tracks.thing import Sighting, family

_WEAK_FRAC = 0.6
_MASKED_FRAC = 0.6
_PERHAPS_SCORE = 0.3
_DOUBLE_FRAC = 0.7
_WEAK_DOUBLE_FRAC = 0.4
_WHOLE_RATIO = 1.5
_WHOLE_SCORE = 0.6


def sightings_of(
    looked: Looked, changed_frac: Callable[[Box], float], *, labels: Mapping[str, LabelOptions], masks: Sequence[Polygon]
) -> list[Sighting]:
    """Return the detections worth tracking: wanted labels, large enough, outside masks, no doubles; `changed_frac` says how
    much of a box had just changed.

    Those of a little less than the label's score come too: they keep a known track alive.
    """
    people = [d.box for d in looked.detections if d.label == "person" and d.score >= _PERHAPS_SCORE]
    kept: list[Detection] = []
    for found in sorted(looked.detections, key=lambda d: -d.score):
        wanted = labels.get(found.label)
        if wanted is None or found.score < wanted.min_score * _WEAK_FRAC or found.box.area_frac < wanted.min_area_frac:
            continue
        if _masked(found.box, masks):
            continue
        if family(found.label) == "animal" and any(_inside(found.box, person) for person in people):
            continue
        double_frac = _DOUBLE_FRAC if found.score >= wanted.min_score else _WEAK_DOUBLE_FRAC
        doubles = [k for k in kept if family(k.label) == family(found.label) and _common(k.box, found.box) > double_frac]
        if all(_is_part(k, found) for k in doubles):
            kept = [k for k in kept if k not in doubles]
            kept.append(found)
    return [Sighting(detection=d, changed_frac=changed_frac(d.box)) for d in kept]


def _masked(box: Box, masks: Sequence[Polygon]) -> bool:
    """Tell whether most of a box lies in a mask, by a grid of 5 x 5 points."""
    if not masks:
        return False
    width, height = box.x1 - box.x0, box.y1 - box.y0
    points = [(box.x0 + width * (i + 0.5) / 5, box.y0 + height * (j + 0.5) / 5) for i in range(5) for j in range(5)]
    return sum(any(mask.contains(point) for mask in masks) for point in points) > _MASKED_FRAC * len(points)


def _inside(box: Box, other: Box) -> bool:
    """Tell whether most of `box` is part of `other`: a coat or a bag is often taken for an animal."""
    return box.intersection_frac(other) > 0.6 * box.area_frac


def _is_part(part: Detection, whole: Detection) -> bool:
    """Tell whether a better scored box is only a part, legs or a head, of what the other shows whole."""
    larger = whole.box.area_frac > _WHOLE_RATIO * part.box.area_frac
    return larger and whole.score >= _WHOLE_SCORE * part.score and _inside(part.box, whole.box)


def _common(one: Box, other: Box) -> float:
    """Return how much of the smaller box the other covers."""
    return one.intersection_frac(other) / max(min(one.area_frac, other.area_frac), 1e-9)
