"""What is done to a lens, a stream and a camera, in the real house: each told in time, once, and its end too; light is not.

`python -m tests.runs.lens` shows how long each took to be told.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from hearthwatch.kit.units import US_PER_S
from tests.runs import rig

WELL_S = 25
"""How long each clip is as usual before something happens to it."""
HARM_S = 30
CLIP_S = 90
_ROUNDS = 20
_FPS = 5
_SIZE = (640, 352)
_ROOM = "suburb_cars.mp4"

Luma = NDArray[np.uint8]
Paint = Callable[[Luma, float], Luma]


def _cloth(luma: Luma, _s: float) -> Luma:
    return np.full_like(luma, 16)


def _turned(luma: Luma, _s: float) -> Luma:
    return np.ascontiguousarray(np.roll(luma, luma.shape[1] // 4, 1)[::-1])


def _smeared(luma: Luma, _s: float) -> Luma:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), 6.0), np.uint8)


def _lights(luma: Luma, s: float) -> Luma:
    """Headlights that pass for ten seconds, then the filter clicks and it is an infrared picture until the end."""
    if s < 10:
        x = (s % 5) / 5 * luma.shape[1]
        glow = 190 * np.exp(-(((np.arange(luma.shape[1]) - x) / 90) ** 2))[None, :]
        return np.clip(luma + glow, 16, 235).astype(np.uint8)
    if s < 11.5:
        return np.full_like(luma, 16)
    return np.clip(210 - np.abs(luma.astype(np.float32) - 110) * 1.1, 16, 235).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What happens to one camera; `fault` is what the owner must be told within `within_s`, "" for nothing at all."""

    name: str
    fault: str
    within_s: float
    paint: Paint | None = None


HARMS = (
    Harm(name="covered", fault="camera-covered", within_s=10, paint=_cloth),
    Harm(name="frozen", fault="camera-frozen", within_s=15),
    Harm(name="turned", fault="camera-turned", within_s=10, paint=_turned),
    Harm(name="blurred", fault="camera-blurred", within_s=25, paint=_smeared),
    Harm(name="lights", fault="", within_s=0, paint=_lights),
    Harm(name="stalled", fault="camera-unreachable", within_s=15),
    Harm(name="dead", fault="camera-unreachable", within_s=20),
)
_BY_SERVER = frozenset({"stalled", "dead"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the owner heard of one camera: seconds from the harm to its notice, and from its end to the notice of that."""

    name: str
    notices: tuple[str, ...]
    told_s: float | None
    over_s: float | None


def clip(harm: Harm, folder: Path) -> Path:
    """Draw the camera's clip: real footage with the harm in its middle."""
    target = folder / f"{harm.name}.mp4"
    frozen: Luma | None = None
    with av.open(str(target), "w") as made:
        stream = made.add_stream("libx264", rate=_FPS, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height = _SIZE
        stream.pix_fmt = "yuv420p"
        for number, luma in enumerate(_footage(CLIP_S * _FPS)):
            at_s = number / _FPS - WELL_S
            if harm.name not in _BY_SERVER and 0 <= at_s < HARM_S:
                if harm.paint is not None:
                    luma = harm.paint(luma, at_s)  # noqa: PLW2901
                else:
                    frozen = luma if frozen is None else frozen
                    luma = frozen  # noqa: PLW2901
            grey = np.full((luma.shape[0] // 2, luma.shape[1]), 128, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.vstack([luma, grey]), format="yuv420p")
            frame.pts = number
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return target


@functools.cache
def _footage(count: int) -> tuple[Luma, ...]:
    return tuple(_lumas(count))


def _lumas(count: int) -> Iterator[Luma]:
    while count > 0:
        with av.open(str(rig.DATA / "videos" / _ROOM)) as container:
            next_s = 0.0
            for frame in container.decode(container.streams.video[0]):
                if frame.time < next_s:
                    continue
                next_s += 1 / _FPS
                plane = frame.planes[0]
                yield np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[: _SIZE[1], : _SIZE[0]].copy()
                count -= 1
                if count == 0:
                    return


async def run(folder: Path) -> list[Told]:
    """Let everything happen once; return what was told of each camera."""
    with contextlib.ExitStack() as stack:
        # only what comes behind the harm is shown again: a second harm would be told, too
        end = CLIP_S * _FPS
        ranges = ((0, end), *[((WELL_S + HARM_S) * _FPS, end)] * _ROUNDS)
        servers = {
            harm.name: stack.enter_context(
                RtspServer([Mount(path="/main", clip=clip(harm, folder), fps=_FPS, bitrate_kbps=500, gop_s=1.0, ranges=ranges)])
            )
            for harm in HARMS
        }
        sections = [rig.CameraSection(name=name, main=server.url("/main")).toml() for name, server in servers.items()]
        house = rig.House(folder / "house", "\n".join(sections), {})
        try:
            await house.start()
            await house.claim()
            await house.all_live()
            began = {name: camera["since_us"] for name, camera in (await house.cameras()).items()}
            await _harm_servers(house, servers, began)
            await house.until(house.alerts, _is_over)
            return [_told(harm, began[harm.name], await house.alerts(), await house.outages()) for harm in HARMS]
        finally:
            await house.close()


async def _harm_servers(house: rig.House, servers: dict[str, RtspServer], began: dict[str, int]) -> None:
    await _wait_until(max(began["stalled"], began["dead"]) + WELL_S * US_PER_S)
    servers["stalled"].pause()
    servers["dead"].kill()
    began["stalled"] = began["dead"] = _now_us() - WELL_S * US_PER_S
    await asyncio.sleep(HARM_S)
    servers["stalled"].resume()
    servers["dead"].start()


def _now_us() -> int:
    return time.time_ns() // 1000


async def _wait_until(at_us: int) -> None:
    await asyncio.sleep(max(0.0, (at_us - _now_us()) / US_PER_S))


def _is_over(alerts: list[dict]) -> bool:
    counts = [sum(alert["camera"] == harm.name and not alert["event"] for alert in alerts) for harm in HARMS if harm.fault]
    return all(count >= 2 for count in counts)


def _told(harm: Harm, began_us: int, alerts: list[dict], outages: list[dict]) -> Told:
    own = [alert for alert in alerts if alert["camera"] == harm.name and not alert["event"]]
    faults = {outage["fault"] for outage in outages if outage["camera"] == harm.name}
    assert faults <= ({harm.fault} - {""}), f"{harm.name}: {faults}"
    harm_us = began_us + WELL_S * US_PER_S
    times = [(alert["at_us"] - harm_us) / US_PER_S for alert in own]
    return Told(
        name=harm.name,
        notices=tuple(alert["title"] for alert in own),
        told_s=times[0] if times else None,
        over_s=times[1] - HARM_S if len(times) > 1 else None,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(Path(folder)))
    late = []
    for harm, told in zip(HARMS, found, strict=True):
        print(f"{harm.name:8s} told after {told.told_s} s (limit {harm.within_s}), over after {told.over_s} s: {told.notices}")
        right = len(told.notices) == (2 if harm.fault else 0)
        if not right or (told.told_s is not None and told.told_s > harm.within_s):
            late.append(harm.name)
    if args.json:
        args.json.write_text(json.dumps([asdict(told) for told in found], indent=1))
    print("all told in time, once" if not late else f"NOT as promised: {', '.join(late)}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
