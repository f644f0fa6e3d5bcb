"""Cameras without a stream: where their pictures come from, and what is told when none comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.alerts.house import Health

from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.cameras_now import StillNow
from hearthwatch.run.config import parse
from hearthwatch.run.sources import snapshot_source
from hearthwatch.run.still_cameras import StillCameras
from hearthwatch.web.doors import CameraState

HALL, GATE = CameraId("hall"), CameraId("gate")
CONFIG = """
[camera.hall]
snapshot = "picamera://0"
trigger.pin = 17
[camera.gate]
door.host = "192.168.1.9"
[camera.yard]
main = "rtsp://192.168.1.10/x"
"""


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.health = Health()
        self.jpeg = next(iter(sorted((folder / "images").rglob("*.jpg")))).read_bytes()
        self.answer: bytes | Exception = self.jpeg
        self.asked: list[str] = []
        self.told: list[tuple[CameraId, StillNow]] = []
        self.private = False
        self.stills = StillCameras(
            source=lambda name, options: snapshot_source(name, options, Secrets(Path("/nowhere"))),
            still=lambda camera: self._give("pi", camera),
            from_camera=lambda camera: self._give("door", camera),
            is_private=lambda _camera: self.private,
            told=lambda camera, now: self.told.append((camera, now)),
            health=self.health,
            clock=self.clock,
        )
        self.stills.renew(parse(CONFIG))

    async def _give(self, way: str, camera: CameraId) -> bytes:
        self.asked.append(f"{way} {camera}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def bench(test_data: Path) -> Bench:
    return Bench(test_data)


async def test_each_camera_is_asked_in_its_own_way(bench: Bench) -> None:
    assert [bench.stills.has(CameraId(name)) for name in ("hall", "gate", "yard")] == [True, True, False]
    assert await bench.stills.fetch(HALL) == bench.jpeg
    assert await bench.stills.fetch(GATE) == bench.jpeg
    assert bench.asked == ["pi hall", "door gate"]
    assert [(camera, now.state) for camera, now in bench.told] == [(HALL, CameraState.LIVE), (GATE, CameraState.LIVE)]


async def test_a_picture_just_taken_is_shown_again(bench: Bench) -> None:
    await bench.stills.snapshot(HALL)
    bench.clock.advance(1)
    await bench.stills.snapshot(HALL)
    assert bench.asked == ["pi hall"]
    bench.clock.advance(2)
    await bench.stills.snapshot(HALL)
    assert bench.asked == ["pi hall", "pi hall"]


async def test_twice_without_a_picture_is_an_outage_until_one_comes(bench: Bench) -> None:
    bench.answer = Unreachable("no camera found: check the ribbon cable")
    for failures in (0, 1):
        assert len(bench.health.log) == 0, f"after {failures}"
        with pytest.raises(Unreachable):
            await bench.stills.fetch(HALL)
    assert bench.health.open == {(Fault.CAMERA_UNREACHABLE, HALL): "no camera found: check the ribbon cable"}
    assert bench.told[-1][1].state is CameraState.LOST
    bench.answer = bench.jpeg
    await bench.stills.fetch(HALL)
    assert bench.health.open == {}


async def test_what_is_no_picture_is_not_shown(bench: Bench) -> None:
    bench.answer = b"<html>"
    with pytest.raises(BadReply):
        await bench.stills.fetch(HALL)
    bench.answer = b""
    with pytest.raises(Unreachable, match="its own door gives no picture"):
        await bench.stills.fetch(GATE)


async def test_there_is_no_picture_in_private_not_even_the_last(bench: Bench) -> None:
    await bench.stills.snapshot(HALL)
    bench.private = True
    with pytest.raises(Unreachable, match="private"):
        await bench.stills.snapshot(HALL)
    watching = bench.stills.watch(HALL)
    with pytest.raises(Unreachable, match="private"):
        await anext(watching)
    assert bench.asked == ["pi hall"]
