"""The Frame: one decoded picture in planar YUV 4:2:0, read-only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearthwatch.kit.units import CameraId, MonoNs, WallUs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture: `y` is (H, W) uint8, `u` and `v` are (ceil(H/2), ceil(W/2)) uint8, views into the decoder's memory.

    `received_ns` is when the last byte of its packet came, the start of every latency we report. `full_range` is True for
    JPEG levels 0..255, False for 16..235.
    """

    camera: CameraId
    seq: int
    wall_us: WallUs
    received_ns: MonoNs
    pts_s: float
    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    full_range: bool = False

    @property
    def width_px(self) -> int:
        return int(self.y.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.y.shape[0])
