"""Pictures and H.264 for the fake house: small drawn scenes with somebody walking through, encoded once and looped."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from functools import cache

import av
import cv2
import numpy as np

from hearthwatch.feeds import figure, street
from hearthwatch.feeds.packet import Codec, Kind, Packet, Stream, StreamInfo, VideoInfo
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

FPS = 10
FRAMES = 60
GOP = 20


@dataclass(frozen=True)
class Look:
    """The colours of a scene, BGR."""

    sky_top: tuple[int, int, int]
    sky_low: tuple[int, int, int]
    ground: tuple[int, int, int]
    wall: tuple[int, int, int]
    door: tuple[int, int, int]
    light: tuple[int, int, int]
    walker: int = 1
    """Who walks through: the seed of their looks."""
    street: int = 0
    """Not the house from in front, but this street."""


LOOKS = {
    "front-door": Look((92, 52, 38), (120, 134, 190), (66, 74, 80), (110, 122, 138), (52, 66, 98), (130, 205, 255)),
    "driveway": Look(
        (200, 160, 110), (232, 216, 190), (122, 124, 126), (168, 182, 196), (92, 74, 58), (220, 240, 250), walker=3, street=2
    ),
    "garden": Look((58, 34, 24), (84, 66, 58), (38, 58, 40), (48, 62, 66), (40, 46, 52), (90, 160, 220), walker=5),
    "garage": Look((120, 120, 120), (150, 150, 150), (100, 100, 100), (130, 130, 130), (80, 80, 80), (200, 200, 200)),
}


def draw(look: Look, at: float, width: int, height: int, *, walker: bool = True) -> tuple[np.ndarray, Box]:
    """Return a BGR picture and where the walker is in it; `at` is 0..1 through the loop."""
    picture = _place(look, width, height).copy()
    foot_x, foot_y, tall = 0.06 + 0.80 * at, 0.93 - 0.10 * at, 0.40 - 0.08 * at
    box = Box(x0=max(0, foot_x - 0.055), y0=foot_y - tall, x1=min(1, foot_x + 0.055), y1=foot_y)
    if walker:
        _person(picture, foot_x * width, foot_y * height, tall * height, at, look.walker)
    noise = np.random.default_rng(round(at * 1e6)).integers(-3, 4, picture.shape[:2], dtype=np.int16)[..., None]
    return (picture.astype(np.int16) + noise).clip(0, 255).astype(np.uint8), box


@cache
def _place(look: Look, width: int, height: int) -> np.ndarray:
    if look.street:
        return street.paint(width, height, look.street)
    picture = np.zeros((height, width, 3), np.uint8)
    horizon = int(height * 0.52)
    ramp = np.linspace(0, 1, horizon)[:, None, None]
    picture[:horizon] = (np.array(look.sky_top) * (1 - ramp) + np.array(look.sky_low) * ramp).astype(np.uint8)
    ramp = np.linspace(0, 1, height - horizon)[:, None, None]
    picture[horizon:] = (np.array(look.ground) * (1.15 - 0.5 * ramp)).clip(0, 255).astype(np.uint8)

    def rect(x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        cv2.rectangle(
            picture, (int(x0 * width), int(y0 * height)), (int(x1 * width), int(y1 * height)), colour, -1, cv2.LINE_AA
        )

    def poly(points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
        cv2.fillPoly(picture, [np.array([(int(x * width), int(y * height)) for x, y in points])], colour, cv2.LINE_AA)

    poly([(0.40, 1.0), (0.56, 0.52), (0.64, 0.52), (0.96, 1.0)], tuple(int(c * 1.18) for c in look.ground))
    rect(0.48, 0.16, 0.92, 0.60, look.wall)
    poly([(0.45, 0.18), (0.70, 0.02), (0.95, 0.18)], tuple(int(c * 0.62) for c in look.wall))
    rect(0.56, 0.32, 0.64, 0.60, look.door)
    for x in (0.69, 0.80):
        rect(x, 0.27, x + 0.075, 0.42, look.light)
        rect(x + 0.035, 0.27, x + 0.04, 0.42, look.wall)
    for x, size in ((0.10, 0.16), (0.24, 0.10), (0.33, 0.07)):
        rect(x - 0.008, 0.46, x + 0.008, 0.60, tuple(int(c * 0.5) for c in look.ground))
        shade = tuple(int(c * 0.72) for c in (look.ground[0], min(255, look.ground[1] + 22), look.ground[2]))
        cv2.circle(picture, (int(x * width), int((0.48 - size / 2) * height)), int(size * height), shade, -1, cv2.LINE_AA)
    glow = np.zeros((height, width), np.float32)
    cv2.circle(glow, (int(0.60 * width), int(0.27 * height)), int(0.10 * height), 1.0, -1)
    glow = cv2.GaussianBlur(glow, (0, 0), height * 0.07)[..., None]
    picture = (picture + glow * np.array(look.light) * 0.6).clip(0, 255).astype(np.uint8)
    return picture


def _person(picture: np.ndarray, x: float, y: float, tall: float, at: float, seed: int) -> None:
    looks = figure.Looks.drawn_by(random.Random(seed))
    body, alpha = figure.draw(looks, max(16, round(tall)), at * picture.shape[1] * 0.8, facing_right=True)
    high, wide = alpha.shape
    left, top = round(x) - wide // 2, round(y) - high
    rows, columns = slice(max(0, top), top + high), slice(max(0, left), min(picture.shape[1], left + wide))
    part = np.s_[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    share = alpha[part][..., None].astype(np.float32) / 255
    picture[rows, columns] = (picture[rows, columns] * (1 - share) + body[part] * share).astype(np.uint8)


def jpeg(picture: np.ndarray, quality: int = 82) -> bytes:
    ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok
    return data.tobytes()


@dataclass(frozen=True)
class Loop:
    """One encoded walk: `samples` are (length-prefixed NAL units, is_key) in decode order, no reordering."""

    info: StreamInfo
    samples: tuple[tuple[bytes, bool], ...]

    def packet(self, number: int, camera: CameraId, stream: Stream, wall_us: int, mono_ns: int, offset: int = 0) -> Packet:
        data, is_key = self.samples[number % len(self.samples)]
        ticks = (number - offset) * self.info.video.ticks_per_s // FPS
        return Packet(
            camera=camera,
            stream=stream,
            kind=Kind.VIDEO,
            data=data,
            pts_ticks=ticks,
            dts_ticks=ticks,
            is_key=is_key,
            received_ns=MonoNs(mono_ns),
            wall_us=WallUs(wall_us),
        )


def encode(name: str, width: int, height: int) -> Loop:
    """Encode the walk of the scene `name` as H.264 without B-frames."""
    with av.open(io.BytesIO(), "w", format="null") as sink:
        stream = sink.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "g": str(GOP),
            "keyint_min": str(GOP),
            "crf": "26",
            "x264-params": "scenecut=0",
        }
        packets = []
        for number in range(FRAMES):
            picture, _ = draw(LOOKS[name], number / FRAMES, width, height)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            packets += stream.encode(frame)
        packets += stream.encode(None)
    sps = pps = b""
    samples = []
    for packet in packets:
        units = []
        for unit in _units(bytes(packet)):
            kind = unit[0] & 0x1F
            if kind == 7:
                sps = unit
            elif kind == 8:
                pps = unit
            elif kind not in {6, 9}:
                units.append(unit)
        samples.append((b"".join(len(unit).to_bytes(4, "big") + unit for unit in units), packet.is_keyframe))
    avcc = (
        bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1))
        + len(sps).to_bytes(2, "big")
        + sps
        + b"\x01"
        + len(pps).to_bytes(2, "big")
        + pps
    )
    if sps[1] in {100, 110, 122, 144}:
        avcc += bytes((0xFD, 0xF8, 0xF8, 0))
    video = VideoInfo(codec=Codec.H264, extradata=avcc, width_px=width, height_px=height)
    return Loop(info=StreamInfo(video=video), samples=tuple(samples))


def _units(data: bytes) -> list[bytes]:
    parts = data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [part for part in parts if part]
