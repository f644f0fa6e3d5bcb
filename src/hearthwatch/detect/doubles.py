"""One box for one thing: suppression inside a region, and between regions where one cuts what another shows whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.families import Floats, Found

_INSIDE_FRAC = 0.7  # of a cut part that must lie in the whole for it to be the same thing


def overlaps(boxes: Floats) -> Floats:
    """Return the (N, N) common areas of `boxes` in square pixels."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)


def areas(boxes: Floats) -> Floats:
    return np.asarray(np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0), np.float32)


def suppressed(found: Found, iou: float) -> Found:
    """Return the best of each group of boxes of one label that overlap by more than `iou`, best score first."""
    found = found.take(np.argsort(-found.scores, kind="stable"))
    common, area = overlaps(found.boxes), areas(found.boxes)
    same = common > iou * (area[:, None] + area[None, :] - common)
    return found.take(_survivors(same & _same_label(found)))


def merged(found: Found, region: NDArray[np.intp], cut: NDArray[np.bool_], iou: float) -> Found:
    """Return `found` of all regions together without doubles.

    `region` (N,) says where each box was seen and `cut` (N,) whether it ends at a border of that crop that is none of the
    picture. A cut part loses against a whole box, whatever their scores.
    """
    order = np.lexsort((-found.scores, cut))
    found, region, cut = found.take(order), region[order], cut[order]
    common, area = overlaps(found.boxes), areas(found.boxes)
    same = common > iou * (area[:, None] + area[None, :] - common)
    smaller = np.minimum(area[:, None], area[None, :])
    part = (common > _INSIDE_FRAC * smaller) & cut[None, :] & (region[:, None] != region[None, :])
    return found.take(_survivors((same | part) & _same_label(found)))


def _same_label(found: Found) -> NDArray[np.bool_]:
    return np.asarray(found.classes[:, None] == found.classes[None, :], np.bool_)


def _survivors(beats: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return who stays when each survivor, in order, removes all later ones it beats."""
    alive = np.ones(len(beats), np.bool_)
    for index in range(len(beats)):
        if alive[index]:
            alive[index + 1 :] &= ~beats[index, index + 1 :]
    return alive
