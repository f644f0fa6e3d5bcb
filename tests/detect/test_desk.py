"""The desk with a detector that waits to be told: who is served, in which order, and what is counted."""

import logging
import threading

import numpy as np
import pytest

from hearthwatch.detect.desk import STALLED_S, Desk, Pace
from hearthwatch.detect.detection import Looked
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

PLANE = np.zeros((2, 2), np.uint8)


def _frame(camera, seq):
    return Frame(
        camera=CameraId(camera), seq=seq, wall_us=WallUs(seq), received_ns=MonoNs(seq), pts_s=0.0, y=PLANE, u=PLANE, v=PLANE
    )


class HeldDetector:
    """Looks at a picture only when `go` is released; `at` is released when it has a picture before it."""

    name = "held"
    labels = ("person",)

    def __init__(self):
        self.at = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.seen = []
        self.fails = 0
        self.closed = False

    def detect(self, frame, regions):
        self.seen.append((str(frame.camera), frame.seq))
        self.at.release()
        self.go.acquire()
        if self.fails:
            self.fails -= 1
            raise BadReply("no numbers")
        return Looked(
            camera=frame.camera,
            frame_seq=frame.seq,
            wall_us=frame.wall_us,
            detections=(),
            regions=tuple(regions),
            model=self.name,
            took_ms=float(frame.seq),
        )

    def close(self):
        self.closed = True


class Answers:
    def __init__(self):
        self.got = []
        self.came = threading.Semaphore(0)

    def __call__(self, looked, frame):
        assert looked.frame_seq == frame.seq
        self.got.append((str(looked.camera), looked.frame_seq))
        self.came.release()


@pytest.fixture
def held():
    return HeldDetector()


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def desk(held):
    desk = Desk(held, clock=FakeClock(), max_per_s=20.0)
    yield desk
    held.go.release(1000)
    desk.stop()


def _ask(desk, answers, camera, seq, *, urgent=False):
    desk.ask(CameraId(camera), _frame(camera, seq), [WHOLE], answers, urgent=urgent)


def _let(held, answers, count):
    """Let `count` looks happen and wait for their answers."""
    held.go.release(count)
    for _ in range(count):
        assert answers.came.acquire(timeout=60)


def test_no_thread_before_the_first_question(held):
    before = threading.active_count()
    desk = Desk(held, clock=FakeClock(), max_per_s=20.0)
    assert threading.active_count() == before
    desk.stop()
    assert held.closed


def test_asking_never_waits_and_only_the_newest_picture_of_a_camera_is_looked_at(desk, held, answers):
    _ask(desk, answers, "a", 1)
    assert held.at.acquire(timeout=60)
    for seq in range(2, 50):
        _ask(desk, answers, "a", seq)
    _let(held, answers, 2)

    assert answers.got == [("a", 1), ("a", 49)]
    state = desk.state()
    assert (state.asked, state.looked, state.box.dropped, state.box.waiting) == (49, 2, 47, 0)
    assert state.model == "held"


def test_times_are_those_of_the_last_looks(desk, held, answers):
    assert (desk.state().took_ms_p50, desk.state().took_ms_p95) == (0.0, 0.0)
    held.go.release(1000)
    for seq in range(1, 301):  # each took as many ms as its number; the last 256 are kept
        _ask(desk, answers, "a", seq)
        assert answers.came.acquire(timeout=60)
    assert (desk.state().took_ms_p50, desk.state().took_ms_p95) == (45.0 + 128, 45.0 + 243)


def test_cameras_are_served_in_turn_however_often_one_asks(desk, held, answers):
    _ask(desk, answers, "loud", 1)
    assert held.at.acquire(timeout=60)
    for seq in range(2, 30):
        _ask(desk, answers, "loud", seq)
    for camera in ("b", "c"):
        _ask(desk, answers, camera, 1)
    for seq in range(30, 60):
        _ask(desk, answers, "loud", seq)
    _let(held, answers, 4)

    assert answers.got == [("loud", 1), ("loud", 59), ("b", 1), ("c", 1)]


