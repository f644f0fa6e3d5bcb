"""A real house with a canary in every secret, whose far ends are all broken: asked everything and sent nonsense, it shows none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from tests.runs.rig import CameraSection, House, house_toml
from tests.web.asked import Served, ask

from hearthwatch.run.config import load
from hearthwatch.run.secret_names import asked_for

pytestmark = [pytest.mark.wired, pytest.mark.waits, pytest.mark.long]

NOWHERE = "127.0.0.1:9"
CONFIG = f"""
[camera.yard.door]
vendor = "dahua"
host = "127.0.0.1"
port = 9
[camera.yard.power]
off_url = "http://{NOWHERE}/off"
[camera.yard.porch]
[alerts.email]
to = ["a@example.org"]
host = "127.0.0.1"
port = 9
tls = "none"
user = "house"
[alerts.telegram]
api_base = "http://{NOWHERE}"
[alerts.webhook]
url = "http://{NOWHERE}/hook"
[mqtt]
host = "127.0.0.1"
port = 9
user = "house"
[proxy]
page_port = 0
[restream]
enabled = false
[people.anna]
devices = ["phone"]
[action.siren]
[action.siren.webhook]
url = "http://{NOWHERE}/on"
[offsite.targets.nas]
kind = "sftp"
host = "127.0.0.1"
port = 9
user = "house"
path = "/backup"
sealed = false
on_lan = true
[offsite.targets.bucket]
kind = "s3"
endpoint = "http://{NOWHERE}"
bucket = "backup"
access_key = "id"
read_access_key = "id2"
sealed = false
on_lan = true
"""
_LEFT_OUT = (
    r"^/api/v1/(logout|setup/(search|look|try)|welcome|own/|access/|login|claim|config|detector)|^/healthz"
    r"|/ptz|/cgi/|/stream|live\.mjpeg|stream\.mjpg"
)
"""What would look for cameras in this network, write to the file that holds the canaries, end the session, or last."""
_SHAPES = {
    "alerts.telegram.token": "4711:{}",
    "alerts.apprise.urls": "json://user:{}@127.0.0.1:9/",
    "heartbeat.url": "http://127.0.0.1:9/{}",
    "people.anna.phone.mac": "",
    "people.anna.phone.ble": "",
    "alerts.push.key": "",
}
"""Those that are no plain word; empty: not set here."""


async def test_a_canary_in_every_secret_is_seen_nowhere(tmp_path: Path) -> None:
    camera = CameraSection(name="yard", main=f"rtsp://{NOWHERE}/live", user="watch", more=CONFIG)
    house = House(tmp_path / "house", house_toml([camera]), {})
    planted: dict[str, str] = {}
    for number, name in enumerate(asked_for(load(house.config_path))):
        shape = _SHAPES.get(name, "{}")
        if shape:
            planted[name] = f"canary{number:02}Xq7Zt4Wv9Rs2Lm5Kj8Hn3Bd6"
            house.set_secret(name, shape.format(planted[name]))
    replies: list[bytes] = []
    try:
        await house.start()
        await house.claim()
        async with aiohttp.ClientSession() as plain:
            spec = await (await plain.get(f"{house.base}/api/openapi.json")).json()
        cookie = next(each.value for each in house._http.cookie_jar if each.key == "hearthwatch")
        served = Served(house.base, spec, {"owner": cookie}, {"owner": house._token})
        found = await asyncio.to_thread(
            ask, served, "owner", examples=1, phases=("fuzzing",), but=_LEFT_OUT, read=replies.append
        )
        replies.append(repr([await house.get("/api/v1/config"), await house.get("/api/v1/welcome")]).encode())
        code, told = await house.command("doctor")
        assert code in {0, 1}
    finally:
        await house.close()
    print(
        f"{len(found.operations)} operations, {found.requests} requests, {dict(sorted(found.statuses.items()))}, {len(planted)} canaries"
    )
    everything = b"\n".join([*replies, told.encode(), "\n".join(house.lines).encode()])
    assert [name for name, canary in planted.items() if canary.encode() in everything] == []
    written = [path for path in (tmp_path / "house").rglob("*") if path.is_file()]
    assert [str(path) for path in written if any(canary.encode() in path.read_bytes() for canary in planted.values())] == []
    assert not {status for status in found.statuses if status == 500}
    assert "Traceback" not in "\n".join(house.lines)
    # its cameras are silent and its far ends closed: that it says so, by 502 and 503, is right
    untrue = [f"{name}\n{said}" for name, said in found.findings.items() if "not_a_server_error" not in name]
    assert not untrue, "\n".join(untrue)
    assert len(planted) > 15
    assert len(found.operations) > 90
