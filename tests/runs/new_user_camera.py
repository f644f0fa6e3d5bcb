"""The camera a new user finds: ONVIF that answers WS-Discovery, and GStreamer's RTSP server with somebody who walks by.

`python -m tests.runs.new_user_camera ADDRESS [PORT]`, in a network namespace or on loopback; prints `ready PORT`. Real footage of a hall
where HEARTHWATCH_TEST_DATA has it, else the drawn street.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from hearthwatch.bench.rtsp_server import Mount
from hearthwatch.feeds.scene import Scene, SceneOptions
from hearthwatch.kit.clock import SystemClock
from tests.devices import onvif_camera
from tests.devices.camera_message import Reply, Request
from tests.devices.camera_state import Account, CameraClock, CameraState
from tests.devices.camera_video import CameraVideo
from tests.devices.discoverable import answer_probes, match
from tests.devices.onvif_operations import SNAPSHOT
from tests.runs.rig import DATA

USER, PASSWORD = "watch", "watch-Pass-1"
FPS = 10
ROOM = DATA / "videos" / "indoor_one_by_one.mp4"
VISIT_FRAMES = 225
"""Somebody comes in, stands and goes; see labels/segments.csv."""
EMPTY_FRAMES = slice(5, 50)
EMPTY_S = 12
"""Long enough that who comes next is somebody new to the house."""


@dataclass(kw_only=True)
class Filmed(onvif_camera.OnvifCamera):
    """Its single picture is one of what it films."""

    still: bytes = b""

    async def answer(self, request: Request) -> Reply:
        reply = await super().answer(request)
        if request.target == SNAPSHOT and reply.status.startswith("200"):
            return Reply(body=self.still, headers=(("Content-Type", "image/jpeg"),))
        return reply


def clip() -> Path:
    """Return what it films, made once and kept."""
    folder = Path(tempfile.gettempdir()) / f"hearthwatch-clips-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    is_real = ROOM.is_file()
    target = folder / f"new-user-2-{'hall' if is_real else 'street'}.mp4"
    if not target.exists():
        temporary = target.with_name(f"{target.stem}.{os.getpid()}.mp4")
        with av.open(str(temporary), "w") as container:
            stream = container.add_stream("libx264", rate=FPS)
            stream.width, stream.height = (768, 432) if is_real else (1280, 720)
            stream.pix_fmt, stream.options = "yuv420p", {"preset": "veryfast", "crf": "18", "bf": "0", "g": str(FPS)}
            for picture in _hall() if is_real else _street():
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
            container.mux(stream.encode(None))
        temporary.rename(target)
    return target


def _hall() -> Iterator[NDArray[np.uint8]]:
    with av.open(str(ROOM)) as container:
        pictures = [frame.to_ndarray(format="yuv420p") for frame in islice(container.decode(video=0), VISIT_FRAMES)]
    empty = pictures[EMPTY_FRAMES]
    yield from pictures
    yield from islice(cycle([*reversed(empty), *empty]), EMPTY_S * FPS)


def _street() -> Iterator[NDArray[np.uint8]]:
    scene = Scene(SceneOptions(seed=2, first_s=6, every_s=1000), 1280, 720)
    for number in range(30 * FPS):
        yield scene.frame(number / FPS)


def first_picture(film: Path) -> bytes:
    with av.open(str(film)) as container:
        frame = next(container.decode(video=0))
        return bytes(simplejpeg.encode_jpeg(frame.to_ndarray(format="bgr24"), quality=85, colorspace="BGR"))


def camera(film: Path) -> Filmed:
    """Return the camera, as its owner set it up: an account of its own for us, no built-in one."""
    state = CameraState(
        clock=CameraClock(true=SystemClock(), west_s=0),
        accounts=[
            Account(name="admin", password="a-Long-one-41", group="Administrator", is_built_in=True),
            Account(name=USER, password=PASSWORD, group="Administrator"),
        ],
    )
    return Filmed(state=state, sub_path="/sub", still=first_picture(film))


async def main(address: str, port: int) -> None:
    film = clip()
    large = Mount(path="/", clip=film, fps=FPS, bitrate_kbps=1500, gop_s=1.0)
    small = Mount(path="/sub", clip=film, width_px=640, height_px=360, fps=FPS, bitrate_kbps=500, gop_s=1.0)
    made = camera(film)
    made.host, made.port = address, port
    async with made.running(), CameraVideo(
        camera=made, user=USER, mounts=[large, small]
    ).running():  # fmt: skip
        if not address.startswith("127."):
            await answer_probes(address, [match(address)])
        print("ready", made.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
