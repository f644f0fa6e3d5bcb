"""Motion by running average: each picture against what the camera usually shows, cheap enough to see every one of them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box, Polygon
from hearthwatch.kit.units import NS_PER_S
from hearthwatch.motion.motion import Motion, MotionOptions

Grey = NDArray[np.uint8]

_WIDTH_PX = 320
_LEARN_S = 0.5
_LEARN_FRAMES = 4
_BACKGROUND_S = 5.0
_RESTLESS_S = 8.0
_REMEMBER_NS = 250_000_000
_LEAST_STEP = 8
_RESTLESS_GAIN = 3.0
_STEP_LIMIT = 24
_LEAST_BLOB_FRAC = 0.0004
_LEAST_BLOB_PX = 12
_LIGHT_CHANGE_FRAC = 0.5
_EXPOSURE_FRAC = 0.03
_LIGHT_CORRELATION = 0.6
_FLAT_DETAIL = 2.0
_MAX_BOXES = 12
_COMMON_WEIGHT = 1.5
_OTHERS_RATIO = 1.5  # beside real people the strips change up to 1.3 times as much as they do (90 %), beside parts of cars 1.7
_STRIP_GAP = 0.25
_NEAR = np.ones((5, 5), np.uint8)

cv2.setNumThreads(1)


class DifferenceDetector:
    """Running average of the Y plane at about 320 pixels wide; one per camera, used by one thread.

    A pixel has changed when it is further from its average than noise allows; how far that is, each pixel learns for
    itself, so that leaves, rain, a flickering lamp and a burnt-in clock soon count for little. When exposure moves, the
    average moves with it; when most of the picture changes at once it was the light (a lamp, sunrise, the infrared
    filter): everything is learnt anew within half a second and `settled` is False meanwhile.
    """

    def __init__(self, options: MotionOptions) -> None:
        self._small: cv2.typing.MatLike | None = None
        self._polygons = tuple(Polygon(points=points) for points in options.masks)
        self._sensitivity_frac = options.sensitivity_frac
        self._shape: tuple[int, int] = (0, 0)
        self._remembered_ns = 0
        self._learn_from_ns = 0
        self._learnt = 0
        self.changed: Grey | None = None
        """Mask of the last picture, 255 where it changed; None when nothing did."""

    def look(self, frame: Frame) -> Motion:
        """Return what changed against the learnt background."""
        now_ns = frame.received_ns
        small = self._reduced(frame.y)
        if small.shape != self._shape:
            self._begin(small, now_ns)
        self.changed = None
        if self._learnt < _LEARN_FRAMES or now_ns - self._learn_from_ns < _LEARN_S * NS_PER_S:
            self._learn(small, now_ns)
            return self._motion(frame, (), 0.0, settled=False)
        count = self._compare(small)
        if count > self._area_px * _EXPOSURE_FRAC and self._follow_exposure(small):
            count = self._compare(small)
        if count > self._area_px * _LIGHT_CHANGE_FRAC:
            self._begin(small, now_ns)
            return self._motion(frame, (), 0.0, settled=False)
        boxes = self._boxes() if count >= self._least_px else ()
        if boxes:
            self.changed = self._mask.copy()
            if count >= self._area_px * self._sensitivity_frac and self._only_light(small):
                count = 0
        if not 0 <= now_ns - self._remembered_ns < _REMEMBER_NS:
            self._remember(small, now_ns)
        return self._motion(frame, boxes, count / self._area_px if boxes else 0.0, settled=True)

    def _motion(self, frame: Frame, boxes: tuple[Box, ...], area_frac: float, *, settled: bool) -> Motion:
        return Motion(camera=frame.camera, wall_us=frame.wall_us, boxes=boxes, area_frac=min(1.0, area_frac), settled=settled)

    def _reduced(self, y: Grey) -> Grey:
        """Return the plane at about 320 wide: 2x2 means, which for larger steps INTER_LINEAR takes from each cell's centre.

        Steps are even, because only those are cheap in OpenCV.
        """
        height, width = y.shape
        step = 2 * round(width / (2 * _WIDTH_PX))
        if width < 1.5 * _WIDTH_PX:
            return np.asarray(cv2.blur(y, (3, 3)), np.uint8)
        if height % step or width % step:
            y = y[: height // step * step, : width // step * step]
        how = cv2.INTER_AREA if step == 2 else cv2.INTER_LINEAR
        self._small = cv2.resize(y, (width // step, height // step), dst=self._small, interpolation=how)
        return np.asarray(cv2.blur(self._small, (3, 3), dst=self._small), np.uint8)

    def _begin(self, small: Grey, now_ns: int) -> None:
        if small.shape != self._shape:
            height, width = self._shape = small.shape
            self._ignored = np.zeros(small.shape, np.uint8)
            for polygon in self._polygons:
                self._ignored[polygon.mask(width, height)] = 255
            self._area_px = max(1, small.size - cv2.countNonZero(self._ignored))
            self._least_px = max(_LEAST_BLOB_PX, round(self._area_px * _LEAST_BLOB_FRAC))
            self._restless = np.ones(small.shape, np.float32)
            self._usual, self._darkest, self._brightest, self._mask, self._scratch = (np.zeros_like(small) for _ in range(5))
            self._limit = np.full_like(small, _STEP_LIMIT)
        self._background = small.astype(np.float32)
        self._learn_from_ns = now_ns
        self._learnt = 0

    def _learn(self, small: Grey, now_ns: int) -> None:
        self._learnt += 1
        cv2.accumulateWeighted(small, self._background, 1.0 / (self._learnt + 1))
        self._remembered_ns = now_ns
        self._expect()

    def _expect(self) -> None:
        """Say what counts as unchanged from now on: the average, and how far from it noise goes."""
        cv2.convertScaleAbs(self._background, dst=self._usual)
        cv2.convertScaleAbs(self._restless, dst=self._scratch, alpha=_RESTLESS_GAIN, beta=_LEAST_STEP)
        cv2.subtract(self._usual, self._scratch, dst=self._darkest)
        cv2.add(self._usual, self._scratch, dst=self._brightest)

    def _compare(self, small: Grey) -> int:
        """Return how many pixels changed; `_mask` is then 255 where nothing did."""
        cv2.inRange(small, self._darkest, self._brightest, dst=self._mask)
        if self._polygons:
            cv2.bitwise_or(self._mask, self._ignored, dst=self._mask)
        return small.size - cv2.countNonZero(self._mask)

    def _remember(self, small: Grey, now_ns: int) -> None:
        passed_s = min(1.0, max(0.0, (now_ns - self._remembered_ns) / NS_PER_S))
        self._remembered_ns = now_ns
        cv2.accumulateWeighted(small, self._background, 1.0 - math.exp(-passed_s / _BACKGROUND_S))
        cv2.absdiff(small, self._usual, dst=self._scratch)
        cv2.min(self._scratch, self._limit, dst=self._scratch)
        cv2.accumulateWeighted(self._scratch, self._restless, 1.0 - math.exp(-passed_s / _RESTLESS_S))
        self._expect()

    def _follow_exposure(self, small: Grey) -> bool:
        """Scale the background when the whole picture became brighter or darker alike; tell whether it did."""
        gains = ((small[4::12, 4::12] + np.float32(8)) / (self._background[4::12, 4::12] + np.float32(8))).ravel()
        gains.sort()
        gain = float(gains[gains.size // 2])
        if 0.97 < gain < 1.03 or not 0.3 < gain < 3.0:
            return False
        self._background *= gain
        np.clip(self._background, 0.0, 255.0, out=self._background)
        self._expect()
        return True

    def _only_light(self, small: Grey) -> bool:
        """Tell whether what changed still shows the detail it showed before, only brighter or darker: a headlight, a cloud."""
        where = self._mask[::3, ::3] > 0
        now, before = (_detail(picture[::3, ::3])[where] for picture in (small, self._usual))
        energy_now, energy_before = float(now @ now), float(before @ before)
        if energy_now < now.size * _FLAT_DETAIL**2:
            return True  # nothing there has an edge, before or now
        return float(now @ before) > _LIGHT_CORRELATION * math.sqrt(energy_now * energy_before)

    def _boxes(self) -> tuple[Box, ...]:
        cv2.bitwise_not(self._mask, dst=self._mask)
        cv2.dilate(self._mask, _NEAR, dst=self._scratch)
        contours, _ = cv2.findContours(self._scratch, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        height, width = self._shape
        found: list[tuple[int, int, int, int]] = []
        for contour in contours:
            x, y, w, h = cv2.boundingRect(contour)
            if cv2.countNonZero(self._mask[y : y + h, x : x + w]) >= self._least_px:
                found.append((x, y, x + w, y + h))
        found = _merged(found, gap=max(2, width // 40))
        found.sort(key=lambda b: (b[0] - b[2]) * (b[3] - b[1]))
        return tuple(Box(x0=x0 / width, y0=y0 / height, x1=x1 / width, y1=y1 / height) for x0, y0, x1, y1 in found[:_MAX_BOXES])


def _detail(picture: Grey) -> NDArray[np.float32]:
    """Return how far each pixel is from its surroundings."""
    picture = np.ascontiguousarray(picture)
    coarse = cv2.blur(picture, (5, 5))
    return np.asarray(cv2.subtract(picture, coarse, dtype=cv2.CV_32F), np.float32)


def _merged(boxes: list[tuple[int, int, int, int]], *, gap: int) -> list[tuple[int, int, int, int]]:
    """Join boxes that overlap or lie within `gap` pixels of each other, until none do."""
    boxes = sorted(boxes, key=lambda b: (b[0] - b[2]) * (b[3] - b[1]))[:64]
    joined: list[tuple[int, int, int, int]] = []
    for box in boxes:
        new = box
        while True:
            near = [
                o
                for o in joined
                if new[0] - gap <= o[2] and o[0] - gap <= new[2] and new[1] - gap <= o[3] and o[1] - gap <= new[3]
            ]
            if not near:
                break
            joined = [o for o in joined if o not in near]
            new = (
                min(new[0], *(o[0] for o in near)),
                min(new[1], *(o[1] for o in near)),
                max(new[2], *(o[2] for o in near)),
                max(new[3], *(o[3] for o in near)),
            )
        joined.append(new)
    return joined


def changed_frac(changed: Grey | None, box: Box) -> float:
    """Return how much more of `box` than of the rest of the picture is set in a mask of `DifferenceDetector.changed`, 0..1.

    What changes everywhere alike, rain or snow or the picture's noise, says nothing about this place.
    """
    if changed is None:
        return 0.0
    x0, y0, x1, y1 = _pixels(box, changed)
    if x0 >= x1 or y0 >= y1:
        return 0.0
    inside, area = cv2.countNonZero(changed[y0:y1, x0:x1]), (x1 - x0) * (y1 - y0)
    outside, rest = cv2.countNonZero(changed) - inside, max(1, changed.size - area)
    return max(0.0, float(inside / area - _COMMON_WEIGHT * outside / rest))


def own_changed_frac(changed: Grey | None, box: Box) -> float:
    """Return `changed_frac`, 0 where the movement is not of what is in `box` but of something larger that passes: a strip as
    wide as the box, a little way to its left or right, changed far more than the box."""
    found = changed_frac(changed, box)
    if changed is None or not found:
        return 0.0
    x0, y0, x1, y1 = _pixels(box, changed)
    wide, gap = x1 - x0, max(1, round(_STRIP_GAP * (x1 - x0)))
    strips = (changed[y0:y1, max(0, x0 - gap - wide) : max(0, x0 - gap)], changed[y0:y1, x1 + gap : x1 + gap + wide])
    beside = max(cv2.countNonZero(strip) / strip.size if strip.shape[1] > 1 else 0.0 for strip in strips)
    return 0.0 if beside > _OTHERS_RATIO * cv2.countNonZero(changed[y0:y1, x0:x1]) / (wide * (y1 - y0)) else found


def _pixels(box: Box, mask: Grey) -> tuple[int, int, int, int]:
    """Return the sides of `box` in whole pixels of `mask`: x0, y0, x1, y1."""
    height, width = mask.shape
    return (
        max(0, math.floor(box.x0 * width)),
        max(0, math.floor(box.y0 * height)),
        min(width, math.ceil(box.x1 * width)),
        min(height, math.ceil(box.y1 * height)),
    )
