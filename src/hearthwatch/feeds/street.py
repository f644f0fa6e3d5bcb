"""The street of the demo scene at dusk: painted once, without anything that stands like a person."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np
from numpy.typing import NDArray

_OVERSAMPLE = 2
_SKY = ((176, 128, 92), (150, 190, 236))
_WALLS = ((128, 146, 164), (146, 154, 158), (112, 128, 150), (138, 142, 140))
_ROOFS = ((58, 62, 88), (70, 70, 76), (54, 66, 84))
_WINDOW_LIT, _WINDOW_DARK = (120, 196, 248), (104, 92, 82)


def paint(width_px: int, height_px: int, seed: int) -> NDArray[np.uint8]:
    """Return the empty street as BGR (height, width, 3)."""
    rng = random.Random(seed * 7919 + 17)  # noqa: S311
    wide, high = width_px * _OVERSAMPLE, height_px * _OVERSAMPLE
    picture = np.zeros((high, wide, 3), np.uint8)
    _sky(picture)
    _hills(picture, rng)
    _houses(picture, rng)
    _trees(picture, rng)
    _hedge(picture, rng)
    _ground(picture, rng)
    small = cv2.resize(picture, (width_px, height_px), interpolation=cv2.INTER_AREA)
    return _lens(np.asarray(cv2.GaussianBlur(small, (0, 0), width_px / 1600), np.uint8))


def _rows(high: int, top: float, bottom: float) -> slice:
    return slice(round(high * top), round(high * bottom))


def _blend(top: tuple[int, int, int], bottom: tuple[int, int, int], rows: int) -> NDArray[np.uint8]:
    part = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None]
    return (np.array(top, np.float32) * (1 - part) + np.array(bottom, np.float32) * part).astype(np.uint8)


def _sky(picture: NDArray[np.uint8]) -> None:
    high, wide = picture.shape[:2]
    rows = _rows(high, 0, 0.5)
    picture[rows] = _blend(_SKY[0], _SKY[1], rows.stop - rows.start)
    glow = np.zeros((high, wide), np.float32)
    cv2.circle(glow, (round(wide * 0.78), round(high * 0.36)), round(high * 0.12), 1.0, -1)
    small = cv2.GaussianBlur(cv2.resize(glow, (wide // 8, high // 8)), (0, 0), high / 8 * 0.14)
    glow = np.asarray(cv2.resize(small, (wide, high)), np.float32)
    picture[:] = np.clip(picture + glow[:, :, None] * np.array((40, 70, 80), np.float32), 0, 255).astype(np.uint8)


def _hills(picture: NDArray[np.uint8], rng: random.Random) -> None:
    high, wide = picture.shape[:2]
    for level, colour in ((0.33, (158, 152, 140)), (0.37, (132, 136, 122))):
        phases = [rng.uniform(0, 6.3) for _ in range(3)]
        across = np.linspace(0, 1, 80)
        up = sum(np.sin(across * (5 + 4 * i) + phase) / (i + 2) for i, phase in enumerate(phases))
        edge = [(round(x * wide), round(high * (level - 0.035 * y))) for x, y in zip(across, np.asarray(up), strict=True)]
        cv2.fillPoly(picture, [np.array([(0, high), *edge, (wide, high)], np.int32)], colour)


def _houses(picture: NDArray[np.uint8], rng: random.Random) -> None:
    high, wide = picture.shape[:2]
    x = -0.06
    while x < 1.02:
        span = rng.uniform(0.2, 0.27)
        top = rng.uniform(0.235, 0.29)
        _house(picture, rng, (round(x * wide), round(top * high)), (round((x + span) * wide), round(0.53 * high)))
        x += span + rng.uniform(0.015, 0.05)


def _house(picture: NDArray[np.uint8], rng: random.Random, corner: tuple[int, int], opposite: tuple[int, int]) -> None:
    (left, top), (right, bottom) = corner, opposite
    high = picture.shape[0]
    wall, roof = rng.choice(_WALLS), rng.choice(_ROOFS)
    cv2.rectangle(picture, (left, top), (right, bottom), wall, -1)
    shade = tuple(round(c * 0.86) for c in wall)
    cv2.rectangle(picture, (left + (right - left) * 7 // 10, top), (right, bottom), shade, -1)
    eaves, ridge = round(0.022 * high), top - round(rng.uniform(0.075, 0.11) * high)
    inset = (right - left) // rng.choice((5, 7, 9))
    outline = [(left - eaves, top), (left + inset, ridge), (right - inset, ridge), (right + eaves, top)]
    cv2.fillPoly(picture, [np.array(outline, np.int32)], roof)
    cv2.line(picture, (left - eaves, top), (right + eaves, top), tuple(round(c * 0.7) for c in roof), max(2, high // 240))
    count = 4 if right - left > 0.23 * picture.shape[1] else 3
    pane, tall = round((right - left) / (count * 1.9)), round(0.055 * high)
    for column in range(count):
        middle = left + round((right - left) * (column + 0.5) / count)
        y = top + round(0.045 * high)
        lit = rng.random() < 0.45
        frame = (middle - pane // 2, y), (middle + pane // 2, y + tall)
        cv2.rectangle(picture, *frame, _WINDOW_LIT if lit else _WINDOW_DARK, -1)
        cv2.rectangle(picture, *frame, (196, 204, 210), max(2, high // 360))
        cv2.line(picture, (middle, y), (middle, y + tall), (196, 204, 210), max(1, high // 480))


def _trees(picture: NDArray[np.uint8], rng: random.Random) -> None:
    """Crowns only: a trunk between hedge and crown would be the one upright thing in the picture."""
    high, wide = picture.shape[:2]
    for _ in range(4):
        x, y = rng.uniform(0.02, 0.98) * wide, rng.uniform(0.40, 0.45) * high
        spread = rng.uniform(0.06, 0.1) * high
        for layer, colour in enumerate(((46, 74, 58), (56, 92, 72), (70, 112, 92))):
            for _ in range(44):
                angle, out = rng.uniform(0, 2 * math.pi), math.sqrt(rng.random()) * (1 - layer * 0.16)
                dx, dy = 1.35 * spread * out * math.cos(angle), 0.85 * spread * out * math.sin(angle) - layer * spread * 0.16
                cv2.circle(picture, (round(x + dx), round(y + dy)), round(spread * rng.uniform(0.12, 0.26)), colour, -1)


def _hedge(picture: NDArray[np.uint8], rng: random.Random) -> None:
    high, wide = picture.shape[:2]
    for layer, (top, colour) in enumerate(((0.465, (48, 70, 54)), (0.485, (58, 86, 66)), (0.51, (52, 78, 60)))):
        for x in range(0, wide, round(wide / 110)):
            radius = round(high * rng.uniform(0.014, 0.024))
            cv2.circle(picture, (x, round(high * top) + rng.randint(-radius // 3, radius // 3) + layer), radius, colour, -1)
        cv2.rectangle(picture, (0, round(high * (top + 0.004))), (wide, round(high * 0.545)), colour, -1)


def _ground(picture: NDArray[np.uint8], rng: random.Random) -> None:
    high, wide = picture.shape[:2]
    bands = (
        (0.54, 0.575, (118, 122, 124), (126, 130, 132)),
        (0.575, 0.76, (92, 88, 86), (106, 102, 98)),
        (0.76, 0.778, (150, 154, 156), (138, 142, 144)),
        (0.778, 1.0, (140, 146, 150), (156, 162, 166)),
    )
    for top, bottom, near, far in bands:
        rows = _rows(high, top, bottom)
        picture[rows] = _blend(near, far, rows.stop - rows.start)
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 1, (high // 4, wide // 4)).astype(np.float32)
    texture = cv2.resize(cv2.GaussianBlur(noise, (0, 0), 1.2), (wide, high))[:, :, None] * 9
    rows = _rows(high, 0.54, 1.0)
    picture[rows] = np.clip(picture[rows] + texture[rows], 0, 255).astype(np.uint8)
    for dash in range(-1, 9):
        x, y = dash * 0.14 * wide, 0.655 * high
        corners = [(x, y), (x + 0.07 * wide, y), (x + 0.066 * wide, y + 0.01 * high), (x - 0.006 * wide, y + 0.01 * high)]
        cv2.fillPoly(picture, [np.array(corners, np.int32)], (168, 176, 180))
    for part in (0.83, 0.9):
        cv2.line(picture, (0, round(part * high)), (wide, round(part * high)), (128, 134, 138), max(2, high // 500))
    for joint in range(-8, 24):
        start, end = (joint / 14 * wide, 0.778 * high), ((joint / 14 - 0.5) * 1.5 * wide + 0.5 * wide, high)
        cv2.line(
            picture, (round(start[0]), round(start[1])), (round(end[0]), round(end[1])), (132, 138, 142), max(1, high // 700)
        )


def _lens(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Darker corners, as a camera's wide lens has them."""
    high, wide = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j].astype(np.float32)
    fall = 1.02 - 0.17 * (x * x + y * y)
    lit: NDArray[np.uint8] = np.clip(picture * fall[:, :, None], 0, 255).astype(np.uint8)
    return lit
