"""The pump: keeps one stream of one camera coming and tells of each outage once."""

from __future__ import annotations

import errno
import logging
import random
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from hearthwatch.feeds.packet import (
    Codec,
    Feed,
    GapReason,
    Kind,
    OpenFeed,
    Packet,
    PacketSink,
    RunId,
    Stream,
    StreamChanged,
    StreamInfo,
)
from hearthwatch.feeds.runs import Runs
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import redact
from hearthwatch.kit.retry import Backoff, keep_running
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs

log = logging.getLogger(__name__)

SILENCE_S = 10.0
_BLINK_S = 0.1
_QUICK_CAP_S = 6.0
_SLOW_CAP_S = 30.0
_LONG_OUTAGE_S = 900.0
_HEALTHY_S = 10.0
_WAIT_SLICE_S = 5.0
_STATE_EVERY_NS = NS_PER_S
_METER_SAMPLES = 5
_VIDEO = Kind.VIDEO
_NETWORK_ERRNOS = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}


class Trouble(StrEnum):
    """What kind of error keeps a stream down, by which the owner is told what to look at."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    BAD_REPLY = "bad-reply"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpState:
    """One stream's health at a moment. `since_us` is when it got or lost its picture; counts run from the process's start."""

    connected: bool
    since_us: WallUs
    packets: int = 0
    bytes: int = 0
    fps: float = 0.0
    bits_per_s: float = 0.0
    last_packet_ns: MonoNs | None = None
    lost_packets: int = 0
    outages: int = 0
    reason: GapReason | None = None
    trouble: Trouble | None = None
    last_error: str = ""
    codec: Codec | None = None
    audio: Codec | None = None
    width_px: int = 0
    height_px: int = 0


class PumpHealth(Protocol):
    """Hears of every outage once when it begins (again if its cause changes) and once when the picture is back."""

    def stream_lost(self, camera: CameraId, stream: Stream, reason: GapReason, error: HearthwatchError) -> None: ...

    def stream_back(self, camera: CameraId, stream: Stream, lasted_s: float) -> None: ...


@runtime_checkable
class CountsLoss(Protocol):
    """An OpenFeed that knows how many packets of this connection the network lost."""

    @property
    def lost_packets(self) -> int: ...


@runtime_checkable
class Lives(Protocol):
    """An OpenFeed that may wait long between packets and shows that it is not stuck."""

    @property
    def beat_ns(self) -> MonoNs: ...


def reason_of(error: BaseException) -> GapReason:
    """Return the cause the page draws for a stream that ended in `error`."""
    if isinstance(error, StreamChanged):
        return GapReason.CHANGED
    if isinstance(error, Refused):
        return GapReason.REFUSED
    if not isinstance(error, HearthwatchError):
        return GapReason.US
    cause = error.__cause__
    if isinstance(cause, socket.gaierror) or (isinstance(cause, OSError) and cause.errno in _NETWORK_ERRNOS):
        return GapReason.NETWORK
    return GapReason.CAMERA


def trouble_of(error: BaseException) -> Trouble:
    """Return the kind of error that keeps a stream down."""
    for kind, trouble in (
        (Refused, Trouble.REFUSED),
        (Unsupported, Trouble.UNSUPPORTED),
        (StreamChanged, Trouble.UNREACHABLE),
        (BadReply, Trouble.BAD_REPLY),
    ):
        if isinstance(error, kind):
            return trouble
    return Trouble.UNREACHABLE


class Pump:
    """Runs in its own thread until `stop`. `state` is a snapshot swapped whole; `beat_ns` is the last sign of life.

    All calls to `sinks` come from that thread. A sink may get an `end` without a `begin`: the stream was down from the start.
    """

    def __init__(
        self,
        camera: CameraId,
        stream: Stream,
        feed: Feed,
        sinks: Sequence[PacketSink],
        *,
        clock: Clock,
        stop: Stop,
        rng: random.Random,
        ids: Callable[[], RunId],
        health: PumpHealth,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.name = f"{camera} {stream}"
        self._camera = camera
        self._stream = stream
        self._feed = feed
        self._clock = clock
        self._stop = stop
        self._rng = rng
        self._health = health
        self._silence_s = silence_s
        self._runs = Runs(camera, stream, sinks, clock=clock, ids=ids)
        self._backoff = Backoff(factor=1.5, cap_s=_QUICK_CAP_S, rng=rng)
        self._down_ns: MonoNs | None = clock.mono_ns()
        self._up_ns: MonoNs | None = None
        self._told: GapReason | None = None
        self._meter: deque[tuple[int, int, int]] = deque(maxlen=_METER_SAMPLES + 1)
        self._packets = self._bytes = self._frames = self._lost_before = 0
        self._next_state_ns = 0
        self._beat_ns = clock.mono_ns()
        self._waiting: Lives | None = None
        self.state = PumpState(connected=False, since_us=clock.wall_us())
        self.stop_reason = GapReason.STOPPED
        """What a set `stop` means for the footage that is then missing: the owner's will, or a fault of ours."""

    @property
    def beat_ns(self) -> MonoNs:
        """When it last showed a sign of life, by the monotonic clock."""
        waiting = self._waiting
        return max(self._beat_ns, waiting.beat_ns) if waiting else self._beat_ns

    def run(self) -> None:
        """Keep the stream coming until `stop` is set."""
        bugs = Backoff(first_s=0.05, factor=4.0, rng=self._rng)
        keep_running(self.name, self._cycle, stop=self._stop, clock=self._clock, backoff=bugs)

    def _cycle(self) -> None:
        """One connection, and the wait before the next if it failed; raises only what is a bug."""
        try:
            self.run_once()
        except StreamChanged as change:
            log.info("%s: %s", self.name, change)
            if self._ran_s() < _HEALTHY_S:
                self._wait(self._backoff.wait_s(change, 0.0))
            self._up_ns = None
        except HearthwatchError as error:
            if not self._stop.is_set():
                self._wait(self._failed(error))

    def run_once(self) -> None:
        """Connect and pump until the stream ends, which is an error unless `stop` was set. Raises kit errors."""
        self._beat_ns = self._clock.mono_ns()
        try:
            opened = self._feed.open(self._stop)
            self._waiting = opened if isinstance(opened, Lives) else None
            try:
                self._pump(opened)
            finally:
                self._waiting = None
                self._lost_before += opened.lost_packets if isinstance(opened, CountsLoss) else 0
                opened.close()
        except Exception as error:
            why = self.stop_reason if self._stop.is_set() else reason_of(error)
            self._runs.end(why, str(error) if isinstance(error, HearthwatchError) else "an internal error; see the log")
            raise
        self._runs.end(self.stop_reason, "")

    def _pump(self, opened: OpenFeed) -> None:
        """Pump over one connection, through every change of the picture that it outlives; one that changes again and again is
        left for a while."""
        self._up_ns = None
        while True:
            try:
                return self._pump_run(opened)
            except StreamChanged as change:
                if not change.goes_on or self._ran_s() < _HEALTHY_S or self._stop.is_set():
                    raise
                log.info("%s: %s", self.name, change)
                self._runs.end(GapReason.CHANGED, str(change))
                self._up_ns = None

    def _pump_run(self, opened: OpenFeed) -> None:
        info = opened.info
        silence_ns = round(self._silence_s * NS_PER_S)
        video_ns = self._clock.mono_ns()
        for packet in opened:
            if self._stop.is_set():
                return
            now_ns = self._beat_ns = self._clock.mono_ns()
            if packet.kind is _VIDEO:
                video_ns = now_ns
            elif now_ns - video_ns > silence_ns:
                raise Unreachable(f"the camera has sent no picture for {self._silence_s:.0f} s, only sound")
            self._runs.take(packet, info)
            self._count(packet, opened)
        if not self._stop.is_set():
            raise Unreachable("the camera ended the stream")

    def _count(self, packet: Packet, opened: OpenFeed) -> None:
        self._packets += 1
        self._bytes += len(packet.data)
        self._frames += packet.kind is _VIDEO
        if self._up_ns is None and self._runs.running:
            self._connected(opened.info)
        if self._beat_ns >= self._next_state_ns:
            self._next_state_ns = self._beat_ns + _STATE_EVERY_NS
            self._meter.append((self._beat_ns, self._frames, self._bytes))
            then_ns, frames, size = self._meter[0]
            passed_s = max(1, self._beat_ns - then_ns) / NS_PER_S
            measured = len(self._meter) > 1
            self.state = replace(
                self.state,
                packets=self._packets,
                bytes=self._bytes,
                fps=(self._frames - frames) / passed_s if measured else 0.0,
                bits_per_s=(self._bytes - size) * 8 / passed_s if measured else 0.0,
                last_packet_ns=packet.received_ns,
                lost_packets=self._lost_before + (opened.lost_packets if isinstance(opened, CountsLoss) else 0),
            )

    def _connected(self, info: StreamInfo) -> None:
        """The first picture of a connection: after an outage, after the start or after a change of the stream."""
        self._up_ns = self._clock.mono_ns()
        video, audio = info.video, info.audio
        what = f"{video.codec} {video.width_px}x{video.height_px}" + (f" with sound ({audio.codec})" if audio else "")
        if self._down_ns is None:
            log.info("%s: now sends %s", self.name, what)
        elif self._told is None:
            log.info("%s: connected, %s", self.name, what)
        else:
            lasted_s = (self._up_ns - self._down_ns) / NS_PER_S
            log.info("%s: the picture is back after %s, %s", self.name, spoken(lasted_s), what)
            self._health.stream_back(self._camera, self._stream, lasted_s)
        self.state = replace(
            self.state,
            connected=True,
            since_us=self.state.since_us if self._down_ns is None else self._clock.wall_us(),
            reason=None,
            trouble=None,
            last_error="",
            codec=video.codec,
            audio=audio.codec if audio else None,
            width_px=video.width_px,
            height_px=video.height_px,
        )
        self._down_ns = self._told = None

    def _ran_s(self) -> float:
        return (self._clock.mono_ns() - self._up_ns) / NS_PER_S if self._up_ns is not None else 0.0

    def _failed(self, error: HearthwatchError) -> float:
        """Note the failure, tell it if it is news, and return the seconds to wait."""
        now_ns = self._clock.mono_ns()
        was_healthy = self._ran_s() >= _HEALTHY_S
        if was_healthy:
            self._backoff.tries = 0
        self._up_ns = None
        if self._down_ns is None:
            self._down_ns = now_ns
        self._backoff.cap_s = _SLOW_CAP_S if now_ns - self._down_ns > _LONG_OUTAGE_S * NS_PER_S else _QUICK_CAP_S
        # After a healthy run the network most often only blinked, and the camera is there.
        wait_s = _BLINK_S if was_healthy and isinstance(error, Unreachable) else self._backoff.wait_s(error, 0.0)
        reason = reason_of(error)
        is_new = self._told is None
        is_news = is_new or (reason is GapReason.REFUSED) is not (self._told is GapReason.REFUSED)
        self._meter.clear()
        self.state = replace(
            self.state,
            connected=False,
            since_us=self._clock.wall_us() if is_new else self.state.since_us,
            fps=0.0,
            bits_per_s=0.0,
            packets=self._packets,
            bytes=self._bytes,
            lost_packets=self._lost_before,
            outages=self.state.outages + is_new,
            reason=reason,
            trouble=trouble_of(error),
            last_error=redact(str(error)),
        )
        if is_news:
            log.warning("%s: %s (trying again in %s)", self.name, error, spoken(wait_s))
            self._health.stream_lost(self._camera, self._stream, reason, error)
            self._told = reason
        else:
            log.debug("%s: still failing: %s", self.name, error)
        return wait_s

    def _wait(self, seconds: float) -> None:
        """Sleep in slices: a pump that waits ten minutes for a locked account is alive."""
        until_ns = self._clock.mono_ns() + round(seconds * NS_PER_S)
        while (left_s := (until_ns - self._clock.mono_ns()) / NS_PER_S) > 0:
            self._beat_ns = self._clock.mono_ns()
            if self._clock.sleep(self._stop, min(left_s, _WAIT_SLICE_S)):
                return


def spoken(seconds: float) -> str:
    """Return a length of time for people: `1.4 s`, `25 s`, `12 min`, `3 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
