"""Cameras that give single pictures by HTTP or at their own door, in the real house: burst, album, health."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.devices import dahua
from tests.devices.http_camera import PASSWORD, USER, HttpCamera
from tests.runs import rig

from hearthwatch.feeds.jpeg import jpeg_size

pytestmark = pytest.mark.wired

TRIGGER = 'trigger.webhook = true\ntrigger.label = "gate"\ntrigger.pictures = 3\ntrigger.every_s = 0.2\npoll_s = 2\n'


async def triggered(house: rig.House, services: rig.Channels) -> list[bytes]:
    told = await house.get("/api/v1/cameras/gate/trigger")
    await house.post(told["path"])
    telegram = services.telegram
    await telegram.wait_for(lambda: any(one.method == "sendMediaGroup" for one in telegram.taken))
    # where the disk is slow the album goes out from memory, and what is kept of it comes seconds later
    kept = await house.until(house.events, lambda found: any(one["label"] == "gate" and one["picture"] for one in found))
    (event,) = [event for event in kept if event["label"] == "gate"]
    assert (event["kind"], event["detail"]) == ("sensor", "a call by web")
    return list(next(one for one in telegram.taken if one.method == "sendMediaGroup").files)


async def test_a_camera_that_gives_pictures_by_http(tmp_path: Path) -> None:
    camera = HttpCamera()
    try:
        section = rig.CameraSection(
            name="gate",
            main="",
            user=USER,
            password=PASSWORD,
            more=f'snapshot = "{camera.url("/digest/jpeg")}"\ndoor.vendor = "none"\n{TRIGGER}',
        )
        async with rig.channels() as services, rig.running(tmp_path, [section], services) as house:
            await house.all_live()
            assert jpeg_size(await house.get_bytes("/api/v1/cameras/gate/snapshot.jpg")) == (64, 48)
            assert [jpeg_size(jpeg) for jpeg in await triggered(house, services)] == [(64, 48)] * 3
            camera.close()
            lost = await house.until(house.cameras, lambda found: found["gate"]["state"] == "lost")
            assert lost["gate"]["cause"]
    finally:
        camera.close()


async def test_a_camera_that_gives_pictures_at_its_own_door(tmp_path: Path) -> None:
    camera = dahua.camera(west_s=0)
    async with camera.running(), rig.channels() as services:
        door = f'[camera.gate.door]\nvendor = "dahua"\nhost = "127.0.0.1"\nport = {camera.port}\nuser = "watch"\n'
        section = rig.CameraSection(name="gate", main="", user="watch", password="watch-Pass-1", more=TRIGGER + door)
        async with rig.running(tmp_path, [section], services) as house:
            await house.all_live()
            pictures = await triggered(house, services)
            assert len(pictures) == 3
            assert all(jpeg_size(jpeg)[0] > 100 for jpeg in pictures)
