"""Letters and lines over NATS, for a hub of many sites: the servers' files, the connections to them, and both ends of the bus.

Each server runs beside its house, as a service of the machine, with the file that is written here: `fleet/nats.conf` of the
data folder at a hub, `node/nats.conf` at a node. Everything else between a node and its hub goes by HTTPS, with either bus.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from hearthwatch.fleet.authority import Authority
from hearthwatch.fleet.bus import Keep, Line
from hearthwatch.fleet.bus_nats import NatsMailroom, NatsPostbox
from hearthwatch.fleet.identity import Identity
from hearthwatch.fleet.letter import Letter
from hearthwatch.fleet.line_nats import Answer, NatsDialer, NatsSwitchboard
from hearthwatch.fleet.nats_client import Client, connect
from hearthwatch.fleet.nats_config import (
    HUB_USER,
    LEAF_PORT,
    NODE_USER,
    HubServer,
    LeafServer,
    leaf_config,
    node_may,
)
from hearthwatch.fleet.nats_file import NatsFile
from hearthwatch.fleet.node import NodeId, NodeState
from hearthwatch.fleet.registry import Registry
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.files import write_atomic
from hearthwatch.kit.retry import keep_running_async
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.work_desk import WorkDesk

log = logging.getLogger(__name__)

HUB_PASSWORD = "hub.nats.password"  # noqa: S105 the name of a secret
NODE_PASSWORD = "node.nats.password"  # noqa: S105
_FILE = "nats.conf"
_FOLLOW_S = 2.0
_CERTIFICATE_EVERY = 10_000
_DEFAULT_PORT = 4222


class HubNats:
    """At a hub. Its server needs nothing but the file, the certificate beside it and the port for nodes."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        authority: Authority,
        registry: Registry,
        own: NodeId,
        secrets: Secrets,
        hosts: Callable[[], Sequence[str]],
        clock: Clock,
        work: WorkDesk | None = None,
        leaf_port: int = LEAF_PORT,
    ) -> None:
        """`folder` is the hub's own in the data folder, `hosts` what nodes call this machine by; pictures for detectors wait in
        this server, too."""
        self._url = url
        self._folder = folder
        self._authority = authority
        self._registry = registry
        self._own = own
        self._secrets = secrets
        self._hosts = hosts
        self._clock = clock
        self._leaf_port = leaf_port
        self._work = work
        self._told: frozenset[NodeId] = frozenset()
        """The nodes the server was told of last."""

    def wanted(self) -> frozenset[NodeId]:
        """Return the nodes that may speak."""
        joined = (one.node for one in self._registry.nodes.values() if one.node.state is NodeState.JOINED)
        return frozenset(node.id for node in joined if node.id != self._own)

    async def run(self, keep: Keep, answer: Answer) -> None:
        """Work until cancelled. Raises Unreachable while the server does not run, StorageFailed."""
        password = await asyncio.to_thread(_password, self._secrets, HUB_PASSWORD)
        file = await asyncio.to_thread(self._file, password)
        await self._tell(file)
        client = await _connected(self._url, HUB_USER, password, self._folder / _FILE)
        try:
            mailroom = NatsMailroom(client, self.wanted)
            switchboard = NatsSwitchboard(client, lambda node: node in self.wanted())
            if self._work is not None:
                await self._work.use(client)
            async with asyncio.TaskGroup() as tasks:
                for name, work in (
                    ("letters over NATS", functools.partial(mailroom.run, keep)),
                    ("lines over NATS", functools.partial(switchboard.run, answer)),
                    ("who may use NATS", functools.partial(self._follow, file, switchboard)),
                ):
                    tasks.create_task(keep_running_async(name, work, clock=self._clock), name=name)
        finally:
            if self._work is not None:
                self._work.leave()
            await client.close()

    def _file(self, password: str) -> NatsFile:
        certificate = self._certificate()
        authority = self._folder / "authority.pem"
        write_atomic(authority, self._authority.pem)
        server = HubServer(
            store=self._folder / "nats",
            pid_file=self._folder / "nats.pid",
            certificate=certificate,
            authority=authority,
            password=password,
            port=urlsplit(self._url).port or _DEFAULT_PORT,
            leaf_port=self._leaf_port,
        )
        return NatsFile(self._folder / _FILE, server, node_may)

    def _certificate(self) -> Path:
        return self._authority.server_file(self._folder / "nats.pem", tuple(self._hosts()), self._clock)

    async def _follow(self, file: NatsFile, switchboard: NatsSwitchboard) -> None:
        """Let in who joined, and cut who is not wanted any more: its line at once, its server within seconds."""
        while True:
            for _ in range(_CERTIFICATE_EVERY):
                if self.wanted() != self._told:
                    for node in self._told - self.wanted():
                        await switchboard.cut(node)
                    await self._tell(file)
                await asyncio.sleep(_FOLLOW_S)
            await asyncio.to_thread(self._certificate)
            await self._tell(file)

    async def _tell(self, file: NatsFile) -> None:
        wanted = self.wanted()
        await asyncio.to_thread(file.follow, wanted)
        self._told = wanted


