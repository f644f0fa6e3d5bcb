"""A home network in memory: two cameras to find, one that wants the right password, one that is ours already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from tests.web import scene

from hearthwatch.kit.errors import ConfigFault, Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.web.camera_setup_doors import (
    AddWish,
    Candidate,
    Removed,
    SearchNow,
    StreamTried,
    Trial,
    TrialFailed,
    TrialFault,
    TryWish,
)

PASSWORD = "correct horse 7"
FOUND = (
    Candidate(host="192.168.1.20", port=80, tls=False, vendor="dahua", name="Front door", camera="front-door", mac="9c:8e:cd:00:11:22", serial="AMC00056"),
    Candidate(host="192.168.1.31", port=80, tls=False, vendor="onvif", name="IPC-BO", model="E1 Zoom", mac="ec:71:db:46:5a:f7"),
    Candidate(host="192.168.1.44", port=0, tls=False, vendor="", why="no camera of a family that we know (ports 80, 554 are open)"),
)  # fmt: skip


@dataclass
class FakeCameraSetup:
    """Implements CameraSetupDoor."""

    now: SearchNow = field(default_factory=SearchNow)
    tries: list[TryWish] = field(default_factory=list)
    added: list[AddWish] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    steps: asyncio.Event = field(default_factory=asyncio.Event)

    async def search(self) -> SearchNow:
        self.now = SearchNow(
            running=True, networks=("192.168.1.0/24",), addresses=256, living=9, looked=4, ignored=3, found=FOUND[:1]
        )
        return self.now

    async def stop_search(self) -> SearchNow:
        self.now = replace(self.now, running=False)
        return self.now

    def search_now(self) -> SearchNow:
        return self.now

    async def follow_search(self) -> AsyncGenerator[SearchNow]:
        yield self.now
        self.now = replace(self.now, looked=9, found=FOUND, running=False)
        yield self.now

    async def look_at(self, host: str, port: int, *, allow_loopback: bool) -> Candidate:
        if host != FOUND[1].host:
            raise TrialFailed(TrialFault.UNREACHABLE, f"No camera answers at {host}.", "Is it on?")
        return replace(FOUND[1], port=port or 80)

    async def try_camera(self, wish: TryWish) -> Trial:
        self.tries.append(wish)
        if wish.password.reveal() != PASSWORD:
            raise TrialFailed(TrialFault.PASSWORD, "The camera does not accept this name and password.", "It was tried once.")
        return Trial(
            id="01TRIAL", host=wish.host, vendor="onvif", maker="REOLINK", model="E1 Zoom", firmware="v3.1.0", mac=FOUND[1].mac,
            serial="", main="rtsp://192.168.1.31:554/main", sub="rtsp://192.168.1.31:554/sub", snapshot="", name="IPC-BO",
            has_picture=True, remarks=("The large stream is H.265, which saves disk.",),
            streams=(
                StreamTried(
                    name="main", url="rtsp://192.168.1.31:554/main", codec="h265", width_px=2560, height_px=1920, fps=20,
                    kbit_per_s=3100, bytes_per_day=33_480_000_000, words="H.265, 2560 x 1920, 20 pictures a second, about 33 GB a day",
                ),
                StreamTried(
                    name="sub", url="rtsp://192.168.1.31:554/sub", codec="h264", width_px=640, height_px=480, fps=10,
                    kbit_per_s=260, bytes_per_day=2_808_000_000, words="H.264, 640 x 480, 10 pictures a second, about 2.8 GB a day",
                ),
            ),
        )  # fmt: skip

    def picture(self, trial: str) -> bytes | None:
        return scene.jpeg(scene.draw(scene.LOOKS["driveway"], 2.0, 640, 360)[0]) if trial == "01TRIAL" else None

    async def add(self, wish: AddWish) -> CameraId:
        if wish.trial != "01TRIAL":
            raise Unsupported("the camera was tried too long ago: try it once more, then add it")
        if ":" in wish.name:
            raise ConfigFault(
                "/data/our house/hearthwatch.toml:7: camera.x.name: must be one line of at most 60 ordinary characters"
            )
        self.added.append(wish)
        return CameraId(wish.name.lower().replace(" ", "-"))

    async def rename(self, camera: CameraId, name: str) -> None:
        if camera == "nobody":
            raise Unsupported("there is no camera nobody")
        self.renamed.append((camera, name))

    async def remove(self, camera: CameraId) -> Removed:
        if camera == "nobody":
            raise Unsupported("there is no camera nobody")
        self.removed.append(camera)
        return Removed(camera=camera, name="Front door", text="Front door is not watched any more. Its footage stays.")
