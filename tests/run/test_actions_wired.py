"""A whole house with an emulated camera and a real web server: an alarm sounds the siren and rings the bell, and a killed house
leaves nothing on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path

import aiomqtt
import pytest
from tests.devices import dahua
from tests.devices.camera_video import CameraVideo
from tests.devices.mosquitto import Mosquitto
from tests.devices.webhook_sink import WebhookSink
from tests.runs.rig import CameraSection, channels, running

from hearthwatch.bench.rtsp_server import Mount

pytestmark = pytest.mark.wired

PASSWORD = "watch-Pass-1"


async def test_an_alarm_switches_and_kill_minus_nine_leaves_nothing_on(tmp_path) -> None:
    mounts = [Mount(path="/cam/realmonitor", length_s=10, width_px=320, height_px=180, fps=5, gop_s=1.0)]
    sink = WebhookSink()
    with Mosquitto(tmp_path) as broker:
        await _scene(tmp_path, sink, broker, mounts)
    await sink.stop()


async def _scene(folder: Path, sink: WebhookSink, broker: Mosquitto, mounts: list[Mount]) -> None:
    async with dahua.camera().running() as camera, CameraVideo(camera=camera, user="watch", mounts=mounts).running() as video:
        more = f"""[camera.front.door]
vendor = "dahua"
port = {camera.port}
[action.siren]
name = "Siren in the yard"
off_after_s = 3600
camera.camera = "front"
when.labels = ["crossing"]
[action.bell]
webhook.url = "{await sink.start()}"
webhook.body = '{{"ring": true}}'
when.labels = ["crossing"]
[action.lamp]
camera.camera = "front"
camera.output = "light"
[action.relay]
off_after_s = 0
camera.camera = "front"
camera.output = "relay"
when.going_to = ["home"]
[action.horn]
mqtt.topic = "horn/set"
[mqtt]
host = "127.0.0.1"
port = {broker.port}
discovery = ""
"""
        section = CameraSection(name="front", main=video.url("/cam/realmonitor"), user="watch", password=PASSWORD, more=more)
        state = camera.outputs
        async with channels() as services, running(folder, [section], services) as house:
            await house.all_live()
            await house.until(lambda: _value(len(camera.listeners)), bool)
            await camera.alarm("CrossLineDetection", on=True)
            await house.until(lambda: _value(state.on["Speaker"]), bool, every_s=0.02)
            await house.until(lambda: _value(len(sink.got)), bool, every_s=0.02)
            headers, body = sink.got[0]
            assert json.loads(body) == {"ring": True}
            assert headers["Content-Type"] == "application/json"
            now = {one["name"]: one for one in await house.get("/api/v1/actions")}
            assert now["siren"]["title"] == "Siren in the yard"
            assert now["siren"]["on_since_us"] is not None
            assert now["bell"]["on_since_us"] is None

            code, said = await house.command("actions", "test", "lamp")
            assert (code, said.strip()) == (0, "lamp: on; it goes off by itself")
            assert "WhiteLight on" in state.done
            await house.until(lambda: _value(state.on["WhiteLight"]), lambda on: not on)
            async with aiomqtt.Client("127.0.0.1", broker.port) as listener:
                await listener.subscribe("horn/set")
                await house.until(lambda: house.command("actions", "test", "horn"), lambda done: done[0] == 0)
                async with asyncio.timeout(60):
                    heard = [(await anext(aiter(listener.messages))).payload for _ in range(2)]
                assert heard == [b"ON", b"OFF"]

            code, said = await house.command("arm", "--home")
            assert code == 0, said
            relay = camera.tree["AlarmOut"][0]
            await house.until(lambda: _value(int(relay["Mode"])), lambda mode: mode == 1)
            await house.until(
                lambda: house.get("/api/v1/actions"),
                lambda found: not any(one["name"] == "siren" and one["on_since_us"] for one in found),
            )
            assert not state.on["Speaker"]
            await house.command("arm")
            testing = asyncio.create_task(house.command("actions", "test", "siren"))
            await house.until(lambda: _tested(folder), bool, every_s=0.02)
            assert state.on["Speaker"]
            house.kill("house")
            await testing  # its answer may be lost
            await house.until(lambda: _value(state.on["Speaker"]), lambda on: not on)
            await house.claim()
            _code, said = await house.until(
                lambda: house.command("actions", "trail"), lambda told: "siren off (its time was over)" in told[1]
            )
            lines = [line.partition("  ")[2] for line in said.splitlines()]
            assert "siren on (crossing at front)" in lines
            assert "siren off (mode home)" in lines
            assert "relay on (mode home)" in lines
            assert any(line.startswith("siren on (test by ") for line in lines)
            assert lines[0] == "siren off (its time was over)"
            now = {one["name"]: one for one in await house.get("/api/v1/actions")}
            assert now["relay"]["on_since_us"] is not None, "what is to stay on stays on"
            code, said = await house.command("actions", "off", "relay")
            assert (code, int(relay["Mode"])) == (0, 0), said
            assert await house.stop() == 0
            assert "Traceback" not in "\n".join(house.lines)


async def _tested(folder: Path) -> bool:
    """Tell whether the siren's test stands in the trail; it is not switched off before."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'house.db'}?mode=ro", uri=True)) as db:
        query = "SELECT 1 FROM action_trail WHERE name = 'siren' AND turn = 'on' AND why LIKE 'test by %'"
        return db.execute(query).fetchone() is not None


async def _value(found: object) -> object:
    return found
