"""The only door to time: a Clock to read, a Stop to end a wait, and a fake clock whose sleep advances itself."""

from __future__ import annotations

import ctypes
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs

_TIMEX_BYTES = 512
_TIME_ERROR = 5
"""adjtimex(2): nobody keeps this clock right. The kernel also says so from when somebody sets it until a time server agrees."""


_TRIES = 3
_AT_ONCE_NS = 50_000
"""Two clocks read further apart than this were not read at one moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsetClock:
    """A wall clock that nobody kept right: it was `offset_us` ahead of the monotonic clock of the boot `boot`. Once it is set,
    what was stamped by it can be stamped anew."""

    boot: str
    offset_us: int


class Stop:
    """A flag that ends waits; set once, from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait in real time; True when stopped."""
        return self._event.wait(seconds)


class Clock(Protocol):
    """Wall time for people and storage, monotonic time for every decision about waiting."""

    def wall_us(self) -> WallUs: ...

    def mono_ns(self) -> MonoNs: ...

    def sleep(self, stop: Stop, seconds: float) -> bool:
        """Sleep until `seconds` passed or `stop` is set; True when stopped."""
        ...

    def is_kept(self) -> bool:
        """Tell whether something, such as a time server, keeps the wall clock right."""
        ...

    def boot(self) -> str:
        """Return the id of the boot whose monotonic clock this is."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def wall_us(self) -> WallUs:
        return WallUs(time.time_ns() // 1000)

    def mono_ns(self) -> MonoNs:
        return MonoNs(time.monotonic_ns())

    def sleep(self, stop: Stop, seconds: float) -> bool:
        return stop.wait(seconds)

    def is_kept(self) -> bool:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
        return 0 <= state != _TIME_ERROR

    def boot(self) -> str:
        return _boot()


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def offset_us(clock: Clock) -> int:
    """Return how far the wall clock is ahead of the monotonic clock: it changes only when somebody sets the clock."""
    for _ in range(_TRIES):
        before_ns, wall_us, after_ns = clock.mono_ns(), clock.wall_us(), clock.mono_ns()
        if after_ns - before_ns < _AT_ONCE_NS:
            break
    return wall_us - (before_ns + after_ns) // 2000


class FakeClock:
    """A clock that moves only when told to or when somebody sleeps on it."""

    def __init__(self, wall_us: int = 1_700_000_000 * US_PER_S, mono_ns: int = 1_000 * NS_PER_S) -> None:
        self._wall_us = wall_us
        self._mono_ns = mono_ns
        self.kept = True

    def wall_us(self) -> WallUs:
        return WallUs(self._wall_us)

    def mono_ns(self) -> MonoNs:
        return MonoNs(self._mono_ns)

    def advance(self, seconds: float) -> None:
        """Let both clocks pass `seconds`."""
        self._wall_us += round(seconds * US_PER_S)
        self._mono_ns += round(seconds * NS_PER_S)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock off by `seconds`, as an operator or NTP would."""
        self._wall_us += round(seconds * US_PER_S)

    def sleep(self, stop: Stop, seconds: float) -> bool:
        if not stop.is_set():
            self.advance(seconds)
        return stop.is_set()

    def is_kept(self) -> bool:
        return self.kept

    def boot(self) -> str:
        return "fake"
