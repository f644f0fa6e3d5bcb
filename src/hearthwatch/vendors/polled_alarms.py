"""Alarms of cameras that only tell what is on now: asked again and again, what changed is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from hearthwatch.vendors.device import AlarmPhase, AlarmSignal

States = Sequence[frozenset[str]]
"""For each channel the codes that are on."""
MakeSignal = Callable[[str, AlarmPhase, int], AlarmSignal]
"""Returns the signal of a code, a phase and a channel."""


class PolledFeed:
    """Asks every `every_s` seconds what is on."""

    def __init__(self, ask: Callable[[], Awaitable[States]], signal: MakeSignal, every_s: float) -> None:
        self._ask = ask
        self._signal = signal
        self._every_s = every_s
        self._poked = asyncio.Event()

    async def alarms(self) -> AsyncGenerator[AlarmSignal]:
        """See AlarmFeed. What comes and goes between two looks stays unseen, and what was on before is not told."""
        before: States | None = None
        while True:
            now = await self._ask()
            if before is not None:
                for channel, (old, new) in enumerate(zip(before, now, strict=True)):
                    for one in changes(old, new, channel, self._signal):
                        yield one
            before = now
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._poked.wait()
            self._poked.clear()

    def poke(self) -> None:
        """See PolledAlarms."""
        self._poked.set()

    async def active(self, code: str) -> tuple[int, ...]:
        """See AlarmFeed."""
        return tuple(channel for channel, states in enumerate(await self._ask()) if code in states)


class Polled:
    """AlarmFeed and PolledAlarms of a client that sets this."""

    _feed: PolledFeed

    def alarms(self) -> AsyncGenerator[AlarmSignal]:
        """See AlarmFeed."""
        return self._feed.alarms()

    def poke(self) -> None:
        """See PolledAlarms: it said by HTTP that there is something."""
        self._feed.poke()

    async def active(self, code: str) -> tuple[int, ...]:
        """See AlarmFeed."""
        return await self._feed.active(code)


def changes(before: frozenset[str], now: frozenset[str], channel: int, signal: MakeSignal) -> tuple[AlarmSignal, ...]:
    """Return what stopped, then what started."""
    stopped = tuple(signal(code, AlarmPhase.STOP, channel) for code in sorted(before - now))
    return stopped + tuple(signal(code, AlarmPhase.START, channel) for code in sorted(now - before))
