"""A whole house at a real broker: what it says there while it lives, and what the broker says when it is shot."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.alerts import home_assistant
from tests.devices.mosquitto import Mosquitto
from tests.devices.mqtt_listener import Listener

pytestmark = pytest.mark.wired

COMMAND = [sys.executable, "-m", "hearthwatch"]


def house_process(supervisor: int) -> int:
    """Return the id of the process `house` below the supervisor."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        if parent == supervisor and b"hearthwatch.run.house" in words:
            return int(path.name)
    raise AssertionError("there is no house")


async def until_armed_on_disk(house_db: Path, mode: str) -> None:
    """A change counts at once and is written as soon as the disk takes it: on a busy one that may be seconds later."""
    while True:
        with contextlib.closing(sqlite3.connect(f"file:{house_db}?mode=ro", uri=True)) as sql:
            if sql.execute("SELECT mode FROM arm_state").fetchone() == (mode,):
                return
        await asyncio.sleep(0.1)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder, users={"house": "sesame", "ha": "open"}) as running:
        yield running


@pytest.fixture
def supervisor(tmp_path: Path, broker: Mosquitto) -> Iterator[subprocess.Popen[bytes]]:
    """A house that runs at the broker, and may command; the doctor has looked at it before."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "hearthwatch.toml").write_text(
        "[web]\nhttps_port = 0\n"
        f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\nuser = "house"\ncommands = true\npictures = true\n'
    )
    secret = [*COMMAND, "secrets", "set", "mqtt.password", "--data", str(data)]
    subprocess.run(secret, input="sesame\n", text=True, check=True, capture_output=True)
    doctor = subprocess.run([*COMMAND, "doctor", "--data", str(data)], text=True, capture_output=True, check=False)
    assert f"MQTT: the broker at 127.0.0.1:{broker.port} lets us in" in doctor.stdout
    assert "hearthwatch/set/#" in doctor.stdout
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen([*COMMAND, "run", "--data", str(data), "--port", "0"], stdout=log, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


async def test_a_house_that_is_shot_is_offline_at_once_and_online_again_when_it_is_back(
    broker: Mosquitto, supervisor: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    async with Listener(broker, "ha", "open") as seen:
        await seen.until_kept("hearthwatch/status", b"online")
        for topic, payload in [*seen.kept.items()]:
            if topic.startswith("homeassistant/"):
                home_assistant.check("homeassistant", topic, payload)
        await seen.until_kept("hearthwatch/camera/demo/online", b"ON")
        await seen.say("hearthwatch/set/mode", "DISARM")
        await seen.until_kept("hearthwatch/panel", b"disarmed")
        await seen.until(lambda seen: json.loads(seen.kept["hearthwatch/about"])["via"] == "MQTT")
        await seen.say("hearthwatch/set/camera/demo/picture", "PRESS")
        await seen.until(lambda seen: seen.kept.get("hearthwatch/camera/demo/picture", b"").startswith(b"\xff\xd8"))
        await until_armed_on_disk(tmp_path / "data" / "house.db", "disarmed")
        os.kill(house_process(supervisor.pid), signal.SIGKILL)
        await seen.until_kept("hearthwatch/status", b"offline")
        await seen.until_kept("hearthwatch/status", b"online")
        assert seen.kept["hearthwatch/panel"] == b"disarmed"
        supervisor.send_signal(signal.SIGTERM)
        await seen.until_kept("hearthwatch/status", b"offline")
