"""The built-in detector: OpenCV's histogram-of-gradients people detector, which needs no model file and knows only people."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.detect.detection import Looked
from hearthwatch.detect.doubles import suppressed
from hearthwatch.detect.families import Floats, Found
from hearthwatch.detect.model import HOG
from hearthwatch.detect.picture import Crop, crop_of, frame_of
from hearthwatch.detect.regions import look_at
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply

_AREA_PX = 512 * 288  # what is looked at is scaled to this, where people from about 95 px on are found
_MOST_GROWN = 2.0
_WINDOW = (64, 128)  # the smallest picture the detector takes, and the shape it was trained on
_STEP = 1.07  # between sizes tried; with 1.12 walkers are lost for seconds, with 1.05 the time doubles
_HIT = 0.2
_IOU = 0.4
# The trained window has air around the person; these are the parts of it that hold the person.
_BODY_X, _BODY_TOP, _BODY_BOTTOM = 0.17, 0.07, 0.06
# A margin of 0.6 from the separating plane is where empty streets fall silent; it is mapped to the score 0.4.
_STEEPNESS, _MIDDLE = 1.74, 0.833


class HogDetector:
    """A Detector for upright people; about 25 ms a region on one core."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))
        self.detect(frame_of(np.full((360, 640, 3), 114, np.uint8)), [WHOLE])

    @property
    def name(self) -> str:
        return HOG.name

    @property
    def labels(self) -> tuple[str, ...]:
        return HOG.labels

    def detect(self, frame: Frame, regions: Sequence[Box]) -> Looked:
        """Look at each region and return the people found. Raises BadReply when OpenCV fails."""
        return look_at(frame, regions, self._look, model=HOG, iou=_IOU, clock=self._clock)

    def close(self) -> None:
        del self._hog

    def _look(self, frame: Frame, region: Box) -> tuple[Found, Crop]:
        crop = crop_of(frame, region)
        grey = frame.y[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width]
        scale = min(_MOST_GROWN, math.sqrt(_AREA_PX / (crop.width * crop.height)))
        try:
            boxes, margins = self._people(_scaled(grey, scale))
        except cv2.error as error:
            raise BadReply(f"OpenCV's people detector failed on a picture of {crop.width}x{crop.height}") from error
        boxes = np.clip(boxes / scale, 0, (crop.width, crop.height, crop.width, crop.height))
        boxes += np.array((crop.x, crop.y, crop.x, crop.y))
        found = Found(boxes=boxes.astype(np.float32), scores=score_of(margins), classes=np.zeros(len(boxes), np.intp))
        return suppressed(found, _IOU), crop

    def _people(self, grey: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Return bodies (N, 4) in pixels of `grey` and their margins (N,)."""
        windows, margins = self._hog.detectMultiScale(
            grey, hitThreshold=_HIT, winStride=(8, 8), padding=(8, 8), scale=_STEP, groupThreshold=0
        )
        x, y, width, height = np.array(windows, np.float32).reshape(-1, 4).T
        sides = (x + _BODY_X * width, y + _BODY_TOP * height, x + (1 - _BODY_X) * width, y + (1 - _BODY_BOTTOM) * height)
        return np.stack(sides, axis=1), np.array(margins, np.float32).reshape(-1)


def score_of(margins: Floats) -> Floats:
    """Return margins of the support vector machine as scores 0..1 that mean about what a network's scores mean."""
    return np.asarray(1 / (1 + np.exp(-_STEEPNESS * (margins - _MIDDLE))), np.float32)


def _scaled(grey: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Return `grey` scaled, its last rows and columns repeated where it is smaller than one window."""
    width, height = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    scaled = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    right, below = max(0, _WINDOW[0] - width), max(0, _WINDOW[1] - height)
    if right or below:
        scaled = cv2.copyMakeBorder(scaled, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return np.asarray(scaled, np.uint8)
