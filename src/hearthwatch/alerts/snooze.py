"""Cameras the owner wants no alerts of for a while; kept in `house.db`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection

from hearthwatch.alerts import ledger
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import CameraId, WallUs

_KEY = "snooze"


class Snoozes:
    """Used from one event loop; `load` first."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._until_us: dict[CameraId, WallUs] = {}

    def until_us(self, camera: CameraId) -> WallUs:
        """Return until when the owner wants no alerts of this camera; 0 for never."""
        return self._until_us.get(camera, WallUs(0))

    async def load(self) -> None:
        """Take up what was kept. Raises StorageFailed."""
        text = await self._db.run(lambda connection: ledger.state(connection, _KEY))
        kept = json.loads(text) if text else {}
        self._until_us = {CameraId(camera): WallUs(until_us) for camera, until_us in kept.items()}

    async def set(self, cameras: Iterable[CameraId], until_us: WallUs) -> None:
        """Say nothing of these cameras until then; it counts at once, even when it cannot be kept. Raises StorageFailed."""
        self._until_us = {**self._until_us, **dict.fromkeys(cameras, until_us)}
        await self._keep()

    async def clear(self) -> None:
        """Tell of every camera again. Raises StorageFailed."""
        self._until_us = {}
        await self._keep()

    async def _keep(self) -> None:
        text = json.dumps(self._until_us)

        def save(connection: Connection) -> None:
            ledger.set_state(connection, _KEY, text)

        await self._db.run(save)
