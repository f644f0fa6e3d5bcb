"""From reports to outages: a camera whose pictures cannot be decoded."""

from __future__ import annotations

import pytest

from hearthwatch.health.outage import Fault
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.messages import EyeState, LookerState
from hearthwatch.run.watch import StateWatch


class Notes:
    """Keeps what a board would."""

    def __init__(self) -> None:
        self.open: set[tuple[Fault, str]] = set()

    def failed(self, fault: Fault, subject: str, detail: str, *, camera: CameraId | None = None) -> None:
        assert detail
        self.open.add((fault, subject))

    def recovered(self, fault: Fault, subject: str) -> None:
        self.open.discard((fault, subject))


@pytest.fixture
def notes() -> Notes:
    return Notes()


def report(errors: int) -> LookerState:
    eye = EyeState(
        camera=CameraId("front"),
        frames=100,
        fps=10,
        decode_errors=errors,
        motion_frac=0,
        settled=True,
        last_frame_us=WallUs(0),
    )
    return LookerState(eyes=(eye,), boxes=(), model="", asked=0, looked=0, took_ms_p50=0, took_ms_p95=0, detector_error="")


DAMAGED = {(Fault.CAMERA_DAMAGED, "front")}


def test_pictures_damaged_all_the_time_are_told_and_over_when_they_stay_whole(notes):
    watch = StateWatch(notes)
    for second in range(10):
        watch.looker(report(second))
    assert notes.open == DAMAGED
    for _ in range(29):
        watch.looker(report(9))
    assert notes.open == DAMAGED
    for _ in range(3):
        watch.looker(report(9))
    assert notes.open == set()


def test_a_damaged_picture_now_and_then_is_not_told(notes):
    watch = StateWatch(notes)
    for second in range(200):
        watch.looker(report(second // 6))
    assert notes.open == set()


def test_a_looker_started_anew_counts_from_nothing(notes):
    watch = StateWatch(notes)
    watch.looker(report(500))
    watch.looker(report(0))
    watch.looker(report(1))
    assert notes.open == set()
