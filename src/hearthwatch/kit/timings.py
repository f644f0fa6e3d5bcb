"""How long something took, time after time: counts below fixed limits, as Prometheus adds them up."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

LIMITS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Timings:
    """Any thread may note and read."""

    def __init__(self) -> None:
        self._counts = [0] * (len(LIMITS_S) + 1)
        self._sum_s = 0.0
        self._lock = threading.Lock()

    def note(self, seconds: float) -> None:
        """Count one time."""
        with self._lock:
            self._counts[bisect_left(LIMITS_S, seconds)] += 1
            self._sum_s += seconds

    def read(self) -> tuple[Sequence[int], float]:
        """Return how many were at most each of LIMITS_S, all of them last, and their sum in seconds."""
        with self._lock:
            return tuple(accumulate(self._counts)), self._sum_s
