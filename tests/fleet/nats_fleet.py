"""A hub's NATS server and those beside its nodes, each a process with the very files that Hearthwatch writes."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Collection
from pathlib import Path

import pytest
from tests.devices.free_port import free_ports

from hearthwatch.fleet.authority import Authority, new_key, open_authority, private_pem, request_for
from hearthwatch.fleet.nats_config import HubServer, LeafServer, leaf_config, node_may
from hearthwatch.fleet.nats_file import NatsFile
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.secrets import Secrets

HUB_PASSWORD, NODE_PASSWORD = "hub's own", "node's own"


class Server:
    """One nats-server."""

    def __init__(self, folder: Path, port: int) -> None:
        program = shutil.which("nats-server")
        if program is None:
            pytest.skip("no nats-server here (Debian: apt-get install nats-server)")
        self._program = program
        self.folder = folder
        self.port = port
        self.process: asyncio.subprocess.Process | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def file(self) -> Path:
        return self.folder / "nats.conf"

    async def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(self._program, "-c", str(self.file), stdout=log, stderr=log)
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                assert self.process.returncode is None, self.log
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return

    async def stop(self, number: int = signal.SIGKILL) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            await self.process.wait()


class NatsFleet:
    """`start` it and `stop` it."""

    def __init__(self, folder: Path, nodes: Collection[NodeId]) -> None:
        hub_port, self.leaf_port, *node_ports = free_ports(2 + len(nodes))
        self.clock = SystemClock()
        self.authority: Authority = open_authority(folder / "fleet", Secrets(folder), self.clock)
        (folder / "ca.pem").write_bytes(self.authority.pem)
        self.hub = Server(folder / "hub", hub_port)
        self.nodes = {node: Server(folder / node, port) for node, port in zip(nodes, node_ports, strict=True)}
        self.wanted = set(nodes)
        self._followed = set(nodes)
        self.hub_server = HubServer(
            store=self.hub.folder / "js",
            pid_file=self.hub.folder / "pid",
            certificate=self.authority.server_file(self.hub.folder / "nats.pem", ("127.0.0.1",), self.clock),
            authority=folder / "ca.pem",
            password=HUB_PASSWORD,
            port=self.hub.port,
            leaf_host="127.0.0.1",
            leaf_port=self.leaf_port,
        )
        self.file = NatsFile(self.hub.file, self.hub_server, node_may)
        self.file.follow(self.wanted)
        for node, server in self.nodes.items():
            key = new_key()
            (server.folder / "node.pem").write_bytes(
                private_pem(key) + self.authority.sign_node(request_for(key), node, self.clock)
            )
            leaf = LeafServer(
                node=node,
                hubs=[f"127.0.0.1:{self.leaf_port}"],
                store=server.folder / "js",
                pid_file=server.folder / "pid",
                certificate=server.folder / "node.pem",
                authority=folder / "ca.pem",
                password=NODE_PASSWORD,
                port=server.port,
            )
            server.file.write_text(leaf_config(leaf))

    async def follow(self) -> None:
        """Have the hub's server take the nodes that are wanted; one that is gone ends it, and it is started again."""
        gone, self._followed = self._followed - self.wanted, set(self.wanted)
        self.file.follow(self.wanted)
        if gone:
            async with asyncio.timeout(60):
                await self.hub.process.wait()
            await self.hub.start()

    async def start(self) -> None:
        await asyncio.gather(*(one.start() for one in (self.hub, *self.nodes.values())))

    async def stop(self) -> None:
        await asyncio.gather(*(one.stop() for one in (self.hub, *self.nodes.values())))
