"""A hub's node port with real TLS on a free loopback port, and nodes that joined it; no house around either."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from hearthwatch.fleet import joining
from hearthwatch.fleet.authority import open_authority
from hearthwatch.fleet.bus_https import HttpsMailroom, HttpsSwitchboard
from hearthwatch.fleet.code import HubAddress
from hearthwatch.fleet.enrolment import Enrolment
from hearthwatch.fleet.hub_db import open_hub_db
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import Identity, IdentityShelf
from hearthwatch.fleet.joining_wire import Hello
from hearthwatch.fleet.node import NodeId, site_id
from hearthwatch.fleet.node_port import NodePort, port_context
from hearthwatch.fleet.registry import Registry
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.secrets import Secrets


class SmallHub:
    """What `small_hub` yields. `said` is what nodes said of themselves."""

    def __init__(self, folder: Path, clock: Clock, address: str = "") -> None:
        self.folder = folder
        self.clock = clock
        self._address = address
        self.said: list[tuple[NodeId, Hello]] = []
        self.mailroom = HttpsMailroom()
        self.switchboard = HttpsSwitchboard()

    async def open(self) -> None:
        self.db = await open_hub_db(self.folder, self._address, None)
        self.authority = open_authority(self.folder / "fleet", Secrets(self.folder), self.clock)
        self.registry = Registry(self.db, self.clock)
        await self.registry.load()
        self.port = NodePort(self.registry, self.clock)
        self.enrolment = Enrolment(
            self.authority, self.registry, self.db, self.clock, lambda node, hello: self.said.append((node, hello))
        )
        self.enrolment.add_to(self.port)
        self.port.add("POST", "/letters", self.mailroom.take, body_bytes=8 << 20)
        self.port.add("GET", "/line", self.switchboard.open)

    async def serve(self) -> asyncio.Task[None]:
        context = port_context(str(self.authority.hub_file(self.folder / "fleet", self.clock)), self.authority.pem)
        task = asyncio.create_task(self.port.run("127.0.0.1", 0, context))
        while not self.port.port:
            if task.done():
                await task
            await asyncio.sleep(0.005)
        return task

    @property
    def address(self) -> HubAddress:
        return HubAddress(host="127.0.0.1", port=self.port.port)

    async def code(self, site: str = "cabin", name: str = "") -> str:
        return (await self.enrolment.invite(site_id(site), name, (self.address,)))[0]

    async def joined(self, folder: Path, clock: Clock | None = None) -> tuple[Identity, IdentityShelf, HubLink]:
        """Let a new node join; close the link when done."""
        shelf, clock = IdentityShelf(folder), clock or self.clock
        identity = await joining.join(await self.code(), shelf, clock, name=folder.name)
        return identity, shelf, HubLink(shelf.context(identity), identity.addresses, clock)


@contextlib.asynccontextmanager
async def small_hub(folder: Path, clock: Clock | None = None, address: str = "") -> AsyncIterator[SmallHub]:
    hub = SmallHub(folder, clock or SystemClock(), address)
    await hub.open()
    task = await hub.serve()
    try:
        yield hub
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await hub.db.close()
