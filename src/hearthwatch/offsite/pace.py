"""How fast a target may be sent to: limits by time of day (pure), and the throttle that holds to them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, MonoNs

_LIMIT = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d) (\d+(?:\.\d+)?)")
_DAY_MIN = 24 * 60
_BURST_S = 0.5
_STEP_S = 0.5
"""A wait is never longer, so that a limit that ends is noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """From `start_min` to `end_min` (minutes of the day, over midnight where the end is the smaller one) so many bits a second;
    0 sends nothing at all."""

    start_min: int
    end_min: int
    bit_s: float

    def holds(self, minute: int) -> bool:
        """Tell whether it holds at that minute of the day."""
        if self.start_min <= self.end_min:
            return self.start_min <= minute < self.end_min
        return minute >= self.start_min or minute < self.end_min


def parse_limit(text: str) -> Limit:
    """Return the limit in a text such as `08:00-22:00 2` (Mbit/s). Raises ValueError, with what is wrong for the owner."""
    found = _LIMIT.fullmatch(text.strip())
    if found is None:
        raise ValueError('is no limit: write the time of day and Mbit/s, as in "08:00-22:00 2"')
    start, end = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
    if start >= _DAY_MIN or end > _DAY_MIN or int(found[2]) > 59 or int(found[4]) > 59:
        raise ValueError("names a time that is none: 00:00 to 24:00")
    return Limit(start_min=start, end_min=end, bit_s=float(found[5]) * 1e6)


def limit_at(limits: Sequence[Limit], always_bit_s: float, minute: int) -> float | None:
    """Return the bits a second that hold at that minute of the day, None for no limit; the first that fits counts."""
    for one in limits:
        if one.holds(minute):
            return one.bit_s
    return always_bit_s or None


class Throttle:
    """Lets bytes pass no faster than the limit of the moment, after a burst of half a second. Used on one event loop."""

    def __init__(self, bit_s: Callable[[], float | None], clock: Clock) -> None:
        """`bit_s` gives the limit of the moment, None for none."""
        self._bit_s = bit_s
        self._clock = clock
        self._free_ns = MonoNs(0)
        """When the bytes that passed are paid for."""

    async def wait(self, size_bytes: int) -> None:
        """Return when so many bytes may go."""
        while True:
            bit_s, now_ns = self._bit_s(), self._clock.mono_ns()
            if bit_s is None:
                return
            early_ns = self._free_ns - now_ns - _BURST_S * NS_PER_S
            if bit_s > 0 and early_ns <= 0:
                self._free_ns = MonoNs(max(self._free_ns, now_ns) + round(size_bytes * 8 / bit_s * NS_PER_S))
                return
            await asyncio.sleep(min(_STEP_S, early_ns / NS_PER_S) if bit_s > 0 else _STEP_S)
