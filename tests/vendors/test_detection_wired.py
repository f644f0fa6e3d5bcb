"""Finding out whose camera answers, against emulated cameras and a router: no credentials, one log-in for the identity."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.devices import dahua, foscam_hd, foscam_mjpeg, reolink
from tests.devices.camera_web import EmulatedCamera
from tests.vendors.fake_neighbours import FakeNeighbours
from tests.vendors.web_camera import DIGEST, WebCamera, reply, running, saying

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.detection import Detector
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.doorman import Door, Doorman
from hearthwatch.vendors.onvif_discovery import FoundCamera
from hearthwatch.vendors.survey import Survey

pytestmark = pytest.mark.wired

PORCH = CameraId("porch")
HERE = "127.0.0.1"
FAMILIES = {
    Vendor.DAHUA: dahua.camera,
    Vendor.FOSCAM_HD: foscam_hd.camera,
    Vendor.FOSCAM_MJPEG: foscam_mjpeg.camera,
    Vendor.REOLINK: reolink.camera,
}
TV = reply(b"<html>a television</html>")


SOON_S = 0.5
"""For a server that never answers the greeting of TLS, and from which nothing is expected."""


def detector(timeout_s: float = 30.0) -> Detector:
    return Detector(rng=random.Random(1), timeout_s=timeout_s, connect_s=30.0)


def doorman(clock: FakeClock, timeout_s: float = 30.0) -> Doorman:
    return Doorman(clock=clock, rng=random.Random(1), neighbours=FakeNeighbours(), detector=detector(timeout_s))


def door(camera: EmulatedCamera | WebCamera, password: str = "", vendor: Vendor = Vendor.AUTO) -> Door:
    access = Access(camera=PORCH, host=HERE, port=camera.port, user="watch", password=Secret(password), allow_loopback=True)
    return Door(vendor=vendor, access=access)


def password_of(camera: EmulatedCamera) -> str:
    return next(one.password for one in camera.state.accounts if one.name == "watch")


@pytest.mark.parametrize("vendor", FAMILIES)
async def test_an_emulated_camera_is_recognised_without_a_log_in(vendor: Vendor) -> None:
    async with FAMILIES[vendor]().running() as camera:
        found = await detector().detect(HERE, port=camera.port, allow_loopback=True)
        assert found.fingerprint is not None
        assert (found.fingerprint.vendor, found.port, found.tls) == (vendor, camera.port, False)
        assert camera.requests
        for request in camera.requests:
            assert "authorization" not in request.headers
            assert not {"usr", "pwd", "user"} & set(request.pairs)


@pytest.mark.parametrize("vendor", FAMILIES)
async def test_auto_brings_the_client_of_the_family_and_logs_in_once(vendor: Vendor) -> None:
    async with FAMILIES[vendor]().running() as camera:
        man = doorman(FakeClock())
        await man.renew({PORCH: door(camera, password_of(camera))})
        client = await man.client(PORCH)
        assert (await client.identity()).key
        assert man.door(PORCH).vendor is vendor
        assert await man.client(PORCH) is client
        await man.close()
        assert not [line for line in camera.ledger if "fail" in str(line).lower()]


async def test_identify_asks_who_it_is_with_one_log_in() -> None:
    async with dahua.camera().running() as camera:
        async with doorman(FakeClock()).guest(door(camera, password_of(camera), Vendor.DAHUA)) as client:
            identity = await client.identity()
        assert (identity.model, identity.serial) == ("IP2M-841B", "AMC00056_24AAF8")


async def test_a_device_of_no_known_family_is_asked_once_a_day_and_never_gets_a_password() -> None:
    async with running(WebCamera(answer=saying(TV))) as camera:
        clock = FakeClock()
        man = doorman(clock, SOON_S)
        await man.renew({PORCH: door(camera, "secret")})
        for _ in range(20):
            with pytest.raises(Unsupported, match="no camera of a family that we know"):
                await man.client(PORCH)
            clock.advance(600)
        asked = camera.connections
        clock.advance(86_400)
        with pytest.raises(Unsupported):
            await man.client(PORCH)
        assert camera.connections > asked
        again = camera.connections
        with pytest.raises(Unsupported):
            await man.client(PORCH)
        assert camera.connections == again
        await man.renew({PORCH: door(camera, "other")})  # the configuration changed
        with pytest.raises(Unsupported):
            await man.client(PORCH)
        assert camera.connections > again
        assert not any("authorization" in one.headers or "secret" in one.target for one in camera.requests)
        await man.close()


async def test_where_nothing_answers_the_many_who_ask_cost_one_try() -> None:
    async with running(WebCamera(answer=saying(TV))) as camera:
        gone = door(camera)
    clock = FakeClock()
    man = doorman(clock)
    await man.renew({PORCH: gone})
    for _ in range(3):
        with pytest.raises(Unreachable, match="nothing answers"):
            await man.client(PORCH)
    await man.close()


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
        b"HTTP/1.1 401 No\r\n\r\n",
        b"\x00" * 300,
    ],
)
async def test_what_is_not_http_is_no_camera(bytes_: bytes) -> None:
    async with running(WebCamera(answer=saying(bytes_, then_close=True))) as camera:
        found = await detector(SOON_S).detect(HERE, port=camera.port, allow_loopback=True)
        assert found.fingerprint is None
        assert str(camera.port) in found.why


async def test_this_machine_is_not_looked_at_unless_allowed() -> None:
    with pytest.raises(Unsupported, match="this machine"):
        await detector().detect(HERE)


async def test_with_tls_nothing_is_asked_in_clear() -> None:
    async with running(WebCamera(answer=saying(TV), challenges=(DIGEST,))) as camera:
        found = await detector(SOON_S).detect(HERE, port=camera.port, tls=True, allow_loopback=True)
        assert found.fingerprint is None
        assert camera.requests == []


async def test_a_camera_at_an_odd_port_is_found_by_its_answer_to_a_call(test_data: Path) -> None:
    date = (test_data / "tapes/onvif/hikvision-ds2df7276-5.1.6/GetSystemDateAndTime.xml").read_bytes()
    async with running(WebCamera(answer=saying(reply(date)))) as camera:
        said = FoundCamera(host=HERE, port=camera.port, tls=False, endpoint="", name="Yard", hardware="DS", scopes=())
        network = FakeNeighbours(callers=[said, replace(said, host="203.0.113.9")])
        survey = Survey(detector(), network, discover=network.call, browse=network.browse, allow_loopback=True)
        now = await survey.run(("127.0.0",))
        [found] = now.found
        assert now.ignored == 1
        assert found.detected.fingerprint is not None
        assert (found.detected.fingerprint.vendor, found.detected.port) == (Vendor.ONVIF, camera.port)
        assert found.called == said


async def test_a_survey_finds_who_wakes_when_poked_and_skips_who_is_not_home() -> None:
    network = FakeNeighbours(table={"10.9.9.9": "00:00:00:00:00:09"}, asleep={"127.0.0.3": "9c:8e:cd:00:11:22"})
    survey = Survey(detector(), network, discover=network.call, browse=network.browse, allow_loopback=True)
    assert (await survey.run(("127.0.0",))).found == ()
    assert "127.0.0.6" in network.poked
    assert network.table["127.0.0.3"]
