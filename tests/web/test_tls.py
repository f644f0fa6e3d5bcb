"""The house's own authority, and the page's certificate that it signs."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from tests.web.running import new_house, running_house

from hearthwatch.kit.clock import FakeClock, SystemClock
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import WallUs
from hearthwatch.web import reach as reach_module
from hearthwatch.web.accounts import Role
from hearthwatch.web.authority import authority, public_file, renewed
from hearthwatch.web.options import WebOptions
from hearthwatch.web.reach import Reach, Tls
from hearthwatch.web.tls import Made, certificate, names

DAY_S = 24 * 3600
HOME = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("192.168.1.5"))


@pytest.fixture
def sealer(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path)


def asked(made: Made) -> tuple[set[str], set[str]]:
    found = made.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(found.get_values_for_type(x509.DNSName)), {str(each) for each in found.get_values_for_type(x509.IPAddress)}


def print_of(found: x509.Certificate) -> str:
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


def test_it_is_made_once_for_this_machine_and_the_names_given(tmp_path: Path, clock: FakeClock, sealer: Secrets) -> None:
    made = certificate(tmp_path / "tls", sealer, clock, ("cams.example.org",), HOME)
    assert certificate(tmp_path / "tls", sealer, clock, ("cams.example.org",), HOME) == made
    dns, addresses = asked(made)
    assert {"localhost", "cams.example.org"} <= dns
    assert addresses == {"127.0.0.1", "192.168.1.5"}
    lasts = made.certificate.not_valid_after_utc - made.certificate.not_valid_before_utc
    assert lasts.days <= 398
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.path)


def test_no_key_lies_open_and_only_the_authoritys_certificate_may_be_read(
    tmp_path: Path, clock: FakeClock, sealer: Secrets
) -> None:
    folder = tmp_path / "tls"
    certificate(folder, sealer, clock, (), HOME)
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "authority.key": 0o600,
        "authority.crt": 0o644,
        "https.pem": 0o600,
    }
    assert b"PRIVATE" not in (folder / "authority.key").read_bytes() + public_file(folder).read_bytes()


def test_the_authority_is_good_for_homes_alone(tmp_path: Path, clock: FakeClock, sealer: Secrets) -> None:
    by = authority(tmp_path, sealer, clock, names(("cams.example.org",)))
    ip = ipaddress.ip_address
    for good in ("localhost", "nas.local", "cams.example.org", "deep.cams.example.org"):
        assert by.vouches_for(x509.DNSName(good)), good
    for bad in ("example.org", "bank.example", "evilcams.example.org", "notlocal"):
        assert not by.vouches_for(x509.DNSName(bad)), bad
    assert by.vouches_for(x509.IPAddress(ip("192.168.1.5")))
    assert by.vouches_for(x509.IPAddress(ip("fd00::5")))
    assert not by.vouches_for(x509.IPAddress(ip("203.0.113.7")))
    constraints = by.certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical


def test_a_name_that_came_later_is_left_out_and_said_until_a_new_authority_is_made(
    tmp_path: Path, clock: FakeClock, sealer: Secrets
) -> None:
    folder = tmp_path / "tls"
    first = certificate(folder, sealer, clock, (), HOME)
    later = certificate(folder, sealer, clock, ("cams.example.org",), HOME)
    assert later.left_out == ("cams.example.org",)
    assert later.certificate == first.certificate
    reach = Reach()
    Tls(WebOptions(hosts=("cams.example.org",)), folder, clock, reach, sealer).open()
    assert "hearthwatch certificate --new" in reach.trouble
    renewed(folder, sealer, clock, names(("cams.example.org",)))
    anew = certificate(folder, sealer, clock, ("cams.example.org",), HOME)
    assert (anew.left_out, "cams.example.org" in asked(anew)[0]) == ((), True)
    assert anew.authority.fingerprint != first.authority.fingerprint


def test_it_is_made_anew_before_it_ends_by_the_same_authority(tmp_path: Path, clock: FakeClock, sealer: Secrets) -> None:
    first = certificate(tmp_path, sealer, clock, (), HOME)
    clock.advance(59 * DAY_S)
    assert certificate(tmp_path, sealer, clock, (), HOME) == first
    clock.advance(2 * DAY_S)
    second = certificate(tmp_path, sealer, clock, (), HOME)
    assert second.certificate != first.certificate
    assert second.authority.fingerprint == first.authority.fingerprint
    second.certificate.verify_directly_issued_by(first.authority.certificate)
    second.path.write_text("not a certificate")
    assert certificate(tmp_path, sealer, clock, (), HOME).certificate != second.certificate


def test_another_address_is_taken_in(tmp_path: Path, clock: FakeClock, sealer: Secrets) -> None:
    certificate(tmp_path, sealer, clock, (), HOME)
    moved = certificate(tmp_path, sealer, clock, (), (ipaddress.ip_address("192.168.7.7"),))
    assert asked(moved)[1] == {"192.168.7.7"}
    assert certificate(tmp_path, sealer, clock, (), ()).certificate == moved.certificate  # what is gone does no harm


def test_an_authority_made_while_the_clock_said_1970_outlives_its_being_set(tmp_path: Path, sealer: Secrets) -> None:
    young = FakeClock(wall_us=1_000_000)
    first = certificate(tmp_path, sealer, young, (), HOME)
    young.advance(56 * 365 * DAY_S)
    second = certificate(tmp_path, sealer, young, (), HOME)
    assert second.authority.fingerprint == first.authority.fingerprint
    assert second.certificate != first.certificate


def test_an_authority_that_cannot_be_opened_is_replaced_and_said(tmp_path: Path, clock: FakeClock, sealer: Secrets) -> None:
    folder = tmp_path / "tls"
    first = certificate(folder, sealer, clock, (), HOME)
    (folder / "authority.key").write_bytes(b"damaged")
    reach = Reach()
    Tls(WebOptions(), folder, clock, reach, sealer).open()
    assert reach.certificate.authority != first.authority.fingerprint
    assert "made anew" in reach.trouble


@dataclass
class Behind(SystemClock):
    """The right time, less what a test wants."""

    by_s: float = 0

    def wall_us(self) -> WallUs:
        return WallUs(super().wall_us() - int(self.by_s * 1_000_000))


async def peer(port: int, context: ssl.SSLContext, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
    return reader, writer, writer.get_extra_info("ssl_object").getpeercert(binary_form=True)


async def healthy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    answer = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return b"200" in answer.split(b"\r\n", 1)[0]


@pytest.mark.wired
async def test_who_trusts_the_authority_alone_connects_by_name_and_address_and_a_renewal_drops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reach_module, "LOOK_S", 0.02)
    caplog.set_level(logging.DEBUG)
    house = new_house()
    house.clock = Behind(by_s=65 * DAY_S)
    async with running_house(tmp_path, house, WebOptions(port=0, https_port=0, hosts=("cams.example.org",))) as run:
        await run.built.add_user("ada", Role.OWNER)
        await run.built.auth.is_claimed()
        said = [await run.said.get()]
        while "authority" not in said[-1]:
            said.append(await asyncio.wait_for(run.said.get(), 60))
        port = int(next(line for line in said if "https://" in line).split(" (", 1)[0].rsplit(":", 1)[1])
        public = public_file(tmp_path / "tls")
        assert print_of(x509.load_pem_x509_certificate(public.read_bytes())) in said[-1]
        trusting = ssl.create_default_context(cafile=str(public))
        trusting.verify_flags |= ssl.VERIFY_X509_STRICT
        old_reader, old_writer, first = await peer(port, trusting, "127.0.0.1")
        for name in ("localhost", "cams.example.org"):
            (await peer(port, trusting, name))[1].close()
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            await peer(port, trusting, "bank.example")
        with pytest.raises(ssl.SSLCertVerificationError):
            await peer(port, ssl.create_default_context(), "localhost")
        assert await healthy(old_reader, old_writer)

        house.clock.by_s = 0  # and 25 days are left of 90
        reach = run.built.app.state.site.reach
        while reach.certificate.fingerprint.replace(":", "").lower() == hashes_of(first):
            reach.looked.clear()
            await reach.looked.wait()
        _reader, writer, second = await peer(port, trusting, "127.0.0.1")
        assert hashes_of(second) != hashes_of(first)
        assert await healthy(old_reader, old_writer)
        for each in (writer, old_writer):
            each.close()
    private = serialization.load_pem_private_key((tmp_path / "tls" / "https.pem").read_bytes(), None)
    number = private.private_numbers().private_value
    kept = authority(tmp_path / "tls", Secrets(tmp_path), SystemClock()).key.private_numbers().private_value
    for text in (*said, caplog.text):
        assert "PRIVATE" not in text
        assert str(number) not in text
        assert str(kept) not in text


def hashes_of(der: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    return digest.finalize().hex()


def test_an_address_that_is_the_machines_own_is_vouched_for_though_it_is_public(
    tmp_path: Path, clock: FakeClock, sealer: Secrets
) -> None:
    public = (ipaddress.ip_address("9.9.9.9"), ipaddress.ip_address("2a01:4f8::5"))
    made = certificate(tmp_path, sealer, clock, (), (*HOME, *public))
    assert asked(made)[1] == {"127.0.0.1", "192.168.1.5", "9.9.9.9", "2a01:4f8::5"}
    assert not made.authority.vouches_for(x509.IPAddress(ipaddress.ip_address("9.9.9.10")))
    moved = certificate(tmp_path, sealer, clock, (), (*HOME, ipaddress.ip_address("9.9.9.10")))
    assert moved.certificate == made.certificate  # an address nobody could vouch for is no reason for a new one
