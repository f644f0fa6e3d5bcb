"""A hub's node port with the work queue behind it, and machines that joined, each with its certificate."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from hearthwatch.fleet.authority import new_key, open_authority, private_pem, request_for, sha256_of
from hearthwatch.fleet.code import HubAddress
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import Identity, IdentityShelf, hub_context
from hearthwatch.fleet.node import NodeId, SiteId
from hearthwatch.fleet.node_port import NodePort, port_context
from hearthwatch.fleet.work_https import WorkDoor
from hearthwatch.fleet.work_table import OffersHere, WorkTable
from hearthwatch.kit.clock import SystemClock

HELPER = NodeId("helperab")


class Sealer:
    def seal(self, plain: bytes, purpose: str) -> bytes:
        return plain

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        return sealed


class Fleet:
    """Whoever asks for a link is known from then on; HELPER may look."""

    def __init__(self, folder: Path, *, lease_s: float, patience_s: float) -> None:
        self.clock = SystemClock()
        self.table = WorkTable(self.clock, lease_s=lease_s, patience_s=patience_s)
        self._folder = folder
        self._authority = open_authority(folder, Sealer(), self.clock)
        self._known: dict[bytes, NodeId] = {}
        self.port = NodePort(self, self.clock)
        self.helpers = {HELPER}
        WorkDoor(lambda node: OffersHere(self.table, node), self.table, lambda node: node in self.helpers).open(self.port)
        self._links: dict[NodeId, HubLink] = {}

    def node_of(self, certificate_sha256: bytes) -> NodeId:
        return self._known[certificate_sha256]

    def heard(self, node: NodeId) -> None:
        pass

    async def open(self) -> None:
        context = port_context(str(self._authority.hub_file(self._folder, self.clock)), self._authority.pem)
        self._serving = asyncio.create_task(self.port.run("127.0.0.1", 0, context))
        while not self.port.port:
            assert not self._serving.done(), self._serving
            await asyncio.sleep(0.01)

    def link(self, node: NodeId) -> HubLink:
        if node not in self._links:
            address = HubAddress(host="127.0.0.1", port=self.port.port)
            self._links[node] = HubLink(self._context(node), (address,), self.clock)
        return self._links[node]

    def keep_identity(self, node: NodeId, data: Path) -> None:
        """Keep in `data` what a machine has that joined as `node`."""
        key, certificate = self._certified(node)
        address = HubAddress(host="127.0.0.1", port=self.port.port)
        identity = Identity(
            node=node,
            site=SiteId("home"),
            name="helper",
            addresses=(address,),
            authority=self._authority.pem.decode(),
            joined_us=self.clock.wall_us(),
        )
        IdentityShelf(data).keep(identity, key, certificate)

    def _certified(self, node: NodeId) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
        key = new_key()
        certificate = self._authority.sign_node(request_for(key), node, self.clock)
        self._known[sha256_of(certificate)] = node
        return key, certificate

    def _context(self, node: NodeId) -> ssl.SSLContext:
        key, certificate = self._certified(node)
        path = self._folder / f"{node}.pem"
        path.write_bytes(private_pem(key) + certificate)
        context = hub_context(self._authority.pem.decode())
        context.load_cert_chain(path)
        return context

    async def close(self) -> None:
        for link in self._links.values():
            await link.close()
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)
