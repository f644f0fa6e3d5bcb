"""The hub's nodes in memory: whose certificate is whose is asked with every request, and must not wait for a database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping

from hearthwatch.fleet import hub_ledger
from hearthwatch.fleet.hub_ledger import Listed
from hearthwatch.fleet.node import NodeId, NodeState
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Refused, StorageFailed
from hearthwatch.kit.units import WallUs

log = logging.getLogger(__name__)

_SAVE_EVERY_S = 30.0
_REVOKED = (
    "this machine was taken off the hub by its owner: it goes on by itself. To have it back: `hearthwatch node leave` here, "
    "and a new code from the hub"
)
_UNKNOWN = (
    "the hub does not know this machine's certificate: another one has its identity (a copied memory card?), or the hub was "
    "put back from an old backup. `hearthwatch node leave` here, then join anew"
)


class Registry:
    """`load` first; used on the house's loop. What changes in the ledger is taken up by `load` again."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._nodes: dict[NodeId, Listed] = {}
        self._by_certificate: dict[bytes, NodeId] = {}
        self._heard: dict[NodeId, WallUs] = {}
        self._unsaved: set[NodeId] = set()
        self._shown: dict[NodeId, bytes] = {}

    @property
    def nodes(self) -> Mapping[NodeId, Listed]:
        return self._nodes

    async def load(self) -> None:
        """Take over what the ledger says. Raises StorageFailed."""
        found = await self._db.run(hub_ledger.listed)
        self._nodes = {one.node.id: hub_ledger.with_heard(one, self._heard.get(one.node.id, WallUs(0))) for one in found}
        self._by_certificate = dict(_certificates(found))

    def node_of(self, certificate_sha256: bytes) -> NodeId:
        """See node_port.Known."""
        node = self._by_certificate.get(certificate_sha256)
        if node is None:
            raise Refused(_UNKNOWN)
        listed = self._nodes[node]
        if listed.node.state is not NodeState.JOINED:
            raise Refused(_REVOKED)
        if certificate_sha256 == listed.next_sha256:
            self._shown[node] = certificate_sha256
        return node

    def heard(self, node: NodeId) -> None:
        """See node_port.Known."""
        self._heard[node] = self._clock.wall_us()
        self._unsaved.add(node)

    def heard_us(self, node: NodeId) -> WallUs:
        """Return when it was last heard of, 0 for never."""
        listed = self._nodes.get(node)
        return max(self._heard.get(node, WallUs(0)), listed.node.heard_us if listed else WallUs(0))

    async def run(self) -> None:
        """Write down, now and then, who was heard and who shows a new certificate; ends by cancellation."""
        while True:
            await asyncio.sleep(_SAVE_EVERY_S)
            await self.save()

    async def save(self) -> None:
        """Write it down now, as far as the ledger takes it."""
        unsaved, self._unsaved = self._unsaved, set()
        shown, self._shown = self._shown, {}
        heard = {node: self._heard[node] for node in unsaved}
        if not heard and not shown:
            return
        try:
            await self._db.run(lambda connection: hub_ledger.heard(connection, heard))
            for node, certificate in shown.items():
                await self._db.run(
                    lambda connection, node=node, certificate=certificate: hub_ledger.promote_certificate(  # type: ignore[misc]
                        connection, node, certificate
                    )
                )
            if shown:
                await self.load()
        except StorageFailed as error:
            log.debug("who was heard is kept in memory: %s", error)
            self._unsaved |= unsaved
            self._shown = shown | self._shown


def _certificates(found: Iterable[Listed]) -> Iterable[tuple[bytes, NodeId]]:
    for one in found:
        for certificate in (one.node.certificate_sha256, one.next_sha256):
            if certificate:
                yield certificate, one.node.id
