"""Real packets for the recorder's tests: libav encodes a moving picture with a frame number that can be read back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np

from hearthwatch.feeds.packet import AudioInfo, Codec, Kind, Packet, Stream, StreamInfo, VideoInfo
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

START_US = 1_800_000_000_000_000
_ENCODER = {Codec.H264: "libx264", Codec.H265: "libx265", Codec.MJPEG: "mjpeg", Codec.MPEG4: "mpeg4"}
_OPTIONS = {
    Codec.H264: {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "scenecut=0"},
    Codec.H265: {"preset": "ultrafast", "x265-params": "log-level=none:bframes=0:scenecut=0"},
}


@dataclass(frozen=True)
class Made:
    """An encoded clip: its StreamInfo, its packets by arrival, and the decoded luma mean of each frame."""

    info: StreamInfo
    packets: tuple[Packet, ...]


def picture(number: int, width: int, height: int) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[:] = (number * 5 % 200 + 20, 80, 120)
    x = number * 4 % (width - 16)
    image[8:24, x : x + 16] = 255
    return image


@cache
def make(
    codec: Codec = Codec.H264,
    *,
    frames: int = 60,
    fps: int = 15,
    gop: int = 15,
    width: int = 160,
    height: int = 120,
    audio: Codec | None = None,
    bframes: int = 0,
) -> Made:
    """Encode `frames` pictures and read the packets back through an MP4, which carries avcC or hvcC."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mov") as out:
        stream = out.add_stream(_ENCODER[codec], rate=fps)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec is Codec.MJPEG else "yuv420p"
        stream.codec_context.gop_size = gop
        options = dict(_OPTIONS.get(codec, {}))
        if bframes:
            options = {"preset": "veryfast", "x264-params": f"scenecut=0:bframes={bframes}:b-adapt=0"}
        stream.codec_context.options = options
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, width, height), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            for packet in stream.encode(frame.reformat(format=stream.pix_fmt)):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    made = read_back(buffer, width, height, codec)
    packets = list(made.packets)
    audio_info = None
    if audio is not None:
        audio_info, sound = _sound(audio, frames / fps)
        packets = sorted(packets + sound, key=lambda p: p.wall_us)
    return Made(info=StreamInfo(video=made.info.video, audio=audio_info), packets=tuple(packets))


def read_back(buffer: io.BytesIO, width: int, height: int, codec: Codec = Codec.H264) -> Made:
    """Return the video of a QuickTime file, its stamps counted from the first packet."""
    buffer.seek(0)
    packets: list[Packet] = []
    with av.open(buffer) as back:
        stream = back.streams.video[0]
        extradata = bytes(stream.codec_context.extradata or b"") if codec is not Codec.MJPEG else b""
        for packet in back.demux(stream):
            if packet.dts is None:
                continue
            ticks = Fraction(90_000) * packet.time_base
            packets.append(
                _packet(Kind.VIDEO, bytes(packet), int(packet.pts * ticks), int(packet.dts * ticks), packet.is_keyframe, 90_000)
            )
    base = packets[0].dts_ticks
    packets = [_packet(Kind.VIDEO, p.data, p.pts_ticks - base, p.dts_ticks - base, p.is_key, 90_000) for p in packets]
    video = VideoInfo(codec=codec, extradata=extradata, width_px=width, height_px=height)
    return Made(info=StreamInfo(video=video), packets=tuple(packets))


def _packet(kind: Kind, data: bytes, pts: int, dts: int, is_key: bool, hz: int) -> Packet:
    return Packet(
        camera=CameraId("front"),
        stream=Stream.MAIN,
        kind=kind,
        data=data,
        pts_ticks=pts,
        dts_ticks=dts,
        is_key=is_key,
        received_ns=MonoNs(dts * 1_000_000_000 // hz),
        wall_us=WallUs(START_US + dts * 1_000_000 // hz),
    )


def _sound(codec: Codec, seconds: float) -> tuple[AudioInfo, list[Packet]]:
    hz = 16_000 if codec is Codec.AAC else 8_000
    tone = (np.sin(np.arange(int(hz * seconds)) * 2 * np.pi * 440 / hz) * 8000).astype(np.int16)
    name = {Codec.AAC: "aac", Codec.PCMU: "pcm_mulaw", Codec.PCMA: "pcm_alaw"}[codec]
    encoder = av.CodecContext.create(name, "w")
    encoder.sample_rate, encoder.layout = hz, "mono"
    encoder.format = "fltp" if codec is Codec.AAC else "s16"
    encoder.open()
    step = 1024 if codec is Codec.AAC else 160
    found: list[Packet] = []
    for number in range(len(tone) // step):
        chunk = tone[number * step : (number + 1) * step]
        if codec is Codec.AAC:
            frame = av.AudioFrame.from_ndarray((chunk / 32768).astype(np.float32)[None, :], format="fltp", layout="mono")
        else:
            frame = av.AudioFrame.from_ndarray(chunk[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = hz, number * step
        found += [bytes(packet) for packet in encoder.encode(frame)]
    packets = [_packet(Kind.AUDIO, data, at * step, at * step, True, hz) for at, data in enumerate(found)]
    extradata = bytes(encoder.extradata or b"") if codec is Codec.AAC else b""
    return AudioInfo(codec=codec, extradata=extradata, sample_hz=hz, channels=1), packets


def looped(
    made: Made, seconds: float, *, start_us: int = START_US, camera: str = "front", stream: Stream = Stream.MAIN
) -> Iterator[Packet]:
    """Yield the clip's packets over and over as one endless timeline of at least `seconds`."""
    fps_ticks = made.packets[1].dts_ticks if made.info.audio is None else 6000
    video = [p for p in made.packets if p.kind is Kind.VIDEO]
    length = video[-1].dts_ticks + fps_ticks
    turn = 0
    while turn * length < seconds * 90_000:
        for p in made.packets:
            hz = 90_000 if p.kind is Kind.VIDEO else made.info.audio.sample_hz
            shift = turn * length * hz // 90_000
            dts = p.dts_ticks + shift
            yield Packet(
                camera=CameraId(camera),
                stream=stream,
                kind=p.kind,
                data=p.data,
                pts_ticks=p.pts_ticks + shift,
                dts_ticks=dts,
                is_key=p.is_key,
                received_ns=MonoNs(dts * 1_000_000_000 // hz),
                wall_us=WallUs(start_us + dts * 1_000_000 // hz),
            )
        turn += 1
