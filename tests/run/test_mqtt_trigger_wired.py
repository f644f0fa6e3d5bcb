"""A sensor that writes to the broker triggers its camera, whether or not the house takes commands, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.devices.mosquitto import Mosquitto
from tests.devices.mqtt_listener import Listener
from tests.run.mqtt_house import House

pytestmark = pytest.mark.wired

CAMERAS = """
[camera.front]
main = "rtsp://192.168.1.20/1"
trigger.mqtt = true
[camera.yard]
main = "rtsp://192.168.1.21/1"
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder, users={"house": "sesame", "ha": "open"}) as running:
        yield running


@pytest.mark.parametrize("commands", ["false", "true"])
async def test_a_sensor_writes_and_its_camera_is_triggered(tmp_path: Path, broker: Mosquitto, commands: str) -> None:
    text = f"[mqtt]\ncommands = {commands}\n{CAMERAS}"
    async with Listener(broker, "ha", "open") as seen, House(tmp_path, broker, text) as house:
        await seen.until_kept("hearthwatch/status", b"online")
        for payload in ("OFF", "0", "", "{}", "ON"):
            await seen.say("hearthwatch/set/camera/front/trigger", payload)
        async with asyncio.timeout(60):
            assert await house.triggered.get() == "front"
        await seen.say("hearthwatch/set/mode", "ARM_AWAY")
        await seen.say("hearthwatch/set/camera/front/trigger", "true")
        async with asyncio.timeout(60):
            assert await house.triggered.get() == "front"
        assert house.triggered.empty(), "only what says so triggers"
        asked = [mode for mode, _, _ in house.actions.arming.asked]
        assert asked == (["away"] if commands == "true" else []), "a trigger alone opens no door for commands"
