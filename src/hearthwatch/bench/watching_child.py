"""The process that is measured as "ours" where cameras are only watched: feed, pump, decoder and motion, a thread a camera."""

from __future__ import annotations

import json
import random
import sys
import threading

from hearthwatch.feeds.packet import Gap, GapReason, Kind, Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.feeds.pump import Pump
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.frames.decode import Decoder
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId
from hearthwatch.motion.difference import DifferenceDetector
from hearthwatch.motion.motion import MotionOptions


class Watched:
    """One camera: a PacketSink that decodes and looks in the pump's own thread, and counts."""

    def __init__(self, name: str, url: str, stop: Stop) -> None:
        self.camera = CameraId(name)
        self.pictures = self.dropped = self.moving = self.outages = 0
        self._decoder: Decoder | None = None
        self._motion = DifferenceDetector(MotionOptions())
        clock, rng = SystemClock(), random.Random()  # noqa: S311 client nonces
        ids = Ulids(clock)
        source = Source(camera=self.camera, stream=Stream.SUB, kind=SourceKind.RTSP, url=url, allow_loopback=True)
        feed = RtspFeed(source, clock=clock, rng=rng)
        self.pump = Pump(
            self.camera,
            Stream.SUB,
            feed,
            (self,),
            clock=clock,
            stop=stop,
            rng=rng,
            ids=lambda: RunId(ids()),
            health=self,
        )
        threading.Thread(target=self.pump.run, daemon=True).start()

    def begin(self, run: Run, info: StreamInfo) -> None:
        """See PacketSink."""
        del run
        self._decoder = Decoder(self.camera, info.video, fast=True)

    def take(self, packet: Packet) -> None:
        """See PacketSink."""
        if packet.kind is not Kind.VIDEO or self._decoder is None:
            return
        before = self.pictures
        for frame in self._decoder.decode(packet):
            self.pictures += 1
            self.moving += bool(self._motion.look(frame).boxes)
        self.dropped += self.pictures == before

    def end(self, gap: Gap) -> None:
        """See PacketSink."""
        del gap
        self._decoder = None

    def stream_lost(self, camera: CameraId, stream: Stream, reason: GapReason, error: HearthwatchError) -> None:
        """See PumpHealth."""
        del camera, stream, reason, error
        self.outages += 1

    def stream_back(self, camera: CameraId, stream: Stream, lasted_s: float) -> None:
        """See PumpHealth."""


def main() -> None:
    settings = json.loads(sys.argv[1])
    stop = Stop()
    cameras = [Watched(f"cam-{index}", url, stop) for index, url in enumerate(settings["urls"])]
    for _line in sys.stdin:
        counts = {
            "pictures": sum(each.pictures for each in cameras),
            "dropped": sum(each.dropped for each in cameras),
            "moving": sum(each.moving for each in cameras),
            "lost": sum(each.pump.state.lost_packets + each.outages for each in cameras),
        }
        sys.stdout.write(json.dumps(counts) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
