"""What cameras sense themselves, in the real house: a trusted camera, one that cannot be heard, one that was away, its card.

`python -m tests.runs.senses` tells what came of it; it takes about six minutes.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from hearthwatch.bench.rtsp_server import Mount
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import Origin
from tests.devices import dahua
from tests.devices.camera_state import Fault, Recording
from tests.devices.camera_video import CameraVideo
from tests.runs import rig

_CLIP = rig.DATA / "videos" / "walkway_people.mp4"
_CARD = rig.DATA / "videos" / "indoor_one_by_one.mp4"
_CARD_S = 139
_AWAY_S = 40
_LOOK_S = 15
_PASSWORD = "watch-Pass-1"
_TRUSTED = (
    '[camera.{name}.door]\nvendor = "dahua"\nport = {port}\nuser = "watch"\n[camera.{name}.alarms]\nobjects = "{objects}"\n'
)


async def _looks(house: rig.House, seconds: float) -> dict[str, float]:
    """What the looker used for a while, and how many events its own detector had a part in."""
    seen, used = await _seen(house), house.usage()["looker"].cpu_s
    await asyncio.sleep(seconds)
    return {
        "looker_cpu_frac": round((house.usage()["looker"].cpu_s - used) / seconds, 3),
        "seen_by_ours": await _seen(house) - seen,
    }


async def _seen(house: rig.House) -> int:
    return sum(one["score"] > 0 for one in await house.events())


def _section(name: str, camera: Any, video: CameraVideo, objects: str) -> rig.CameraSection:
    return rig.CameraSection(
        name=name,
        main=video.url("/cam/realmonitor"),
        user="watch",
        password=_PASSWORD,
        more=_TRUSTED.format(name=name, port=camera.port, objects=objects),
    )


async def _run(folder: Path) -> None:
    camera = dahua.camera(west_s=0)
    async with rig.channels() as services, camera.running():
        video = CameraVideo(camera=camera, user="watch", mounts=[Mount(path="/cam/realmonitor", clip=_CLIP)])
        async with video.running():
            sections = [_section("front", camera, video, "instead")]
            async with rig.running(folder, sections, services) as house:
                await house.all_live()
                await house.until(house.cameras, lambda _: bool(camera.listeners), timeout_s=60)
                await asyncio.sleep(5)
                _say("trusted", await _looks(house, _LOOK_S))
                _say("alarm", await _alarm(house, camera, services))
                _say("away", await _away(house, camera, services))
                house.write_config(rig.house_toml([_section("front", camera, video, "off")], services.toml()))
                await asyncio.sleep(8)
                _say("looked at by ours", await _looks(house, _LOOK_S))
                _say("card", await _card(house))
                house.write_config(rig.house_toml(sections, services.toml()))
                await asyncio.sleep(8)
                _say("deaf", await _deaf(house, camera))


def _say(what: str, found: object) -> None:
    print(json.dumps({what: found}), flush=True)


async def _alarm(house: rig.House, camera: Any, services: rig.Channels) -> dict[str, object]:
    before = len(services.telegram.taken)
    began = time.monotonic()
    await camera.alarm("SmartMotionHuman", on=True)
    await services.telegram.wait_for(lambda: len(services.telegram.taken) > before)
    told_s = time.monotonic() - began
    events = await house.until(house.events, lambda found: bool(found) and found[-1]["picture"], timeout_s=60)
    await camera.alarm("SmartMotionHuman", on=False)
    events = await house.until(house.events, lambda found: found[-1]["end_us"] is not None, timeout_s=60)
    return {"told_s": round(told_s, 2), "events": [(one["label"], one["detail"]) for one in events]}


async def _deaf(house: rig.House, camera: Any) -> dict[str, object]:
    """Its own door is gone for a while, its video goes on."""
    await camera._close()
    began = time.monotonic()
    await house.until(house.outages, lambda found: any(one["fault"] == "camera-deaf" for one in found), timeout_s=180)
    told_s = time.monotonic() - began
    await asyncio.sleep(8)
    looks = await _looks(house, _LOOK_S)
    began_again = time.monotonic()
    await camera._listen()
    await house.until(
        house.outages,
        lambda found: all(one["end_us"] is not None for one in found if one["fault"] == "camera-deaf"),
        timeout_s=180,
    )
    return {"told_s": round(told_s, 1), **looks, "back_s": round(time.monotonic() - began_again, 1)}


async def _away(house: rig.House, camera: Any, services: rig.Channels) -> dict[str, object]:
    """The camera dies for a while, and its card holds what it saw meanwhile."""
    local = camera.state.clock.local().replace(microsecond=0) - dt.timedelta(seconds=5)
    camera.state.card.append(Recording(start=local, end=local + dt.timedelta(seconds=_CARD_S), clip=_CARD))
    await camera.cause(Fault.UNREACHABLE)
    await asyncio.sleep(_AWAY_S)
    await camera.heal(Fault.UNREACHABLE)
    alerts = await house.until(
        house.alerts, lambda found: any("missing" in one["text"] for one in found if "is back" in one["title"]), timeout_s=90
    )
    return {"told": [one["text"] for one in alerts if "is back" in one["title"]]}


async def _card(house: rig.House) -> dict[str, object]:
    with house.index() as index:

        async def fetched() -> list[float]:
            segments = index.segments(CameraId("front"), Stream.MAIN, WallUs(0), WallUs(1 << 60))
            return [one.duration_us / 1e6 for one in segments if one.origin is Origin.CARD]

        lengths = await house.until(fetched, bool, timeout_s=240, every_s=2)
        await asyncio.sleep(3)
        lengths = await fetched()
        gaps = index.gaps(CameraId("front"), Stream.MAIN, WallUs(0), WallUs(1 << 60))
    left = [round((one.end_us - one.start_us) / 1e6, 1) for one in gaps if one.end_us is not None]
    return {"fetched_s": [round(one, 1) for one in lengths], "gaps_left_s": left}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(Path(folder)))


if __name__ == "__main__":
    main()