class NodeNats:
    """At a node: a Postbox, and a way to dial. It connects when it is first needed, and stays connected."""

    def __init__(self, url: str, folder: Path, *, identity: Identity, secrets: Secrets, leaf_port: int = LEAF_PORT) -> None:
        """`folder` is the node's own in the data folder, with its key."""
        self._url = url
        self._folder = folder
        self._identity = identity
        self._secrets = secrets
        self._leaf_port = leaf_port
        self._opening = asyncio.Lock()
        self._ends: tuple[Client, NatsPostbox, NatsDialer] | None = None

    async def post(self, letters: Sequence[Letter]) -> None:
        """See Postbox."""
        _, postbox, _ = await self._open()
        await postbox.post(letters)

    async def dial(self) -> Line:
        """See Dial."""
        _, _, dialer = await self._open()
        return await dialer.dial()

    async def close(self) -> None:
        """Let go of the connection."""
        ends, self._ends = self._ends, None
        if ends is not None:
            await ends[0].close()

    async def _open(self) -> tuple[Client, NatsPostbox, NatsDialer]:
        async with self._opening:
            if self._ends is None:
                password = await asyncio.to_thread(_password, self._secrets, NODE_PASSWORD)
                await asyncio.to_thread(self._write, password)
                client = await _connected(self._url, NODE_USER, password, self._folder / _FILE)
                node = self._identity.node
                self._ends = client, NatsPostbox(client, node), NatsDialer(client, node)
            return self._ends

    def _write(self, password: str) -> None:
        authority = self._folder / "authority.pem"
        write_atomic(authority, self._identity.authority.encode())
        hosts = [address.host for address in self._identity.addresses]
        server = LeafServer(
            node=self._identity.node,
            hubs=[f"[{host}]:{self._leaf_port}" if ":" in host else f"{host}:{self._leaf_port}" for host in hosts],
            store=self._folder / "nats",
            pid_file=self._folder / "nats.pid",
            certificate=self._folder / "key.pem",
            authority=authority,
            password=password,
            port=urlsplit(self._url).port or _DEFAULT_PORT,
        )
        write_atomic(self._folder / _FILE, leaf_config(server).encode())


def _password(store: Secrets, name: str) -> str:
    """Return the password of our own server, made when there is none."""
    found = store.get(name)
    if found is not None:
        return found.reveal()
    made = secrets.token_urlsafe(24)
    store.set(name, made)
    return made


async def _connected(url: str, user: str, password: str, file: Path) -> Client:
    try:
        return await connect(url, user, password)
    except Unreachable as error:
        raise Unreachable(f"{error}: start it with `nats-server -c {file}`, see docs/nodes.md") from error
