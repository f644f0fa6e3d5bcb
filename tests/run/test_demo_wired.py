"""The demo street: within a minute of the start a visitor is an event, footage and an alert; nobody is never somebody.

The first test runs the real house without any model. The others film scenes and have them looked at as `hearthwatch analyze`
looks at a file, so that minutes of street take seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.runs.rig import House, house_toml

from hearthwatch.detect.detection import Detector
from hearthwatch.detect.hog import HogDetector
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.store import Store
from hearthwatch.feeds import street
from hearthwatch.feeds.demo import DemoFeed
from hearthwatch.feeds.packet import Packet, Stream
from hearthwatch.feeds.scene import SceneOptions
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import FakeClock, Stop
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.boxes import fragment, init_segment
from hearthwatch.run.analyze import Visit, analyze

pytestmark = pytest.mark.wired

FPS = 10
EVERY_S = 24


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    empty = tmp_path / "models"
    empty.mkdir()
    monkeypatch.setenv("HEARTHWATCH_MODELS", str(empty))
    running = House(tmp_path / "house", house_toml([]), {})
    try:
        yield running
    finally:
        await running.close()


async def test_soon_after_its_start_the_house_tells_of_somebody(house: House) -> None:
    alert = event = None
    async with asyncio.timeout(150):
        await house.start()
        await house.claim()
        async with contextlib.aclosing(house.changes()) as changes:
            async for kind, said in changes:
                if kind == "alert" and said["event"]:
                    alert = said
                if kind == "event":
                    event = said
                if alert and event and event["picture"] and event["end_us"] and await is_shown(house, event):
                    break
    assert (event["label"], event["camera"]) == ("person", "demo")
    assert alert["event"] == event["id"]
    assert (await house.get("/api/v1/house"))["detector"]["basic"]
    assert event["id"] in [each["id"] for each in await house.events()]
    assert alert["id"] in [each["id"] for each in await house.alerts()]
    assert (await house.get(f"/api/v1/events/{event['id']}"))["has_footage"]
    query = f"start_us={event['start_us']}&end_us={event['end_us']}"
    footage = await house.get_bytes(f"/api/v1/cameras/demo/footage.mp4?{query}")
    assert footage[4:8] == b"ftyp"
    assert len(footage) > 10_000


async def is_shown(house: House, event: dict[str, Any]) -> bool:
    """Its best moment may come with the message of its end, and the picture of that a little later."""
    return stands_in_its_box(await house.get_bytes(f"/api/v1/events/{event['id']}/picture.jpg"), event["box"])


def stands_in_its_box(jpeg: bytes, box: dict[str, float]) -> bool:
    """Tell whether most of what a picture has more than the empty street lies in the box drawn into it (its label aside)."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    high, wide = picture.shape[:2]
    empty = street.paint(wide, high, SceneOptions().seed)
    changed = cv2.absdiff(cv2.GaussianBlur(picture, (9, 9), 0), cv2.GaussianBlur(empty, (9, 9), 0)).max(axis=2) > 30
    body = changed[round(box["y0"] * high) + 8 :]
    inside = body[:, round(box["x0"] * wide) + 8 : round(box["x1"] * wide) - 8]
    return bool(inside.sum() > 2000 and inside.sum() > 0.6 * body.sum())


def film(path: Path, url: str, seconds: float) -> Path:
    """Write what the demo camera at `url` sends in its first `seconds`, with no waiting, as the recorder would."""
    clock, stop = FakeClock(), Stop()
    source = Source(camera=CameraId("demo"), stream=Stream.SUB, kind=SourceKind.DEMO, url=url)
    opened = DemoFeed(source, clock=clock, started_ns=clock.mono_ns()).open(stop)
    packets: list[Packet] = []
    for packet in opened:
        packets.append(packet)
        if len(packets) >= seconds * FPS:
            stop.set()
    with path.open("wb") as file:
        file.write(init_segment(opened.info))
        for number, (_, second) in enumerate(groupby(packets, lambda packet: packet.dts_ticks // 90_000), start=1):
            file.write(fragment(number, list(second)))
    return path


def visits(path: Path, detector: Detector) -> list[Visit]:
    found: list[Visit] = []
    analyze(path, detector=detector, clock=FakeClock(), found=found.append)
    return found


def crossings(size: float, speed: float, count: int) -> list[tuple[float, float]]:
    """Return when each of the first `count` walkers enters and has left: 3.8 body heights of street at 0.82 a second."""
    wide_s = (640 / 170 / size + 1) / (0.82 * speed)
    return [(2 + number * EVERY_S, 2 + number * EVERY_S + wide_s) for number in range(count)]


def detector_named(name: str, request: pytest.FixtureRequest) -> Detector:
    if name == "built-in":
        return HogDetector(clock=FakeClock())
    models = request.getfixturevalue("test_data") / "models"
    return load_detector(name, Store(folder=models), clock=FakeClock())


@pytest.mark.parametrize("name", ["built-in", "nanodet_plus_m_416"])
@pytest.mark.parametrize(
    ("seed", "size", "speed"),
    [(2, 1.0, 1.0), (3, 0.8, 0.7), (4, 1.2, 1.0), (5, 0.8, 1.5), (6, 1.0, 0.7), (7, 1.2, 1.5)],
)
def test_each_walker_is_one_event(
    name: str, seed: int, size: float, speed: float, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    walked = crossings(size, speed, 2)
    url = f"demo://street?seed={seed}&size={size}&speed={speed}&first_s=2&every_s={EVERY_S}"
    found = visits(film(tmp_path / "street.mp4", url, 2 * EVERY_S + 1), detector_named(name, request))
    assert [visit.label for visit in found] == ["person", "person"]
    for visit, (enters_s, left_s) in zip(found, walked, strict=True):
        assert enters_s - 0.2 <= visit.start_s < visit.end_s <= left_s + 2


@pytest.mark.parametrize("name", ["built-in", "nanodet_plus_m_416"])
@pytest.mark.parametrize("more", ["seed=1", "seed=6", "seed=8&headlights=1"])
def test_the_street_without_walkers_is_no_event(name: str, more: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = film(tmp_path / "street.mp4", f"demo://street?walker=0&{more}", 90)
    assert visits(path, detector_named(name, request)) == []
