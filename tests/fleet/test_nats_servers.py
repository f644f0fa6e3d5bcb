"""What the NATS servers of a hub and its nodes let in, by the files that Hearthwatch writes for them."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from nats.errors import Error
from tests.fleet.nats_fleet import HUB_PASSWORD, NODE_PASSWORD, NatsFleet

from hearthwatch.fleet.authority import new_key, open_authority, private_pem, request_for
from hearthwatch.fleet.line_nats import Pulse
from hearthwatch.fleet.nats_client import connect
from hearthwatch.fleet.nats_config import letters_stream, letters_subject, line_subjects, node_may
from hearthwatch.fleet.nats_file import NatsFile
from hearthwatch.fleet.node import node_id
from hearthwatch.kit.errors import ConfigFault, Refused, Unreachable
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import parse

pytestmark = [pytest.mark.wired, pytest.mark.waits]

A, B = node_id("aaaaaaaa"), node_id("bbbbbbbb")


@pytest.fixture
async def fleet(tmp_path):
    made = NatsFleet(tmp_path, (A, B))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@contextlib.asynccontextmanager
async def clients(fleet):
    found = [await connect(fleet.hub.url, "hub", HUB_PASSWORD)]
    found += [await connect(server.url, "node", NODE_PASSWORD) for server in fleet.nodes.values()]
    try:
        yield found
    finally:
        for client in found:
            await client.close()


async def heard(client, subject):
    """Return what arrives there from now on."""
    found = []

    async def note(message):
        found.append((message.subject, message.data))

    await client.subscribe(subject, cb=note)
    await client.flush()
    return found


async def until(true):
    async with asyncio.timeout(60):
        while not await true():  # noqa: ASYNC110 a server tells nobody
            await asyncio.sleep(0.05)


async def linked(hub, node_client, node):
    """Wait until the leaf's connection carries messages to the hub."""
    knock, *_ = line_subjects(node)
    found = await heard(hub, knock)

    async def knocked():
        await node_client.publish(knock, b"knock")
        await node_client.flush()
        return bool(found)

    await until(knocked)
    return found


async def test_each_node_speaks_and_hears_on_its_own_subjects_alone(fleet):
    async with clients(fleet) as (hub, a, b):
        at_hub, at_b = await heard(hub, "hw.>"), await heard(b, ">")
        await asyncio.gather(linked(hub, a, A), linked(hub, b, B))
        at_hub.clear()
        (knock, up, down), (_, up_a, down_a) = line_subjects(B), line_subjects(A)
        for subject in (
            knock,
            f"{up}.1",
            f"{down}.1",
            letters_subject(B),
            "hw.deliver.bbbbbbbb.x",
            "LETTERS",
            "$JS.hub.API.INFO",
        ):
            await a.publish(subject, b"forged")
        await a.publish(f"{up_a}.1", b"own")
        await hub.publish(f"{down_a}.1", b"for a alone")
        await hub.publish(f"{down}.1", b"for b")
        await asyncio.gather(a.flush(), hub.flush())

        async def b_heard():
            return (f"{down}.1", b"for b") in at_b

        await until(b_heard)

        async def hub_heard():
            return (f"{up_a}.1", b"own") in at_hub

        await until(hub_heard)
        assert not [one for one in (*at_hub, *at_b) if one[1] == b"forged"]
        assert not [one for one in at_b if one[1] == b"for a alone"]


async def test_another_s_password_and_no_password_are_refused(fleet):
    with pytest.raises(Refused):
        await connect(fleet.hub.url, "hub", "guessed")
    with pytest.raises(Refused):
        await connect(fleet.nodes[A].url, "hub", HUB_PASSWORD)
    with pytest.raises(Unreachable):
        await connect("nats://127.0.0.1:1", "hub", HUB_PASSWORD)


