"""The walker of the demo scene: a person in side view with a swinging gait, drawn from limbs, soft at the edges."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

_Point = tuple[float, float]
_Colour = tuple[int, int, int]

_OVERSAMPLE = 2
_STRIDE_FRAC = 0.86
"""Length of two steps as a part of the body's height, as people walk."""
_JACKETS: tuple[_Colour, ...] = ((52, 44, 150), (120, 62, 32), (54, 86, 42), (38, 38, 44), (96, 40, 84), (30, 84, 150))
_TROUSERS: tuple[_Colour, ...] = ((62, 44, 34), (40, 40, 42), (72, 66, 58), (46, 56, 70))
_SKINS: tuple[_Colour, ...] = ((150, 180, 226), (120, 152, 206), (88, 116, 168), (60, 80, 124))
_HAIR: tuple[_Colour, ...] = ((26, 34, 48), (18, 20, 24), (46, 74, 112), (90, 96, 102))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Colours (BGR) and build of one walker."""

    jacket: _Colour
    trousers: _Colour
    skin: _Colour
    hair: _Colour
    width: float

    @classmethod
    def drawn_by(cls, rng: random.Random) -> Looks:
        return cls(
            jacket=rng.choice(_JACKETS),
            trousers=rng.choice(_TROUSERS),
            skin=rng.choice(_SKINS),
            hair=rng.choice(_HAIR),
            width=rng.uniform(0.94, 1.1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limb:
    joints: tuple[_Point, ...]
    radii: tuple[float, ...]
    colour: _Colour
    light: float


def draw(looks: Looks, height_px: int, walked_px: float, *, facing_right: bool) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the walker as (BGR (H, W, 3), alpha (H, W)) whose bottom middle is the point on the ground below the hips.

    `walked_px` is the way walked so far, which drives the gait.
    """
    size = height_px * _OVERSAMPLE
    wide, high = round(size * 0.86) // 4 * 4, round(size * 1.08) // 4 * 4
    picture = np.zeros((high, wide, 3), np.uint8)
    alpha = np.zeros((high, wide), np.uint8)
    phase = 2 * math.pi * walked_px / (height_px * _STRIDE_FRAC)
    canvas = _Canvas(picture, alpha, size, facing_right=facing_right)
    _shadow(canvas)
    for limb in _body(looks, phase):
        canvas.limb(limb)
    _head(canvas, looks, _sway(phase))
    small = (wide // _OVERSAMPLE, high // _OVERSAMPLE)
    return (
        np.asarray(cv2.resize(picture, small, interpolation=cv2.INTER_AREA), np.uint8),
        np.asarray(cv2.resize(alpha, small, interpolation=cv2.INTER_AREA), np.uint8),
    )


def _sway(phase: float) -> float:
    """How far the trunk rises above its lowest, when the legs pass each other."""
    return 0.012 * (0.5 + 0.5 * math.cos(2 * phase))


def _leg(phase: float, hip: _Point) -> tuple[_Point, ...]:
    swing = math.radians(27) * math.sin(phase)
    bend = math.radians(8 + 50 * max(0.0, math.cos(phase)) ** 2)
    knee = (hip[0] + 0.245 * math.sin(swing), hip[1] - 0.245 * math.cos(swing))
    shin = swing - bend
    ankle = (knee[0] + 0.235 * math.sin(shin), knee[1] - 0.235 * math.cos(shin))
    return hip, knee, ankle


def _foot(ankle: _Point, phase: float) -> tuple[_Point, ...]:
    tilt = math.radians(-25 * max(0.0, math.cos(phase)) + 12 * max(0.0, math.sin(phase)))
    heel = (ankle[0] - 0.022, ankle[1] - 0.018)
    return heel, (heel[0] + 0.105 * math.cos(tilt), heel[1] - 0.012 + 0.105 * math.sin(tilt))


def _arm(phase: float, shoulder: _Point) -> tuple[_Point, ...]:
    swing = math.radians(24) * math.sin(phase)
    elbow = (shoulder[0] + 0.165 * math.sin(swing), shoulder[1] - 0.165 * math.cos(swing))
    lower = swing + math.radians(22 + 10 * math.sin(phase))
    hand = (elbow[0] + 0.15 * math.sin(lower), elbow[1] - 0.15 * math.cos(lower))
    return shoulder, elbow, hand


def _body(looks: Looks, phase: float) -> list[_Limb]:
    """Return the parts in the order in which they are painted: far arm and leg, trunk, near leg and arm."""
    rise = _sway(phase)
    hip, shoulder, neck = (0.0, 0.50 + rise), (0.012, 0.80 + rise), (0.02, 0.855 + rise)
    wide = looks.width
    shoes: _Colour = (34, 34, 38)
    parts: list[_Limb] = []
    far_leg, far_arm = _leg(phase + math.pi, hip), _arm(phase, shoulder)
    near_leg, near_arm = _leg(phase, hip), _arm(phase + math.pi, shoulder)
    thigh, sleeve = (0.066 * wide, 0.046 * wide, 0.032), (0.042 * wide, 0.034 * wide, 0.026)
    parts.append(_Limb(joints=far_arm, radii=sleeve, colour=looks.jacket, light=0.62))
    parts.append(_Limb(joints=far_arm[2:], radii=(0.024,), colour=looks.skin, light=0.75))
    parts.append(_Limb(joints=_foot(far_leg[2], phase + math.pi), radii=(0.027, 0.02), colour=shoes, light=0.8))
    parts.append(_Limb(joints=far_leg, radii=thigh, colour=looks.trousers, light=0.68))
    parts.append(_Limb(joints=_foot(near_leg[2], phase), radii=(0.027, 0.02), colour=shoes, light=1.1))
    parts.append(_Limb(joints=near_leg, radii=thigh, colour=looks.trousers, light=1.0))
    parts.append(_Limb(joints=(neck, (0.022, 0.885 + rise)), radii=(0.036, 0.034), colour=looks.skin, light=0.8))
    trunk = ((0.0, 0.47 + rise), (0.0, 0.6 + rise), (0.012, 0.77 + rise), (0.016, 0.825 + rise))
    parts.append(_Limb(joints=trunk, radii=(0.083 * wide, 0.082 * wide, 0.088 * wide, 0.052), colour=looks.jacket, light=0.95))
    parts.append(_Limb(joints=near_arm, radii=sleeve, colour=looks.jacket, light=1.14))
    parts.append(_Limb(joints=near_arm[2:], radii=(0.024,), colour=looks.skin, light=1.0))
    return parts


def _head(canvas: _Canvas, looks: Looks, rise: float) -> None:
    middle = (0.03, 0.932 + rise)
    canvas.ellipse((middle[0] + 0.004, middle[1] - 0.004), (0.05, 0.064), looks.skin)
    canvas.ellipse((middle[0] + 0.052, middle[1] - 0.014), (0.012, 0.012), looks.skin)
    canvas.ellipse((middle[0] - 0.014, middle[1] + 0.022), (0.05, 0.05), looks.hair)
    canvas.ellipse((middle[0] - 0.03, middle[1] + 0.004), (0.03, 0.05), looks.hair)
    canvas.ellipse((middle[0] - 0.004, middle[1] - 0.012), (0.009, 0.014), tuple(round(c * 0.85) for c in looks.skin))


def _shadow(canvas: _Canvas) -> None:
    canvas.ellipse((0.05, 0.014), (0.27, 0.022), (20, 22, 24), alpha=96)


class _Canvas:
    """Draws in body heights: x forward, y up, the origin on the ground below the hips."""

    def __init__(self, picture: NDArray[np.uint8], alpha: NDArray[np.uint8], size: int, *, facing_right: bool) -> None:
        self._picture = picture
        self._alpha = alpha
        self._size = size
        self._sign = 1 if facing_right else -1

    def _at(self, point: _Point) -> tuple[int, int]:
        high, wide = self._alpha.shape
        return round(wide / 2 + self._sign * point[0] * self._size), round(high - 1 - (point[1] + 0.03) * self._size)

    def ellipse(self, middle: _Point, radii: _Point, colour: tuple[int, ...], alpha: int = 255) -> None:
        axes = (round(radii[0] * self._size), round(radii[1] * self._size))
        cv2.ellipse(self._picture, self._at(middle), axes, 0, 0, 360, colour, -1)
        cv2.ellipse(self._alpha, self._at(middle), axes, 0, 0, 360, (alpha,), -1)

    def limb(self, limb: _Limb) -> None:
        """A chain of tapering pieces, lighter towards the sun in front."""
        dark = tuple(min(255, round(c * limb.light)) for c in limb.colour)
        bright = tuple(min(255, round(c * limb.light * 1.28 + 8)) for c in limb.colour)
        self._chain(limb, dark, scale=1.0, shift=0.0)
        self._chain(limb, bright, scale=0.52, shift=0.3)

    def _chain(self, limb: _Limb, colour: tuple[int, ...], *, scale: float, shift: float) -> None:
        points = [(joint[0] + shift * radius, joint[1]) for joint, radius in zip(limb.joints, limb.radii, strict=True)]
        radii = [radius * scale for radius in limb.radii]
        for point, radius in zip(points, radii, strict=True):
            self._disc(point, radius, colour)
        for (start, end), (thick, thin) in zip(pairwise(points), pairwise(radii), strict=True):
            length = math.dist(start, end) or 1.0
            across = ((end[1] - start[1]) / length, (start[0] - end[0]) / length)
            corners = [
                self._at((point[0] + side * radius * across[0], point[1] + side * radius * across[1]))
                for point, radius, side in ((start, thick, 1), (end, thin, 1), (end, thin, -1), (start, thick, -1))
            ]
            outline = np.array(corners, np.int32)
            cv2.fillConvexPoly(self._picture, outline, colour)
            cv2.fillConvexPoly(self._alpha, outline, (255,))

    def _disc(self, point: _Point, radius: float, colour: tuple[int, ...]) -> None:
        pixels = max(1, round(radius * self._size))
        cv2.circle(self._picture, self._at(point), pixels, colour, -1)
        cv2.circle(self._alpha, self._at(point), pixels, (255,), -1)
