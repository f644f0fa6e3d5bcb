"""What `house.db` keeps goes when the footage it speaks of went: events with their pictures, alerts, outages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import Connection

from hearthwatch.alerts import ledger as alert_ledger
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.event import EventId
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health import ledger as health_ledger
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.run.config import Config

log = logging.getLogger(__name__)

_EVERY_S = 3600.0
_FIRST_S = 60.0
_BATCH = 500
_DAY_US = 86_400 * US_PER_S


class Housekeeping:
    """Once an hour; in small bites, so that no alert waits behind it."""

    def __init__(self, db: Db, files: EventFiles, clock: Clock, config: Callable[[], Config]) -> None:
        self._db = db
        self._files = files
        self._clock = clock
        self._config = config

    async def run(self) -> None:
        """Work until cancelled."""
        await asyncio.sleep(_FIRST_S)
        while True:
            try:
                await self.drop_old()
            except StorageFailed as error:
                log.warning("old events stay for now: %s", error)
            await asyncio.sleep(_EVERY_S)

    async def drop_old(self) -> None:
        """Drop what is older than the longest-kept footage; with no limit by age nothing goes. Raises StorageFailed."""
        storage = self._config().storage
        days = (storage.keep_continuous_days, storage.keep_motion_days, storage.keep_event_days)
        if not all(days):
            return
        before_us = WallUs(self._clock.wall_us() - round(max(days) * _DAY_US))

        def drop_events(connection: Connection) -> tuple[EventId, ...]:
            return event_ledger.drop_before(connection, before_us, _BATCH)

        while gone := await self._db.run(drop_events):
            await asyncio.to_thread(self._files.forget, gone)
        while await self._db.run(lambda connection: alert_ledger.drop_before(connection, before_us, _BATCH)):
            pass
        await self._db.run(lambda connection: health_ledger.drop_before(connection, before_us))
