"""What the port for nodes answers to a house that compares its ledgers with the hub's."""

from __future__ import annotations

from aiohttp import web

from hearthwatch.fleet import comparison
from hearthwatch.fleet.node import NodeId
from hearthwatch.fleet.node_port import NodePort, small_body
from hearthwatch.kit.dbthread import Db


def add_to(port: NodePort, db: Db) -> None:
    """Answer from the hub's ledger `db`."""

    async def compare(request: web.Request, node: NodeId) -> web.StreamResponse:
        question = await small_body(request)
        found = await db.run(lambda connection: comparison.answer(connection, node, question))
        return web.Response(body=found, content_type="application/json")

    port.add("POST", comparison.PATH, compare)
