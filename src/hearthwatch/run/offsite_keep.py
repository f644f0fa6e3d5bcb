"""What was pinned after it was sent: a note beside the piece tells the far end not to prune it, and when it may again."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, and_, exists, select, update

from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.files import storage_failed
from hearthwatch.offsite.names import KEPT, keep_note
from hearthwatch.offsite.schema import uploads
from hearthwatch.offsite.upload import Parcel, PieceKind, Target, TargetId, UploadState
from hearthwatch.run.pins import pins

log = logging.getLogger(__name__)

_LOOK_S = 60.0
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owed:
    """A piece whose pin changed since it was sent; `upload` is its row."""

    upload: int
    name: str
    is_kept: bool


class KeepNotes:
    """Compares pins and copies when the pins have changed, and once after a start. Used on the house's loop.

    `pinned` of a copy's row is what the far end was told.
    """

    def __init__(
        self, db: Db, targets: Callable[[], Collection[TargetId]], open_target: Callable[[TargetId], Target], folder: Path
    ) -> None:
        """`folder` takes the note while it is sent."""
        self._db = db
        self._targets = targets
        self._open_target = open_target
        self._folder = folder
        self._told: dict[TargetId, tuple[int, ...]] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            for name in tuple(self._targets()):
                try:
                    await self.tell(name)
                except HearthwatchError as error:
                    log.info("%s is told later what is kept: %s", name, error)

    async def tell(self, name: TargetId) -> None:
        """Tell one target, when there is something to tell. Raises as the target."""
        there = await self._db.run(_ids)
        if self._told.get(name) == there:
            return
        target = self._open_target(name)
        try:
            while owed := await self._db.run(functools.partial(_owed, target=name)):
                for one in owed:
                    await self._put(target, one)
                    await self._db.run(functools.partial(_noted, owed=one))
        finally:
            await target.close()
        self._told[name] = there

    async def _put(self, target: Target, owed: _Owed) -> None:
        words = b"kept\n" if owed.is_kept else b"free\n"
        path = self._folder / f"making-note-{target.name}"
        try:
            await asyncio.to_thread(path.write_bytes, words)
        except OSError as error:
            raise storage_failed(error, f"writing {path}") from error
        name, digest = keep_note(owed.name), hashlib.sha256(words).digest()
        try:
            await target.put(Parcel(name=name, path=path, size_bytes=len(words), sha256=digest), _at_once)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)


async def _at_once(_size_bytes: int) -> None:
    """A few bytes need no limit."""


def _ids(connection: Connection) -> tuple[int, ...]:
    return tuple(connection.scalars(select(pins.c.id).order_by(pins.c.id)))


def _owed(connection: Connection, target: TargetId) -> tuple[_Owed, ...]:
    overlaps = and_(pins.c.camera == uploads.c.camera, pins.c.start_us < uploads.c.end_us, pins.c.end_us > uploads.c.start_us)
    is_pinned = exists().where(overlaps)
    sent = and_(
        uploads.c.target == target,
        uploads.c.state == UploadState.PROVED,
        uploads.c.name != "",
        uploads.c.kind != PieceKind.TRAIL,
        ~uploads.c.name.startswith(f"{KEPT}/", autoescape=True),
        uploads.c.pinned != is_pinned,
    )
    rows = connection.execute(select(uploads.c.id, uploads.c.name, uploads.c.pinned).where(sent).limit(_BATCH))
    return tuple(_Owed(upload=row.id, name=row.name, is_kept=not row.pinned) for row in rows)


def _noted(connection: Connection, owed: _Owed) -> None:
    connection.execute(update(uploads).where(uploads.c.id == owed.upload).values(pinned=owed.is_kept))
