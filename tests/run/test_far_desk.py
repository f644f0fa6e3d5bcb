"""The desk whose detector is the hub's: what is sent, what gives way, and who looks while the hub is away."""

import queue
import time

import numpy as np
import pytest

from hearthwatch.detect.desk import Desk
from hearthwatch.detect.detection import Detection, Looked
from hearthwatch.detect.glance import MOST_BYTES, Answer
from hearthwatch.fleet import work
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run.far_desk import AGAIN_S, PATIENCE_S, FarDesk
from hearthwatch.run.glance_messages import AskHub, HubSaid
from hearthwatch.run.pieces import cut

PERSON = Box(x0=0.25, y0=0.25, x1=0.75, y1=0.75)
RIGHT = Box(x0=0.5, y0=0.0, x1=1.0, y1=0.5)


def frame(camera: str, seq: int, *, width: int = 64, height: int = 48) -> Frame:
    rng = np.random.default_rng(seq)
    half = np.full((height // 2, width // 2), 128, np.uint8)
    return Frame(
        camera=CameraId(camera),
        seq=seq,
        wall_us=WallUs(seq),
        received_ns=MonoNs(seq),
        pts_s=0.0,
        y=rng.integers(16, 236, (height, width), np.uint8),
        u=half,
        v=half,
    )


def answer(pieces: int, label: str = "person") -> Answer:
    found = (Detection(label=label, score=0.8, box=PERSON),)
    return Answer(found=(found,) * pieces, model="far", took_ms=5.0)


class Here:
    """This machine's own detector."""

    name = "hog"
    labels = ("person",)

    def detect(self, frame: Frame, regions: object) -> Looked:
        return Looked(
            camera=frame.camera,
            frame_seq=frame.seq,
            wall_us=frame.wall_us,
            detections=(),
            regions=(WHOLE,),
            model="hog",
            took_ms=1.0,
        )

    def close(self) -> None:
        pass


class Bench:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sent: queue.Queue[AskHub] = queue.Queue()
        self.got: queue.Queue[tuple[int, str]] = queue.Queue()
        self.house = True
        here = Desk(Here(), clock=self.clock, max_per_s=1000)
        self.desk = FarDesk(here, self._send, clock=self.clock, max_per_s=1000)

    def _send(self, question: AskHub) -> bool:
        if self.house:
            self.sent.put(question)
        return self.house

    def ask(self, camera: str, seq: int, *regions: Box) -> None:
        self.desk.ask(CameraId(camera), frame(camera, seq), regions or (WHOLE,), self._reply)

    def _reply(self, looked: Looked, frame: Frame) -> None:
        assert looked.frame_seq == frame.seq
        self.got.put((frame.seq, looked.model))

    def next_sent(self) -> AskHub:
        return self.sent.get(timeout=10)

    def answers(self, question: AskHub) -> None:
        self.desk.said(HubSaid(token=question.token, answer=answer(len(question.glance.pieces))))

    def next_got(self) -> tuple[int, str]:
        return self.got.get(timeout=10)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        with self.desk._changed:
            self.desk._changed.notify_all()

    def go_away(self) -> None:
        self.ask("a", 1)
        self.desk.said(HubSaid(token=self.next_sent().token, answer=None, why="no detector of the hub answered in time"))
        assert self.next_got() == (1, "hog")


@pytest.fixture
def bench():
    bench = Bench()
    yield bench
    bench.desk.stop()


def test_the_hub_looks_and_its_answer_is_that_of_the_picture_that_was_sent(bench: Bench) -> None:
    bench.ask("a", 1)
    bench.answers(bench.next_sent())
    assert bench.next_got() == (1, "far")
    state = bench.desk.state()
    assert (state.model, state.looked, state.error) == ("far", 1, "")


def test_of_a_camera_one_picture_is_on_its_way_and_the_newest_waits(bench: Bench) -> None:
    bench.ask("a", 1)
    first = bench.next_sent()
    for seq in (2, 3, 4):
        bench.ask("a", seq)
    bench.ask("b", 5)
    assert bench.next_sent().glance.camera == "b"
    bench.answers(first)
    assert bench.next_sent().glance.at_us == 4
    assert bench.desk.state().box.dropped == 2


def test_a_picture_nobody_answers_is_looked_at_here_after_the_stated_time(bench: Bench) -> None:
    bench.ask("a", 1)
    late = bench.next_sent()
    bench.wait(PATIENCE_S - 0.1)
    assert bench.got.empty()
    bench.wait(0.2)
    assert bench.next_got() == (1, "hog")
    bench.answers(late)  # too late: it is answered already
    bench.ask("a", 2)
    assert bench.next_got() == (2, "hog")
    assert bench.got.empty()


def test_what_waited_when_the_hub_went_away_is_looked_at_in_its_newest_picture(bench: Bench) -> None:
    bench.ask("a", 1)
    bench.ask("b", 2)
    bench.next_sent(), bench.next_sent()
    bench.ask("a", 3)
    bench.wait(PATIENCE_S + 0.1)
    got = {bench.next_got(), bench.next_got()}
    assert got == {(2, "hog"), (3, "hog")}, "the newer picture of a stands for the older"


def test_while_it_is_away_every_picture_is_looked_at_here_and_one_in_a_while_tries_the_hub(bench: Bench) -> None:
    bench.go_away()
    bench.ask("a", 2)
    assert bench.next_got() == (2, "hog")
    assert bench.sent.empty()
    bench.wait(AGAIN_S + 0.1)
    bench.ask("a", 3)
    assert bench.next_got() == (3, "hog"), "no alert waits for a trial"
    trial = bench.next_sent()
    bench.answers(trial)
    bench.ask("a", 4)
    bench.answers(bench.next_sent())
    assert bench.next_got() == (4, "far"), "it came back by itself"


def test_it_is_told_once_a_trial_failed_too_and_taken_back_when_it_answers(bench: Bench) -> None:
    bench.go_away()
    assert bench.desk.state().error == ""
    bench.wait(AGAIN_S + 0.1)
    bench.ask("a", 2)
    bench.next_sent()
    bench.wait(AGAIN_S + 0.1)
    while "did not answer in time" not in bench.desk.state().error:  # the trial's turn to be given up
        time.sleep(0.01)
    state = bench.desk.state()
    assert "people only" in state.error
    assert state.model == "hog"
    bench.wait(AGAIN_S + 0.1)
    bench.ask("a", 3)
    bench.answers(bench.next_sent())
    assert bench.desk.state().error == ""


def test_a_house_that_is_being_started_is_no_reason_to_wait(bench: Bench) -> None:
    bench.house = False
    bench.ask("a", 1)
    assert bench.next_got() == (1, "hog")


def test_a_picture_the_hub_cannot_look_at_is_looked_at_here_and_the_next_goes_there(bench: Bench) -> None:
    bench.ask("a", 1)
    bench.desk.said(HubSaid(token=bench.next_sent().token, answer=None, why="broken", is_away=False))
    assert bench.next_got() == (1, "hog")
    bench.ask("a", 2)
    assert bench.next_sent().glance.at_us == 2


@pytest.mark.parametrize("wrong", [answer(2), answer(1, label=""), answer(1, label="\x1b[2J"), answer(1, label="x" * 99)])
def test_an_answer_that_is_none_counts_as_no_answer(bench: Bench, wrong: Answer) -> None:
    bench.ask("a", 1)
    bench.desk.said(HubSaid(token=bench.next_sent().token, answer=wrong))
    assert bench.next_got() == (1, "hog")


def test_boxes_of_a_piece_become_boxes_of_the_picture(bench: Bench) -> None:
    replies: queue.Queue[Looked] = queue.Queue()
    bench.desk.ask(CameraId("a"), frame("a", 1), (RIGHT,), lambda looked, _frame: replies.put(looked))
    bench.answers(bench.next_sent())
    (found,) = replies.get(timeout=10).detections
    for edge, expected in zip(
        (found.box.x0, found.box.y0, found.box.x1, found.box.y1), (0.625, 0.125, 0.875, 0.375), strict=True
    ):
        assert edge == pytest.approx(expected)


def test_a_thing_seen_in_the_crop_and_in_the_whole_is_one_thing(bench: Bench) -> None:
    replies: queue.Queue[Looked] = queue.Queue()
    bench.desk.ask(CameraId("a"), frame("a", 1), (RIGHT, WHOLE), lambda looked, _frame: replies.put(looked))
    question = bench.next_sent()
    there = Detection(label="person", score=0.7, box=PERSON)
    same = Detection(label="person", score=0.6, box=Box(x0=0.625, y0=0.125, x1=0.875, y1=0.375))
    bench.desk.said(HubSaid(token=question.token, answer=Answer(found=((there,), (same,)), model="far", took_ms=1.0)))
    assert len(replies.get(timeout=10).detections) == 1


def test_the_worst_picture_of_a_large_camera_is_sent_in_the_bytes_that_are_allowed() -> None:
    noise = frame("a", 1, width=1920, height=1080)
    glance = cut(noise, (WHOLE, Box(x0=0.1, y0=0.1, x1=0.6, y1=0.7)))
    assert 0 < sum(len(piece.jpeg) for piece in glance.pieces) <= MOST_BYTES


def test_patience_is_longer_than_the_hubs_own() -> None:
    assert work.LEASE_S * 2 < work.PATIENCE_S < PATIENCE_S
    assert NS_PER_S
