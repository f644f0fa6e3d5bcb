"""Pictures and footage."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from tests.web.conftest import Browser
from tests.web.fake_house import Built

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import StorageFailed, StorageFault, Unreachable
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.web.clips import ClipShelf
from hearthwatch.web.media import _parts, clip_name
from hearthwatch.web.relay.multipart import Multipart


def window(clock: FakeClock, ago_s: int = 600, length_s: int = 4) -> dict[str, int]:
    start = clock.wall_us() - ago_s * US_PER_S
    return {"start_us": start, "end_us": start + length_s * US_PER_S}


async def test_an_events_picture_is_a_picture(owner: Browser) -> None:
    answer = await owner.get("/api/v1/events/e00100/picture.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR).shape == (540, 960, 3)


async def test_a_bursts_pictures_are_counted_and_each_is_there(owner: Browser) -> None:
    assert (await owner.get("/api/v1/events/e00100/burst")).json() == {"pictures": 2}
    answer = await owner.get("/api/v1/events/e00100/burst/2.jpg")
    assert (answer.headers["content-type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")
    for number in (0, 3, -1):
        assert (await owner.get(f"/api/v1/events/e00100/burst/{number}.jpg")).status_code == 404


async def test_a_clip_is_a_whole_mp4_with_byte_ranges(owner: Browser, clock: FakeClock) -> None:
    path = "/api/v1/cameras/front-door/footage.mp4"
    whole = await owner.get(path, params=window(clock) | {"stream": "sub"})
    assert whole.status_code == 200
    with av.open(io.BytesIO(whole.content)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 40
    part = await owner.get(path, params=window(clock) | {"stream": "sub"}, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    beyond = await owner.get(path, params=window(clock) | {"stream": "sub"}, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


async def test_a_download_has_a_name(owner: Browser, clock: FakeClock) -> None:
    answer = await owner.get(
        "/api/v1/cameras/front-door/footage.mp4", params=window(clock) | {"stream": "sub", "download": "true"}
    )
    assert answer.headers["content-disposition"].startswith('attachment; filename="front-door_2023-11-14_')


async def test_a_flow_plays(owner: Browser, clock: FakeClock) -> None:
    answer = await owner.get("/api/v1/cameras/garden/footage.fmp4", params=window(clock) | {"stream": "sub"})
    with av.open(io.BytesIO(answer.content)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 40


@pytest.mark.parametrize("kind", ["mp4", "fmp4"])
async def test_footage_that_is_not_there_is_said_so(kind: str, owner: Browser, clock: FakeClock) -> None:
    answer = await owner.get(f"/api/v1/cameras/garage/footage.{kind}", params=window(clock, ago_s=300))
    assert answer.status_code == 404
    assert "gap" in answer.json()["hint"]


@pytest.mark.parametrize("length_s", [0, -4, 3 * 3600])
async def test_a_clip_of_a_wrong_length_is_refused(length_s: int, owner: Browser, clock: FakeClock) -> None:
    answer = await owner.get("/api/v1/cameras/garden/footage.mp4", params=window(clock, 9000, length_s))
    assert answer.status_code == 422


async def test_sec_05_mjpeg_gives_whole_pictures_and_ends_with_the_session(built: Built, owner: Browser) -> None:
    session = await built.auth.session(owner.cookies["hearthwatch"])
    parts = _parts(built.app.state.site, CameraId("garden"), session, Multipart())
    boundary = await anext(parts)
    assert boundary.startswith(b"--hearthwatch-")
    head, _, rest = (await anext(parts)).partition(b"\r\n\r\n")
    assert head.startswith(b"Content-Type: image/jpeg\r\nContent-Length: ")
    assert rest.endswith(b"\r\n" + boundary)
    assert len(rest) == int(head.rsplit(b" ", 1)[1]) + 2 + len(boundary)
    assert rest.startswith(b"\xff\xd8")
    await owner.send_json("/api/v1/logout")

    async def remaining() -> None:
        async for _ in parts:
            pass

    await asyncio.wait_for(remaining(), 60)


async def test_mjpeg_of_a_camera_that_fails_ends_in_order(built: Built, owner: Browser) -> None:
    class Failing:
        async def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
            yield b"\xff\xd8"
            raise Unreachable("the camera gives no picture at the moment")

    site = replace(built.app.state.site, doors=replace(built.app.state.site.doors, pictures=Failing()))
    session = await built.auth.session(owner.cookies["hearthwatch"])
    assert len([part async for part in _parts(site, CameraId("garden"), session, Multipart())]) == 2


class Counting:
    """A FootageDoor that counts exports and writes as many bytes as asked."""

    def __init__(self, size: int = 1000) -> None:
        self.exports = 0
        self.size = size
        self.hold = threading.Event()
        self.hold.set()
        self.fail = False

    def export(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, target: Path) -> None:
        self.exports += 1
        self.hold.wait(60)
        target.write_bytes(b"x" * self.size)
        if self.fail:
            raise StorageFailed(StorageFault.NO_SPACE, "the disk is full")


class NoCases:
    """A CaseDoor nobody asks."""

    def write(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, target: Path) -> None:
        raise NotImplementedError


CAMERA = CameraId("garden")


async def ask(shelf: ClipShelf, number: int) -> Path:
    return await shelf.clip(CAMERA, Stream.MAIN, WallUs(number), WallUs(number + 1))


async def test_a_clip_is_made_once_however_many_ask(tmp_path: Path) -> None:
    footage = Counting()
    shelf = ClipShelf(tmp_path / "clips", footage, NoCases())
    footage.hold.clear()
    asked = [asyncio.create_task(ask(shelf, 1)) for _ in range(5)]
    await asyncio.sleep(0)
    footage.hold.set()
    paths = await asyncio.gather(*asked)
    assert len(set(paths)) == 1
    await ask(shelf, 1)
    assert footage.exports == 1


async def test_the_shelf_stays_small_and_forgets_the_least_used(tmp_path: Path) -> None:
    footage = Counting(size=1000)
    shelf = ClipShelf(tmp_path / "clips", footage, NoCases(), max_bytes=2500)
    first = await ask(shelf, 1)
    second = await ask(shelf, 2)
    await ask(shelf, 1)
    third = await ask(shelf, 3)
    assert first.exists()
    assert third.exists()
    assert not second.exists()


async def test_a_failed_clip_leaves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    footage = Counting()
    footage.fail = True
    shelf = ClipShelf(tmp_path / "clips", footage, NoCases())
    with pytest.raises(StorageFailed):
        await ask(shelf, 1)
    assert list((tmp_path / "clips").iterdir()) == []
    footage.fail = False
    assert (await ask(shelf, 1)).stat().st_size == 1000


async def test_a_viewer_who_leaves_does_not_spoil_it_for_another(tmp_path: Path) -> None:
    footage = Counting()
    footage.hold.clear()
    shelf = ClipShelf(tmp_path / "clips", footage, NoCases())
    leaving, staying = asyncio.create_task(ask(shelf, 1)), asyncio.create_task(ask(shelf, 1))
    await asyncio.sleep(0)
    leaving.cancel()
    footage.hold.set()
    assert (await staying).exists()
    await asyncio.gather(leaving, return_exceptions=True)


def test_old_clips_are_cleared_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("old.mp4", "old.part"):
        (folder / name).write_bytes(b"x")
    ClipShelf(folder, Counting(), NoCases())
    assert list(folder.iterdir()) == []


def test_sec_14_a_clips_name_is_safe_anywhere() -> None:
    assert clip_name(CameraId("front-door"), WallUs(1_700_000_000 * US_PER_S)) == "front-door_2023-11-14_22-13-20Z.mp4"