async def test_certificates_of_others_are_refused(fleet, tmp_path):
    """One of another authority, and a good one of a node that is not listed."""
    other = open_authority(tmp_path / "other", Secrets(tmp_path / "other"), fleet.clock)
    unknown = node_id("cccccccc")
    for authority, node, said in ((other, A, "unknown authority"), (fleet.authority, unknown, "authorization violation")):
        server = fleet.nodes[A]
        await server.stop()
        key = new_key()
        (server.folder / "node.pem").write_bytes(private_pem(key) + authority.sign_node(request_for(key), node, fleet.clock))
        (server.folder / "log").unlink()
        await server.start()

        async def refused(server=server, said=said):
            return said.lower() in (server.log + fleet.hub.log).lower()

        await until(refused)
    async with clients(fleet) as (hub, a, _):
        found = await heard(hub, ">")
        await a.publish(line_subjects(A)[0], b"knock")
        await a.flush()
        await hub.flush()
        assert found == []


async def test_a_node_that_is_revoked_is_cut_by_the_server_itself_and_a_new_one_is_taken_up(fleet):
    async with clients(fleet) as (hub, a, b):
        await asyncio.gather(linked(hub, a, A), linked(hub, b, B))
        fleet.wanted = {B}
        await fleet.follow()
        await until(lambda: _is(hub.is_connected))
        await linked(hub, b, B)
        found = await heard(hub, "hw.line.aaaaaaaa.>")

        async def turned_away():
            return "authorization violation" in fleet.nodes[A].log.lower()

        await until(turned_away)
        for _ in range(20):
            await a.publish(line_subjects(A)[0], b"knock")
            await a.flush()
            await hub.flush()
        assert found == []

        pid = fleet.hub.process.pid
        fleet.wanted = {A, B}
        await fleet.follow()
        await linked(hub, a, A)
        assert fleet.hub.process.pid == pid, "to let one in nobody is cut"


def test_an_end_that_is_gone_is_seen_within_ten_seconds():
    assert Pulse().beat_s + Pulse().gone_s <= 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[hub]\nnats = "nats://nats.example.org:4222"', "hub.nats: must be a server on this machine"),
        ('[hub]\nnats = ""', "hub.nats: must be a server on this machine"),
        ('[hub]\nnats = "nats://hub:secret@127.0.0.1:4222"', "hub.nats: must be"),
        ('[node]\nnats = "http://127.0.0.1:4222"', "node.nats: must be"),
    ],
)
def test_the_servers_are_those_of_the_own_machine(text, said):
    with pytest.raises(ConfigFault, match=said):
        parse(text)
    assert parse("[hub]\nenabled = true\n").hub.nats
    assert parse('[node]\nnats = "nats://127.0.0.1:4222"\n').node.nats


async def _is(value):
    return value


async def test_a_hub_that_starts_again_leaves_a_server_that_has_read_its_file_alone(fleet):
    again = NatsFile(fleet.hub.file, fleet.hub_server, node_may)
    assert again.follow({A, B}) is True
    assert fleet.hub.process.returncode is None
    fleet.hub.file.touch()
    again = NatsFile(fleet.hub.file, fleet.hub_server, node_may)
    assert again.follow({A, B}) is True
    async with asyncio.timeout(60):
        await fleet.hub.process.wait()
    assert again.follow({A}) is False, "nobody is there to be told"
    assert "bbbbbbbb" not in fleet.hub.file.read_text()
    fleet.hub_server.pid_file.write_text("1")
    assert again.follow({A, B}) is False, "another program has that number by now"
    assert fleet.hub.file.stat().st_mode & 0o777 == 0o600


async def test_a_queue_beside_the_node_that_is_full_says_so_and_loses_nothing(fleet):
    from tests.fleet.test_bus_contract import a_letter

    from hearthwatch.fleet.bus_nats import NatsPostbox

    async with clients(fleet) as (_, a, _):
        postbox = NatsPostbox(a, A, max_bytes=20_000)
        with pytest.raises(Unreachable, match="maximum bytes"):
            await postbox.post([a_letter(seq, size=1000) for seq in range(50)])
        state = (await a.jetstream().stream_info(letters_stream(A))).state
        assert 0 < state.messages < 50
        assert json.loads(json.dumps(state.bytes)) <= 20_000
        with contextlib.suppress(Error):
            await a.jetstream().purge_stream(letters_stream(A))
        await postbox.post([a_letter(51)])
