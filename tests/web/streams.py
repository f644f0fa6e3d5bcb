"""Cameras without a house: live streams in a hub, given for as long as somebody watches, counted as a camera's ledger would."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from hearthwatch.feeds.packet import Codec, Gap, GapReason, Kind, Packet, Run, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.units import CameraId, WallUs, camera_id
from hearthwatch.web.doors import CameraNow, CameraState, StreamNow
from hearthwatch.web.fanout import LiveHub

FPS = 25
Key = tuple[CameraId, Stream]
Give = Callable[[int], tuple[bytes, bool]]

MJPEG = StreamInfo(video=VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=640, height_px=360))


def picture(number: int, size: int = 4000) -> bytes:
    """Return bytes that begin and end as a JPEG and tell their number."""
    return b"\xff\xd8" + number.to_bytes(4, "big") + bytes(size) + b"\xff\xd9"


def number_of(jpeg: bytes) -> int:
    return int.from_bytes(jpeg[2:6], "big")


@dataclass
class Streams:
    """`sources` say what a stream is and what its picture number N is. `opened` counts how often each was asked for."""

    sources: dict[Key, tuple[StreamInfo, Give]]
    clock: Clock = field(default_factory=SystemClock)
    opened: Counter[Key] = field(default_factory=Counter)
    given: Counter[Key] = field(default_factory=Counter)
    state: CameraState = CameraState.LIVE

    def __post_init__(self) -> None:
        self.hub = LiveHub(self._on_demand)
        self.watched: set[Key] = set()

    def _on_demand(self, camera: CameraId, stream: Stream, wanted: bool) -> None:
        key = camera, stream
        if not wanted:
            self.watched.discard(key)
            return
        self.opened[key] += 1
        if key in self.sources:
            self.watched.add(key)
            self.begin(key)

    def begin(self, key: Key, info: StreamInfo | None = None) -> None:
        run = Run(id=RunId(f"run-{self.opened[key]}"), camera=key[0], stream=key[1], start_us=self.clock.wall_us())
        self.given[key] = 0
        self.hub.begin(run, info or self.sources[key][0])
        self.give(key)

    def give(self, key: Key) -> None:
        info, source = self.sources[key]
        number = self.given[key]
        self.given[key] += 1
        data, is_key = source(number)
        ticks = number * info.video.ticks_per_s // FPS
        self.hub.take(
            Packet(
                camera=key[0],
                stream=key[1],
                kind=Kind.VIDEO,
                data=data,
                pts_ticks=ticks,
                dts_ticks=ticks,
                is_key=is_key,
                received_ns=self.clock.mono_ns(),
                wall_us=self.clock.wall_us(),
            )
        )

    def end(self, key: Key) -> None:
        gap = Gap(camera=key[0], stream=key[1], start_us=self.clock.wall_us(), end_us=None, reason=GapReason.NETWORK)
        self.hub.end(gap)

    def all(self) -> tuple[CameraNow, ...]:
        """See CameraDoor."""
        names = dict.fromkeys(camera for camera, _ in self.sources)
        return tuple(self._now(camera) for camera in names)

    def _now(self, camera: CameraId) -> CameraNow:
        streams = tuple(
            StreamNow(
                stream=key[1],
                state=self.state,
                codec=info.video.codec,
                width_px=640,
                height_px=360,
                fps=FPS,
                kbit_per_s=500,
                last_us=WallUs(1),
                has_audio=False,
            )
            for key, (info, _) in self.sources.items()
            if key[0] == camera
        )
        return CameraNow(id=camera, name=camera, state=self.state, cause="", since_us=WallUs(1), streams=streams)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Give pictures at `FPS` to whoever watches."""

        async def run() -> None:
            while True:
                await asyncio.sleep(1 / FPS)
                for key in tuple(self.watched):
                    self.give(key)

        task = asyncio.create_task(run())
        try:
            yield
        finally:
            task.cancel()


def mjpeg_streams(*cameras: str) -> Streams:
    return Streams({(camera_id(one), Stream.MAIN): (MJPEG, lambda number: (picture(number), True)) for one in cameras})
