"""A constant-velocity Kalman filter for the centre of a box; its size is smoothed."""

from __future__ import annotations

import math

from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import NS_PER_S

_ACCELERATION = 1.5  # of its own size, per second squared
_FIRST_SPEED = 1.0  # of its own size, per second: what a new thing may do
_JITTER = 0.08  # of its own size: how far a detector's boxes wander
_SIZE_WEIGHT = 0.5
_LONGEST_S = 2.0
_KEEPS_GOING_S = 1.5  # after about that long, whoever is not seen may as well have stopped


class _Axis:
    """Position and speed along one axis with their covariance."""

    __slots__ = ("p", "pp", "pv", "v", "vv")

    def __init__(self, p: float, size: float) -> None:
        self.p, self.v = p, 0.0
        self.pp, self.pv, self.vv = (_JITTER * size) ** 2, 0.0, (_FIRST_SPEED * size) ** 2

    def ahead(self, dt: float, size: float) -> tuple[float, float, float, float]:
        """Return position, its variance, its covariance with speed and the variance of speed after `dt` seconds."""
        q = (_ACCELERATION * size) ** 2
        pp = self.pp + 2 * dt * self.pv + dt * dt * self.vv + q * dt**4 / 4
        pv = self.pv + dt * self.vv + q * dt**3 / 2
        return self.p + self.v * _going(dt), pp, pv, self.vv + q * dt * dt

    def correct(self, measured: float, dt: float, size: float) -> None:
        p, pp, pv, vv = self.ahead(dt, size)
        spread = pp + (_JITTER * size) ** 2
        gain_p, gain_v = pp / spread, pv / spread
        miss = measured - p
        self.p, self.v = p + gain_p * miss, self.v + gain_v * miss
        self.pp, self.pv, self.vv = (1 - gain_p) * pp, (1 - gain_p) * pv, vv - gain_v * pv


def _going(dt: float) -> float:
    return _KEEPS_GOING_S * (1.0 - math.exp(-dt / _KEEPS_GOING_S))


class BoxFilter:
    """Where a box is and will be; all in fractions of the picture, times in monotonic nanoseconds."""

    __slots__ = ("_at_ns", "_height", "_width", "_x", "_y")

    def __init__(self, box: Box, at_ns: int) -> None:
        self._width, self._height = box.x1 - box.x0, box.y1 - box.y0
        x, y = box.centre
        self._x, self._y = _Axis(x, self._size), _Axis(y, self._size)
        self._at_ns = at_ns

    @property
    def _size(self) -> float:
        return max(math.sqrt(self._width * self._height), 1e-4)

    def update(self, box: Box, at_ns: int) -> None:
        """Take a measured box."""
        dt = self._after(at_ns)
        x, y = box.centre
        self._x.correct(x, dt, self._size)
        self._y.correct(y, dt, self._size)
        self._width += _SIZE_WEIGHT * (box.x1 - box.x0 - self._width)
        self._height += _SIZE_WEIGHT * (box.y1 - box.y0 - self._height)
        self._at_ns = max(at_ns, self._at_ns)

    def box_at(self, at_ns: int) -> Box:
        """Return the expected box, clipped to the picture; where it would have left, the last sliver of it."""
        dt = self._after(at_ns)
        x, y = self._x.p + self._x.v * _going(dt), self._y.p + self._y.v * _going(dt)
        x, y = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
        return Box(
            x0=max(0.0, x - self._width / 2),
            y0=max(0.0, y - self._height / 2),
            x1=min(1.0, x + self._width / 2),
            y1=min(1.0, y + self._height / 2),
        )

    def distance(self, box: Box, at_ns: int) -> float:
        """Return the squared Mahalanobis distance of a measured centre from the expected one."""
        dt = self._after(at_ns)
        x, y = box.centre
        px, spread_x, _, _ = self._x.ahead(dt, self._size)
        py, spread_y, _, _ = self._y.ahead(dt, self._size)
        noise = (_JITTER * self._size) ** 2
        return (x - px) ** 2 / (spread_x + noise) + (y - py) ** 2 / (spread_y + noise)

    def _after(self, at_ns: int) -> float:
        return min(_LONGEST_S, max(0.0, (at_ns - self._at_ns) / NS_PER_S))
