"""A Look: what one picture measures, by figures that a change of light moves little."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.frames.frame import Frame

Map = NDArray[np.float32]

_WIDTH_PX = 320
_EDGES_PX = (80, 45)
_STRONG_EDGES_FRAC = 0.05


@dataclass(frozen=True, slots=True)
class Look:
    """What one picture measures. `edges` is where the edges are, whatever the light; `detail` how much there is of it in
    levels, `sharp` how fine the strongest of it is, `level` the mean brightness above black."""

    edges: Map
    detail: float
    sharp: float
    level: float


def measure(frame: Frame) -> Look:
    """Return the figures of one picture."""
    y = frame.y
    scale = max(1, round(y.shape[1] / _WIDTH_PX))
    small = cv2.resize(y, (y.shape[1] // scale, y.shape[0] // scale), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = cv2.blur(small, (3, 3))
    finest, relief = cv2.absdiff(fine, cv2.blur(fine, (3, 3))), cv2.absdiff(fine, cv2.blur(fine, (9, 9)))
    strong = relief >= np.partition(relief.ravel(), place := round(relief.size * (1 - _STRONG_EDGES_FRAC)))[place]
    slope = cv2.magnitude(cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1))
    edges = cv2.blur(slope / (cv2.blur(slope, (31, 31)) + 4.0), (5, 5))
    edges = cv2.resize(edges, _EDGES_PX, interpolation=cv2.INTER_AREA)
    black = 0.0 if frame.full_range else 16.0
    return Look(
        edges=np.asarray(edges - edges.mean(), np.float32),
        detail=float(relief.mean()),
        sharp=float(finest[strong].mean() / (relief[strong].mean() + 0.5)),
        level=float(small.mean()) - black,
    )


def likeness(a: Map, b: Map) -> float:
    """Return how alike two maps of edges are: 1 the same view, about 0 two different ones."""
    return float(np.vdot(a, b)) / (math.sqrt(float(np.vdot(a, a)) * float(np.vdot(b, b))) + 1e-6)


def blended(before: Look, now: Look, share: float) -> Look:
    """Return `before` moved towards `now` by that share of the way."""
    return Look(
        edges=np.asarray(before.edges + share * (now.edges - before.edges), np.float32),
        detail=before.detail + share * (now.detail - before.detail),
        sharp=before.sharp + share * (now.sharp - before.sharp),
        level=before.level + share * (now.level - before.level),
    )
