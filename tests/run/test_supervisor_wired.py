"""The supervisor and its real processes: what dies comes back and is linked again, and ends come in order.

A house draws the demo scene (recorder, looker, house and a guest); everything is seen from outside, as systemd or an owner
would.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.runs.break_out import INSIDE
from tests.runs.rig import CameraSection, House, house_toml

from hearthwatch.feeds.packet import Gap, Stream
from hearthwatch.kit.units import CameraId, WallUs

pytestmark = [pytest.mark.wired, pytest.mark.waits]

FRONT = CameraSection(name="front", main="demo://street?seed=1&walker=0&fps=5", sub="demo://street?seed=1&walker=0&fps=5")
THIRD = CameraSection(name="third", main="rtsp://127.0.0.1:9/none")
NOBODY = CameraSection(name="nobody", main="rtsp://127.0.0.1:9/none")


WATCHDOG_S = 1.0
SILENT_LIMIT_S = 5.0


class Systemd:
    """The other end of sd_notify(3): a datagram socket that keeps every line it is told."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self.lines: list[str] = []
        self._changed = asyncio.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self.path))

    def listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._socket, self._take)

    def deafen(self) -> None:
        """Leave what comes in the socket from now on, which takes ten messages or so."""
        asyncio.get_running_loop().remove_reader(self._socket)

    def _take(self) -> None:
        with contextlib.suppress(BlockingIOError):  # `catch_up` was first
            self.lines += self._socket.recv(4096).decode().splitlines()
            self._changed.set()

    def catch_up(self) -> None:
        """Read all that was said until now: on a busy machine some of it still waits."""
        while select.select([self._socket], [], [], 0)[0]:
            self._take()

    async def told(self, wanted: str, times: int = 1) -> None:
        """Wait until the line `wanted` has come so many times."""
        async with asyncio.timeout(60):
            while self.lines.count(wanted) < times:
                await self._changed.wait()
                self._changed.clear()

    def close(self) -> None:
        self.deafen()
        self._socket.close()


@pytest.fixture
async def systemd(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Systemd]:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are too long for the name of a socket
        found = Systemd(Path(folder))
        found.listen()
        monkeypatch.setenv("NOTIFY_SOCKET", str(found.path))
        monkeypatch.setenv("WATCHDOG_USEC", str(round(WATCHDOG_S * 1e6)))
        yield found
        found.close()


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """With no model at hand the built-in detector looks, which needs none."""
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(tmp_path / "models"))
    running = House(tmp_path / "house", house_toml([FRONT, NOBODY]), {})
    try:
        yield running
    finally:
        await running.close()


async def front(house: House) -> dict:
    return (await house.cameras())["front"]


def at_work(camera: dict) -> bool:
    """Packets come, and the looker looks at them."""
    return camera["state"] == "live" and camera["looked_per_s"] > 0


def looked_at(camera: dict) -> int:
    """How many items of the stream this looker got; a new one counts from nought."""
    return next(box["put"] for box in camera["streams"][0]["boxes"] if box["name"] == f"looker/{camera['id']}")


async def killed_and_back(house: House, role: str) -> None:
    """End a process as a crash would and wait until the next one is at work."""
    before = await front(house)
    pid = house.kill(role)
    counts = [looked_at(before)]

    def back(camera: dict) -> bool:
        counts.append(looked_at(camera))
        began_anew = any(later < earlier for earlier, later in pairwise(counts))
        fresh = began_anew if role == "looker" else camera["since_us"] > before["since_us"]
        return at_work(camera) and fresh

    await house.until(lambda: front(house), back)
    assert house.pids()[role] != pid


