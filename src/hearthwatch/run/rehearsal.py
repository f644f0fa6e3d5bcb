"""A look at drawn pictures before the looker's box closes: what libraries import or open late must be there by then."""

from __future__ import annotations

import random

import numpy as np

from hearthwatch.detect.detection import Detection, LabelOptions, Looked
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.frames.jpeg import encode_marked
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.tracks.eye import Eye
from hearthwatch.tracks.track import EyeOptions

_CAMERA = CameraId("rehearsal")
_WIDTH_PX, _HEIGHT_PX = 320, 180
_STEP_US = 100_000
_PICTURES = 20


def rehearse() -> None:
    """Have an eye follow two bright blocks through an empty picture, and make a picture of them."""
    eye = Eye(_CAMERA, EyeOptions(motion=MotionOptions(), zones={}, labels={"person": LabelOptions()}), rng=random.Random(1))  # noqa: S311
    frame = _drawn(0)
    for seq in range(_PICTURES):
        frame = _drawn(seq)
        eye.see(frame)
        found = tuple(Detection(label="person", score=0.9, box=box) for box in _blocks(seq))
        looked = Looked(
            camera=_CAMERA,
            frame_seq=seq,
            wall_us=frame.wall_us,
            detections=found,
            regions=(WHOLE,),
            model="rehearsal",
            took_ms=0.0,
        )
        eye.answer(looked, frame)
        eye.tick(frame.received_ns)
    eye.close()
    encode_marked(frame, _blocks(0)[0], "person", 0.9, max_width_px=_WIDTH_PX)


def _blocks(seq: int) -> tuple[Box, Box]:
    left = 0.1 + 0.02 * seq
    return Box(x0=left, y0=0.2, x1=left + 0.1, y1=0.7), Box(x0=left + 0.3, y0=0.2, x1=left + 0.4, y1=0.7)


def _drawn(seq: int) -> Frame:
    y = np.full((_HEIGHT_PX, _WIDTH_PX), 60, np.uint8)
    for box in _blocks(seq):
        y[int(box.y0 * _HEIGHT_PX) : int(box.y1 * _HEIGHT_PX), int(box.x0 * _WIDTH_PX) : int(box.x1 * _WIDTH_PX)] = 200
    grey = np.full((_HEIGHT_PX // 2, _WIDTH_PX // 2), 128, np.uint8)
    return Frame(
        camera=_CAMERA,
        seq=seq,
        wall_us=WallUs(seq * _STEP_US),
        received_ns=MonoNs(seq * _STEP_US * 1000),
        pts_s=seq * _STEP_US / 1e6,
        y=y,
        u=grey,
        v=grey,
    )
