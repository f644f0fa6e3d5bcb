"""The peer of the motion benchmark: it must be able to see, else beating it means nothing."""

from __future__ import annotations

import numpy as np

from hearthwatch.bench.chains import ImprovedMotion
from hearthwatch.frames.frame import Frame
from hearthwatch.kit.units import CameraId, MonoNs, WallUs


def frame(seq: int, thing_at: int | None) -> Frame:
    rng = np.random.default_rng(seq)
    y = np.tile(np.linspace(40, 200, 640, dtype=np.uint8), (480, 1)) + rng.integers(0, 4, (480, 640), np.uint8)
    if thing_at is not None:
        y[200:320, thing_at : thing_at + 60] = 20
    grey = np.full((240, 320), 128, np.uint8)
    return Frame(camera=CameraId("c"), seq=seq, wall_us=WallUs(0), received_ns=MonoNs(0), pts_s=seq / 10, y=y, u=grey, v=grey)


def test_it_sees_what_comes_in_and_nothing_before() -> None:
    peer = ImprovedMotion()
    assert not any(peer.look(frame(seq, None)) for seq in range(20))
    assert all(peer.look(frame(20 + seq, 100 + 20 * seq)) for seq in range(10))
