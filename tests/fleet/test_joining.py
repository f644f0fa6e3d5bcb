"""Joining a hub by a code: what is believed, what a code is good for, and how a machine that is not wanted any more is out."""

from __future__ import annotations

import asyncio
import ssl
import stat
from datetime import timedelta

import aiohttp
import pytest
from tests.fleet.small_hub import small_hub

from hearthwatch.fleet import code as codes
from hearthwatch.fleet import hub_ledger, joining
from hearthwatch.fleet.authority import HUB_NAME, NODE_LASTS, NODE_RENEWED
from hearthwatch.fleet.bus_https import dial
from hearthwatch.fleet.code import HubAddress
from hearthwatch.fleet.enrolment import CODE_LIFE_S
from hearthwatch.fleet.hub_link import HubLink
from hearthwatch.fleet.identity import IdentityShelf, identity_file
from hearthwatch.fleet.joining_wire import Hello
from hearthwatch.kit.clock import FakeClock, SystemClock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable

pytestmark = pytest.mark.wired

HELLO = Hello(now_us=1, waiting=3, version="0.1.0")


async def test_node_joins_by_code_and_keeps_its_key_to_itself(tmp_path):
    async with small_hub(tmp_path / "hub") as hub:
        identity, _shelf, link = await hub.joined(tmp_path / "attic")
        assert (identity.site, identity.name) == ("cabin", "attic")
        welcome = await joining.hello(link, HELLO)
        assert (welcome.site, welcome.name) == ("cabin", "attic")
        assert hub.said == [(identity.node, HELLO)]
        await link.close()
    for path in (tmp_path / "attic" / "node").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "hub" / "fleet" / "authority.key").stat().st_mode) == 0o600
    assert b"PRIVATE" not in (tmp_path / "hub" / "fleet" / "authority.key").read_bytes()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "hub").rglob("*") if path.is_file())
    key = (tmp_path / "attic" / "node" / "key.pem").read_bytes().split(b"-----")[2].strip()
    assert key not in kept


async def test_code_is_good_once_and_for_a_short_time_and_only_its_hash_is_kept(tmp_path):
    clock = FakeClock(SystemClock().wall_us())
    async with small_hub(tmp_path / "hub", clock) as hub:
        text = await hub.code(name="porch")
        word = codes.parse(text).word
        async with asyncio.TaskGroup() as tasks:
            both = [
                tasks.create_task(_joins(text, IdentityShelf(tmp_path / name), clock, name=name)) for name in ("one", "two")
            ]
        assert sorted(task.result() for task in both) == ["no", "porch"]
        assert not any(word in path.read_bytes() for path in (tmp_path / "hub").rglob("*") if path.is_file())
        late = await hub.code()
        clock.advance(CODE_LIFE_S + 1)
        assert await _joins(late, IdentityShelf(tmp_path / "late"), clock, name="late") == "no"


async def _joins(text, shelf, clock, *, name):
    try:
        return (await joining.join(text, shelf, clock, name=name)).name
    except Refused as error:
        assert "code" in str(error)
        return "no"


async def test_lost_answer_costs_no_code(tmp_path, monkeypatch):
    async with small_hub(tmp_path / "hub") as hub:
        text = await hub.code()
        code = codes.parse(text)
        asks = []
        real = HubLink.call

        async def loses(self, method, path, **more):
            answer = await real(self, method, path, **more)
            if path == "/join" and not asks:
                asks.append(more["data"])
                return await real(self, method, path, **more)  # as if the first answer had been lost on its way
            return answer

        monkeypatch.setattr(HubLink, "call", loses)
        identity = await joining.join(text, IdentityShelf(tmp_path / "attic"), hub.clock, name="attic")
        assert len(asks) == 1
        assert [one.node.id for one in hub.registry.nodes.values()] == [identity.node]
        assert code.addresses == (hub.address,)


async def test_another_machine_at_the_hubs_address_is_not_believed(tmp_path):
    async with small_hub(tmp_path / "hub") as hub, small_hub(tmp_path / "thief") as thief:
        real = codes.parse(await hub.code())
        bent = codes.Code(fingerprint=real.fingerprint, word=real.word, addresses=(thief.address,))
        with pytest.raises(BadReply, match="not the hub that gave this code"):
            await joining.join(bent.text(), IdentityShelf(tmp_path / "attic"), hub.clock, name="attic")
        assert not identity_file(tmp_path / "attic").exists()
        # and one that joined tells its hub from another one at the same address
        _identity, _shelf, link = await hub.joined(tmp_path / "porch")
        link.addresses = (thief.address,)
        with pytest.raises(Unreachable, match="not the hub this house joined"):
            await joining.hello(link, HELLO)
        await link.close()


async def test_node_cannot_pose_as_the_hub(tmp_path):
    async with small_hub(tmp_path / "hub") as hub:
        identity, shelf, link = await hub.joined(tmp_path / "attic")
        posing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        posing.load_cert_chain(tmp_path / "attic" / "node" / "key.pem")
        server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0, ssl=posing)
        port = server.sockets[0].getsockname()[1]
        context = shelf.context(identity)
        context.check_hostname = False  # not even where the name does not matter
        with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
            await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=HUB_NAME)
        server.close()
        await link.close()


