"""Whether an event loop turns, told to the thread that beats for its process: a loop that is stuck says nothing itself."""

from __future__ import annotations

import asyncio

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S

_EVERY_S = 0.5
LATE_S = 2.0
"""With what the supervisor waits for a beat it must stay under 15 s."""
START_S = 30.0
"""A machine that does much else may take so long to read all there is at a start."""
STEADY_S = 2.0
"""A loop that turned on time for so long has done with its start."""


class Turning:
    """Begins its life with the process; `run` in the loop once it has begun all it does, `is_well` from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_ns = self._turned_ns = self._steady_ns = clock.mono_ns()
        self._has_started = False

    async def run(self) -> None:
        """Note each half second that the loop turns; ends by cancellation."""
        self._turned_ns = self._steady_ns = self._clock.mono_ns()
        while True:
            self.turned()
            await asyncio.sleep(_EVERY_S)

    def turned(self) -> None:
        """The loop turns now."""
        now_ns = self._clock.mono_ns()
        if now_ns - self._turned_ns > 2 * _EVERY_S * NS_PER_S:
            self._steady_ns = now_ns
        self._turned_ns = now_ns
        self._has_started = self._has_started or now_ns - self._steady_ns >= STEADY_S * NS_PER_S

    def is_well(self) -> bool:
        """Tell whether the loop turned just now, or is still at its start."""
        now_ns = self._clock.mono_ns()
        if not self._has_started and now_ns - self._began_ns < START_S * NS_PER_S:
            return True
        return now_ns - self._turned_ns < LATE_S * NS_PER_S
