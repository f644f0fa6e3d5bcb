"""Changes: what happened just now, handed to every open page."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from hearthwatch.arming.arming import ArmState
from hearthwatch.events.event import Event
from hearthwatch.health.outage import Outage
from hearthwatch.logins.login import Login
from hearthwatch.presence.presence import Presence
from hearthwatch.web.doors import AlertNow

Change = Event | AlertNow | Outage | Login | ArmState | Presence

_LIMIT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What happened since the last batch; `lost` when the page was too slow and should read everything anew."""

    changes: tuple[Change, ...]
    lost: bool


class _Reader:
    """One open page: what it has not read yet; `lost` once that was too much."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: asyncio.Queue[Change] = asyncio.Queue(_LIMIT)
        self.lost = False

    def give(self, change: Change) -> None:
        try:
            self.waiting.put_nowait(change)
        except asyncio.QueueFull:
            self.lost = True


class Changes:
    """`publish` from any thread; `follow` on an event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers: set[_Reader] = set()

    def publish(self, change: Change) -> None:
        """Tell every open page; returns at once."""
        with self._lock:
            readers = tuple(self._readers)
        for reader in readers:
            with contextlib.suppress(RuntimeError):  # that page's event loop has ended; its `follow` forgets it
                reader.loop.call_soon_threadsafe(reader.give, change)

    async def follow(self, every_s: float) -> AsyncGenerator[Batch]:
        """Yield an empty batch once nothing is missed any more, then what comes, at once when something does and otherwise an
        empty batch every `every_s` seconds."""
        reader = _Reader()
        with self._lock:
            self._readers.add(reader)
        try:
            yield Batch(changes=(), lost=False)
            while True:
                found: list[Change] = []
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(every_s):
                        found.append(await reader.waiting.get())
                while not reader.waiting.empty():
                    found.append(reader.waiting.get_nowait())
                lost, reader.lost = reader.lost, False
                yield Batch(changes=tuple(found), lost=lost)
        finally:
            with self._lock:
                self._readers.discard(reader)
