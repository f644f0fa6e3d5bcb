"""One thread, one connection, one transaction after the other: how an event loop uses its writing engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, ProgrammingError

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.rescue import tells_damage
from hearthwatch.kit.timings import Timings
from hearthwatch.kit.units import NS_PER_S

T = TypeVar("T")


class Db(Protocol):
    """Whoever owns a database and its one writing connection."""

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Call `work` in one transaction, away from the event loop; its answer returns once it is committed."""
        ...


class DbThread:
    """A Db on one engine of kit.db; calls are served in their order. `commits` counts how long the disk took for each."""

    def __init__(self, engine: Engine, damaged: Callable[[], object] = lambda: None) -> None:
        """`damaged` is called, from the thread, whenever SQLite finds the file itself damaged."""
        self._engine = engine
        self._damaged = damaged
        self._clock = SystemClock()
        self.commits = Timings()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="db")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See Db. Raises StorageFailed when the database cannot be written or read, IntegrityError for a broken constraint."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._once, work)

    def _once(self, work: Callable[[Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                answer = work(connection)
                began_ns = self._clock.mono_ns()
        except (IntegrityError, ProgrammingError):
            raise
        except DatabaseError as error:
            if tells_damage(str(error.orig)):
                self._damaged()
            raise _failed(error, str(self._engine.url.database)) from error
        self.commits.note((self._clock.mono_ns() - began_ns) / NS_PER_S)
        return answer

    def close(self) -> None:
        """Wait for what was asked; the engine stays open."""
        self._thread.shutdown()


def _failed(error: DatabaseError, path: str) -> StorageFailed:
    text = str(error.orig)
    if "disk is full" in text:
        return StorageFailed(StorageFault.NO_SPACE, f"{path}: no space left on the disk")
    if isinstance(error, OperationalError) and "locked" in text:
        return StorageFailed(StorageFault.SLOW, f"{path}: another program holds the database")
    return StorageFailed(StorageFault.BROKEN, f"{path}: {text}")
