"""A second viewer of the camera under test: notes the moment the last packet of each frame we wait for was there."""

from __future__ import annotations

import random
import threading

from hearthwatch.bench.soak.scene import coded_slices
from hearthwatch.feeds.packet import Kind, Stream
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import camera_id
from tests.runs.scenes import Entries


class Probe:
    """`entered_ns` are the arrivals of the frames people enter with (monotonic); `error` tells why it saw no more."""

    def __init__(self, url: str, entries: Entries) -> None:
        source = Source(camera=camera_id("probe"), stream=Stream.SUB, kind=SourceKind.RTSP, url=url, allow_loopback=True)
        self._feed = RtspFeed(source, clock=SystemClock(), rng=random.Random(1))
        self._entries = entries
        self._stop = Stop()
        self._thread = threading.Thread(target=self._run, name="probe", daemon=True)
        self.entered_ns: list[int] = []
        self.frames = 0
        self.error = ""

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(10.0)

    def _run(self) -> None:
        try:
            opened = self._feed.open(self._stop)
            try:
                for packet in opened:
                    if packet.kind is not Kind.VIDEO:
                        continue
                    self.frames += 1
                    if coded_slices(packet.data) in self._entries.slices:
                        self.entered_ns.append(packet.received_ns)
            finally:
                opened.close()
        except HearthwatchError as error:
            self.error = str(error)
