"""BM11: what one picture's motion costs, ours beside Frigate's improved_motion, in one process without any stream."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.bench import footage
from hearthwatch.bench.cpu import own_cpu_ns
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import encoded
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.frames.decode import frame_of
from hearthwatch.frames.frame import Frame
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.motion.difference import DifferenceDetector
from hearthwatch.motion.motion import MotionOptions

_LIMIT = 0.35
_CHUNK = 50
_EMPTY_UNTIL, _ENTERED = 98, 120
"""Pictures of the footage: nobody is there before the one and the learning is over, somebody is from the other on."""


class ImprovedMotion:
    """Frigate's `improved_motion` as its sources describe it, with its defaults: the Y plane at a height of 100, contrast
    stretched to running percentiles, blur, difference to a running average, threshold, dilation, contours.

    A lower bound: the blur is OpenCV's, which is cheaper than the one it uses, and its masks and calibration are left out.
    """

    _HEIGHT_PX = 100
    _THRESHOLD = 30
    _LEAST_AREA_PX = 10
    _ALPHA = 0.01
    _KEPT = 50

    def __init__(self) -> None:
        self._average: NDArray[np.float32] | None = None
        self._contrast: list[tuple[float, float]] = []

    def look(self, frame: Frame) -> bool:
        """Tell whether something moves."""
        y = frame.y
        width = round(y.shape[1] * self._HEIGHT_PX / y.shape[0])
        small = cv2.resize(y, (width, self._HEIGHT_PX), interpolation=cv2.INTER_NEAREST)
        self._contrast = [*self._contrast[-self._KEPT :], (float(np.percentile(small, 4)), float(np.percentile(small, 96)))]
        low, high = np.mean(self._contrast, axis=0)
        if low < high:
            stretched = (np.clip(small, low, high) - low) / (high - low) * 255
            small = np.asarray(stretched, np.uint8)
        small = cv2.GaussianBlur(small, (3, 3), 1)
        if self._average is None:
            self._average = small.astype(np.float32)
        step = cv2.absdiff(small, cv2.convertScaleAbs(self._average))
        mask = cv2.threshold(step, self._THRESHOLD, 255, cv2.THRESH_BINARY)[1]
        spread = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=1)
        contours, _ = cv2.findContours(spread, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.accumulateWeighted(small, self._average, self._ALPHA)
        return any(cv2.contourArea(contour) > self._LEAST_AREA_PX for contour in contours)


class _Ours:
    def __init__(self) -> None:
        self._detector = DifferenceDetector(MotionOptions())

    def look(self, frame: Frame) -> bool:
        return bool(self._detector.look(frame).boxes)


def _frames(terms: Terms) -> tuple[Frame, ...]:
    """Return the whole footage decoded, stamped as it would be received."""
    frames: list[Frame] = []
    with av.open(str(encoded(footage.sub(terms, path="/sub500", kbps=500)))) as container:
        for seq, picture in enumerate(container.decode(video=0), 1):
            seen_ns = seq * NS_PER_S // footage.FPS
            frames.append(
                frame_of(
                    picture,
                    camera=CameraId("bench"),
                    seq=seq,
                    wall_us=WallUs(seen_ns // 1000),
                    received_ns=MonoNs(seen_ns),
                    pts_s=seq / footage.FPS,
                )
            )
    return tuple(frames)


def _timed(look: Callable[[Frame], bool], frames: Sequence[Frame]) -> tuple[float, list[bool]]:
    """Return microseconds a picture (median over stretches of it, since others use the machine too) and what was seen."""
    took_us: list[float] = []
    seen: list[bool] = []
    for start in range(0, len(frames), _CHUNK):
        chunk = frames[start : start + _CHUNK]
        begun_ns = own_cpu_ns()
        seen += [look(frame) for frame in chunk]
        took_us.append((own_cpu_ns() - begun_ns) / 1000 / len(chunk))
    return statistics.median(took_us), seen


def measure(terms: Terms) -> tuple[Row, ...]:
    """BM11."""
    cv2.setNumThreads(1)
    frames = _frames(terms)
    ours, theirs, ratios = [], [], []
    ours_seen: list[bool] = []
    peer_seen: list[bool] = []
    for _round in range(terms.rounds):
        took_us, ours_seen = _timed(_Ours().look, frames)
        peer_us, peer_seen = _timed(ImprovedMotion().look, frames)
        ours.append(took_us)
        theirs.append(peer_us)
        ratios.append(took_us / peer_us)
    empty, visit = ours_seen[:_EMPTY_UNTIL], ours_seen[_ENTERED : _ENTERED + 6]
    return (
        Row(
            bench="BM11",
            what="motion of one 640x480 picture",
            ours=statistics.median(ours),
            peer=statistics.median(theirs),
            peer_name="Frigate improved_motion (lower bound)",
            unit="us",
            judged=statistics.median(ratios),
            target=f"ratio <= {_LIMIT}",
            limit=_LIMIT,
            rounds=terms.rounds,
            guards=(
                Guard(
                    what=f"motion in {sum(visit)} of {len(visit)} pictures of a visit, {sum(empty)} of {len(empty)} without"
                    f" (peer {sum(peer_seen[_ENTERED : _ENTERED + 6])} and {sum(peer_seen[:_EMPTY_UNTIL])})",
                    held=all(visit) and not any(empty),
                ),
            ),
        ),
    )


BM11 = Bench(name="bm11", what="motion of one picture, beside Frigate's improved_motion", measure=measure)
