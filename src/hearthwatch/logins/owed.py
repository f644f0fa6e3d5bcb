"""What the watch of one door found and the ledger does not hold yet: written together, or kept until the disk takes it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins import ledger
from hearthwatch.logins.login import Login
from hearthwatch.logins.merge import merge
from hearthwatch.logins.novelty import Known

BOOK = "logins"
_MAX_FOUND = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Rows new in the ledger, rows known better now, and those of the last call that the disk did not take."""

    added: tuple[Login, ...] = ()
    changed: tuple[Login, ...] = ()
    unkept: tuple[Login, ...] = ()


@dataclass(slots=True)
class _Batch:
    found: list[tuple[Login, WallUs]] = field(default_factory=list)
    changes: dict[bytes, Known | None] = field(default_factory=dict)
    own: Counter[str] = field(default_factory=Counter)


class Owed:
    """For one event loop. Whoever waits for `write` may be cancelled: what was begun is finished, and nothing written twice."""

    def __init__(self, camera: CameraId, db: Db) -> None:
        self._camera = camera
        self._db = db
        self._batch = _Batch()
        self._writing = asyncio.Lock()

    def note(self, changes: Mapping[bytes, Known | None]) -> None:
        """Lines of the log to remember or to forget, with the next writing."""
        self._batch.changes.update(changes)

    def count_own(self, day: str) -> None:
        """One more visit of our own, with the next writing."""
        self._batch.own[day] += 1

    async def settled(self) -> None:
        """Wait for what a cancelled caller began to write."""
        async with self._writing:
            pass

    @property
    def has_found(self) -> bool:
        return bool(self._batch.found)

    async def write(self, found: Sequence[Login], since_us: WallUs, state: str) -> Written:
        """Keep `found`, joined with rows seen from `since_us` on, all else that is owed, and `state`."""
        return await asyncio.shield(asyncio.ensure_future(self._write(found, since_us, state)))

    async def _write(self, found: Sequence[Login], since_us: WallUs, state: str) -> Written:
        async with self._writing:
            batch, self._batch = self._batch, _Batch()
            batch.found += [(one, since_us) for one in found]
            try:
                return await self._db.run(lambda connection: self._into(connection, batch, state))
            except StorageFailed:
                self._take_back(batch)
                return Written(unkept=tuple(found))

    def _take_back(self, batch: _Batch) -> None:
        """Its rows are told from memory, so that they need not be told again."""
        later, self._batch = self._batch, batch
        batch.found = [(replace(one, told=True), since_us) for one, since_us in batch.found][-_MAX_FOUND:]
        batch.changes.update(later.changes)
        batch.own.update(later.own)

    def _into(self, connection: Connection, batch: _Batch, state: str) -> Written:
        added: list[Login] = []
        changed: list[Login] = []
        for since_us, source in dict.fromkeys((since, one.source) for one, since in batch.found):
            group = [one for one, since in batch.found if (since, one.source) == (since_us, source)]
            merged = merge(group, ledger.unmerged(connection, self._camera, since_us, source), since_us)
            added += ledger.add(connection, merged.added)
            ledger.update_known(connection, merged.changed)
            changed += merged.changed
        ledger.note_lines(connection, self._camera, BOOK, batch.changes)
        for day, count in batch.own.items():
            ledger.count_own(connection, self._camera, day, count)
        ledger.set_state(connection, self._camera, BOOK, state)
        return Written(added=tuple(added), changed=tuple(changed))
