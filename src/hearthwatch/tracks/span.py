"""Motion without a name: when it has lasted long enough to be worth telling, and when it is over."""

from __future__ import annotations

from hearthwatch.frames.geometry import Box, bounding
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.motion.motion import Motion
from hearthwatch.tracks.track import MotionSpan

_LASTING_US = round(1.5 * US_PER_S)
_QUIET_US = 3 * US_PER_S


class SpanWatch:
    """Follows how much of the picture moves. A span opens when motion of at least the camera's sensitivity has lasted
    for 1.5 s while nothing was named, and ends after 3 s of quiet or as soon as something is named."""

    def __init__(self, camera: CameraId, sensitivity_frac: float) -> None:
        self._camera = camera
        self._sensitivity_frac = sensitivity_frac
        self._start_us: WallUs | None = None
        self._last_us = WallUs(0)
        self._peak_frac = 0.0
        self._box: Box | None = None
        self._told = False
        self._out: list[MotionSpan] = []

    def see(self, motion: Motion, *, named: bool) -> None:
        """Take one picture's motion; `named` tells whether a confirmed track explains it."""
        if named or not motion.settled:
            self._end()
            return
        around = bounding(motion.boxes)
        if motion.area_frac >= self._sensitivity_frac and around is not None:
            if self._start_us is None:
                self._start_us, self._peak_frac, self._box = motion.wall_us, 0.0, around
            self._last_us = motion.wall_us
            if motion.area_frac > self._peak_frac:
                self._peak_frac, self._box = motion.area_frac, around
            if not self._told and self._last_us - self._start_us >= _LASTING_US:
                self._told = True
                self._out.append(self._span(self._start_us, None))
        elif self._start_us is not None:
            quiet_us = motion.wall_us - self._last_us
            if quiet_us >= _QUIET_US or (not self._told and quiet_us >= US_PER_S):
                self._end()

    def close(self) -> None:
        """The stream is over."""
        self._end()

    def take(self) -> tuple[MotionSpan, ...]:
        """Return the changes since the last call, in order."""
        out, self._out = self._out, []
        return tuple(out)

    def _end(self) -> None:
        if self._told and self._start_us is not None:
            self._out.append(self._span(self._start_us, self._last_us))
        self._start_us, self._told = None, False

    def _span(self, start_us: WallUs, end_us: WallUs | None) -> MotionSpan:
        assert self._box is not None
        return MotionSpan(
            camera=self._camera,
            start_us=start_us,
            last_us=self._last_us,
            end_us=end_us,
            peak_frac=self._peak_frac,
            box=self._box,
        )
