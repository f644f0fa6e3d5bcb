"""Packets become Frames: one libav decoder per camera, one thread, planes as views without a copy."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np
from av.error import FFmpegError
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from hearthwatch.feeds.packet import Codec, Packet, VideoInfo
from hearthwatch.frames.frame import Frame
from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

log = logging.getLogger(__name__)

MAX_PIXELS = 40_000_000
_LIBAV_NAME = {Codec.H264: "h264", Codec.H265: "hevc", Codec.MJPEG: "mjpeg", Codec.MPEG4: "mpeg4"}
_CHROMA_STEP = {  # (rows, columns) between the chroma samples that 4:2:0 keeps
    "yuv420p": (1, 1),
    "yuvj420p": (1, 1),
    "yuv422p": (2, 1),
    "yuvj422p": (2, 1),
    "yuv440p": (1, 2),
    "yuvj440p": (1, 2),
    "yuv444p": (2, 2),
    "yuvj444p": (2, 2),
}
_MAX_JPEG_SEGMENTS = 1000
_JPEG_FILL = re.compile(b"\xff+")
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_WAITING_LIMIT = 64
_FAILED_GOPS_BEFORE_TOLERANT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeCount:
    """What one decoder did so far; `dropped` are packets thrown away while waiting for a key frame after an error."""

    decoded: int
    broken: int
    dropped: int


class Decoder:
    """Decodes one run of one stream; used by one thread.

    A damaged packet never reaches the caller as a picture and never as an error: it is counted, and nothing comes out
    until the next key frame; only a stream that is damaged all the time is shown with its faults. `fast` leaves out the
    loop filter (a fifth of the work); it may be changed at any time and takes effect at the next key frame.
    """

    def __init__(self, camera: CameraId, info: VideoInfo, *, fast: bool = False) -> None:
        """Raises Unsupported for a codec that is no video we decode."""
        if info.codec not in _LIBAV_NAME:
            raise Unsupported(f"{camera}: {info.codec} is not a video codec Hearthwatch can look at")
        self._camera = camera
        self._info = info
        self.fast = fast
        self._tolerant = False
        self._failed_gops = 0
        self._gop_failed = False
        self._context = self._open()
        self._opened_fast = fast
        self._waits_for_key = True
        self._waiting: dict[int, tuple[MonoNs, WallUs]] = {}
        self._seq = self._broken = self._dropped = 0

    @property
    def count(self) -> DecodeCount:
        return DecodeCount(decoded=self._seq, broken=self._broken, dropped=self._dropped)

    @property
    def is_lenient(self) -> bool:
        """Whether every picture was damaged, or made against the rules, so that faults are shown rather than nothing."""
        return self._tolerant

    def decode(self, packet: Packet) -> list[Frame]:
        """Return the pictures that came out, in order of showing: one for a camera's packet, none for a damaged one."""
        if self._waits_for_key and not packet.is_key:
            self._dropped += 1
            return []
        if packet.is_key:
            self._failed_gops = self._failed_gops + 1 if self._gop_failed else 0
            self._gop_failed = False
        frames: list[Frame] = []
        if packet.is_key and self._opened_fast is not self.fast and self._info.codec is not Codec.MJPEG:
            frames = self._restart()
        if self._info.codec is Codec.MJPEG:
            try:
                width_px, height_px = jpeg_size_px(packet.data)
            except BadReply:
                return self._failed(frames)
            if width_px * height_px > MAX_PIXELS:
                return self._failed(frames)
        if len(self._waiting) >= _WAITING_LIMIT:
            self._waiting.clear()
        self._waiting[packet.pts_ticks] = (packet.received_ns, packet.wall_us)
        coded = av.Packet(len(packet.data))  # made from bytes it would lie without the zeros behind it that libav reads
        coded.update(packet.data)
        coded.pts, coded.dts = packet.pts_ticks, packet.dts_ticks
        try:
            pictures = self._context.decode(coded)
        except FFmpegError:
            return self._failed(frames)
        self._waits_for_key = False
        for picture in pictures:
            if picture.is_corrupt and not self._tolerant:
                return self._failed(frames)
            frames.append(self._frame(picture, packet))
        return frames

    def flush(self) -> list[Frame]:
        """Return the pictures still inside at the end of a run; the decoder then starts over with the next key frame."""
        return self._restart()

    def _open(self) -> av.VideoCodecContext:
        context = av.CodecContext.create(_LIBAV_NAME[self._info.codec], "r")
        assert isinstance(context, av.VideoCodecContext)
        if self._info.extradata:
            context.extradata = self._info.extradata
        context.thread_count = 1
        context.thread_type = "NONE"
        options = {"max_pixels": str(MAX_PIXELS)}
        if self.fast:
            options["skip_loop_filter"] = "all"
        if not self._tolerant and self._info.codec is not Codec.MJPEG:
            options["err_detect"] = "explode"
        context.options = options
        return context

    def _restart(self) -> list[Frame]:
        try:
            frames = [self._frame(picture, None) for picture in self._context.decode(None)]
        except FFmpegError:
            frames = []
        self._context = self._open()
        self._opened_fast = self.fast
        self._waits_for_key = True
        self._waiting.clear()
        return frames

    def _failed(self, frames: list[Frame]) -> list[Frame]:
        self._broken += 1
        self._gop_failed = True
        if self._failed_gops + 1 >= _FAILED_GOPS_BEFORE_TOLERANT and not self._tolerant:
            log.warning("%s: its stream breaks the rules of %s; it is decoded leniently", self._camera, self._info.codec)
            self._tolerant = True
        elif self._tolerant:
            return frames
        self._context = self._open()
        self._opened_fast = self.fast
        self._waits_for_key = True
        self._waiting.clear()
        return frames

    def _frame(self, picture: av.VideoFrame, packet: Packet | None) -> Frame:
        pts = picture.pts if picture.pts is not None else (packet.pts_ticks if packet else 0)
        received_ns, wall_us = self._waiting.pop(pts, (None, None))
        if received_ns is None or wall_us is None:
            received_ns, wall_us = (packet.received_ns, packet.wall_us) if packet else (MonoNs(0), WallUs(0))
        self._seq += 1
        return frame_of(
            picture,
            camera=self._camera,
            seq=self._seq,
            wall_us=wall_us,
            received_ns=received_ns,
            pts_s=pts / self._info.ticks_per_s,
        )


