"""The relay: takes letters out of the outbox, posts them, and forgets those that are safe elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from hearthwatch.fleet import outbox
from hearthwatch.fleet.bus import Postbox
from hearthwatch.fleet.letter import Letter
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Refused
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import WallUs

BATCH = 200
BATCH_BYTES = 512 * 1024
_LOOK_EVERY_S = 1.0
"""Triggers wake nobody: so soon a letter that was just written is seen."""
_LOOKS_A_SEGMENT = 5
"""Looks into the outbox between two into the index of footage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayNow:
    """How far the hub is told: how many letters wait, how many finished segments have none yet (`behind`), since when something
    waits (None: nothing does), and what is wrong in words, "" for nothing. `refused`: the hub does not want this house."""

    waiting: int
    behind: int
    since_us: WallUs | None
    problem: str
    refused: bool


class Segments(Protocol):
    """What the relay asks of fleet.segments."""

    async def tell(self) -> int: ...

    async def behind(self) -> int: ...


class Relay:
    """Used on the house's loop."""

    def __init__(self, postbox: Postbox, segments: Segments, *, db: Db, clock: Clock, backoff: Backoff | None = None) -> None:
        self._postbox = postbox
        self._segments = segments
        self._db = db
        self._clock = clock
        self._backoff = backoff
        self._error: HearthwatchError | None = None
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now: something was written that should not wait for the next look."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_running_async("telling the hub", self._run_once, clock=self._clock, backoff=self._backoff)

    async def now(self) -> RelayNow:
        """Return how far the hub is told. Raises StorageFailed."""
        joined, counts = await self._db.run(lambda connection: (outbox.joined(connection), outbox.waiting(connection)))
        waiting, behind = sum(counts.values()), await self._segments.behind()
        since_us = None if joined is None or not waiting else joined.told_us or joined.joined_us
        error = self._error
        problem = "" if error is None else str(error)
        return RelayNow(waiting=waiting, behind=behind, since_us=since_us, problem=problem, refused=isinstance(error, Refused))

    async def _run_once(self) -> None:
        try:
            await self._db.run(lambda connection: outbox.outgrow(connection, self._clock.wall_us()))
            while True:
                more = await self._segments.tell()
                await self._drain()
                for _ in range(0 if more else _LOOKS_A_SEGMENT):
                    await self._pause()
                    await self._drain()
        except HearthwatchError as error:
            self._error = error
            raise

    async def _drain(self) -> None:
        """After each batch what is most urgent is asked for anew: an event does not wait behind yesterday's footage."""
        while letters := await self._db.run(_first):
            await self._post(letters)

    async def _post(self, letters: tuple[Letter, ...]) -> None:
        await self._postbox.post(letters)
        self._error = None
        await self._db.run(lambda connection: outbox.sent(connection, letters, self._clock.wall_us()))

    async def _pause(self) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), _LOOK_EVERY_S)


def _first(connection: Connection) -> tuple[Letter, ...]:
    return outbox.first(connection, count=BATCH, size_bytes=BATCH_BYTES)
