"""What a stranger sees: against a real TLS server, open and closed ports, and an emulated camera."""

from __future__ import annotations

import asyncio
import random
import ssl

import pytest
from tests.devices import dahua, foscam_hd, foscam_mjpeg

from hearthwatch.audit.certificate import certificate
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.probe import Probe, is_open
from hearthwatch.web.tls import certificate as made_by_us

pytestmark = pytest.mark.wired


@pytest.fixture
def probe() -> Probe:
    return Probe(rng=random.Random(1))


def access(port: int, **more) -> Access:
    given = {"camera": CameraId("porch"), "host": "127.0.0.1", "port": port, "user": "watch", "allow_loopback": True}
    return Access(**(given | {"password": Secret("watch-Pass-1")} | more))


async def test_a_ports_state_is_told_apart():
    async def greet(_reader, writer) -> None:
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await is_open("127.0.0.1", port)
    assert not await is_open("127.0.0.1", port)


async def test_the_ports_of_this_machine_are_no_cameras(probe):
    assert await probe.open_ports(access(80), [22, 23]) == {}


async def test_the_certificate_is_read_without_trusting_it(probe, tmp_path):
    made = made_by_us(tmp_path, Secrets(tmp_path), SystemClock())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.path)

    async def greet(_reader, writer) -> None:
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        der = await probe.certificate(access(port, tls=True))
    shown = certificate(der)
    assert shown.not_before < shown.not_after
    assert shown.key_bits == 0  # of an elliptic curve
    assert await probe.certificate(access(port, tls=True)) is None
    assert certificate(b"no certificate") is None


@pytest.mark.parametrize(
    ("module", "target", "mark", "answers"),
    [
        (foscam_mjpeg, "/get_status.cgi", b"var ", True),
        (foscam_mjpeg, "/get_params.cgi", b"var ", False),
        (foscam_hd, "/cgi-bin/CGIProxy.fcgi?cmd=getPortInfo", b"<result>0</result>", True),
        (foscam_hd, "/cgi-bin/CGIProxy.fcgi?cmd=getUPnPConfig", b"<result>0</result>", False),
        (dahua, "/cgi-bin/magicBox.cgi?action=getMachineName", b"name=", False),
    ],
)
async def test_who_answers_anybody_is_found_out_without_our_log_in(probe, module, target, mark, answers):
    camera = module.camera()
    lines = []
    camera.say = lines.append
    async with camera.running():
        assert await probe.answers_anybody(access(camera.port), target, mark) is answers
        port = camera.port
    assert "watch" not in "".join(lines)
    assert await probe.answers_anybody(access(port), target, mark) is None
