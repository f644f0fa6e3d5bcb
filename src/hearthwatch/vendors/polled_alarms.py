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


async def polled(
    ask: Callable[[], Awaitable[States]], signal: MakeSignal, every_s: float, poked: asyncio.Event | None = None
) -> AsyncGenerator[AlarmSignal]:
    """See AlarmFeed. What comes and goes between two looks stays unseen, and what was on before is not told. `poked` makes the
    next look come at once."""
    before: States | None = None
    while True:
        now = await ask()
        if before is not None:
            for channel, (old, new) in enumerate(zip(before, now, strict=True)):
                for one in changes(old, new, channel, signal):
                    yield one
        before = now
        if poked is None:
            await asyncio.sleep(every_s)
            continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await poked.wait()
        poked.clear()


def changes(before: frozenset[str], now: frozenset[str], channel: int, signal: MakeSignal) -> tuple[AlarmSignal, ...]:
    """Return what stopped, then what started."""
    stopped = tuple(signal(code, AlarmPhase.STOP, channel) for code in sorted(before - now))
    return stopped + tuple(signal(code, AlarmPhase.START, channel) for code in sorted(now - before))
