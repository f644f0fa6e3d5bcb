"""What is asked and answered at the control door about the cameras' own doors and who the cameras are."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

import msgspec

from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import Config
from hearthwatch.vendors import known_ledger
from hearthwatch.vendors.known import DoorState, Reach


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskDoors(_Line, frozen=True):
    """Answered by DoorsNow."""


class AskAccept(_Line, frozen=True):
    """Take whoever answers in the place of `camera` for it from now on. Answered by DoorsNow."""

    camera: CameraId


class AskForget(_Line, frozen=True):
    """Forget who `camera` was, which is gone or about to be another. Answered by DoorsNow."""

    camera: CameraId


class DoorsNow(_Line, frozen=True):
    doors: tuple[DoorState, ...]


CamerasAsk = AskDoors | AskAccept | AskForget
CamerasReply = DoorsNow


class DoorsDesk(Protocol):
    """Who watches the doors of a running house."""

    def states(self) -> tuple[DoorState, ...]: ...

    def accept(self, camera: CameraId) -> Awaitable[None]: ...

    def forget(self, camera: CameraId) -> Awaitable[None]: ...


class ClosedDoors:
    """Implements DoorsDesk for a house that does not run: what it knew last. `load` it."""

    def __init__(self, db: Db, config: Config) -> None:
        self._db = db
        self._config = config
        self._states: tuple[DoorState, ...] = ()

    async def load(self) -> None:
        """Raises StorageFailed."""
        known = {one.camera: one for one in await self._db.run(known_ledger.load)}
        self._states = tuple(
            DoorState(
                camera=name,
                vendor=known[name].vendor if name in known else camera.door.vendor,
                host=known[name].host if name in known else camera.door.host,
                port=known[name].port if name in known else camera.door.port,
                tls=known[name].tls if name in known else camera.door.tls,
                reach=Reach.NOT_YET,
                why="Hearthwatch is not running",
                known=known.get(name),
            )
            for name, camera in self._config.cameras.items()
        )

    def states(self) -> tuple[DoorState, ...]:
        return self._states

    async def accept(self, camera: CameraId) -> None:
        if camera not in self._config.cameras:
            raise Unsupported(f"there is no camera {camera}")
        await self.forget(camera)

    async def forget(self, camera: CameraId) -> None:
        await self._db.run(lambda connection: known_ledger.forget(connection, camera))
        await self.load()


class CamerasClerk:
    """Answers from the desk of a running house, or of a closed one."""

    def __init__(self, desk: DoorsDesk) -> None:
        self._desk = desk

    async def answer(self, ask: CamerasAsk) -> CamerasReply:
        """Raises Unsupported for a camera that there is not, StorageFailed."""
        if isinstance(ask, AskAccept):
            await self._desk.accept(ask.camera)
        elif isinstance(ask, AskForget):
            await self._desk.forget(ask.camera)
        return DoorsNow(doors=self._desk.states())
