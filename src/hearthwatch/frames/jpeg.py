"""Frames as JPEG: straight from the planes, smaller if wished, with a box and a label where there is something to show."""

from __future__ import annotations

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.errors import BadReply

Plane = NDArray[np.uint8]

QUALITY = 85
_SMALL = ((256, 144, 45), (224, 126, 40), (192, 108, 40), (160, 90, 40), (128, 72, 40), (96, 54, 35), (64, 36, 30))
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LINE = (248, 149, 29)  # RGB: orange is seen on grass, asphalt, snow and infrared grey alike
_INK = (20, 20, 20)
_LUMA_LEVELS = (255 / 219, 0.0)
_CHROMA_LEVELS = (255 / 224, 0.5)
"""Studio levels (ITU-R BT.601: 16..235, colour 16..240) to JPEG's 0..255: gain and addend once 16 is taken off."""


def encode(frame: Frame, *, max_width_px: int = 0, quality: int = QUALITY) -> bytes:
    """Return the picture as JPEG, at most `max_width_px` wide (0: as it is)."""
    y, u, v = _jpeg_planes(frame, max_width_px)
    return _encoded(y, u, v, quality)


def encode_marked(
    frame: Frame, box: Box, label: str, score: float, *, max_width_px: int = 1280, quality: int = QUALITY
) -> bytes:
    """Return the picture with `box` outlined and "person 83 %" above it, or inside where there is no room above."""
    y, u, v = _jpeg_planes(frame, max_width_px)
    _draw(y, u, v, box, f"{label} {score:.0%}".replace("%", " %") if label else "")
    return _encoded(y, u, v, quality)


