"""Pictures of the nodes' events arrive at the hub by themselves, and are there when the node is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.fleet.fake_hub import BEACH, FakeHub, beach_house, connected
from tests.web.fake_house import build

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId
from hearthwatch.run.far_pictures import FarPictures


@dataclass
class Scene:
    hub: FakeHub
    pictures: FarPictures
    folder: Path

    async def until_kept(self, count: int) -> None:
        work = asyncio.create_task(self.pictures.run())
        try:
            async with asyncio.timeout(100):
                while len(list(self.folder.rglob("*.jpg"))) < count:
                    assert not work.done(), work.exception()
                    await asyncio.sleep(0.02)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = FakeClock()
    hub = FakeHub(clock=clock)
    hub.add(BEACH, "beach-house", "Beach house", {"front-door": "Sea terrace", "garden": "Dunes"})
    beach = beach_house(clock)
    (tmp_path / "beach").mkdir()
    far = build(tmp_path / "beach", beach)
    hub.told_of(BEACH, beach)
    hub.events_now = sorted(hub.events_now, key=lambda each: -each.start_us)[:3]
    folder = tmp_path / "pictures"
    async with connected(hub, BEACH, far.app):
        yield Scene(hub, FarPictures(folder, hub.lines, hub.events, clock), folder)
    far.close()


async def test_the_picture_of_each_event_arrives_and_stays(scene: Scene) -> None:
    await scene.until_kept(3)
    event = scene.hub.events_now[0]
    await scene.hub.lines.cut(BEACH)
    found = await scene.pictures.picture(BEACH, event.id)
    assert found is not None
    assert (found.camera, found.jpeg[:2]) == (event.camera, b"\xff\xd8")
    assert await scene.pictures.picture(BEACH, "e99999") is None


async def test_a_name_that_is_none_for_a_file_is_passed_by(scene: Scene) -> None:
    good = scene.hub.events_now[0]
    bad = [replace(good, id="../../x"), replace(good, id="a*"), replace(good, camera=CameraId("../x"))]
    scene.hub.events_now = [*bad, good]
    await scene.until_kept(1)
    assert [path.name.split(".")[0] for path in scene.folder.rglob("*") if path.is_file()] == [good.id]
    assert await scene.pictures.picture(BEACH, "../../x") is None
