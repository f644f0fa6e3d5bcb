"""The hub's detectors say of a clip what this machine's own would: what travels is what a detector sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.runs.workers import Far, overlap

from hearthwatch.detect.catalog import drawn_picture
from hearthwatch.detect.detection import Detector
from hearthwatch.detect.glance import MOST_BYTES, SIDE_PX
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.picture import frame_of
from hearthwatch.detect.store import Store
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import SystemClock
from hearthwatch.run.analyze import Visit, analyze
from hearthwatch.run.pieces import cut, seen


@pytest.fixture(scope="module")
def detector(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    store = Store(folder=tmp_path_factory.mktemp("models"), hand_placed=test_data / "models")
    return load_detector("nanodet_plus_m_416", store, clock=SystemClock())


@pytest.mark.long
def test_a_clip_has_the_same_events_here_and_by_the_hub(test_data: Path, detector: Detector) -> None:
    visits: list[list[Visit]] = []
    far = Far(detector)
    for each in (detector, far):
        visits.append([])
        clip = test_data / "videos" / "worker_zone.mp4"
        analyze(clip, detector=each, clock=SystemClock(), labels=["person"], found=visits[-1].append)
    here, there = visits
    assert len(here) == len(there) == 1
    assert overlap(here, there) > 0.9
    assert here[0].score == pytest.approx(there[0].score, abs=0.05)
    assert max(far.sizes) <= MOST_BYTES


@pytest.mark.parametrize("region", [WHOLE, Box(x0=0.3, y0=0.1, x1=0.7, y1=1.0), Box(x0=0.013, y0=0.017, x1=0.503, y1=0.511)])
def test_what_travels_is_what_was_cut(region: Box) -> None:
    frame = drawn_picture()
    (piece,) = cut(frame, (region,)).pieces
    picture = seen(piece.jpeg)
    assert max(picture.width_px, picture.height_px) <= SIDE_PX
    for edge in ("x0", "y0", "x1", "y1"):
        assert getattr(piece.box, edge) == pytest.approx(getattr(region, edge), abs=2 / min(frame.width_px, frame.height_px))
    left, top = round(piece.box.x0 * frame.width_px), round(piece.box.y0 * frame.height_px)
    part = frame.y[top : round(piece.box.y1 * frame.height_px), left : round(piece.box.x1 * frame.width_px)]
    levels = (part.mean() - 16) * 255 / 219
    assert picture.y.mean() == pytest.approx(levels, abs=1.5)


def test_colour_comes_back_as_it_was_sent() -> None:
    bgr = np.zeros((96, 128, 3), np.uint8)
    bgr[:, :64] = (200, 40, 40)
    bgr[:, 64:] = (40, 40, 200)
    frame = frame_of(bgr)
    (piece,) = cut(frame, (WHOLE,)).pieces
    picture = seen(piece.jpeg)
    for plane, sent in ((picture.u, frame.u), (picture.v, frame.v)):
        full = (sent.astype(float) - 128) * 255 / 224 + 128
        assert np.abs(plane.astype(float) - full).mean() < 3