def crop(frame: Frame, box: Box, *, width_px: int = 320, height_px: int = 240, quality: int = QUALITY) -> bytes:
    """Return a thumbnail of exactly that size (even numbers) around `box`: the thing large, with some of its surroundings."""
    x0, y0, wide, high = _window(frame, box, width_px / height_px)
    y, u, v = _jpeg_planes(frame, 0)
    half = (slice(y0 // 2, (y0 + high) // 2), slice(x0 // 2, (x0 + wide) // 2))
    return _encoded(
        _resized(y[y0 : y0 + high, x0 : x0 + wide], width_px, height_px),
        _resized(u[half], width_px // 2, height_px // 2),
        _resized(v[half], width_px // 2, height_px // 2),
        quality,
    )


def part(frame: Frame, area: tuple[int, int, int, int], size: tuple[int, int], *, quality: int) -> bytes:
    """Return `area` (x, y, width, height in pixels, even) of the picture as JPEG, scaled to `size` (even)."""
    x, y, width, height = area
    halves = (slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2))
    luma, blue, red = frame.y[y : y + height, x : x + width], frame.u[halves], frame.v[halves]
    if size != (width, height):
        how = cv2.INTER_AREA if height > size[1] * 1.5 else cv2.INTER_LINEAR  # as a detector scales what it sees
        half = (size[0] // 2, size[1] // 2)
        luma = np.asarray(cv2.resize(luma, size, interpolation=how), np.uint8)
        blue, red = (np.asarray(cv2.resize(plane, half, interpolation=how), np.uint8) for plane in (blue, red))
    if not frame.full_range:
        luma, blue, red = _stretched(luma, *_LUMA_LEVELS), _stretched(blue, *_CHROMA_LEVELS), _stretched(red, *_CHROMA_LEVELS)
    return _encoded(luma, blue, red, quality)


def planes_of(jpeg: bytes, *, max_side_px: int) -> tuple[Plane, Plane, Plane]:
    """Return a JPEG's brightness (H, W) and both colour differences (H/2, W/2), full range, H and W even. Raises BadReply for
    what is none, or has a side longer than that or shorter than 2."""
    try:
        height, width, _colours, _sampling = simplejpeg.decode_jpeg_header(jpeg)
        if not (2 <= width <= max_side_px and 2 <= height <= max_side_px):
            raise BadReply(f"a picture of {width}x{height} is none of a camera of ours")
        width, height = width & ~1, height & ~1
        luma = np.ascontiguousarray(simplejpeg.decode_jpeg(jpeg, colorspace="GRAY")[:height, :width, 0])
        colours = np.ascontiguousarray(simplejpeg.decode_jpeg(jpeg, colorspace="BGR")[:height, :width])
    except ValueError as error:
        raise BadReply("this is no JPEG that can be read") from error
    half = cv2.resize(colours, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    both = np.asarray(cv2.cvtColor(half, cv2.COLOR_BGR2YCrCb), np.uint8)
    return luma, np.ascontiguousarray(both[..., 2]), np.ascontiguousarray(both[..., 1])


def small(frame: Frame, box: Box, max_bytes: int) -> bytes:
    """Return the largest and best thumbnail around `box` that has at most so many bytes; empty when none is that small."""
    for width_px, height_px, quality in _SMALL:
        jpeg = crop(frame, box, width_px=width_px, height_px=height_px, quality=quality)
        if len(jpeg) <= max_bytes:
            return jpeg
    return b""


def _encoded(y: Plane, u: Plane, v: Plane, quality: int) -> bytes:
    planes = (np.ascontiguousarray(plane) for plane in (y, u, v))
    return bytes(simplejpeg.encode_jpeg_yuv_planes(*planes, quality=quality))


def _jpeg_planes(frame: Frame, max_width_px: int) -> tuple[Plane, Plane, Plane]:
    """Return own planes of even size in JPEG's full range, scaled down if need be."""
    width, height = frame.width_px & ~1, frame.height_px & ~1
    y, u, v = frame.y[:height, :width], frame.u[: height // 2, : width // 2], frame.v[: height // 2, : width // 2]
    if 0 < max_width_px < width:
        height = max(2, round(height * max_width_px / width / 2) * 2)
        width = max_width_px & ~1
        y, u, v = _resized(y, width, height), _resized(u, width // 2, height // 2), _resized(v, width // 2, height // 2)
    if frame.full_range:
        return y.copy(), u.copy(), v.copy()
    return _stretched(y, *_LUMA_LEVELS), _stretched(u, *_CHROMA_LEVELS), _stretched(v, *_CHROMA_LEVELS)


def _stretched(plane: Plane, gain: float, addend: float) -> Plane:
    """Both steps saturate, so what lies outside of studio levels is cut off; half the time of a table."""
    full = cv2.subtract(np.ascontiguousarray(plane), 16)  # type: ignore[call-overload]  # a scalar, which the stubs forget
    return np.asarray(cv2.convertScaleAbs(full, dst=full, alpha=gain, beta=addend), np.uint8)


def _resized(plane: Plane, width: int, height: int) -> Plane:
    shrinks = width < plane.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(plane), (width, height), interpolation=how), np.uint8)


def _window(frame: Frame, box: Box, aspect: float) -> tuple[int, int, int, int]:
    """Return x, y, width and height (even) of a part of the picture of that aspect around `box`."""
    width, height = frame.width_px & ~1, frame.height_px & ~1
    thing_w, thing_h = (box.x1 - box.x0) * width * 1.4, (box.y1 - box.y0) * height * 1.25
    wide = max(thing_w, thing_h * aspect, 64.0)
    wide = min(wide, width, height * aspect)
    high = min(wide / aspect, height)
    centre_x, centre_y = box.centre
    x0 = min(max(centre_x * width - wide / 2, 0.0), width - wide)
    y0 = min(max(centre_y * height - high / 2, 0.0), height - high)
    return int(x0) & ~1, int(y0) & ~1, max(2, int(wide) & ~1), max(2, int(high) & ~1)


def _draw(y: Plane, u: Plane, v: Plane, box: Box, label: str) -> None:
    """Draw on the planes themselves: a light line with a dark rim, and the label on a filled plate."""
    height, width = y.shape
    thick = max(2, round(min(width, height) / 200))
    x0, y0 = round(box.x0 * (width - 1)), round(box.y0 * (height - 1))
    x1, y1 = round(box.x1 * (width - 1)), round(box.y1 * (height - 1))
    luma, blue, red = _ycc(_LINE)
    cv2.rectangle(y, (x0, y0), (x1, y1), 16, thick + 2, cv2.LINE_AA)
    cv2.rectangle(y, (x0, y0), (x1, y1), luma, thick, cv2.LINE_AA)
    for plane, level in ((u, blue), (v, red)):
        cv2.rectangle(plane, (x0 // 2, y0 // 2), (x1 // 2, y1 // 2), level, max(1, thick // 2))
    if not label:
        return
    scale = max(0.45, min(width, height) / 800)
    weight = max(1, round(scale * 1.6))
    (text_w, text_h), below = cv2.getTextSize(label, _FONT, scale, weight)
    pad = max(3, text_h // 2)
    plate_w, plate_h = text_w + 2 * pad, text_h + below + pad
    left = min(max(0, x0 - thick // 2), max(0, width - plate_w))
    top = y0 - plate_h if y0 >= plate_h else min(y0, max(0, height - plate_h))
    cv2.rectangle(y, (left, top), (left + plate_w, top + plate_h), luma, -1)
    for plane, level in ((u, blue), (v, red)):
        cv2.rectangle(plane, (left // 2, top // 2), ((left + plate_w) // 2, (top + plate_h) // 2), level, -1)
    cv2.putText(y, label, (left + pad, top + pad // 2 + text_h), _FONT, scale, _ycc(_INK)[0], weight, cv2.LINE_AA)


def _ycc(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return full-range BT.601 luma and both colour differences."""
    red, green, blue = rgb
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(luma), round((blue - luma) * 0.564 + 128), round((red - luma) * 0.713 + 128)
