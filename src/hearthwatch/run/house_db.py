"""`house.db`: opened whole or made whole, and copied every hour so that there is something to go back to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.db import migrate, open_writer
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.rescue import Rescued, copies, copy_now, is_sound, rescue, tells_damage
from hearthwatch.kit.units import iso

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
NAME = "house.db"
COPIES = "backup"
_KEPT = 3
_FIRST_S = 60.0
_EVERY_S = 3600.0
_SESSIONS = "sessions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`rescued` tells the owner that the database was damaged and what is in its place; empty when it was whole."""

    engine: Engine
    rescued: str = ""


def open_house_db(data: Path, clock: Clock) -> Opened:
    """Open the database of the house with its present schema; a damaged one is set aside and made anew from what can be read
    of it and the newest copy. Raises StorageFailed."""
    path, folder = data / NAME, data / COPIES
    there = path.exists() and path.stat().st_size > 0
    if is_sound(path) if there else not copies(folder, NAME):
        return Opened(engine=_opened(path))
    found = rescue(path, folder, lambda new: _opened(new).dispose(), clock.wall_us())
    words = _words(found)
    log.error("%s", words)
    engine = _opened(path)
    if _SESSIONS in found.partly:  # one that was ended since the copy must not live again
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {_SESSIONS}")  # noqa: S608 our own name
    return Opened(engine=engine, rescued=words)


def _opened(path: Path) -> Engine:
    engine = open_writer(path)
    try:
        migrate(engine, MIGRATIONS)
    except DatabaseError as error:
        engine.dispose()
        raise StorageFailed(StorageFault.BROKEN, f"opening {path}: {error.orig}") from error
    return engine


def _words(found: Rescued) -> str:
    whole, partly = len(found.whole), len(found.partly)
    if not partly:
        what = "everything could still be read and is in a new one"
    elif found.copy_us is None:
        what = f"{whole} of its tables are in a new one; the other {partly} are lost in part or whole"
    else:
        what = f"{whole} of its tables are in a new one; the other {partly} may be as of {iso(found.copy_us)}"
    return f"{NAME} was damaged: {what}. The damaged one is kept as {found.broken.name}."


class Safekeeper:
    """Copies `house.db` a minute after the start and then every hour; `run` ends by cancellation."""

    def __init__(
        self, data: Path, clock: Clock, health: HealthSink, rescued: str, damaged: Callable[[], object] = lambda: None
    ) -> None:
        """`damaged` is called when the database cannot be read whole any more, which only a new start mends."""
        self._data = data
        self._clock = clock
        self._health = health
        self._rescued = rescued
        self._damaged = damaged

    async def run(self) -> None:
        """Work until cancelled."""
        if self._rescued:
            self._health.failed(Fault.DISK_BROKEN, NAME, self._rescued)
            self._rescued = ""
        await asyncio.sleep(_FIRST_S)
        while True:
            try:
                await asyncio.to_thread(self.copy)
            except StorageFailed as error:
                log.warning("%s", error)
                if tells_damage(str(error)):
                    self._damaged()
            await asyncio.sleep(_EVERY_S)

    def copy(self) -> Path:
        """Make a copy now; from any thread. Raises StorageFailed."""
        return copy_now(self._data / NAME, self._data / COPIES, self._clock.wall_us(), keep=_KEPT)
