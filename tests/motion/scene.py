"""A scene drawn in numpy: a textured yard with sensor noise, into which tests put things and light."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from hearthwatch.frames.frame import Frame
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs

CAMERA = CameraId("yard")
Luma = NDArray[np.float64]


class Yard:
    """Pictures of an empty yard, `fps` a second; `paint` changes a picture before noise and is given its second."""

    def __init__(self, width: int = 640, height: int = 360, *, fps: float = 10.0, noise: float = 3.0, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        blocks = rng.uniform(60, 150, (height // 20 + 1, width // 20 + 1))
        self.empty: Luma = np.kron(blocks, np.ones((20, 20)))[:height, :width]
        self._noise = rng.normal(0, noise, (16, height, width))
        self._fps = fps
        self._seq = 0
        self._chroma = np.full((-(-height // 2), -(-width // 2)), 128, np.uint8)

    @property
    def now_s(self) -> float:
        return self._seq / self._fps

    def frames(self, seconds: float, paint: Callable[[Luma, float], Luma] | None = None) -> Iterator[Frame]:
        """Yield the next `seconds` of pictures; the time given to `paint` starts at 0."""
        start_s = self.now_s
        while self.now_s - start_s < seconds - 1e-9:
            at_s = self.now_s
            luma = self.empty.copy()
            if paint is not None:
                luma = paint(luma, at_s - start_s)
            luma = luma + self._noise[self._seq % 16]
            self._seq += 1
            yield Frame(
                camera=CAMERA,
                seq=self._seq,
                wall_us=WallUs(round(at_s * US_PER_S)),
                received_ns=MonoNs(NS_PER_S + round(at_s * NS_PER_S)),
                pts_s=at_s,
                y=np.clip(luma, 0, 255).astype(np.uint8),
                u=self._chroma,
                v=self._chroma,
            )


def block(luma: Luma, x: float, y: float, width: float, height: float, level: float = 220) -> Luma:
    """Paint a rectangle given in fractions of the picture, its middle at x, its lower edge at y."""
    high, wide = luma.shape
    x0, x1 = round((x - width / 2) * wide), round((x + width / 2) * wide)
    y0, y1 = round((y - height) * high), round(y * high)
    luma[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = level
    return luma


def headlight(luma: Luma, at_s: float) -> Luma:
    """A soft bright spot that crosses the picture in two seconds."""
    high, wide = luma.shape
    across = np.exp(-(((np.arange(wide) - wide * at_s / 2) / (wide * 0.15)) ** 2))
    down = np.exp(-(((np.arange(high) - high * 0.5) / (high * 0.35)) ** 2))
    return luma * (1 + 0.8 * down[:, None] * across[None, :])
