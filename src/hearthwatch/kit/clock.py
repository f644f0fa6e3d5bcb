"""The only door to time: a Clock to read, a Stop to end a wait, and a fake clock whose sleep advances itself."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs


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


class SystemClock:
    """The machine's own clocks."""

    def wall_us(self) -> WallUs:
        return WallUs(time.time_ns() // 1000)

    def mono_ns(self) -> MonoNs:
        return MonoNs(time.monotonic_ns())

    def sleep(self, stop: Stop, seconds: float) -> bool:
        return stop.wait(seconds)


class FakeClock:
    """A clock that moves only when told to or when somebody sleeps on it."""

    def __init__(self, wall_us: int = 1_700_000_000 * US_PER_S, mono_ns: int = 1_000 * NS_PER_S) -> None:
        self._wall_us = wall_us
        self._mono_ns = mono_ns

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
