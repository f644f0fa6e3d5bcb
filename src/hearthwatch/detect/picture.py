"""From a Frame's planes to what a network sees: the region cut out, scaled, letterboxed in YUV and only then turned to BGR."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

_GREY = 114  # what the networks were trained to see beside the picture
_NEUTRAL = 128
_TO_LIMITED = np.round(np.arange(256) * (219 / 255) + 16).astype(np.uint8)
_TO_LIMITED_CHROMA = np.round((np.arange(256) - 128) * (224 / 255) + 128).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A part of the picture in pixels; left and top are even, so that colour stays where its brightness is."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """`bgr` is (H, W, 3) uint8. A point (x, y) of it is ((x - pad_x) / scale_x + crop.x, ...) of the frame, in pixels."""

    bgr: NDArray[np.uint8]
    crop: Crop
    scale_x: float
    scale_y: float
    pad_x: int
    pad_y: int

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (N, 4) boxes of `bgr` (x0, y0, x1, y1 in pixels) as pixels of the frame, clipped to the crop."""
        crop = self.crop
        out = np.empty_like(boxes)
        out[:, 0::2] = np.clip((boxes[:, 0::2] - self.pad_x) / self.scale_x, 0, crop.width) + crop.x
        out[:, 1::2] = np.clip((boxes[:, 1::2] - self.pad_y) / self.scale_y, 0, crop.height) + crop.y
        return out


def crop_of(frame: Frame, region: Box) -> Crop:
    """Return `region` as even pixels of `frame`: rounded outwards, at least 2x2, inside the picture."""
    width, height = frame.width_px, frame.height_px
    x0 = min(max(0, math.floor(region.x0 * width)), width - 2) & ~1
    y0 = min(max(0, math.floor(region.y0 * height)), height - 2) & ~1
    x1 = min(width, max(x0 + 2, math.ceil(region.x1 * width)))
    y1 = min(height, max(y0 + 2, math.ceil(region.y1 * height)))
    return Crop(x=x0, y=y0, width=x1 - x0, height=y1 - y0)


@functools.lru_cache(maxsize=512)
def fitting_input(width: int, height: int, long_side_px: int) -> tuple[int, int]:
    """Return the (W, H) of the network's input that shows a `width` x `height` picture largest.

    Both are multiples of 32, neither is over `long_side_px`, and the area is at most that of a 16:10 picture of that long
    side: a square region costs no more than the whole picture does.
    """
    budget_px = long_side_px * (-(-long_side_px * 10 // 16 // 32) * 32)
    best = (0.0, 0, (32, 32))
    for wide in range(32, long_side_px + 1, 32):
        high = min(long_side_px, budget_px // wide) // 32 * 32
        scale = min(wide / width, high / height)
        needed = (_up_to_32(width * scale, wide), _up_to_32(height * scale, high))
        best = max(best, (scale, -needed[0] * needed[1], needed))
    return best[2]


def _up_to_32(length: float, limit: int) -> int:
    return min(limit, max(32, math.ceil(length / 32 - 1e-6) * 32))


def see(frame: Frame, region: Box, size: tuple[int, int], *, centred: bool = True, stretch: bool = False) -> Seen:
    """Return `region` of `frame` as a BGR picture of `size` (W, H; both even).

    The shape is kept and the rest is grey, around the picture when `centred`, else to its right and below; `stretch` fills
    the whole input instead.
    """
    wide, high = size
    crop = crop_of(frame, region)
    if stretch:
        inner_w, inner_h = wide, high
    else:
        scale = min(wide / crop.width, high / crop.height)
        inner_w = min(wide, max(2, round(crop.width * scale / 2) * 2))
        inner_h = min(high, max(2, round(crop.height * scale / 2) * 2))
    pad_x = (wide - inner_w) // 4 * 2 if centred else 0
    pad_y = (high - inner_h) // 4 * 2 if centred else 0
    # One buffer in the layout cvtColor reads: H rows of luma, then both chroma planes, each a quarter of that.
    i420 = np.empty((high * 3 // 2, wide), np.uint8)
    luma = i420[:high]
    chroma = i420[high:].reshape(2, high // 2, wide // 2)
    if (inner_w, inner_h) != (wide, high):
        luma[:] = _TO_LIMITED[_GREY]
        chroma[:] = _NEUTRAL
    half = Crop(x=crop.x // 2, y=crop.y // 2, width=(crop.width + 1) // 2, height=(crop.height + 1) // 2)
    _place(frame.y, crop, luma[pad_y : pad_y + inner_h, pad_x : pad_x + inner_w], _TO_LIMITED if frame.full_range else None)
    for plane, target in zip((frame.u, frame.v), chroma, strict=True):
        inner = target[pad_y // 2 : (pad_y + inner_h) // 2, pad_x // 2 : (pad_x + inner_w) // 2]
        _place(plane, half, inner, _TO_LIMITED_CHROMA if frame.full_range else None)
    return Seen(
        bgr=np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420), np.uint8),
        crop=crop,
        scale_x=inner_w / crop.width,
        scale_y=inner_h / crop.height,
        pad_x=pad_x,
        pad_y=pad_y,
    )


def _place(plane: NDArray[np.uint8], crop: Crop, target: NDArray[np.uint8], levels: NDArray[np.uint8] | None) -> None:
    """Scale `crop` of `plane` into `target`, a view."""
    source = plane[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
    shrinks = source.shape[0] > target.shape[0] * 1.5
    size = (target.shape[1], target.shape[0])
    scaled = cv2.resize(source, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    target[:] = scaled if levels is None else cv2.LUT(scaled, levels)


def frame_of(bgr: NDArray[np.uint8]) -> Frame:
    """Return a BGR picture (H, W, 3) as a Frame of a camera named `file`, for self-tests and measurements."""
    bgr = bgr[: bgr.shape[0] // 2 * 2, : bgr.shape[1] // 2 * 2]
    height, width = bgr.shape[:2]
    i420 = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)
    u, v = i420[height:].reshape(2, height // 2, width // 2)
    return Frame(camera=CameraId("file"), seq=0, wall_us=WallUs(0), received_ns=MonoNs(0), pts_s=0.0, y=i420[:height], u=u, v=v)
