"""A certificate of the owner's: what is wrong with it in words, and a new one taken up while the page runs."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from tests.web.certificates import Authority
from tests.web.running import new_house, running_house

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import to_datetime
from hearthwatch.web import reach as reach_module
from hearthwatch.web.accounts import Role
from hearthwatch.web.options import WebOptions
from hearthwatch.web.own_certificate import read
from hearthwatch.web.reach import Reach, Tls


@pytest.fixture
def authority(tmp_path: Path, clock: FakeClock) -> Authority:
    return Authority(tmp_path, now=to_datetime(clock.wall_us()))


def test_what_it_is_good_for(authority: Authority, clock: FakeClock) -> None:
    pair = authority.sign("cams.example.org")
    found = read(pair.certificate, pair.key, clock)
    assert found.names == ("cams.example.org", "127.0.0.1")
    assert not found.is_made_here
    assert found.warning == ""
    assert found.fingerprint.count(":") == 31


def test_it_warns_before_it_ends(authority: Authority, clock: FakeClock) -> None:
    pair = authority.sign("cams.example.org", days=13)
    assert "renew it" in read(pair.certificate, pair.key, clock).warning


def test_every_mistake_says_what_to_do(authority: Authority, clock: FakeClock, tmp_path: Path) -> None:
    one, other = authority.sign("one.example"), authority.sign("other.example")
    ended, early = authority.sign("ended.example", days=-0.5), authority.sign("early.example", begins=2)
    none = tmp_path / "none.pem"
    none.write_text("hello")
    key = serialization.load_pem_private_key(one.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
        )
    )
    for certificate, private, words in (
        (one.certificate, other.key, "is not the key of"),
        (ended.certificate, ended.key, "renew it"),
        (early.certificate, early.key, "clock right"),
        (tmp_path / "gone.pem", one.key, "there is no file"),
        (none, one.key, "holds no certificate in PEM"),
        (one.certificate, none, "holds no private key in PEM"),
        (one.certificate, locked, "without one"),
    ):
        with pytest.raises(ConfigFault, match=words):
            read(certificate, private, clock)


def test_a_renewed_one_is_taken_up_and_half_of_one_is_not(authority: Authority, clock: FakeClock, tmp_path: Path) -> None:
    pair = authority.sign("cams.example.org", file="live")
    told: list[str] = []
    reach = Reach(tell=told.append)
    tls = Tls(
        WebOptions(certificate=str(pair.certificate), key=str(pair.key)), tmp_path / "tls", clock, reach, Secrets(tmp_path)
    )
    tls.open()
    first = reach.certificate
    other = authority.sign("cams.example.org", file="next")
    _replace(other.certificate, pair.certificate)
    tls.look()
    reach.publish()
    assert reach.certificate is first
    assert "is not the key of" in told[-1]
    assert "goes on with the certificate it had" in told[-1]
    _replace(other.key, pair.key)
    tls.look()
    reach.publish()
    assert reach.certificate.fingerprint != first.fingerprint
    assert told[-1] == ""
    assert len(told) == 2


def test_one_that_cannot_be_used_leaves_the_page_reachable(clock: FakeClock, tmp_path: Path) -> None:
    reach = Reach()
    Tls(WebOptions(certificate="/nowhere/cert.pem"), tmp_path / "tls", clock, reach, Secrets(tmp_path)).open()
    assert reach.certificate.is_made_here
    assert "there is no file /nowhere/cert.pem" in reach.trouble


def test_a_page_that_starts_again_shows_what_it_showed(clock: FakeClock, tmp_path: Path) -> None:
    reach = Reach()
    shown = []
    for _ in range(2):
        Tls(WebOptions(), tmp_path / "tls", clock, reach, Secrets(tmp_path)).open()
        shown.append(reach.certificate)
    assert shown[0] == shown[1]


@pytest.mark.wired
async def test_new_connections_get_the_new_one_and_open_ones_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach_module, "LOOK_S", 0.05)
    authority = Authority(tmp_path)
    pair = authority.sign("cams.example.org", file="live")
    options = WebOptions(port=0, https_port=0, certificate=str(pair.certificate), key=str(pair.key))
    context = ssl.create_default_context(cafile=str(authority.path))

    async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="cams.example.org")
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return reader, writer, hashlib.sha256(shown).hexdigest()

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        return answer

    async with running_house(tmp_path, new_house(), options) as run:
        await run.built.add_user("ada", Role.OWNER)
        await run.built.auth.is_claimed()
        port = await run.https_port()
        old_reader, old_writer, first = await connect(port)
        assert b"200" in (await ask(old_reader, old_writer)).split(b"\r\n", 1)[0]
        reach = run.built.app.state.site.reach
        other = authority.sign("cams.example.org", file="next")
        _replace(other.key, pair.key)
        _replace(other.certificate, pair.certificate)
        while reach.certificate.fingerprint.replace(":", "").lower() == first:
            reach.looked.clear()
            await reach.looked.wait()
        _reader, writer, second = await connect(port)
        assert second != first
        assert b"200" in (await ask(old_reader, old_writer)).split(b"\r\n", 1)[0]
        for each in (writer, old_writer):
            each.close()


def _replace(new: Path, old: Path) -> None:
    copy = old.with_suffix(".copy")
    copy.write_bytes(new.read_bytes())
    copy.replace(old)
