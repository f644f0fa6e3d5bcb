"""From a connection's packets to Runs: where one begins, where it must end, and the Gap that follows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hearthwatch.feeds.packet import Codec, Gap, GapReason, Kind, Packet, PacketSink, Run, RunId, Stream, StreamInfo
from hearthwatch.feeds.timeline import Discontinuity, Timeline
from hearthwatch.kit.clock import Clock, UnsetClock, offset_us
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, WallUs

CLOCK_STEP_US = US_PER_S // 2
_SETTLE_NS = NS_PER_S // 2
_SETTLE_PACKETS = 200
_MEANT = frozenset({GapReason.STOPPED, GapReason.PRIVATE, GapReason.MODE})
"""Ends that are no outage: of a stream that never came they say nothing."""


class Runs:
    """Cuts the packets of one stream into runs and hands them to every sink with repaired time.

    A run begins at a key frame, once the stream comes at its own pace (a server may first send what it kept), and ends
    with the connection, or with the first key frame after a jump of the camera's stamps or of our wall clock, where the next
    one begins: neither loses a picture. An outage before the first run is an `end`
    without a `begin`, counted from the making of this object.
    """

    def __init__(
        self, camera: CameraId, stream: Stream, sinks: Sequence[PacketSink], *, clock: Clock, ids: Callable[[], RunId]
    ) -> None:
        self._camera = camera
        self._stream = stream
        self._sinks = tuple(sinks)
        self._clock = clock
        self._ids = ids
        self._held: list[Packet] = []
        self._timeline: Timeline | None = None
        self._offset_us = 0
        self._unset = self._doubt(offset_us(clock))
        self._gap_start_us: WallUs | None = clock.wall_us()
        self._not_before_us = WallUs(0)

    @property
    def running(self) -> bool:
        return self._timeline is not None

    def take(self, packet: Packet, info: StreamInfo) -> None:
        """Place the next packet of the connection, in arrival order."""
        ahead_us = offset_us(self._clock)
        stepped_us = ahead_us - self._offset_us
        if (self._timeline or self._held) and abs(stepped_us) > CLOCK_STEP_US:
            if packet.starts_gop:
                self.end(GapReason.CLOCK_STEP, f"the clock of this machine was set by {stepped_us / US_PER_S:+.1f} s", info)
            else:
                ahead_us = self._offset_us
        if self._timeline and packet.starts_gop and self._timeline.adrift:
            self.end(GapReason.DISCONTINUITY, "the camera's clock runs too slow to follow")
        if self._timeline and self._give(self._timeline, packet, ahead_us):
            return
        if self._held or packet.starts_gop:
            if not self._held:
                if self._not_before_us and abs(stepped_us) > CLOCK_STEP_US:
                    self._not_before_us = WallUs(self._not_before_us + stepped_us)
                self._offset_us = ahead_us
                self._unset = self._doubt(ahead_us)
            self._held.append(packet)
            if _settled(self._held, info):
                self._begin(info)

    def _doubt(self, ahead_us: int) -> UnsetClock | None:
        return None if self._clock.is_kept() else UnsetClock(boot=self._clock.boot(), offset_us=ahead_us)

    def _begin(self, info: StreamInfo) -> None:
        first, self._held = tuple(self._held), []
        self._timeline = Timeline(info, first, self._offset_us, self._not_before_us)
        run = Run(id=self._ids(), camera=self._camera, stream=self._stream, start_us=self._timeline.start_us, unset=self._unset)
        self._gap_start_us = None
        for sink in self._sinks:
            sink.begin(run, info)
        for at, packet in enumerate(first):
            if not self._give(self._timeline, packet, self._offset_us):
                for rest in first[at:]:
                    self.take(rest, info)
                return

    def _give(self, timeline: Timeline, packet: Packet, ahead_us: int) -> bool:
        """Hand the packet on; False when its stamps ended the run instead."""
        try:
            placed = timeline.place(packet, ahead_us)
        except Discontinuity as jump:
            self.end(GapReason.DISCONTINUITY, str(jump))
            return False
        for sink in self._sinks:
            sink.take(placed)
        return True

    def end(self, reason: GapReason, detail: str, info: StreamInfo | None = None) -> None:
        """End the run, if there is one, with a gap; packets still held become a run first when `info` is given."""
        if self._held and info is not None:
            self._begin(info)
        self._held.clear()
        if self._timeline:
            start_us = self._not_before_us = self._timeline.end_us
            self._timeline = None
        elif self._gap_start_us is not None and reason not in _MEANT:
            start_us, self._gap_start_us = self._gap_start_us, None
        else:
            return
        gap = Gap(
            camera=self._camera,
            stream=self._stream,
            start_us=start_us,
            end_us=None,
            reason=reason,
            detail=redact(detail),
            unset=self._unset,
        )
        for sink in self._sinks:
            sink.end(gap)


def _settled(held: Sequence[Packet], info: StreamInfo) -> bool:
    """Whether packets now come as fast as they are meant to be shown, so that the least delayed of them tells the time."""
    video = [packet for packet in held if packet.kind is Kind.VIDEO]
    if info.video.codec is Codec.MJPEG or len(held) >= _SETTLE_PACKETS:
        return True
    if len(video) < 2:
        return False
    before, last = video[-2:]
    arrived_ns = last.received_ns - before.received_ns
    shown_ns = (last.dts_ticks - before.dts_ticks) * NS_PER_S // info.video.ticks_per_s
    return arrived_ns * 2 >= shown_ns or last.received_ns - video[0].received_ns >= _SETTLE_NS
