"""The demo scene: a street with passing light, sensor noise and somebody who walks through it; the same for the same seed."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import cv2
import numpy as np
from numpy.typing import NDArray

from hearthwatch.feeds import figure, street
from hearthwatch.kit.errors import ConfigFault

_HEIGHT_FRAC = 0.472
_HEIGHTS_PER_S = 0.82
_LIGHT_PERIOD_S = 71.0
_LIGHT_FRAC = 0.035
_NOISE_LEVELS = 1.3
_NOISE_EXTRA_PX = 32
_CAR_EVERY_S = 37.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneOptions:
    """What `demo://street?seed=1&walker=1&speed=1.0&size=1.0&fps=10&first_s=8&every_s=45&headlights=0` may say.

    `size` 1 is a person of 170 px in a picture of 640x360, `speed` 1 is 1.4 m/s; walkers enter at `first_s` after the start
    of the scene and then each `every_s`; `walker=0` is the same street without them.
    """

    seed: int = 1
    walker: bool = True
    speed: float = 1.0
    size: float = 1.0
    fps: float = 10.0
    first_s: float = 8.0
    every_s: float = 45.0
    headlights: bool = False


_LIMITS = {
    "seed": (0, 2**31),
    "walker": (0, 1),
    "speed": (0.2, 4),
    "size": (0.3, 1.6),
    "fps": (1, 30),
    "first_s": (0, 86_400),
    "every_s": (5, 86_400),
    "headlights": (0, 1),
}


def parse_scene(url: str) -> SceneOptions:
    """Return the options in a demo URL. Raises ConfigFault that names the wrong one."""
    parts = urlsplit(url)
    if parts.scheme != "demo" or parts.netloc != "street":
        raise ConfigFault(f"{url}: the only demo is demo://street")
    found: dict[str, float] = {}
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _LIMITS:
            raise ConfigFault(f"{url}: unknown setting {name!r}; there are {', '.join(_LIMITS)}")
        low, high = _LIMITS[name]
        try:
            value = float(text)
        except ValueError as error:
            raise ConfigFault(f"{url}: {name} must be a number, not {text!r}") from error
        if not low <= value <= high:
            raise ConfigFault(f"{url}: {name} must be from {low} to {high}")
        found[name] = value
    default = SceneOptions()
    return SceneOptions(
        seed=int(found.get("seed", default.seed)),
        walker=bool(found.get("walker", default.walker)),
        speed=found.get("speed", default.speed),
        size=found.get("size", default.size),
        fps=found.get("fps", default.fps),
        first_s=found.get("first_s", default.first_s),
        every_s=found.get("every_s", default.every_s),
        headlights=bool(found.get("headlights", default.headlights)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walker:
    looks: figure.Looks
    height_frac: float
    facing_right: bool


class Scene:
    """Paints the scene at one size. The background is painted once; a frame costs the walker's region and the noise."""

    def __init__(self, options: SceneOptions, width_px: int, height_px: int) -> None:
        """`width_px` and `height_px` are even and 16:9."""
        self._options = options
        self._wide, self._high = width_px, height_px
        self._street = street.paint(width_px, height_px, options.seed)
        self._empty = np.asarray(cv2.cvtColor(self._street, cv2.COLOR_BGR2YUV_I420), np.uint8)
        rng = np.random.default_rng(options.seed)
        shape = (height_px + _NOISE_EXTRA_PX, width_px + _NOISE_EXTRA_PX)
        self._noise = np.round(rng.normal(0, _NOISE_LEVELS, shape)).astype(np.int16)

    def frame(self, at_s: float) -> NDArray[np.uint8]:
        """Return the picture at `at_s` after the start as I420, (height * 3 / 2, width); the caller may keep it."""
        picture = self._empty.copy()
        for start_s, walker in self._walkers(at_s):
            self._put(picture, walker, at_s - start_s)
        light = picture[: self._high]
        if self._options.headlights:
            self._headlights(light, at_s)
        gain = 1 + _LIGHT_FRAC * math.sin(2 * math.pi * at_s / _LIGHT_PERIOD_S)
        levels = np.clip(np.arange(256, dtype=np.float32) * gain, 0, 235).astype(np.uint8)
        rng = random.Random(round(at_s * 1000) * 31 + self._options.seed)  # noqa: S311
        x, y = rng.randrange(_NOISE_EXTRA_PX), rng.randrange(_NOISE_EXTRA_PX)
        noise = self._noise[y : y + self._high, x : x + self._wide]
        cv2.add(cv2.LUT(light, levels), noise, dst=light, dtype=cv2.CV_8U)
        return picture

    def _walkers(self, at_s: float) -> list[tuple[float, _Walker]]:
        """Return those who may be in the picture, with the time at which each entered."""
        options = self._options
        if not options.walker or at_s < options.first_s:
            return []
        number = int((at_s - options.first_s) // options.every_s)
        longest_s = (self._wide / self._high / _HEIGHT_FRAC + 2) / (_HEIGHTS_PER_S * options.speed * options.size) + 1
        found = []
        while number >= 0 and at_s - (start_s := options.first_s + number * options.every_s) < longest_s:
            rng = random.Random(options.seed * 1_000_003 + number)  # noqa: S311
            walker = _Walker(
                facing_right=rng.random() < 0.5,
                height_frac=_HEIGHT_FRAC * options.size * rng.uniform(0.97, 1.03),
                looks=figure.Looks.drawn_by(rng),
            )
            found.append((start_s, walker))
            number -= 1
        return found

    def _put(self, picture: NDArray[np.uint8], walker: _Walker, walked_s: float) -> None:
        height_px = walker.height_frac * self._high
        walked_px = walked_s * _HEIGHTS_PER_S * self._options.speed * height_px
        body, alpha = figure.draw(walker.looks, round(height_px), walked_px, facing_right=walker.facing_right)
        high, wide = alpha.shape
        x = walked_px - wide / 2 if walker.facing_right else self._wide - walked_px - wide / 2
        left = round(x) // 2 * 2
        top = min(self._high - high, round(0.985 * self._high) - high) // 2 * 2
        start, end = max(0, left), min(self._wide, left + wide)
        if start >= end:
            return
        across = slice(start - left, end - left)
        below = slice(max(0, -top), high)
        top = max(0, top)
        behind = self._street[top : top + below.stop - below.start, start:end]
        part = alpha[below, across, None].astype(np.uint16)
        mixed = ((behind * (255 - part) + body[below, across] * part) // 255).astype(np.uint8)
        self._paste(picture, np.asarray(cv2.cvtColor(mixed, cv2.COLOR_BGR2YUV_I420), np.uint8), start, top)

    def _paste(self, picture: NDArray[np.uint8], patch: NDArray[np.uint8], left: int, top: int) -> None:
        """Put an I420 patch of even size into the I420 picture at an even place."""
        high, wide = patch.shape[0] * 2 // 3, patch.shape[1]
        picture[top : top + high, left : left + wide] = patch[:high]
        planes = picture[self._high :].reshape(2, self._high // 2, self._wide // 2)
        colours = patch[high:].reshape(2, high // 2, wide // 2)
        planes[:, top // 2 : (top + high) // 2, left // 2 : (left + wide) // 2] = colours

    def _headlights(self, light: NDArray[np.uint8], at_s: float) -> None:
        """A car's lights glide along the road, brighter than anything else."""
        passed = (at_s % _CAR_EVERY_S) / 4 - 0.3
        if not -0.3 < passed < 1.3:
            return
        radius = self._high // 9
        y, middle = round(0.69 * self._high), round(passed * self._wide)
        for lamp in (middle, middle + radius // 2):
            rows = slice(y - radius, y + radius)
            columns = slice(max(0, lamp - radius), min(self._wide, lamp + radius))
            if columns.start >= columns.stop:
                continue
            dy, dx = np.ogrid[-radius:radius, columns.start - lamp : columns.stop - lamp]
            glow = 150 * np.exp(-(dx * dx + dy * dy) / (radius * radius / 6))
            light[rows, columns] = np.minimum(light[rows, columns] + glow, 235).astype(np.uint8)
