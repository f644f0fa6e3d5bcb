"""Every engine of the bus behind one face, for its contract test: a hub that can be killed and come back, and two nodes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from tests.fleet.nats_fleet import HUB_PASSWORD, NODE_PASSWORD, NatsFleet
from tests.fleet.small_hub import SmallHub

from hearthwatch.fleet import hub_ledger
from hearthwatch.fleet.bus import Dial, Keep, Line, Mailroom, Postbox, Switchboard
from hearthwatch.fleet.bus_https import HttpsPostbox, dial
from hearthwatch.fleet.bus_local import LocalBus
from hearthwatch.fleet.node import NodeId, node_id
from hearthwatch.fleet.node_port import port_context
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError

A, B = node_id("aaaaaaaa"), node_id("bbbbbbbb")
Answer = Callable[[NodeId, Line], Awaitable[None]]


class Bus:
    """One engine. `keeps_meanwhile`: letters are safe beside the node while the hub is away."""

    keeps_meanwhile = False
    can_revoke = True
    a: NodeId = A
    b: NodeId = B

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self.mailroom: Mailroom
        self.switchboard: Switchboard

    async def start(self) -> None: ...

    async def stop(self) -> None:
        await self.idle()

    def postbox(self, node: NodeId) -> Postbox: ...

    def dialer(self, node: NodeId) -> Dial: ...

    def keeping(self, keep: Keep) -> None:
        """Run the mailroom, again when it ends, as a hub does."""
        self._tasks.append(asyncio.create_task(_for_ever(lambda: self.mailroom.run(keep))))

    def answering(self, answer: Answer) -> None:
        self._tasks.append(asyncio.create_task(_for_ever(lambda: self.switchboard.run(answer))))

    async def idle(self) -> None:
        """End what `keeping` and `answering` began."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def kill(self) -> None:
        """Let the hub go without a word."""

    async def back(self) -> None:
        """Start the hub again."""

    async def revoke(self, node: NodeId) -> None: ...


async def _for_ever(run: Callable[[], Awaitable[None]]) -> None:
    while True:
        with contextlib.suppress(HearthwatchError):
            await run()
        await asyncio.sleep(0.05)


class Local(Bus):
    """Its hub cannot be away while its only house is there, and does not revoke itself."""

    can_revoke = False

    async def start(self) -> None:
        self.bus = LocalBus(patience_s=0.3)
        self.mailroom, self.switchboard = self.bus.mailroom, self.bus.switchboard

    def postbox(self, node: NodeId) -> Postbox:
        return self.bus.postbox(node)

    def dialer(self, node: NodeId) -> Dial:
        return lambda: self.bus.dial(node)

    async def kill(self) -> None:
        await self.idle()


class Https(Bus):
    """What runs in the process of its hub dies with it, and begins anew with the next one."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._links = {}
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._open(0)
        for name in ("a", "b"):
            identity, _shelf, link = await self.hub.joined(self._folder / name)
            self._links[identity.node] = link
            setattr(self, name, identity.node)

    async def _open(self, port: int) -> None:
        self.hub = SmallHub(self._folder / "hub", SystemClock())
        await self.hub.open()
        context = port_context(
            str(self.hub.authority.hub_file(self._folder / "hub/fleet", self.hub.clock)), self.hub.authority.pem
        )
        self._serving = asyncio.create_task(self.hub.port.run("127.0.0.1", port, context))
        while not self.hub.port.port:  # noqa: ASYNC110 it tells nobody when it is open
            await asyncio.sleep(0.005)
        self.mailroom, self.switchboard = self.hub.mailroom, self.hub.switchboard

    async def stop(self) -> None:
        for link in self._links.values():
            await link.close()
        await self.kill()

    def postbox(self, node: NodeId) -> Postbox:
        return HttpsPostbox(self._links[node])

    def dialer(self, node: NodeId) -> Dial:
        return lambda: dial(self._links[node])

    async def kill(self) -> None:
        self._port = self.hub.port.port
        for node in self._links:
            self.hub.port.cut(node)
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)
        await self.idle()
        await self.hub.db.close()

    async def back(self) -> None:
        await self._open(self._port)

    async def revoke(self, node: NodeId) -> None:
        await self.hub.db.run(lambda connection: hub_ledger.revoke(connection, node))
        await self.hub.registry.load()
        self.hub.port.cut(node)


class Nats(Bus):
    keeps_meanwhile = True

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.fleet = NatsFleet(folder, (A, B))

    async def start(self) -> None:
        from hearthwatch.fleet.bus_nats import NatsMailroom, NatsPostbox
        from hearthwatch.fleet.line_nats import NatsDialer, NatsSwitchboard, Pulse
        from hearthwatch.fleet.nats_client import connect

        pulse = Pulse(beat_s=0.5, gone_s=8)
        await self.fleet.start()
        self.hub = await connect(self.fleet.hub.url, "hub", HUB_PASSWORD)
        self._clients = {node: await connect(server.url, "node", NODE_PASSWORD) for node, server in self.fleet.nodes.items()}
        self._postboxes = {node: NatsPostbox(client, node) for node, client in self._clients.items()}
        self._dialers = {node: NatsDialer(client, node, pulse=pulse, patience_s=2) for node, client in self._clients.items()}
        self.mailroom = NatsMailroom(self.hub, lambda: self.fleet.wanted, ack_wait_s=1)
        self.switchboard = NatsSwitchboard(self.hub, self.fleet.wanted.__contains__, pulse=pulse)

    async def stop(self) -> None:
        await self.idle()
        for client in (self.hub, *self._clients.values()):
            await client.close()
        await self.fleet.stop()

    def postbox(self, node: NodeId) -> Postbox:
        return self._postboxes[node]

    def dialer(self, node: NodeId) -> Dial:
        return self._dialers[node].dial

    async def kill(self) -> None:
        await self.fleet.hub.stop()

    async def back(self) -> None:
        await self.fleet.hub.start()

    async def revoke(self, node: NodeId) -> None:
        self.fleet.wanted.discard(node)
        await self.switchboard.cut(node)
        await self.fleet.follow()


ENGINES = {"local": lambda _folder: Local(), "https": Https, "nats": Nats}
"""An engine that is added here has to keep the whole contract."""


@contextlib.asynccontextmanager
async def bus_of(engine: str, folder: Path) -> AsyncIterator[Bus]:
    bus = ENGINES[engine](folder)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()
