"""A process that holds on to one stream and notes when each connection's first picture was there: our pump, or PyAV."""

from __future__ import annotations

import json
import random
import sys
import threading

import av
from av.error import FFmpegError

from hearthwatch.feeds.packet import Gap, GapReason, Kind, Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.feeds.pump import Pump
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.frames.decode import Decoder
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId

_CAMERA = CameraId("cam-0")
_CLOCK = SystemClock()
_RETRY_S = 0.05


class Ours:
    """A PacketSink behind a pump; decodes and notes the first picture of each run."""

    def __init__(self, url: str) -> None:
        self.began_ns: int = _CLOCK.mono_ns()
        self.first_ns: list[int] = []
        self._decoder: Decoder | None = None
        self._first = True
        rng, ids = random.Random(), Ulids(_CLOCK)  # noqa: S311 client nonces
        source = Source(camera=_CAMERA, stream=Stream.SUB, kind=SourceKind.RTSP, url=url, allow_loopback=True)
        pump = Pump(
            _CAMERA,
            Stream.SUB,
            RtspFeed(source, clock=_CLOCK, rng=rng),
            (self,),
            clock=_CLOCK,
            stop=Stop(),
            rng=rng,
            ids=lambda: RunId(ids()),
            health=self,
        )
        threading.Thread(target=pump.run, daemon=True).start()

    def begin(self, run: Run, info: StreamInfo) -> None:
        """See PacketSink."""
        del run
        self._decoder, self._first = Decoder(_CAMERA, info.video, fast=True), True

    def take(self, packet: Packet) -> None:
        """See PacketSink."""
        if packet.kind is Kind.VIDEO and self._decoder is not None and self._decoder.decode(packet) and self._first:
            self._first = False
            self.first_ns.append(_CLOCK.mono_ns())

    def end(self, gap: Gap) -> None:
        """See PacketSink."""
        del gap
        self._decoder = None

    def stream_lost(self, camera: CameraId, stream: Stream, reason: GapReason, error: HearthwatchError) -> None:
        """See PumpHealth."""

    def stream_back(self, camera: CameraId, stream: Stream, lasted_s: float) -> None:
        """See PumpHealth."""


class PyAv:
    """A loop that opens the stream with PyAV as its manual shows, over TCP, and opens it again at once when it ends."""

    def __init__(self, url: str) -> None:
        self.began_ns: int = _CLOCK.mono_ns()
        self.first_ns: list[int] = []
        self._url = url
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not _CLOCK.sleep(Stop(), _RETRY_S):
            try:
                with av.open(self._url, options={"rtsp_transport": "tcp"}) as container:
                    for index, _picture in enumerate(container.decode(video=0)):
                        if index == 0:
                            self.first_ns.append(_CLOCK.mono_ns())
            except FFmpegError:
                continue


def main() -> None:
    settings = json.loads(sys.argv[1])
    contender = Ours(settings["url"]) if settings["kind"] == "ours" else PyAv(settings["url"])
    for _line in sys.stdin:
        sys.stdout.write(json.dumps({"began_ns": contender.began_ns, "first_ns": contender.first_ns}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
