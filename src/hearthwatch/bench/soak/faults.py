"""What goes wrong in tier S3: every three to seven minutes a process is killed, the cameras stop, or Telegram does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from hearthwatch.bench.rtsp_server import RtspServer
from hearthwatch.bench.soak.far_ends import BotApi
from hearthwatch.bench.soak.samples import tree
from hearthwatch.kit.clock import SystemClock

_APART_S = (180.0, 420.0)
_KILLED = ("recorder", "looker", "house")
_CAMERAS, _TELEGRAM = "cameras silent", "Telegram answers 503"
_LASTS_S = {_CAMERAS: 20.0, _TELEGRAM: 60.0}
_BEFORE_NS, _AFTER_NS = 3_000_000_000, 20_000_000_000


@dataclass(slots=True)
class Faults:
    """`told` says what was done when; `without` are the stretches of wall time (ns) that this disturbs."""

    pid: Callable[[], int]
    server: RtspServer
    bot: BotApi
    rng: random.Random
    told: list[str] = field(default_factory=list)
    without: list[tuple[int, int]] = field(default_factory=list)

    async def go_on(self) -> None:
        """Disturb until cancelled; what was stopped goes on then."""
        clock = SystemClock()
        began_ns = clock.mono_ns()
        try:
            while True:
                await asyncio.sleep(self.rng.uniform(*_APART_S))
                what = self.rng.choice([*_KILLED, _CAMERAS, _TELEGRAM])
                start_ns = clock.wall_us() * 1000
                self.told.append(f"{(clock.mono_ns() - began_ns) / 1e9:.0f} s: {what}")
                await self._do(what)
                self.without.append((start_ns - _BEFORE_NS, clock.wall_us() * 1000 + _AFTER_NS))
        finally:
            self.bot.failing = False
            with contextlib.suppress(ProcessLookupError):
                self.server.resume()

    async def _do(self, what: str) -> None:
        if what in _KILLED:
            for one in tree(self.pid()):
                if one.role == what:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(one.pid, signal.SIGKILL)
            return
        if what == _CAMERAS:
            self.server.pause()
        else:
            self.bot.failing = True
        await asyncio.sleep(_LASTS_S[what])
        self.server.resume()
        self.bot.failing = False
