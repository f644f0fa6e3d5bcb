"""An event as it is kept now, told to whoever has a page open; nobody waits for the disk behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hearthwatch.events import ledger
from hearthwatch.events.event import Event, EventId
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed

_PATIENCE_S = 2.0


class EventNews:
    """Used on the house's loop."""

    def __init__(self, db: Db, publish: Callable[[Event], None]) -> None:
        self._db = db
        self._publish = publish

    async def tell(self, event: EventId) -> None:
        """Read the event again and publish it: with its picture as soon as there is one. A disk that does not answer within
        two seconds is not waited for: pages show what they know."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = await self._db.run(lambda connection: ledger.find(connection, event))
        except (StorageFailed, TimeoutError):
            return
        if found is not None:
            self._publish(found)
