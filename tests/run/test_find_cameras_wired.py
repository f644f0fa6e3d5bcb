"""Cameras found on a home network of network namespaces, among somebody who answers nonsense."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.devices.discoverable import match, nonsense
from tests.devices.lan import Lan, is_possible, lan

from hearthwatch.vendors.onvif_discovery import call

pytestmark = pytest.mark.wired
ROOT = Path(__file__).resolve().parents[2]
CAMERAS = {"dahua": "10.77.0.21", "onvif": "10.77.0.22", "reolink": "10.77.0.23", "foscam-mjpeg": "10.77.0.24"}
LIAR = "10.77.0.66"
MAC = "02:77:00:00:00:15"


@contextmanager
def devices(net: Lan, name: str, mac: str, kinds: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run them in one host that has all their addresses."""
    first, *more = kinds.values()
    host = net.phone(name, mac, first)
    for address in more:
        subprocess.run(["ip", "-n", host.namespace, "addr", "add", f"{address}/24", "dev", "eth0"], check=True)
    host.join()
    words = [word for pair in kinds.items() for word in pair]
    command = ["ip", "netns", "exec", host.namespace, sys.executable, "-m", "tests.devices.discoverable", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not is_possible(), reason="this machine makes no network namespaces")
def test_cameras_are_found_called_announced_or_silent_and_nonsense_is_counted(tmp_path: Path) -> None:
    (tmp_path / "hearthwatch.toml").write_text(
        '[home]\nnetworks = ["10.77.0.0/24"]\n[camera.drive]\nmain = "rtsp://10.77.0.23/main"\n'
    )
    with lan() as net, ExitStack() as stack:
        running = [
            stack.enter_context(devices(net, "c", MAC, CAMERAS)),
            stack.enter_context(devices(net, "l", "02:77:00:00:00:66", {"liar": LIAR})),
        ]
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        done = subprocess.run(
            net.command(sys.executable, "-m", "hearthwatch", "cameras", "find", "--json", "--data", str(tmp_path)),
            capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = {one["vendor"]: one for one in json.loads(done.stdout)}
    assert {vendor: one["host"] for vendor, one in found.items()} == CAMERAS
    assert found["dahua"]["mac"] == MAC
    assert found["onvif"]["name"] == "Yard"
    assert (found["reolink"]["name"], found["reolink"]["camera"]) == ("Driveway", "drive")


async def test_over_a_hundred_answers_that_no_camera_gives_push_out_no_camera_and_are_counted() -> None:
    answers = [one for one in nonsense("127.0.0.1") if len(one) < 60_000]
    assert len(answers) > 100
    answers.append(match("127.0.0.1"))

    class Device(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            for one in answers:  # all at once: nobody reads meanwhile, as where the machine is busy
                self.transport.sendto(one, addr)  # type: ignore[attr-defined]

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Device, local_addr=("127.0.0.1", 0))
    told = await call(rng=random.Random(1), wait_s=1.0, local_address="127.0.0.1", group=transport.get_extra_info("sockname"))
    transport.close()
    assert [one.name for one in told.cameras] == ["Yard"]
    assert told.ignored > 100