def test_what_is_urgent_goes_first_but_every_fourth_turn_is_for_the_others(desk, held, answers):
    _ask(desk, answers, "x", 1)
    assert held.at.acquire(timeout=60)
    _ask(desk, answers, "calm", 1)
    for camera in ("u1", "u2", "u3", "u4"):
        _ask(desk, answers, camera, 1, urgent=True)
    _let(held, answers, 6)

    assert [camera for camera, _seq in answers.got] == ["x", "u1", "u2", "u3", "calm", "u4"]


def test_an_older_picture_left_over_in_the_other_line_is_not_looked_at(desk, held, answers):
    _ask(desk, answers, "x", 1)
    assert held.at.acquire(timeout=60)
    _ask(desk, answers, "a", 5)
    _ask(desk, answers, "a", 6, urgent=True)
    _ask(desk, answers, "z", 1)
    _let(held, answers, 3)

    assert answers.got == [("x", 1), ("a", 6), ("z", 1)]
    assert desk.state().box.dropped == 1


def test_a_detector_that_fails_is_counted_and_tried_again(desk, held, answers, caplog):
    held.fails = 2
    held.go.release(1000)
    with caplog.at_level(logging.WARNING):
        for seq in (1, 2):
            _ask(desk, answers, "a", seq)
            assert held.at.acquire(timeout=60)
        _ask(desk, answers, "a", 3)
        assert answers.came.acquire(timeout=60)

    assert answers.got == [("a", 3)]
    state = desk.state()
    assert (state.failed, state.looked, state.error) == (2, 1, "")
    assert "detector: no numbers" in caplog.text


def test_while_it_fails_the_state_says_so_in_words(desk, held, answers):
    held.fails = 1
    _ask(desk, answers, "a", 1)
    assert held.at.acquire(timeout=60)
    held.go.release()
    _ask(desk, answers, "a", 2)
    assert held.at.acquire(timeout=60)  # it is at the second picture, so the first has failed

    assert "only motion" in desk.state().error


def test_a_look_that_does_not_end_is_said_as_long_as_it_lasts(held, answers):
    clock = FakeClock()
    desk = Desk(held, clock=clock, max_per_s=1e6)
    _ask(desk, answers, "hall", 1)
    assert held.at.acquire(timeout=60)
    clock.advance(STALLED_S - 1)
    assert desk.state().error == ""
    clock.advance(2)
    state = desk.state()
    assert state.error == "the detector held does not answer: only motion is seen"
    assert state.stalled_s == 11.0
    held.go.release()
    assert answers.came.acquire(timeout=60)
    assert (desk.state().error, desk.state().stalled_s) == ("", 0.0)
    desk.stop()


def test_after_stop_nothing_is_answered(desk, held, answers):
    held.go.release(1000)
    _ask(desk, answers, "a", 1)
    assert answers.came.acquire(timeout=60)
    desk.stop()
    _ask(desk, answers, "a", 2)

    assert held.seen == [("a", 1)]
    assert held.closed


def test_the_pace_lets_four_go_at_once_and_then_one_per_interval():
    clock = FakeClock()
    pace = Pace(10.0, clock)
    for _ in range(4):
        assert pace.wait_s() == 0
        pace.spend()
    assert pace.wait_s() == pytest.approx(0.1)
    clock.advance(0.1)
    assert pace.wait_s() == pytest.approx(0, abs=1e-9)
    pace.spend()
    clock.advance(3600)
    for _ in range(4):
        assert pace.wait_s() == 0
        pace.spend()
    assert pace.wait_s() > 0


def test_the_desk_keeps_its_pace(held, answers):
    clock = FakeClock()
    started_ns = clock.mono_ns()
    desk = Desk(held, clock=clock, max_per_s=5.0)
    held.go.release(1000)
    for seq in range(1, 25):
        _ask(desk, answers, "a", seq)
        assert answers.came.acquire(timeout=60)
    desk.stop()

    # 24 looks, 4 of them from the burst: 20 intervals of 0.2 s, slept on the clock.
    assert (clock.mono_ns() - started_ns) / 1e9 == pytest.approx(4.0, abs=0.01)
