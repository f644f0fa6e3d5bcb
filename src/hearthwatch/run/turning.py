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


class Turning:
    """Begins its life with the loop; `run` in the loop, `is_well` from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_ns = self._turned_ns = clock.mono_ns()

    async def run(self) -> None:
        """Note each half second that the loop turns; ends by cancellation."""
        while True:
            self._turned_ns = self._clock.mono_ns()
            await asyncio.sleep(_EVERY_S)

    def is_well(self) -> bool:
        """Tell whether the loop turned just now, or has only begun."""
        now_ns = self._clock.mono_ns()
        if now_ns - self._began_ns < START_S * NS_PER_S:
            return True
        return now_ns - self._turned_ns < LATE_S * NS_PER_S
