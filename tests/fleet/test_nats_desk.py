"""A hub and a node over NATS as their desks put it together: servers beside them, started with the files they find."""

from __future__ import annotations

import asyncio

import pytest
from tests.devices.free_port import free_ports
from tests.fleet.nats_fleet import Server
from tests.fleet.small_hub import SmallHub
from tests.fleet.test_bus_contract import Ledger, a_letter, surely

from hearthwatch.fleet import hub_ledger
from hearthwatch.fleet.nats_client import connect
from hearthwatch.fleet.nats_config import NODE_USER, letters_stream
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import HearthwatchError, Refused, Unreachable
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.nats_desk import NODE_PASSWORD, HubNats, NodeNats

pytestmark = [pytest.mark.wired, pytest.mark.waits]


async def echo(_node, line):
    async for message in line:
        await line.send(message)


async def test_a_node_joins_speaks_and_is_revoked(tmp_path):
    hub_port, leaf_port, node_port = free_ports(3)
    hub = SmallHub(tmp_path / "hub", SystemClock())
    await hub.open()
    serving = await hub.serve()
    folder = tmp_path / "hub/fleet"
    ledger = Ledger()
    desk = HubNats(
        f"nats://127.0.0.1:{hub_port}",
        folder,
        authority=hub.authority,
        registry=hub.registry,
        own=NodeId("own"),
        secrets=Secrets(tmp_path / "hub"),
        hosts=lambda: ["127.0.0.1", "hub.example.org"],
        clock=hub.clock,
        leaf_port=leaf_port,
    )
    with pytest.raises(Unreachable, match=r"nats-server -c .*/fleet/nats.conf"):
        await desk.run(ledger.keep, echo)
    hub_server, node_server = Server(folder, hub_port), Server(tmp_path / "node/node", node_port)
    await hub_server.start()
    working = asyncio.create_task(desk.run(ledger.keep, echo))

    identity, _, link = await hub.joined(tmp_path / "node")
    node = NodeNats(
        f"nats://127.0.0.1:{node_port}",
        tmp_path / "node/node",
        identity=identity,
        secrets=Secrets(tmp_path / "node"),
        leaf_port=leaf_port,
    )
    with pytest.raises(Unreachable, match=r"nats-server -c .*/node/nats.conf"):
        await node.post([a_letter(1)])
    await node_server.start()
    try:
        line = await surely(node.dial)
        await line.send(b"hello")
        async with asyncio.timeout(60):
            assert await anext(aiter(line)) == b"hello"
        await surely(lambda: node.post([a_letter(1)]))
        await ledger.until(identity.node, [1])

        password = Secrets(tmp_path / "node").get(NODE_PASSWORD).reveal()
        beside = await connect(node_server.url, NODE_USER, password)
        async with asyncio.timeout(60):  # what the hub's ledger has the node's server forgets
            while (await beside.jetstream().stream_info(letters_stream(identity.node))).state.messages:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        await beside.close()

        await hub.db.run(lambda connection: hub_ledger.revoke(connection, identity.node))
        await hub.registry.load()
        async with asyncio.timeout(60):
            assert [message async for message in line] == []
            await hub_server.process.wait()
        await hub_server.start()  # as its service does
        with pytest.raises((Refused, Unreachable)):
            await node.dial()
        await node.post([a_letter(2)])
        assert ledger.of(identity.node) == {1}
        for path in (folder / "nats.conf", folder / "nats.pem", tmp_path / "node/node/nats.conf"):
            assert path.stat().st_mode & 0o077 == 0, "nobody else reads a password or a key"
    except HearthwatchError:
        print(hub_server.log[-3000:], node_server.log[-3000:])
        raise
    finally:
        for task in (working, serving):
            task.cancel()
        await asyncio.gather(working, serving, return_exceptions=True)
        await node.close()
        await link.close()
        await hub.db.close()
        for server in (hub_server, node_server):
            await server.stop()