def frame_of(
    picture: av.VideoFrame, *, camera: CameraId, seq: int, wall_us: WallUs, received_ns: MonoNs, pts_s: float
) -> Frame:
    """Return a libav picture as a Frame; planes are views that keep the picture alive, other layouts are converted."""
    name = picture.format.name
    y, u, v = _planes(picture, name)
    return Frame(
        camera=camera,
        seq=seq,
        wall_us=wall_us,
        received_ns=received_ns,
        pts_s=pts_s,
        y=y,
        u=u,
        v=v,
        full_range=name.startswith("yuvj") or picture.color_range == _FULL_RANGE,
    )


def _planes(picture: av.VideoFrame, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    step = _CHROMA_STEP.get(name)
    width, height = picture.width, picture.height
    if step is None and name == "gray":
        chroma = _grey(-(-height // 2), -(-width // 2))
        return _plane(picture.planes[0], width, height), chroma, chroma
    if step is None:
        picture = picture.reformat(format="yuv420p")
        step = (1, 1)
    rows, columns = step
    chroma_width = -(-width // 2) if columns == 1 else width
    chroma_height = -(-height // 2) if rows == 1 else height
    luma, blue, red = picture.planes
    u, v = _plane(blue, chroma_width, chroma_height), _plane(red, chroma_width, chroma_height)
    if step != (1, 1):
        u, v = u[::rows, ::columns], v[::rows, ::columns]
    return _plane(luma, width, height), u, v


def _plane(plane: VideoPlane, width: int, height: int) -> NDArray[np.uint8]:
    return np.ndarray((height, width), np.uint8, memoryview(plane).toreadonly(), 0, (plane.line_size, 1))


def _grey(height: int, width: int) -> NDArray[np.uint8]:
    return np.broadcast_to(np.uint8(128), (height, width))


def jpeg_size_px(data: bytes) -> tuple[int, int]:
    """Return (width, height) from a JPEG's frame header (ITU-T T.81 B.2.2), read before any decoder sees the bytes.

    Raises BadReply when there is none.
    """
    for marker, at, length in _jpeg_marks(data):
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC} and length >= 8:
            height_px = int.from_bytes(data[at + 3 : at + 5])
            width_px = int.from_bytes(data[at + 5 : at + 7])
            if width_px and height_px:
                return width_px, height_px
            break
    raise BadReply("not a JPEG picture", data[:64])


def _jpeg_marks(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, position of its length field, length) up to the start of the scan."""
    if data[:2] != b"\xff\xd8":
        return
    at = 2
    for _ in range(_MAX_JPEG_SEGMENTS):
        if fill := _JPEG_FILL.match(data, at):
            at = fill.end() - 1
        if at + 4 > len(data) or data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker in {0xD8, 0x01} or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        if marker in {0xD9, 0xDA}:
            return
        length = int.from_bytes(data[at + 2 : at + 4])
        yield marker, at + 2, length
        at += 2 + length
