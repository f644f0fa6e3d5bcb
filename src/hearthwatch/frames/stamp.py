"""The time drawn into a picture: white on black in its lower left corner, readable on anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.frames.frame import Frame
from hearthwatch.kit.units import to_datetime

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_HEIGHT_FRAC = 1 / 28
_FONT_PX = 22
"""How high a letter of that font is at scale 1."""
_BLACK, _WHITE, _GREY = 16, 235, 128
_STUDIO_LUMA = 219 / 255
_STUDIO_CHROMA = 224 / 255


def shrunk(frame: Frame, max_width_px: int) -> Frame:
    """Return the picture no wider than that, its shape kept."""
    if frame.width_px <= max_width_px:
        return frame
    width = max(2, max_width_px & ~1)
    height = max(2, round(frame.height_px * width / frame.width_px) & ~1)
    y, u, v = (
        cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        for plane, size in ((frame.y, (width, height)), *((one, (width // 2, height // 2)) for one in (frame.u, frame.v)))
    )
    return replace(frame, y=y, u=u, v=v)


def stamped(frame: Frame, offset_s: int) -> NDArray[np.uint8]:
    """Return the picture as I420 of even size, (H * 3 / 2, W) in studio levels, with the moment it shows drawn into it, for
    a place `offset_s` east of universal time."""
    width, height = frame.width_px & ~1, frame.height_px & ~1
    planes = [frame.y[:height, :width], frame.u[: height // 2, : width // 2], frame.v[: height // 2, : width // 2]]
    if frame.full_range:
        planes[0] = cv2.convertScaleAbs(planes[0], alpha=_STUDIO_LUMA, beta=_BLACK).astype(np.uint8)
        planes[1:] = [
            cv2.convertScaleAbs(one, alpha=_STUDIO_CHROMA, beta=_GREY * (1 - _STUDIO_CHROMA)).astype(np.uint8)
            for one in planes[1:]
        ]
    y, u, v = (np.array(plane) for plane in planes)
    at = to_datetime(frame.wall_us, timezone(timedelta(seconds=offset_s)))
    text = at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 100_000} " + at.strftime("%z")
    scale = max(0.4, height * _HEIGHT_FRAC / _FONT_PX)
    thick = max(1, round(scale * 1.5))
    (wide, high), below = cv2.getTextSize(text, _FONT, scale, thick)
    pad = max(2, high // 3)
    top, right = max(0, height - high - below - 2 * pad) & ~1, min(width, wide + 2 * pad + 1) & ~1
    y[top:, :right] = _BLACK
    u[top // 2 :, : right // 2] = v[top // 2 :, : right // 2] = _GREY
    cv2.putText(y, text, (pad, height - below - pad), _FONT, scale, _WHITE, thick, cv2.LINE_AA)
    return np.concatenate([y.ravel(), u.ravel(), v.ravel()]).reshape(height * 3 // 2, width)