async def test_only_joining_works_without_a_certificate(tmp_path):
    async with small_hub(tmp_path / "hub") as hub:
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        async with aiohttp.ClientSession() as session:
            for method, path in (("POST", "letters"), ("GET", "line"), ("POST", "hello"), ("POST", "renew")):
                async with session.request(method, f"https://{hub.address}/fleet/v1/{path}", ssl=anybody) as answer:
                    assert answer.status == 401, path
            async with session.post(f"https://{hub.address}/fleet/v1/join", data=b"x" * 100_000, ssl=anybody) as answer:
                assert answer.status == 413
            async with session.post(f"https://{hub.address}/fleet/v1/join", data=b'{"word": 5}', ssl=anybody) as answer:
                assert answer.status == 400
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode, old.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
        with pytest.raises((ssl.SSLError, OSError)):
            await asyncio.open_connection("127.0.0.1", hub.port.port, ssl=old)


async def test_wrong_codes_are_throttled(tmp_path):
    async with small_hub(tmp_path / "hub") as hub:
        for number in range(21):
            wrong = codes.Code.new(hub.authority.fingerprint, (hub.address,)).text()
            with pytest.raises(Unreachable if number == 20 else Refused):
                await joining.join(wrong, IdentityShelf(tmp_path / "attic"), hub.clock, name="attic")


async def test_revoked_node_is_refused_at_once_and_its_line_is_cut(tmp_path):
    async with small_hub(tmp_path / "hub") as hub:
        identity, _shelf, link = await hub.joined(tmp_path / "attic")
        opened = asyncio.Event()

        async def answer(node, line):
            opened.set()
            async for _message in line:
                pass

        answering = asyncio.create_task(hub.switchboard.run(answer))
        await asyncio.sleep(0)
        line = await dial(link)
        await opened.wait()
        await hub.db.run(lambda connection: hub_ledger.revoke(connection, identity.node))
        await hub.registry.load()
        assert hub.port.cut(identity.node) == 1
        assert [message async for message in line] == []
        with pytest.raises(Refused, match="taken off the hub"):
            await joining.hello(link, HELLO)
        with pytest.raises(Refused, match="does not want this house"):
            await dial(link)
        answering.cancel()
        await link.close()


async def test_certificate_is_renewed_and_the_former_one_is_worthless_then(tmp_path):
    async with small_hub(tmp_path / "hub") as hub:
        identity, shelf, link = await hub.joined(tmp_path / "attic")
        ahead = FakeClock(hub.clock.wall_us())
        assert not shelf.is_to_renew(ahead)
        ahead.advance((NODE_LASTS - NODE_RENEWED + timedelta(days=1)).total_seconds())
        assert shelf.is_to_renew(ahead)
        former = HubLink(shelf.context(identity), identity.addresses, hub.clock)
        before = shelf.certificate()
        await joining.renew(link, identity, shelf)
        assert shelf.certificate().public_key() != before.public_key()
        await joining.hello(former, HELLO)  # the answer with the new one might have been lost
        await joining.hello(link, HELLO)
        await hub.registry.save()
        await joining.hello(link, HELLO)
        with pytest.raises(Refused, match="does not know this machine's certificate"):
            await joining.hello(former, HELLO)
        await former.close()
        await link.close()


async def test_hub_keeps_its_authority_and_renews_its_own_certificate(tmp_path):
    clock = FakeClock(SystemClock().wall_us())
    async with small_hub(tmp_path / "hub", clock) as hub:
        identity, _shelf, link = await hub.joined(tmp_path / "attic")
        await link.close()
    first = (tmp_path / "hub" / "fleet" / "hub.pem").read_bytes()
    async with small_hub(tmp_path / "hub", clock) as hub:
        assert (tmp_path / "hub" / "fleet" / "hub.pem").read_bytes() == first
        clock.advance(200 * 86_400)
        assert hub.authority.hub_file(tmp_path / "hub" / "fleet", clock).read_bytes() != first
        assert identity.node in hub.registry.nodes


async def test_clock_that_was_never_set_is_told_as_such(tmp_path):
    async with small_hub(tmp_path / "hub") as hub:
        identity, shelf, link = await hub.joined(tmp_path / "attic")
        await link.close()

        (tmp_path / "hub" / "fleet" / "hub.pem").unlink()
        ahead = FakeClock(SystemClock().wall_us() + 10 * 86_400_000_000)
        file = hub.authority.hub_file(tmp_path / "hub" / "fleet", ahead)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0, ssl=context)
        place = HubAddress(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
        slow = HubLink(shelf.context(identity), (place,), FakeClock(0))
        with pytest.raises(Unreachable, match=r"clock says 01 January 1970.*before the time the hub's certificate"):
            await joining.hello(slow, HELLO)
        await slow.close()
        server.close()


@pytest.mark.parametrize("text", ["", "hw1", "hw2-aaaa", "hw1-" + "a" * 60, "hw1-\u00e4", "x" * 5000])
def test_what_is_no_code_is_told_as_such(text):
    with pytest.raises(ValueError, match="not a whole code"):
        codes.parse(text)


def test_code_survives_a_letter_and_a_terminal():
    places = (HubAddress(host="192.168.1.10", port=8444), HubAddress(host="fd00::1", port=8444))
    code = codes.Code.new(b"f" * 16, places)
    assert codes.parse(code.text()) == code
    assert codes.parse(f"  {code.text().upper().replace('-', ' ')}\n") == code
    slipped = code.text()[:-1] + ("a" if code.text()[-1] != "a" else "b")
    with pytest.raises(ValueError, match="whole code"):
        codes.parse(slipped)
