"""Footage from the camera's own card: found by our clock, brought whole into a file, and nothing left open at the camera."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.devices import dahua, reolink
from tests.devices.camera_state import Recording
from tests.vendors.web_camera import Request, WebCamera, reply, running

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import BadReply, StorageFailed, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs, camera_id
from hearthwatch.vendors.capability import CardFootage
from hearthwatch.vendors.card import CardClip, CardFile
from hearthwatch.vendors.card_fetch import fetch
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access, LocalUs
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.reolink import ReolinkCamera

pytestmark = pytest.mark.wired

MINUTE_US = 60 * US_PER_S
FAMILIES = {"dahua": (dahua.camera, DahuaCamera), "reolink": (reolink.camera, ReolinkCamera)}
CLOCK = SystemClock()


def access(port: int, password: str) -> Access:
    return Access(
        camera=camera_id("front"), host="127.0.0.1", port=port, user="watch", password=Secret(password), allow_loopback=True
    )


@contextlib.asynccontextmanager
async def met(family: str, clips: list[Path]) -> AsyncIterator[tuple[Any, Any]]:
    """A camera whose card holds a minute of each of `clips`, the last ended just now; and our client of it."""
    make, client_of = FAMILIES[family]
    async with make().running() as camera:
        now = camera.state.clock.local().replace(microsecond=0)
        for index, clip in enumerate(clips):
            end = now - dt.timedelta(minutes=len(clips) - 1 - index)
            camera.state.card.append(Recording(start=end - dt.timedelta(minutes=1), end=end, clip=clip))
        [account] = [one for one in camera.state.accounts if one.name == "watch"]
        client = client_of(access(camera.port, account.password), clock=CLOCK, rng=random.Random(1))
        try:
            yield camera, client
        finally:
            await client.close()


def made(folder: Path, sizes: tuple[int, ...]) -> list[Path]:
    found = []
    for index, size in enumerate(sizes):
        path = folder / f"{index}.mp4"
        path.write_bytes(random.Random(index).randbytes(size))
        found.append(path)
    return found


def is_tidy(camera: Any) -> bool:
    """Whether every search was closed."""
    return not camera.card_searches.finders if isinstance(camera, dahua.Dahua) else True


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_gap_is_found_on_the_card_and_fetched_whole(family: str, tmp_path: Path, test_data: Path) -> None:
    real = test_data / "videos" / "highway_traffic.mp4"
    async with met(family, [*made(tmp_path, (3_000_000, 10)), real]) as (camera, client):
        assert isinstance(client, CardFootage)
        now_us = CLOCK.wall_us()
        found = await client.recordings(WallUs(now_us - 90 * US_PER_S), WallUs(now_us))
        assert len(found) == 2
        assert abs(found[-1].end_us - now_us) < 10 * US_PER_S, "by our clock, whatever the camera's zone"
        assert found[-1].end_us - found[-1].start_us == MINUTE_US
        assert found[-1].container == "mp4"
        into = tmp_path / "fetched.mp4"
        written = await fetch(client, found[-1], into, limit_bytes=100 << 20)
        assert into.read_bytes() == real.read_bytes()
        assert written == real.stat().st_size
        assert is_tidy(camera)


@pytest.mark.parametrize("family", FAMILIES)
async def test_an_empty_card_is_no_failure(family: str) -> None:
    async with met(family, []) as (camera, client):
        now_us = CLOCK.wall_us()
        assert await client.recordings(WallUs(now_us - MINUTE_US), WallUs(now_us)) == ()
        assert is_tidy(camera)


@pytest.mark.parametrize("family", FAMILIES)
async def test_many_recordings_come_over_pages_and_days(family: str, tmp_path: Path) -> None:
    [clip] = made(tmp_path, (10,))
    async with met(family, []) as (camera, client):
        now = camera.state.clock.local().replace(microsecond=0)
        for hours in range(250):
            end = now - dt.timedelta(hours=hours)
            camera.state.card.append(Recording(start=end - dt.timedelta(minutes=50), end=end, clip=clip))
        now_us = CLOCK.wall_us()
        found = await client.recordings(WallUs(now_us - 12 * 86_400 * US_PER_S), WallUs(now_us))
        assert len(found) == 250
        assert list(found) == sorted(found, key=lambda one: one.start_us)
        assert is_tidy(camera)


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_span_without_end_is_refused(family: str) -> None:
    async with met(family, []) as (_, client):
        now_us = CLOCK.wall_us()
        with pytest.raises(Unsupported, match="31 days"):
            await client.recordings(WallUs(0), now_us)
        with pytest.raises(Unsupported):
            await client.recordings(now_us, now_us)


@pytest.mark.parametrize("family", FAMILIES)
async def test_what_is_not_on_the_card_leaves_no_file(family: str, tmp_path: Path) -> None:
    async with met(family, made(tmp_path, (5000,))) as (_, client):
        now_us = CLOCK.wall_us()
        [clip] = await client.recordings(WallUs(now_us - 30 * US_PER_S), WallUs(now_us))
        gone = replace(clip, file=replace(clip.file, name="/mnt/sd/none.mp4"))
        into = tmp_path / "x.mp4"
        with pytest.raises((Unsupported, BadReply)):
            await fetch(client, gone, into, limit_bytes=1 << 20)
        with pytest.raises(BadReply, match="more than 4999 bytes"):
            await fetch(client, clip, into, limit_bytes=4999)
        with pytest.raises(BadReply, match="of a recording of 6000"):
            await fetch(client, replace(clip, file=replace(clip.file, size_bytes=6000)), into, limit_bytes=1 << 20)
        assert not into.exists()
        into.write_bytes(b"ours")
        with pytest.raises(StorageFailed):
            await fetch(client, clip, into, limit_bytes=1 << 20)


async def test_a_token_forgotten_by_the_camera_is_renewed_and_never_shown(tmp_path: Path) -> None:
    async with met("reolink", made(tmp_path, (5000,))) as (camera, client):
        now_us = CLOCK.wall_us()
        [clip] = await client.recordings(WallUs(now_us - 30 * US_PER_S), WallUs(now_us))
        camera.state.sessions.clear()
        assert await fetch(client, clip, tmp_path / "x.mp4", limit_bytes=1 << 20) == 5000
        gone = replace(clip, file=replace(clip.file, name="none"))
        with pytest.raises(Unsupported) as caught:
            await fetch(client, gone, tmp_path / "y.mp4", limit_bytes=1 << 20)
        assert "token" not in str(caught.value)
    assert not camera.state.sessions, "logged out at the end"


def scripted(pages: list[bytes], asked: list[str]) -> WebCamera:
    """A Dahua whose list of recordings is to order."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.append(request.target)
        if "getCurrentTime" in request.target:
            body = b"result=2020-01-02 22:05:33\r\n"
        elif "factory.create" in request.target:
            body = b"result=123\r\n"
        elif "findNextFile" in request.target:
            body = pages.pop(0)
        elif "destroy" in request.target:
            body = b"Error\r\n"
        elif "RPC_Loadfile" in request.target:
            body = b"Error\r\nErrorID=2, Detail=Invalid Request!\r\n"
        else:
            body = b"OK\r\n"
        writer.write(reply(body))

    return WebCamera(answer=answer)


