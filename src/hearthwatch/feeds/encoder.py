"""H.264 for pictures that come without a codec a file can keep: the demo scene, raw cameras, odd files. Guest only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from hearthwatch.feeds import nal
from hearthwatch.feeds.packet import Codec, VideoInfo
from hearthwatch.kit.errors import Unsupported

_KEY_EVERY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One access unit, length-prefixed."""

    data: bytes
    is_key: bool


class H264Encoder:
    """One picture in, one access unit out, no delay; a key frame every two seconds."""

    def __init__(self, width_px: int, height_px: int, fps: float, crf: int = 24) -> None:
        try:
            context = av.CodecContext.create("libx264", "w")
            assert isinstance(context, VideoCodecContext)
            context.width, context.height, context.pix_fmt = width_px, height_px, "yuv420p"
            context.time_base = Fraction(1, 90_000)
            context.framerate = Fraction(fps).limit_denominator(1000)
            context.gop_size = max(1, round(fps * _KEY_EVERY_S))
            context.thread_count = 1
            context.flags |= Flags.global_header
            context.options = {
                "preset": "ultrafast",
                "tune": "zerolatency",
                "crf": str(crf),
                "sc_threshold": "0",
                "x264-params": "sliced-threads=0:bframes=0:log-level=0",
            }
            context.open()
        except (av.FFmpegError, ValueError) as error:
            raise Unsupported(f"no H.264 encoder for pictures of {width_px}x{height_px} here ({error})") from error
        self._context = context
        self.info: VideoInfo = nal.sets_of_extradata(Codec.H264, context.extradata or b"").video_info()

    def encode(self, picture: NDArray[np.uint8] | av.VideoFrame, pts_ticks: int) -> list[Encoded]:
        """Return the access units that are ready: one for each picture. `picture` is I420 (H * 3 / 2, W) or a yuv420p frame."""
        frame = picture if isinstance(picture, av.VideoFrame) else av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = pts_ticks, Fraction(1, 90_000)
        frame.pict_type = 0
        try:
            packets = self._context.encode(frame)
        except av.FFmpegError as error:
            raise Unsupported(f"encoding a picture failed ({error.strerror})") from error
        return [
            Encoded(data=nal.length_prefixed(_kept(nal.split_annexb(bytes(packet)))), is_key=packet.is_keyframe)
            for packet in packets
        ]


def _kept(nals: list[bytes]) -> list[bytes]:
    """Leave out what the extradata or the container already says."""
    return [one for one in nals if nal.is_slice(Codec.H264, one)]
