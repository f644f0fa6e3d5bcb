"""A clip in a file, whatever camera wrote it (MP4, AVI, DAV, Matroska, bare H.264), as packets. For a job's box only."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from hearthwatch.feeds.libav import Pace
from hearthwatch.feeds.libav_codec import AudioTaker, VideoTaker, audio_taker, video_taker
from hearthwatch.feeds.packet import Kind, Packet, Stream, StreamInfo
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs

_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,dhav,h264,hevc,mpegts,asf"
_MAX_HELD_PACKETS = 500
_MAX_LENGTH_S = 6 * 3600


class ClipFile:
    """Iterate once. `length_us` is how long it lasts, 0 where what it says cannot be."""

    def __init__(self, camera: CameraId, file: BinaryIO) -> None:
        """Raises BadReply or Unsupported for what is no clip."""
        av.logging.set_level(None)
        self._camera = camera
        self.length_us = _length_us(file)
        container = _open(file)
        video = next(iter(container.streams.video), None)
        if video is None:
            raise BadReply("the file holds no video")
        audio = next(iter(container.streams.audio), None)
        self._video: VideoStream = video
        self._audio_stream: AudioStream | None = audio
        self._demuxed = _demux(container, video, audio)
        self._audio: AudioTaker | None = audio_taker(audio) if audio is not None else None
        self._held: list[av.Packet[Any]] = []
        self._taker = self._first_taker()
        self.info = StreamInfo(video=self._taker.info, audio=self._audio.info if self._audio else None)

    def _first_taker(self) -> VideoTaker:
        for packet in self._demuxed:
            self._held.append(packet)
            if packet.stream is self._video and (taker := video_taker(self._video, packet)):
                return taker
            if len(self._held) > _MAX_HELD_PACKETS:
                break
        raise BadReply("the file holds no key frame that says what the video is")

    def __iter__(self) -> Iterator[Packet]:
        """Yield packets in decode order; `wall_us` counts from the first one. Raises BadReply, or StreamChanged."""
        pace = Pace(1.0)
        held, self._held = self._held, []
        for packets in (held, self._demuxed):
            for packet in packets:
                yield from self._taken(packet, pace)

    def _taken(self, packet: av.Packet[Any], pace: Pace) -> Iterator[Packet]:
        is_video = packet.stream is self._video
        taker = self._taker if is_video else self._audio
        if taker is None:
            return
        pts, dts = pace.place(packet)
        if dts > _MAX_LENGTH_S:
            raise BadReply(f"the clip is longer than {_MAX_LENGTH_S // 3600} hours")
        for unit in taker.take(packet):
            if unit.pts_s is not None:
                pts = dts = pace.placed(unit.pts_s)
            yield Packet(
                camera=self._camera,
                stream=Stream.MAIN,
                kind=Kind.VIDEO if is_video else Kind.AUDIO,
                data=unit.data,
                pts_ticks=_ticks(pts, taker.ticks_per_s),
                dts_ticks=_ticks(dts, taker.ticks_per_s),
                is_key=unit.is_key,
                received_ns=MonoNs(0),
                wall_us=WallUs(_ticks(dts, US_PER_S)),
            )


def _open(file: BinaryIO) -> InputContainer:
    file.seek(0)
    try:
        container = av.open(file, options={"format_whitelist": _FORMATS, "protocol_whitelist": ""})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise BadReply("the file is no clip that can be read") from error
    assert isinstance(container, InputContainer)
    return container


def _length_us(file: BinaryIO) -> int:
    """Return what the file says of its length; one that says nothing is read through."""
    with _open(file) as container:
        if container.duration:
            return int(container.duration) if 0 < container.duration <= _MAX_LENGTH_S * US_PER_S else 0
        video = next(iter(container.streams.video), None)
        if video is None:
            raise BadReply("the file holds no video")
        pace, end = Pace(1.0), Fraction(0)
        for packet in _demux(container, video):
            end = max(end, pace.place(packet)[1])
            if end > _MAX_LENGTH_S:
                return 0
        return _ticks(end, US_PER_S)


def _ticks(at: Fraction, per_s: int) -> int:
    return max(0, round(at * per_s))


def _demux(container: InputContainer, *streams: VideoStream | AudioStream | None) -> Iterator[av.Packet[Any]]:
    try:
        for packet in container.demux([stream for stream in streams if stream is not None]):
            if packet.size:
                yield packet
    except (av.FFmpegError, OSError, ValueError) as error:
        raise BadReply("the clip is damaged") from error
