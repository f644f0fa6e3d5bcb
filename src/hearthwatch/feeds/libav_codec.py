"""Turns libav's packets of each codec into the form our packets have; what a file cannot keep is encoded anew as H.264."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import av
from av.audio.stream import AudioStream
from av.video.frame import PictureType
from av.video.stream import VideoStream

from hearthwatch.feeds import nal
from hearthwatch.feeds.encoder import H264Encoder
from hearthwatch.feeds.jpeg import MAX_JPEG_PX, jpeg_size
from hearthwatch.feeds.packet import AudioInfo, Codec, StreamChanged, StreamInfo, VideoInfo
from hearthwatch.kit.errors import BadReply, Unsupported

_NAL_CODECS = {"h264": Codec.H264, "hevc": Codec.H265}
_KEPT_AUDIO = {"aac": Codec.AAC, "pcm_mulaw": Codec.PCMU, "pcm_alaw": Codec.PCMA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One access unit in our form; `pts_s` is set where it differs from the packet's (pictures encoded anew)."""

    data: bytes
    is_key: bool
    pts_s: Fraction | None = None


class VideoTaker(Protocol):
    info: VideoInfo

    @property
    def ticks_per_s(self) -> int: ...

    def take(self, packet: av.Packet[Any]) -> Iterator[Unit]: ...

    def rewind(self) -> None: ...


def video_taker(stream: VideoStream, packet: av.Packet[Any]) -> VideoTaker | None:
    """Return what takes the packets of `stream`, None while they have not said enough. Raises Unsupported or BadReply."""
    name = _name_of(stream)
    if not name:
        raise Unsupported("the video is in a format that nobody here knows")
    if codec := _NAL_CODECS.get(name):
        extradata = stream.codec_context.extradata or b""
        length_bytes = _length_bytes(codec, extradata)
        sets = nal.sets_of_extradata(codec, extradata)
        if not length_bytes:
            sets = sets.updated(nal.sets_of(codec, nal.split_annexb(bytes(packet))))
        return NalTaker(codec, sets, length_bytes) if sets.is_complete else None
    if name == "mjpeg":
        width_px, height_px = jpeg_size(bytes(packet))
        return PlainTaker(VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=width_px, height_px=height_px))
    width_px, height_px = stream.codec_context.width, stream.codec_context.height
    if not 0 < width_px * height_px <= MAX_JPEG_PX:
        raise BadReply(f"the video claims to be {width_px}x{height_px}, which no camera sends")
    if name == "mpeg4" and stream.codec_context.extradata:
        return PlainTaker(
            VideoInfo(codec=Codec.MPEG4, extradata=stream.codec_context.extradata, width_px=width_px, height_px=height_px)
        )
    return EncodingTaker(stream)


def _length_bytes(codec: Codec, extradata: bytes) -> int:
    """Return how long the lengths before the NALs are, 0 where there are start codes instead (ISO/IEC 14496-15)."""
    if extradata[:1] != b"\1":
        return 0
    at = 4 if codec is Codec.H264 else 21
    return (extradata[at] & 3) + 1 if len(extradata) > at else 4


class NalTaker:
    """H.264 and H.265. New parameter sets on the way end the stream with StreamChanged."""

    def __init__(self, codec: Codec, sets: nal.ParameterSets, length_bytes: int) -> None:
        self._codec = codec
        self._sets = sets
        self._length_bytes = length_bytes
        self.info = sets.video_info()

    @property
    def ticks_per_s(self) -> int:
        return self.info.ticks_per_s

    def take(self, packet: av.Packet[Any]) -> Iterator[Unit]:
        data = bytes(packet)
        nals = _split(data, self._length_bytes) if self._length_bytes else nal.split_annexb(data)
        found = self._sets.updated(nal.sets_of(self._codec, nals))
        if found != self._sets and found.video_info() != self.info:
            raise StreamChanged("the camera changed its video", StreamInfo(video=found.video_info()))
        kept = [one for one in nals if nal.is_slice(self._codec, one)]
        if kept:
            yield Unit(data=nal.length_prefixed(kept), is_key=any(nal.is_key(self._codec, one) for one in kept))

    def rewind(self) -> None:
        """Packets stand alone."""


