"""The demo camera: the drawn scene as a main stream of 1280x720 and a sub stream of 640x360 on one clock. Guest only."""

from __future__ import annotations

from collections.abc import Iterator

from hearthwatch.feeds.encoder import H264Encoder
from hearthwatch.feeds.packet import Kind, Packet, Stream, StreamInfo
from hearthwatch.feeds.scene import Scene, SceneOptions, parse_scene
from hearthwatch.feeds.source import Source
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.units import NS_PER_S, MonoNs

_SIZES = {Stream.MAIN: (1280, 720), Stream.SUB: (640, 360)}


class DemoFeed:
    """Opens the scene that began at `started_ns`, where it now is: both streams show the same moment, also after a break."""

    def __init__(self, source: Source, *, clock: Clock, started_ns: MonoNs) -> None:
        """Raises ConfigFault for a URL that is no demo."""
        self._source = source
        self._options = parse_scene(source.url)
        self._clock = clock
        self._started_ns = started_ns

    def open(self, stop: Stop) -> OpenDemo:
        return OpenDemo(self._source, self._options, clock=self._clock, started_ns=self._started_ns, stop=stop)


class OpenDemo:
    def __init__(self, source: Source, options: SceneOptions, *, clock: Clock, started_ns: MonoNs, stop: Stop) -> None:
        width_px, height_px = _SIZES[source.stream]
        self._source = source
        self._options = options
        self._clock = clock
        self._started_ns = started_ns
        self._stop = stop
        self._scene = Scene(options, width_px, height_px)
        self._encoder = H264Encoder(width_px, height_px, options.fps)
        self.info = StreamInfo(video=self._encoder.info)

    def __iter__(self) -> Iterator[Packet]:
        """Yield each picture at its time; pictures that are late by more than a second are left out."""
        fps = self._options.fps
        number = self._due()
        while not self._stop.is_set():
            wait_s = number / fps - self._since_s()
            if wait_s > 0 and self._clock.sleep(self._stop, wait_s):
                return
            if wait_s < -1:
                number = self._due()
            ticks = round(number * 90_000 / fps)
            for unit in self._encoder.encode(self._scene.frame(number / fps), ticks):
                yield Packet(
                    camera=self._source.camera,
                    stream=self._source.stream,
                    kind=Kind.VIDEO,
                    data=unit.data,
                    pts_ticks=ticks,
                    dts_ticks=ticks,
                    is_key=unit.is_key,
                    received_ns=self._clock.mono_ns(),
                    wall_us=self._clock.wall_us(),
                )
            number += 1

    def _since_s(self) -> float:
        return (self._clock.mono_ns() - self._started_ns) / NS_PER_S

    def _due(self) -> int:
        return max(0, int(self._since_s() * self._options.fps))

    def close(self) -> None:
        """Nothing is held open."""