ITEM = (
    b"found=%d\r\nitems[0].Channel=1\r\nitems[0].FilePath=%s\r\nitems[0].StartTime=2020-01-02 22:00:00\r\n"
    b"items[0].EndTime=2020-01-02 22:01:00\r\nitems[0].Length=10\r\nitems[0].Type=dav\r\n"
)
DAV = b"/mnt/sd/2020-01-02/001/dav/22/22.00.00-22.01.00[M][0@0][0].dav"


@pytest.mark.parametrize(
    ("pages", "error"),
    [
        ([ITEM % (1, DAV), ITEM % (1, DAV)], "does not end"),
        ([b"items[0].FilePath=/x.dav\r\n"], "how many"),
        ([ITEM % (1, b"/../../etc/passwd.dav")], "without a path"),
        ([ITEM % (1, b"/x?action=reboot.dav")], "without a path"),
        ([ITEM % (1, b"relative.dav")], "without a path"),
        ([b"<html>"], "web page"),
    ],
)
async def test_a_hostile_list_ends_and_its_search_is_closed(pages: list[bytes], error: str) -> None:
    asked: list[str] = []
    async with running(scripted(list(pages), asked)) as camera:
        client = DahuaCamera(access(camera.port, ""), clock=CLOCK, rng=random.Random(1))
        now_us = CLOCK.wall_us()
        with pytest.raises(BadReply, match=error):
            await client.recordings(WallUs(now_us - MINUTE_US), now_us)
        await client.close()
    assert [one.partition("action=")[2].partition("&")[0] for one in asked[-2:]] == ["close", "destroy"]


async def test_found_two_with_one_item_and_pictures_among_them() -> None:
    picture = (ITEM % (1, b"/mnt/sd/1.jpg")).replace(b"dav", b"jpg")
    pages = [ITEM % (2, DAV), picture, b"found=0\r\n"]
    async with running(scripted(pages, [])) as camera:
        client = DahuaCamera(access(camera.port, ""), clock=CLOCK, rng=random.Random(1))
        now_us = CLOCK.wall_us()
        [clip] = await client.recordings(WallUs(now_us - MINUTE_US), now_us)
        assert clip.file.name == DAV.decode()
        assert clip.container == "dav"
        with pytest.raises((BadReply, Unsupported), match="Invalid Request"):
            async with client.download(clip) as chunks:
                await anext(chunks)
        await client.close()


async def test_a_camera_that_falls_silent_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearthwatch.vendors.dahua_card._SILENCE_S", 0.2)

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(b"half", length=100))

    clip = CardClip(
        file=CardFile(name="/a.dav", start_us=LocalUs(0), end_us=LocalUs(1), size_bytes=100),
        channel=0,
        start_us=WallUs(0),
        end_us=WallUs(1),
    )
    async with running(WebCamera(answer=answer)) as camera:
        client = DahuaCamera(access(camera.port, ""), clock=CLOCK, rng=random.Random(1))
        with pytest.raises(Unreachable):
            await fetch(client, clip, tmp_path / "a.dav", limit_bytes=1000)
        await client.close()
    assert not (tmp_path / "a.dav").exists()


def test_who_has_no_card_says_so() -> None:
    assert not issubclass(FoscamHdCamera, CardFootage)
