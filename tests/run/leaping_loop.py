"""An event loop on which nobody waits: when all sleep, its time leaps to whoever wakes next."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class _LeapingSelector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    now_s = 0.0
    working = 0
    """Threads at work: their answers are waited for in real time, while nobody's time passes."""

    def select(self, timeout: float | None = None) -> list[Any]:
        found = super().select(None if self.working and timeout != 0 else timeout if timeout is None else 0)
        if timeout is not None and not found:
            self.now_s += max(timeout, 0)
        return found


class LeapingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now_s

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:
        future = super().run_in_executor(executor, func, *args)
        self._leaping.working += 1
        future.add_done_callback(self._back)
        return future

    def _back(self, _future: object) -> None:
        self._leaping.working -= 1


def leap(work: Coroutine[Any, Any, Any]) -> Any:
    """Run `work` to its end on a LeapingLoop and return what it returns."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(work)


async def after(seconds: float, forever: Coroutine[Any, Any, None]) -> None:
    """Let a task that never ends work for so long, then cancel it; what it raises is raised."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await forever
