"""Commands on their way to emulated cameras: the family's own log-in is added, and what no list names is never sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.devices import dahua, foscam_hd
from tests.devices.http_camera import PASSWORD, USER
from tests.devices.paced_camera import STILL, PacedCamera
from tests.run.relay_bench import Relay, relaying

from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId
from hearthwatch.web.relay.cgi import parse_call
from hearthwatch.web.relay.doors import CgiReply, Unlisted

pytestmark = pytest.mark.wired

RULES = """
[proxy.cgi]
dahua = ["GET /cgi-bin/magicBox.cgi?action=getDeviceType"]
foscam-hd = ["GET /cgi-bin/CGIProxy.fcgi?cmd=getDevName"]
none = ["GET /digest/jpeg"]
"""


def section(name: str, port: int, vendor: str, user: str = "watch", more: str = "") -> str:
    return f"""
[camera.{name}]
main = "rtsp://127.0.0.1:1/main"
allow_loopback = true
user = "{user}"
door = {{ vendor = "{vendor}", port = {port} }}
{more}
"""


async def asked(relay: Relay, camera: str, target: str) -> CgiReply:
    path, _, query = target.partition("?")
    call = parse_call("GET", path, query)
    assert call is not None
    return await relay.desk.call(CameraId(camera), call, b"", "text/plain")


async def test_each_family_gets_its_own_log_in(tmp_path: Path) -> None:
    plain = PacedCamera()
    try:
        async with dahua.camera().running() as amcrest, foscam_hd.camera().running() as foscam:
            config = RULES + section("amcrest", amcrest.port, "dahua") + section("foscam", foscam.port, "foscam-hd")
            config += section("plain", plain.port, "none", USER)
            secrets = {
                "camera.amcrest.password": "watch-Pass-1",
                "camera.foscam.password": "watchPass1",
                "camera.plain.password": PASSWORD,
            }
            async with relaying(tmp_path, config, secrets) as relay:
                answer = await asked(relay, "amcrest", "/cgi-bin/magicBox.cgi?action=getDeviceType")
                assert (answer.status, answer.body) == (200, b"type=IP2M-841B\r\n")
                assert amcrest.requests[-1].headers["authorization"].startswith("Digest ")
                answer = await asked(relay, "foscam", "/cgi-bin/CGIProxy.fcgi?cmd=getDevName")
                assert b"<devName>Front%20door</devName>" in answer.body
                answer = await asked(relay, "plain", STILL)
                assert answer.content_type == "image/jpeg"
                assert plain.authorizations[-1].startswith("Digest ")
                before = len(amcrest.requests), len(foscam.requests), len(plain.requests)
                for camera, target in (
                    ("amcrest", "/cgi-bin/magicBox.cgi?action=reboot"),
                    ("amcrest", "/cgi-bin/CGIProxy.fcgi?cmd=getDevName"),
                    ("foscam", "/cgi-bin/CGIProxy.fcgi?cmd=rebootSystem"),
                    ("foscam", "/cgi-bin/CGIProxy.fcgi?cmd=getDevName&usr=admin"),
                    ("plain", "/digest/jpeg?x=1"),
                ):
                    with pytest.raises(Unlisted):
                        await asked(relay, camera, target)
                assert (len(amcrest.requests), len(foscam.requests), len(plain.requests)) == before
    finally:
        plain.close()


async def test_what_is_listed_for_one_camera_is_for_that_one_and_a_changed_list_counts_at_once(tmp_path: Path) -> None:
    one, other = PacedCamera(), PacedCamera()
    listed = f'proxy.cgi = ["GET {STILL}"]'
    secrets = {"camera.one.password": PASSWORD, "camera.other.password": PASSWORD}
    try:
        config = section("one", one.port, "none", USER, listed) + section("other", other.port, "none", USER)
        async with relaying(tmp_path, config, secrets) as relay:
            assert (await asked(relay, "one", STILL)).status == 200
            with pytest.raises(Unlisted):
                await asked(relay, "other", STILL)
            assert relay.desk.now(CameraId("one")).cgi == (f"GET {STILL}",)
            await relay.configure(config.replace(listed, "proxy.enabled = false"))
            assert not relay.desk.is_shared(CameraId("one"))
            with pytest.raises(Unlisted):
                await asked(relay, "one", STILL)
            await relay.configure(config.replace(f"port = {one.port}", "port = 1"))
            with pytest.raises(Unreachable, match=r"one at 127\.0\.0\.1"):
                await asked(relay, "one", STILL)
        assert not other.requests
    finally:
        one.close()
        other.close()
