"""Tells open pages of alerts as they are made and as their parts arrive."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import AlertId
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.web.doors import AlertNow

log = logging.getLogger(__name__)

_GATHER_S = 0.2


class AlertNews:
    """Used on the house's loop; what changes within a fifth of a second is read and told once."""

    def __init__(self, db: Db, publish: Callable[[AlertNow], None]) -> None:
        self._db = db
        self._publish = publish
        self._changed: set[AlertId] = set()
        self._wake = asyncio.Event()

    def put(self, alert: AlertId) -> None:
        """Say that `alert` is new or that a part of it came further."""
        self._changed.add(alert)
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(_GATHER_S)
            self._wake.clear()
            changed, self._changed = frozenset(self._changed), set()
            try:
                found = await self._db.run(functools.partial(ledger.told, wanted=changed))
            except StorageFailed as error:
                log.debug("pages are not told of alerts: %s", error)
                continue
            for each in found:
                self._publish(AlertNow(alert=each.alert, deliveries=each.deliveries))
