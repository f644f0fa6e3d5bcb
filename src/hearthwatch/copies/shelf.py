"""The shelf of copies: what may be read of them, secrets left out, whether the house runs or not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hearthwatch.copies import diff as differ
from hearthwatch.copies import ledger
from hearthwatch.copies.copy import ConfigCopy, CopyId, Diff, KeptSetting
from hearthwatch.copies.sealing import Sealer, opened
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A copy to look at: its settings, secrets as `***`, and what is different from the copy before."""

    copy: ConfigCopy
    settings: dict[str, str]
    diff: Diff


class CopyShelf:
    def __init__(self, db: Db, sealer: Sealer) -> None:
        self._db = db
        self._sealer = sealer

    async def recent(
        self, *, camera: CameraId | None = None, before: CopyId | None = None, limit: int = 100
    ) -> tuple[ConfigCopy, ...]:
        """See `ledger.recent`. Raises StorageFailed."""
        return await self._db.run(lambda connection: ledger.recent(connection, camera=camera, before=before, limit=limit))

    async def find(self, copy: CopyId) -> ConfigCopy:
        """Raises Unsupported when there is no such copy, StorageFailed."""
        found = await self._db.run(lambda connection: ledger.find(connection, copy))
        if found is None:
            raise Unsupported(f"there is no copy {copy[:32]}: `hearthwatch copies list` shows those there are")
        return found

    async def show(self, copy: CopyId) -> Shown:
        """Raises as `find`."""
        found = await self.find(copy)
        settings = await self._contents(copy)
        before = await self._db.run(lambda connection: ledger.last(connection, found.camera, copy))
        changed = Diff()
        if before is not None:
            changed = await asyncio.to_thread(differ.diff, await self._contents(before.id), settings, found.vendor)
        return Shown(copy=found, settings={one.key: one.shown for one in settings}, diff=changed)

    async def diff(self, old: CopyId, new: CopyId) -> Diff:
        """Return what is different in `new`. Raises as `find`, and Unsupported for copies of different families."""
        one, other = await self.find(old), await self.find(new)
        if one.vendor is not other.vendor:
            raise Unsupported(
                f"{one.camera} and {other.camera} are cameras of different families: their settings have no common names"
            )
        return await asyncio.to_thread(differ.diff, await self._contents(old), await self._contents(new), other.vendor)

    async def _contents(self, copy: CopyId) -> tuple[KeptSetting, ...]:
        stored = await self._db.run(lambda connection: ledger.contents(connection, copy))
        if stored is None:
            raise Unsupported(f"there is no copy {copy[:32]}")
        return await asyncio.to_thread(opened, self._sealer, stored)
