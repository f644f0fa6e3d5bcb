"""An RTSP stream that plays: its packets, the camera's clock, keep-alive, and an orderly end."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from hearthwatch.feeds.depacketize import Depacketizer, Losses
from hearthwatch.feeds.depacketize_video import VideoDepacketizer
from hearthwatch.feeds.nal import ParameterSets
from hearthwatch.feeds.packet import AudioInfo, Kind, Packet, StreamChanged, StreamInfo
from hearthwatch.feeds.rtcp import Goodbye, SenderReport, parse_rtcp, receiver_report
from hearthwatch.feeds.rtp import Track, Unwrapper
from hearthwatch.feeds.rtsp_connection import RtspConnection, Steps, Taker
from hearthwatch.feeds.rtsp_message import Message, format_interleaved
from hearthwatch.feeds.sdp import Media
from hearthwatch.feeds.source import Source
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable
from hearthwatch.kit.units import NS_PER_S, MonoNs, WallUs

KEY_WAIT_S = 75.0
"""How long to wait for the first key frame: some cameras send one a minute."""
_REPORT_EVERY_NS = 10 * NS_PER_S
_GOODBYE_S = 0.5
_LONGEST_KEEP_ALIVE_S = 30.0
_SHORTEST_KEEP_ALIVE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraClock:
    """What the camera's last sender report says: its clock showed `camera_us` at `ticks` of the track; `offset_us` is how
    far it was ahead of our wall clock when the report came."""

    camera_us: WallUs
    ticks: int
    offset_us: int
    received_ns: MonoNs


@dataclass(slots=True, kw_only=True)
class StreamTrack:
    """A track that was set up; `info` is None for the picture, whose is learnt from the stream."""

    media: Media
    channels: tuple[int, int]
    depacketizer: Depacketizer
    info: AudioInfo | None


class _Live:
    """A track while it plays."""

    def __init__(self, track: StreamTrack, kind: Kind) -> None:
        self.kind = kind
        self.clock_hz = track.media.clock_hz
        self.rtp = Track(track.media.payload_type, track.depacketizer)
        self.ready = track.depacketizer.ready
        self.rtcp_channel = track.channels[1]
        self.unwrap = Unwrapper()
        self.start_ticks: int | None = None
        self.report: SenderReport | None = None
        self.report_ns = MonoNs(0)
        self.ahead_us = 0


class RtspStream:
    """The OpenFeed of RtspFeed. Use from one thread; `stop` may be set from any."""

    def __init__(
        self,
        source: Source,
        connection: RtspConnection,
        tracks: list[StreamTrack],
        *,
        control: str,
        knows_get_parameter: bool,
        clock: Clock,
        rng: random.Random,
        stop: Stop,
        steps: Steps,
        read_timeout_s: float,
    ) -> None:
        self._source = source
        self._connection = connection
        self._control = control
        self._keep_alive = "GET_PARAMETER" if knows_get_parameter else "OPTIONS"
        self._clock = clock
        self._ssrc = rng.getrandbits(32)
        self._stop = stop
        self._steps = steps
        self._picture_timeout_ns = round(read_timeout_s * NS_PER_S)
        assert isinstance(tracks[0].depacketizer, VideoDepacketizer)
        self._pictures = tracks[0].depacketizer
        self._video = _Live(tracks[0], Kind.VIDEO)
        self._live = [self._video, *(_Live(track, Kind.AUDIO) for track in tracks[1:])]
        self._audio_info = next((track.info for track in tracks if track.info), None)
        self._info: StreamInfo | None = None
        self._sets: ParameterSets | None = None
        self._waiting: list[Packet] = []
        self._origin_ns: MonoNs | None = None
        self._ending: HearthwatchError | None = None
        self._gone = False
        self._failed = False
        self._closed = False
        self._started_ns = self._clock.mono_ns()
        self._seen_pictures = 0
        self._next_chore_ns = self._next_report_ns = self._next_alive_ns = self._started_ns
        self._picture_ns = self._started_ns
        self.session_timeout_s = 60
        for live, track in zip(self._live, tracks, strict=True):
            connection.takers[track.channels[0]] = live.rtp.take
            connection.takers[track.channels[1]] = self._rtcp_taker(live)

    @property
    def info(self) -> StreamInfo:
        assert self._info is not None
        return self._info

    @property
    def losses(self) -> dict[Kind, Losses]:
        """What each track lost since the connection was made."""
        return {live.kind: live.rtp.losses for live in self._live}

    @property
    def lost_packets(self) -> int:
        return sum(live.rtp.losses.lost_packets for live in self._live)

    @property
    def camera_clock(self) -> CameraClock | None:
        """The camera's clock as its sender reports for the picture tell it, None before the first."""
        live = self._video
        if live.report is None or live.start_ticks is None:
            return None
        return CameraClock(
            camera_us=live.report.camera_us,
            ticks=live.start_ticks + live.unwrap.total + live.unwrap.ahead(live.report.rtp_timestamp),
            offset_us=live.ahead_us,
            received_ns=live.report_ns,
        )

    def wait_for_key(self) -> None:
        """Read until a key frame with its parameter sets is there. Raises what iteration raises."""
        with self._guarded("waiting for a picture"):
            self._schedule()
            self._gather()
            while self._info is None:
                self._advance()
                if self._stop.is_set():
                    raise Unreachable("stopped")
                if self._clock.mono_ns() - self._started_ns > KEY_WAIT_S * NS_PER_S:
                    raise BadReply(f"sends pictures but no key frame within {KEY_WAIT_S:g} s")

    def __iter__(self) -> Iterator[Packet]:
        with self._guarded("stream"):
            self._collect_ready()
            while not self._stop.is_set():
                packets, self._waiting = self._waiting, []
                yield from packets
                self._advance()

    @contextlib.contextmanager
    def _guarded(self, step: str) -> Iterator[None]:
        try:
            with self._steps.named(step):
                yield
        except HearthwatchError as error:
            self._failed = not isinstance(error, StreamChanged)
            raise

    def _advance(self) -> None:
        """Read once, and do what came due. An error waits until the packets that came before it are taken."""
        if self._ending is not None:
            ending, self._ending = self._ending, None
            if isinstance(ending, StreamChanged):
                self._info = ending.info
            raise ending
        try:
            if self._connection.read():
                try:
                    self._connection.dispatch()
                finally:
                    self._gather()
                now_ns = self._connection.received_ns
            else:
                now_ns = self._clock.mono_ns()
            if now_ns >= self._next_chore_ns:
                self._chores(now_ns)
        except HearthwatchError as error:
            if not self._waiting:
                raise
            self._ending = error

    def _gather(self) -> None:
        """Take what the buffer held: units, replies, the camera's goodbye."""
        self._collect_ready()
        while self._connection.unasked:
            self._answered(self._connection.unasked.popleft())
        if self._gone:
            raise Unreachable("the camera ended the stream")

    def _collect_ready(self) -> None:
        for live in self._live:
            if live.ready and self._ending is None:
                self._collect(live, self._connection.received_ns)

    def _collect(self, live: _Live, received_ns: MonoNs) -> None:
        wall_us = self._clock.wall_us()
        units = live.ready[:]
        live.ready.clear()
        source, unwrap = self._source, live.unwrap
        for index, unit in enumerate(units):
            if unit.sets is not None and unit.sets is not self._sets and (change := self._learn(unit.sets)):
                live.ready[:0] = units[index:]
                self._ending = change
                return
            if self._info is None:
                continue
            if self._origin_ns is None:
                self._origin_ns = received_ns
            total = unwrap(unit.timestamp)
            if live.start_ticks is None:
                live.start_ticks = (received_ns - self._origin_ns) * live.clock_hz // NS_PER_S
            ticks = live.start_ticks + total
            packet = Packet(
                camera=source.camera,
                stream=source.stream,
                kind=live.kind,
                data=unit.data,
                pts_ticks=ticks,
                dts_ticks=ticks,
                is_key=unit.is_key,
                received_ns=received_ns,
                wall_us=wall_us,
            )
            self._waiting.append(packet)

    def _learn(self, sets: ParameterSets) -> StreamChanged | None:
        """Take the parameter sets of a key frame: the first tell what the stream is, other ones end the run before it."""
        if not sets.is_complete:
            return None
        self._sets = sets
        info = StreamInfo(video=sets.video_info(self._video.clock_hz), audio=self._audio_info)
        if self._info is None:
            self._info = info
        if self._info == info:
            return None
        now, old = info.video, self._info.video
        what = f"{old.width_px}x{old.height_px} to {now.width_px}x{now.height_px}"
        name = f"{self._source.camera}/{self._source.stream}"
        return StreamChanged(f"{name}: the camera changed its picture ({what})", info, goes_on=True)

    def _chores(self, now_ns: MonoNs) -> None:
        """Once a second: see that pictures come, report reception, keep the session alive."""
        self._next_chore_ns = MonoNs(now_ns + NS_PER_S)
        if self._pictures.pictures != self._seen_pictures:
            self._seen_pictures, self._picture_ns = self._pictures.pictures, now_ns
        elif now_ns - self._picture_ns > self._picture_timeout_ns:
            raise Unreachable(f"has sent no picture for {self._picture_timeout_ns / NS_PER_S:g} s, though the connection lives")
        if now_ns >= self._next_report_ns:
            self._next_report_ns = MonoNs(now_ns + _REPORT_EVERY_NS)
            for live in self._live:
                if live.rtp.ssrc is not None:
                    self._connection.send(format_interleaved(live.rtcp_channel, self._reception(live, now_ns)))
        if now_ns >= self._next_alive_ns:
            self._schedule()
            self._connection.ask(self._keep_alive, self._control)

    def _schedule(self) -> None:
        wait_s = min(_LONGEST_KEEP_ALIVE_S, max(_SHORTEST_KEEP_ALIVE_S, self.session_timeout_s / 2))
        self._next_alive_ns = MonoNs(self._clock.mono_ns() + round(wait_s * NS_PER_S))

    def _reception(self, live: _Live, now_ns: MonoNs) -> bytes:
        assert live.rtp.ssrc is not None
        return receiver_report(
            self._ssrc,
            live.rtp.ssrc,
            lost_packets=live.rtp.losses.lost_packets,
            highest_sequence=live.rtp.highest_sequence,
            ntp_middle=live.report.ntp_middle if live.report else 0,
            delay_s=(now_ns - live.report_ns) / NS_PER_S,
        )

    def _answered(self, reply: Message) -> None:
        """Look at the answer to a keep-alive."""
        if reply.status == 454:
            raise Unreachable("the camera lost our session")
        if self._connection.challenged(reply):
            self._connection.ask(self._keep_alive, self._control)
        elif reply.status >= 400:
            self._keep_alive = "OPTIONS"

    def _rtcp_taker(self, live: _Live) -> Taker:
        def take(data: bytearray, start: int, following: int, _limit: int) -> int:
            for found in parse_rtcp(bytes(data[start:following])):
                if isinstance(found, Goodbye):
                    self._gone = self._gone or (live is self._video and live.rtp.ssrc in found.ssrcs)
                elif live.rtp.ssrc in {None, found.ssrc}:
                    live.report, live.report_ns = found, self._connection.received_ns
                    live.ahead_us = found.camera_us - self._clock.wall_us()
            return following

        return take

    def close(self) -> None:
        """End the session, so that the camera's few places for viewers are free again, and the connection."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._failed:
                with contextlib.suppress(HearthwatchError):
                    self._tear_down()
        finally:
            self._connection.close()

    def _tear_down(self) -> None:
        """Ask for the end and read on until it is confirmed: closing with unread data would cut our request off."""
        self._connection.takers.clear()
        self._connection.unasked.clear()
        cseq = self._connection.ask("TEARDOWN", self._control)
        until_ns = self._clock.mono_ns() + round(_GOODBYE_S * NS_PER_S)
        while self._clock.mono_ns() < until_ns:
            self._connection.read()
            self._connection.dispatch()
            if any(reply.cseq in {cseq, None} for reply in self._connection.unasked):
                return