async def test_processes_come_back_a_changed_setting_disturbs_none_and_all_end_in_order(house: House, systemd: Systemd) -> None:
    await house.start()
    await systemd.told("READY=1")
    await systemd.told("WATCHDOG=1", systemd.lines.count("WATCHDOG=1") + 2)
    await house.claim()
    await house.until(lambda: front(house), at_work)

    before = house.pids()
    assert set(before) == {"supervisor", "recorder", "looker", "house", "guest"}
    house.write_config(house.config_path.read_text() + THIRD.toml())
    await house.until(house.cameras, lambda found: found.get("third", {}).get("state") == "lost")
    assert house.pids() == before
    assert at_work(await front(house))

    for role in ("looker", "guest", "recorder"):
        await killed_and_back(house, role)

    recorder = house.pids()["recorder"]
    os.kill(recorder, signal.SIGSTOP)  # it neither records nor ends
    systemd.catch_up()
    told = systemd.lines.count("WATCHDOG=1")
    await house.printed(lambda: any("recorder does not work" in line for line in house.lines), timeout_s=60)
    assert systemd.lines.count("WATCHDOG=1") - told <= 2 * SILENT_LIMIT_S / WATCHDOG_S + 2, "systemd was told that all is well"
    await systemd.told("WATCHDOG=1", systemd.lines.count("WATCHDOG=1") + 2)
    await house.until(lambda: front(house), at_work)
    assert house.pids().keys() == before.keys()

    async with asyncio.timeout(60):
        assert await house.stop() == 0
    await systemd.told("STOPPING=1")
    assert [line for line in house.lines if "Traceback" in line or "does not end" in line] == []


CRASHING = CameraSection(name="nobody", main="demo://street?seed=2&walker=0&fps=5", sub="demo://street?seed=2&walker=0&fps=5")


def gaps(house: House) -> list[Gap]:
    """Return every hole in the footage of both cameras."""
    with house.index() as index:
        return [
            gap
            for camera in ("front", "nobody")
            for stream in Stream
            for gap in index.gaps(CameraId(camera), stream, WallUs(0), WallUs(2**53))
        ]


async def test_sec_19_a_camera_that_crashes_the_looker_is_left_alone_until_the_next_change_and_ctrl_c_ends_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No picture at hand crashes libav, so the hole is put there: the decoder reads from address 0 at each packet of `nobody`."""
    monkeypatch.setenv("PYTHONPATH", str(INSIDE))
    monkeypatch.setenv("HEARTHWATCH_CRASHING_CAMERA", "nobody")
    house.write_config(house_toml([FRONT, CRASHING]))
    await house.start()
    await house.claim()

    async def nobody() -> dict:
        return (await house.cameras())["nobody"]

    await house.until(lambda: front(house), lambda camera: camera["state"] == "live")

    async def are_recorded() -> bool:
        with house.index() as index:
            recorded = {segment.camera for segment in index.all_segments()}
        return recorded == {"front", "nobody"} and all(gap.end_us is not None for gap in gaps(house))

    await house.until(are_recorded, bool)  # a guest that starts late costs its camera a gap, and that is noted late
    before = gaps(house)
    await house.printed(lambda: any("camera nobody: its pictures crashed the looker 5 times" in line for line in house.lines))
    found = await house.until(nobody, lambda camera: camera["state"] == "quarantined")
    assert "crashed the decoder" in found["cause"]
    await house.until(lambda: front(house), at_work)
    ended = [line for line in house.lines if "looker was ended by SIGSEGV" in line]
    assert len(ended) == 5
    assert not [line for line in house.lines if "camera front: its pictures crashed" in line]
    assert gaps(house) == before, "the recorder notices nothing, of neither camera"
    assert "camera-quarantined" in {each["fault"] for each in await house.outages() if each["end_us"] is None}

    house.write_config(house_toml([FRONT, NOBODY]))
    await house.until(nobody, lambda camera: camera["state"] != "quarantined")
    await house.until(
        house.outages,
        lambda found: all(each["end_us"] is not None for each in found if each["fault"] == "camera-quarantined"),
    )

    for pid in house.pids().values():  # a terminal's ctrl-C reaches every process of the group at once
        os.kill(pid, signal.SIGINT)
    async with asyncio.timeout(60):
        assert await house.ended() == 0
    assert [line for line in house.lines if "does not end" in line or "ended with" in line] == []
