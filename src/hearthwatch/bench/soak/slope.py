"""The slope of a noisy series by Theil and Sen, with the 95 % bounds of Sen (1968): a few wild samples do not move it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_MOST_POINTS = 800
_Z_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """Units an hour: the median of all slopes between two samples, and what it lies between in 95 of 100 such series. Samples
    that hang together make the bounds look narrower than they are."""

    per_h: float
    low_per_h: float
    high_per_h: float


def slope(times_s: Sequence[float], values: Sequence[float]) -> Slope:
    """Return the slope; endless bounds for fewer than ten samples. Long series are thinned to medians of blocks first."""
    at, what = _thinned(np.asarray(times_s, float) / 3600, np.asarray(values, float))
    count = len(at)
    if count < 10:
        return Slope(per_h=0.0, low_per_h=-math.inf, high_per_h=math.inf)
    left, right = np.triu_indices(count, 1)
    apart = at[right] - at[left]
    slopes = np.sort(((what[right] - what[left])[apart > 0]) / apart[apart > 0])
    _, ties = np.unique(what, return_counts=True)
    variance = (count * (count - 1) * (2 * count + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    reach = _Z_95 * math.sqrt(max(0.0, variance))
    low = max(0, round((len(slopes) - reach) / 2) - 1)
    high = min(len(slopes) - 1, round((len(slopes) + reach) / 2))
    return Slope(per_h=float(np.median(slopes)), low_per_h=float(slopes[low]), high_per_h=float(slopes[high]))


def _thinned(at: np.ndarray, what: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(at) <= _MOST_POINTS:
        return at, what
    blocks = np.array_split(np.arange(len(at)), _MOST_POINTS)
    return np.array([at[one].mean() for one in blocks]), np.array([np.median(what[one]) for one in blocks])
