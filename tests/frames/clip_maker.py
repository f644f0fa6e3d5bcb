"""Little clips made in code: encoded by libav, handed over as a feed would."""

from __future__ import annotations

import io
from collections.abc import Sequence

import av
import numpy as np
from numpy.typing import NDArray

from hearthwatch.feeds.packet import Codec, Kind, Packet, Stream, VideoInfo
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

CAMERA = CameraId("front")
_ENCODER = {Codec.H264: "libx264", Codec.H265: "libx265", Codec.MJPEG: "mjpeg", Codec.MPEG4: "mpeg4"}


def pictures(count: int, width: int = 160, height: int = 96) -> list[NDArray[np.uint8]]:
    """Return grey pictures, a bright square wandering to the right, each with its own brightness so that it is known again."""
    made = []
    for index in range(count):
        picture = np.full((height, width), 60 + index, np.uint8)
        picture[30:60, 4 + index * 3 : 34 + index * 3] = 210
        made.append(picture)
    return made


def clip(
    shown: Sequence[NDArray[np.uint8]], *, codec: Codec = Codec.H264, pix_fmt: str = "yuv420p", gop: int = 5, fps: int = 10
) -> tuple[VideoInfo, list[Packet]]:
    """Encode grey pictures and return what a feed would say and send."""
    height, width = shown[0].shape
    file = io.BytesIO()
    with av.open(file, "w", format="mp4" if codec is not Codec.MJPEG else "matroska") as container:
        stream = container.add_stream(_ENCODER[codec], rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.gop_size = gop
        if codec in {Codec.H264, Codec.H265}:
            stream.options = {"preset": "ultrafast", "bf": "0", "crf": "16", "x265-params": "log-level=none"}
        for picture in shown:
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=pix_fmt)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    packets = []
    with av.open(file) as container:
        stream = container.streams.video[0]
        extradata = bytes(stream.codec_context.extradata or b"")
        ticks_per_s = stream.time_base.denominator
        for index, packet in enumerate(p for p in container.demux(stream) if p.size):
            packets.append(
                Packet(
                    camera=CAMERA,
                    stream=Stream.SUB,
                    kind=Kind.VIDEO,
                    data=bytes(packet),
                    pts_ticks=packet.pts,
                    dts_ticks=packet.dts,
                    is_key=packet.is_keyframe,
                    received_ns=MonoNs(1_000_000 * (index + 1)),
                    wall_us=WallUs(1_000 * (index + 1)),
                )
            )
    info = VideoInfo(codec=codec, extradata=extradata, width_px=width, height_px=height, ticks_per_s=ticks_per_s)
    return info, packets
