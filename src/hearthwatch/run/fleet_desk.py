"""Other machines, as the house has to do with them: the hub it is, the node it is, or neither, which costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import platform
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from starlette.types import ASGIApp

from hearthwatch.health.board import Board
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.retry import keep_running_async
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.camera_doors import CameraDoors
from hearthwatch.run.config import Config
from hearthwatch.run.glance_messages import AskHub
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.lines import LookerLine
from hearthwatch.web.doors import CameraDoor

if TYPE_CHECKING:
    from hearthwatch.run.glance_desk import GlanceDesk
    from hearthwatch.run.hub_desk import HubDesk
    from hearthwatch.run.node_desk import NodeDesk

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0


class HouseParts(Protocol):
    """What of the house a hub and a node need."""

    @property
    def clock(self) -> Clock: ...

    @property
    def cameras(self) -> CameraDoor: ...

    camera_doors: CameraDoors

    board: Board
    footage: Footage
    config: Config
    looker: LookerLine


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetParts:
    """The same for both desks. `app` is the house's page, once it is ready: `app_ready` is set then."""

    house: HouseParts
    secrets: Secrets
    data: Path
    db: Db
    app_ready: asyncio.Event
    app: Callable[[], ASGIApp | None]


class FleetDesk:
    """Implements FleetDoor. Used on the house's loop; `tasks` are kept running by the house."""

    def __init__(self, house: HouseParts, secrets: Secrets, data_folder: Path, *, db: Db) -> None:
        self._app: ASGIApp | None = None
        self._parts = FleetParts(
            house=house, secrets=secrets, data=data_folder, db=db, app_ready=asyncio.Event(), app=lambda: self._app
        )
        self._joining = asyncio.Lock()
        self._changed = asyncio.Event()
        self.hub: HubDesk | None = None
        self.node: NodeDesk | None = None
        self._glances: GlanceDesk | None = None
        house.looker.on_glance = self._glance

    def _glance(self, message: AskHub) -> None:
        """The looker has a picture the hub should look at."""
        if self._glances is None:
            from hearthwatch.run.glance_desk import GlanceDesk

            self._glances = GlanceDesk(self, self._parts.house.looker.say)
        self._glances.take(message)

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("other machines", self.run),)

    @property
    def leads_to(self) -> str:
        """Return the address of the hub this house tells things, empty for none."""
        return self.node.address if self.node is not None else ""

    def serve(self, app: ASGIApp) -> None:
        """See FleetDoor."""
        self._app = app
        self._parts.app_ready.set()

    async def join(self, code: str) -> None:
        """See FleetDoor."""
        await _ready("hearthwatch.fleet.joining")
        from hearthwatch.fleet.identity import IdentityShelf
        from hearthwatch.fleet.joining import join

        async with self._joining:
            if self._parts.house.config.hub.enabled:
                raise Refused("this house is a hub itself: a hub joins no other one")
            await join(code, IdentityShelf(self._parts.data), self._parts.house.clock, name=platform.node())
        self._changed.set()

    async def run(self) -> None:
        """Be what is set up, until that changes; then anew until cancelled."""
        while True:
            wanted = self._wanted()
            name, run = await self._made(wanted)
            async with asyncio.TaskGroup() as work:
                working = work.create_task(keep_running_async(name, run, clock=self._parts.house.clock), name=name)
                while self._wanted() == wanted:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_EVERY_S):
                            await self._changed.wait()
                    self._changed.clear()
                working.cancel()
            self.hub = self.node = None

    async def _made(self, wanted: tuple[object, ...]) -> tuple[str, Callable[[], Awaitable[None]]]:
        """Return what is to run. Machinery is imported here, and only what is needed of it. Raises StorageFailed."""
        if wanted[0]:
            await _ready("hearthwatch.run.hub_desk")
            from hearthwatch.run.hub_desk import HubDesk

            if wanted[-1]:
                log.warning("this house joined a hub and is one itself now: it is its own hub's only")
            self.hub = HubDesk(self._parts)
            return "hub", self.hub.run
        if wanted[-1]:
            await _ready("hearthwatch.run.node_desk")
            from hearthwatch.run.node_desk import NodeDesk

            self.node = NodeDesk(self._parts, left=self._changed.set)
            return "node", self.node.run
        return "letters to nobody", self._forget_letters

    async def _forget_letters(self) -> None:
        """A house that belongs to no hub any more writes no letters."""
        joined = await self._parts.db.run(
            lambda connection: connection.exec_driver_sql("SELECT count(*) FROM fleet_joined").scalar()
        )
        if joined:
            from hearthwatch.fleet import outbox

            await self._parts.db.run(outbox.leave)
        await asyncio.get_running_loop().create_future()

    def _wanted(self) -> tuple[object, ...]:
        """Return what decides what this house is; the first is whether it is a hub, the last what makes it a node."""
        hub, node = self._parts.house.config.hub, self._parts.house.config.node
        if hub.enabled:
            return (True, hub.listen, hub.port, hub.bus, hub.nats, hub.database, hub.site, _joined(self._parts.data))
        return (False, node.enabled, node.hub, node.nats, _joined(self._parts.data))


def _joined(data: Path) -> int:
    """Return something else whenever this house has joined anew, 0 in one that has not."""
    try:
        return (data / "node" / "identity.json").stat().st_ino
    except OSError:
        return 0


async def _ready(module: str) -> None:
    """Import it beside the loop: on a weak or busy machine that takes seconds, in which the house must be seen to live."""
    await asyncio.to_thread(importlib.import_module, module)
