"""How much later a picture is through the proxy than from the camera itself, with ten viewers of which one is slow.

    python -m tests.runs.relay_delay [--pictures 200] [--fps 10]

The camera puts the moment into each picture. One reader reads it directly, ten through a real house; printed is, in milliseconds,
how old pictures are when they have come, and what the proxy adds. Not a test: it asserts only that the camera saw one session.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp

from tests.devices.http_camera import PASSWORD, USER
from tests.devices.paced_camera import STREAM, PacedCamera, stamp_of
from tests.runs.rig import CameraSection, House, house_toml

WORD = "lamps-4-by-the-gate"
VIEWERS = 10


async def ages(http: aiohttp.ClientSession, url: str, count: int, *, slow: bool = False, **headers: str) -> list[float]:
    """Return how old each picture was, in milliseconds, when its last byte had come."""
    found: list[float] = []
    async with http.get(url, headers=headers) as answer:
        assert answer.status == 200, answer.status
        while len(found) < count:
            line = await answer.content.readline()
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
                await answer.content.readline()
                jpeg = await answer.content.readexactly(length)
                found.append((time.time_ns() - stamp_of(jpeg)) / 1e6)
                if slow:
                    await asyncio.sleep(0.5)
            elif not line:
                break
    return found


async def measure(pictures: int, fps: float) -> dict[str, object]:
    direct, seen = PacedCamera(every_s=1 / fps), PacedCamera(every_s=1 / fps)
    yard = CameraSection(name="yard", main=seen.url(STREAM), user=USER, password=PASSWORD)
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "house", house_toml([yard]), {**yard.secrets(), "proxy.password": WORD})
        await house.start(timeout_s=120)
        try:
            await house.claim()
            await house.all_live(timeout_s=60)
            url = f"{house.base}/cam/yard/stream.mjpg"
            login = {"Authorization": aiohttp.encode_basic_auth("viewer", WORD)}
            async with aiohttp.ClientSession() as http:
                stream = STREAM.removeprefix("/digest")
                rows = await asyncio.gather(
                    ages(http, direct.url(stream), pictures),
                    ages(http, url, pictures // 5, slow=True, **login),
                    *(ages(http, url, pictures, **login) for _ in range(VIEWERS - 1)),
                )
        finally:
            await house.close()
            direct.close()
            seen.close()
    assert seen.streams == 1
    quick = [age for row in rows[2:] for age in row]
    through, straight = spread(quick), spread(rows[0])
    return {
        "viewers": VIEWERS,
        "sessions_on_the_camera": seen.streams,
        "direct_ms": straight,
        "proxy_ms": through,
        "slow_viewer_ms": spread(rows[1]),
        "added_ms": {name: round(through[name] - straight[name], 1) for name in straight},
    }


def spread(found: list[float]) -> dict[str, float]:
    cut = statistics.quantiles(found, n=100)
    return {"p50": round(cut[49], 1), "p95": round(cut[94], 1), "worst": round(max(found), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--fps", type=float, default=10.0)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(measure(given.pictures, given.fps)), indent=1))


if __name__ == "__main__":
    main()
