"""A private mode in the whole house: nothing is written, looked at or shown, whoever is killed; and it ends with the mode."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.runs.rig import OWNER_PASSWORD, CameraSection, House, house_toml

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import Segment

pytestmark = [pytest.mark.wired, pytest.mark.waits]

FOREVER_US = WallUs(2**53)


@pytest.fixture(scope="module")
def cameras(test_data: Path) -> Iterator[RtspServer]:
    """A hall that somebody is in every few seconds, and a yard."""
    room = test_data / "videos" / "indoor_one_by_one.mp4"
    mounts = [
        Mount(path="/hall", clip=room, length_s=14, width_px=640, height_px=360, fps=10, gop_s=1.0),
        Mount(path="/yard", codec="h265", length_s=10, width_px=640, height_px=360, gop_s=1.0),
    ]
    with RtspServer(mounts) as server:
        yield server


def files(house: House, camera: str) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (house.footage / camera / "main").glob("*.mp4")}


def segments(house: House, camera: str) -> list[Segment]:
    with house.index() as index:
        return [one for one in index.all_segments() if one.camera == camera]


def gaps(house: House, camera: str) -> list[Gap]:
    with house.index() as index:
        return list(index.gaps(CameraId(camera), Stream.MAIN, WallUs(0), FOREVER_US))


async def let_go(house: House, camera: str, reason: GapReason) -> None:
    """Return when nothing of the camera is written any more. The house says so at once; the reason is noted only when its last
    file is closed."""

    async def noted() -> bool:
        return any(one.reason is reason and one.end_us is None for one in gaps(house, camera))

    await house.until(noted, bool)


async def hall_events(house: House) -> list[dict]:
    return [event for event in await house.events() if event["camera"] == "hall"]


async def go(house: House, mode: str) -> None:
    await house.post("/api/v1/arming", {"mode": mode, "password": OWNER_PASSWORD})


async def states(house: House, **wanted: str) -> None:
    await house.until(house.cameras, lambda found: {name: found[name]["state"] for name in wanted} == wanted, timeout_s=60)


async def grown(house: House, camera: str) -> None:
    """Return when the camera is being recorded."""
    before = sum(files(house, camera).values())

    async def now() -> int:
        return sum(files(house, camera).values())

    await house.until(now, lambda size: size > before + 20_000, timeout_s=60)


async def test_a_private_mode_writes_nothing_whoever_is_killed_and_ends_with_the_mode(
    cameras: RtspServer, tmp_path: Path
) -> None:
    hall = CameraSection(name="hall", main=cameras.url("/hall"), more="events.motion = true\nmodes.home.private = true")
    yard = CameraSection(name="yard", main=cameras.url("/yard"), more="")
    house = House(tmp_path, house_toml([hall, yard]), {})
    try:
        await house.start()
        await house.claim()
        await states(house, hall="live", yard="live")
        await grown(house, "hall")

        await go(house, "home")
        await states(house, hall="private", yard="live")
        await let_go(house, "hall", GapReason.PRIVATE)
        since_us = time.time_ns() // 1000
        kept = files(house, "hall")
        known = {event["id"] for event in await hall_events(house)}
        camera = (await house.cameras())["hall"]
        assert (camera["recorded"], camera["cause"]) == (False, "private in mode home: not recorded, not looked at")
        assert camera["streams"][0]["state"] == "live", "an outage would be told"
        await nothing_is_shown(house)
        _code, said = await house.command("status")
        assert "camera hall: private in mode home: not recorded, not looked at" in said

        for role in ("recorder", "looker", "house", "recorder"):
            before = house.pids()[role]
            house.kill(role)
            await restarted(house, role, before)
            await house.until(house.healthz, bool)
            await states(house, hall="private", yard="live")
            await grown(house, "yard")
            assert files(house, "hall") == kept, f"{role} was killed"
        house.kill("supervisor")  # as when the power fails: all of it ends
        await house.ended()
        await house.start()
        await house.claim()
        await states(house, hall="private", yard="live")
        await grown(house, "yard")
        assert files(house, "hall") == kept
        events = await hall_events(house)
        assert {event["id"] for event in events if event["start_us"] < since_us} >= known
        assert [event for event in events if event["start_us"] >= since_us] == []
        [gap] = [one for one in gaps(house, "hall") if one.end_us is None]
        assert gap.reason is GapReason.PRIVATE
        assert gap.start_us < since_us

        await go(house, "away")
        await states(house, hall="live", yard="live")
        await grown(house, "hall")
        over = next(one for one in gaps(house, "hall") if one.reason is GapReason.PRIVATE)
        assert over.end_us is not None
        assert over.start_us == gap.start_us
        inside = [one for one in segments(house, "hall") if gap.start_us < one.start_us < over.end_us]
        assert inside == []
        assert await house.stop() == 0
    finally:
        await house.close()


async def restarted(house: House, role: str, before: int) -> None:
    async def pid() -> int:
        return house.pids().get(role, 0)

    await house.until(pid, lambda now: now not in {0, before})


async def nothing_is_shown(house: House) -> None:
    assert house._http is not None
    async with house._http.get(house.base + "/api/v1/cameras/hall/snapshot.jpg") as answer:
        assert answer.status >= 400
        assert "private" in await answer.text()
    url = house.base + "/api/v1/cameras/hall/live"
    async with house._http.ws_connect(url, headers={"Origin": house.base}) as live:
        first = json.loads(await live.receive_str())
        assert (first["type"], first["reason"]) == ("end", "private")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                assert (await live.receive()).type is aiohttp.WSMsgType.PING


async def test_events_alone_are_kept_and_never_writes_nothing(cameras: RtspServer, tmp_path: Path) -> None:
    hall = CameraSection(name="hall", main=cameras.url("/hall"), more='modes.home.record = "events"')
    yard = CameraSection(name="yard", main=cameras.url("/yard"), more='modes.home.record = "never"')
    house = House(tmp_path, house_toml([hall, yard]), {})
    try:
        await house.start()
        await house.claim()
        await states(house, hall="live", yard="live")
        await grown(house, "hall")
        await go(house, "home")
        await house.until(house.cameras, lambda found: found["hall"]["only_events"] and not found["yard"]["recorded"])
        await states(house, hall="live", yard="live")
        await let_go(house, "yard", GapReason.MODE)
        kept = files(house, "yard")

        async def classes() -> set[str]:
            return {one.footage_class.value for one in segments(house, "hall")}

        await house.until(classes, lambda found: {"brief", "continuous"} <= found or {"brief", "event"} <= found)
        await grown(house, "hall")
        assert files(house, "yard") == kept
        assert gaps(house, "yard")[-1].reason is GapReason.MODE
        assert await house.stop() == 0
    finally:
        await house.close()
