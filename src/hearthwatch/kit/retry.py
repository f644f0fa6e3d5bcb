"""Back-off and the only retry loops of the program."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import HearthwatchError, Redirected, Refused, Unsupported
from hearthwatch.kit.units import NS_PER_S, MonoNs

log = logging.getLogger(__name__)

REFUSED_WAIT_S = 600.0
_MOST_DOUBLINGS = 64
"""Far beyond any cap: some thousand failures in a row would make a number no float holds."""
REDIRECTED_WAIT_S = 30.0
"""An answer costs up to three requests: so a camera that redirects in a circle is asked less than ten times a minute."""


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Growing waits with jitter; a run that stayed healthy for `healthy_s` starts over."""

    first_s: float = 1.0
    factor: float = 2.0
    cap_s: float = 30.0
    jitter_frac: float = 0.2
    healthy_s: float = 60.0
    refused_s: float = REFUSED_WAIT_S
    rng: random.Random = field(default_factory=random.Random)
    tries: int = 0

    def wait_s(self, error: BaseException, ran_s: float) -> float:
        """Return the seconds to wait after a run of `ran_s` ended in `error`."""
        if isinstance(error, Refused | Unsupported):
            self.tries = 0
            return self.refused_s
        if ran_s >= self.healthy_s:
            self.tries = 0
        base = min(self.cap_s, self.first_s * self.factor ** min(self.tries, _MOST_DOUBLINGS))
        if isinstance(error, Redirected):
            base = max(base, REDIRECTED_WAIT_S)
        self.tries += 1
        return base * (1 + self.jitter_frac * (2 * self.rng.random() - 1))


@dataclass(slots=True)
class _Streak:
    """Says the first failure of a streak aloud, the rest quietly, and the recovery with its length."""

    name: str
    since_ns: MonoNs | None = None
    count: int = 0

    def failed(self, error: BaseException, now_ns: MonoNs, wait_s: float) -> None:
        self.count += 1
        if not isinstance(error, HearthwatchError):
            log.error("%s: unexpected %s, restarting in %.1f s", self.name, type(error).__name__, wait_s, exc_info=error)
        elif self.since_ns is None:
            log.warning("%s: %s (trying again in %.1f s)", self.name, error, wait_s)
        else:
            log.debug("%s: still failing, try %d: %s", self.name, self.count, error)
        if self.since_ns is None:
            self.since_ns = now_ns


def keep_running(name: str, run_once: Callable[[], None], *, stop: Stop, clock: Clock, backoff: Backoff | None = None) -> None:
    """Call `run_once` until `stop` is set; after a return it starts anew after the first wait, after an error it backs off."""
    backoff = backoff or Backoff()
    streak = _Streak(name)
    while not stop.is_set():
        started_ns = clock.mono_ns()
        try:
            run_once()
            backoff.tries, streak.since_ns, streak.count = 0, None, 0
            wait_s = backoff.first_s
        except Exception as error:
            now_ns = clock.mono_ns()
            ran_s = (now_ns - started_ns) / NS_PER_S
            if ran_s >= backoff.healthy_s:
                streak.since_ns = None
            wait_s = backoff.wait_s(error, ran_s)
            if not stop.is_set():
                streak.failed(error, now_ns, wait_s)
        if clock.sleep(stop, wait_s):
            return


async def keep_running_async(
    name: str, run_once: Callable[[], Awaitable[None]], *, clock: Clock, backoff: Backoff | None = None
) -> None:
    """The same for a task of an event loop; ends by cancellation."""
    import asyncio  # 11 MB that supervisor, recorder and looker, which have no event loop, must not pay for

    backoff = backoff or Backoff()
    streak = _Streak(name)
    while True:
        started_ns = clock.mono_ns()
        try:
            await run_once()
            backoff.tries, streak.since_ns, streak.count = 0, None, 0
            wait_s = backoff.first_s
        except Exception as error:
            now_ns = clock.mono_ns()
            ran_s = (now_ns - started_ns) / NS_PER_S
            if ran_s >= backoff.healthy_s:
                streak.since_ns = None
            wait_s = backoff.wait_s(error, ran_s)
            streak.failed(error, now_ns, wait_s)
        await asyncio.sleep(wait_s)