def _split(data: bytes, length_bytes: int) -> list[bytes]:
    nals, at = [], 0
    while at + length_bytes <= len(data):
        length = int.from_bytes(data[at : at + length_bytes], "big")
        at += length_bytes
        if at + length > len(data):
            raise BadReply("a video packet is cut off")
        nals.append(data[at : at + length])
        at += length
    return nals


class PlainTaker:
    """Codecs whose packets are kept as they come: JPEG pictures, MPEG-4 part 2."""

    def __init__(self, info: VideoInfo) -> None:
        self.info = info

    @property
    def ticks_per_s(self) -> int:
        return self.info.ticks_per_s

    def take(self, packet: av.Packet[Any]) -> Iterator[Unit]:
        data = bytes(packet)
        if self.info.codec is not Codec.MJPEG:
            yield Unit(data=data, is_key=packet.is_keyframe)
            return
        width_px, height_px = jpeg_size(data)
        if (width_px, height_px) != (self.info.width_px, self.info.height_px):
            changed = VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=width_px, height_px=height_px)
            raise StreamChanged(f"the camera's pictures are now {width_px}x{height_px}", StreamInfo(video=changed))
        yield Unit(data=data, is_key=True)

    def rewind(self) -> None:
        """Packets stand alone."""


class EncodingTaker:
    """Decodes what a file cannot keep (raw pictures of a USB camera, VP9, ...) and encodes it as H.264."""

    def __init__(self, stream: VideoStream) -> None:
        self._context = stream.codec_context
        self._context.thread_count = 1
        rate = min(60.0, float(stream.average_rate or stream.guessed_rate or 15))
        self._encoder = H264Encoder(self._context.width // 2 * 2, self._context.height // 2 * 2, rate)
        self.info = self._encoder.info

    @property
    def ticks_per_s(self) -> int:
        return self.info.ticks_per_s

    def take(self, packet: av.Packet[Any]) -> Iterator[Unit]:
        try:
            frames = self._context.decode(packet)
        except av.InvalidDataError:
            return
        except av.FFmpegError as error:
            raise Unsupported("the pictures of this source cannot be decoded") from error
        for frame in frames:
            picture = frame.reformat(width=self.info.width_px, height=self.info.height_px, format="yuv420p")
            at_s = frame.pts * frame.time_base if frame.pts is not None and frame.time_base else None
            picture.pict_type = PictureType.NONE
            for unit in self._encoder.encode(picture, round((at_s or 0) * 90_000)):
                yield Unit(data=unit.data, is_key=unit.is_key, pts_s=at_s)

    def rewind(self) -> None:
        self._context.flush_buffers()


class AudioTaker:
    """Sound that a file can keep."""

    def __init__(self, info: AudioInfo) -> None:
        self.info = info

    @property
    def ticks_per_s(self) -> int:
        return self.info.ticks_per_s

    def take(self, packet: av.Packet[Any]) -> Iterator[Unit]:
        yield Unit(data=bytes(packet), is_key=False)


def audio_taker(stream: AudioStream) -> AudioTaker | None:
    """Return what takes the sound of `stream`, None for a kind that is not kept."""
    codec = _KEPT_AUDIO.get(_name_of(stream))
    context = stream.codec_context
    if codec is None or (codec is Codec.AAC and not context.extradata) or not context.sample_rate:
        return None
    channels = context.layout.nb_channels
    extradata = context.extradata or b""
    return AudioTaker(AudioInfo(codec=codec, extradata=extradata, sample_hz=context.sample_rate, channels=channels))


def _name_of(stream: VideoStream | AudioStream) -> str:
    """Return what libav calls the format, empty for one it does not know: such a stream has no context, against its type."""
    return str(getattr(stream.codec_context, "name", ""))
