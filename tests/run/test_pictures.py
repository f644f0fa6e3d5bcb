"""The picture worth sending: the main stream's view of the moment where it comes in time, else the one looked at."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.frames.clip_maker import clip
from tests.run.findings import BOX, a_track

from hearthwatch.feeds.packet import Packet, StreamInfo
from hearthwatch.frames.decode import Decoder
from hearthwatch.frames.frame import Frame
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.messages import Gop, Picture, WantGop
from hearthwatch.run.pictures import PictureMaker

FRONT = CameraId("front")


def frames(width: int, height: int, level: int) -> tuple[StreamInfo, list[Packet], list[Frame]]:
    """Ten pictures of one grey, a tenth of a second apart."""
    info, packets = clip([np.full((height, width), level, np.uint8)] * 10, gop=10)
    packets = [replace(each, wall_us=WallUs(number * 100_000)) for number, each in enumerate(packets)]
    decoder = Decoder(FRONT, info)
    shown = [frame for each in packets for frame in decoder.decode(each)]
    return StreamInfo(video=info), packets, [*shown, *decoder.flush()]


MAIN_INFO, MAIN, _ = frames(640, 360, 200)
_, _, SUB_FRAMES = frames(320, 180, 80)


class Bench:
    """A maker whose recorder answers as `recorder` says; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.recorder: Callable[[WantGop], Gop | None] = lambda _: None
        self.is_linked = True
        self.asked: list[WantGop] = []
        self.given: queue.Queue[Picture] = queue.Queue()
        self.marks: list[tuple[str, bool]] = []
        self.maker = PictureMaker(ask=self._ask, give=self.given.put, mark=lambda *marked: self.marks.append(marked))

    def _ask(self, want: WantGop) -> bool:
        self.asked.append(want)
        answer = self.recorder(want)
        if answer is not None:
            self.maker.answered(answer)
        return self.is_linked

    def picture(self, number: int = 5, *, ask_main: bool = True) -> np.ndarray:
        self.maker.order(a_track(), SUB_FRAMES[number], BOX, ask_main=ask_main)
        made = self.given.get(timeout=10)
        assert (made.camera, made.track, made.at_us, made.box) == (FRONT, "t1", SUB_FRAMES[number].wall_us, BOX)
        shown = cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert shown is not None
        return shown


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.maker.close()


def gop(want: WantGop, packets: list[Packet] = MAIN, info: StreamInfo | None = MAIN_INFO) -> Gop:
    return Gop(token=want.token, info=info, packets=tuple(packets))


def is_main(shown: np.ndarray) -> bool:
    assert shown.shape in {(360, 640), (180, 320)}
    return shown.shape == (360, 640)


def test_the_main_streams_view_is_taken_where_it_is_at_hand(bench: Bench) -> None:
    bench.recorder = lambda want: gop(want, MAIN[:7])
    shown = bench.picture()
    assert is_main(shown)
    assert shown[350, 10] > 150
    (want,) = bench.asked
    assert (want.camera, want.at_us) == (FRONT, SUB_FRAMES[5].wall_us)


def test_sec_19_its_mark_stands_while_the_main_stream_is_decoded(bench: Bench) -> None:
    """A main stream that crashes the decoder is charged to its camera, as one that is looked at is."""
    bench.recorder = lambda want: gop(want, MAIN[:7])
    bench.picture()
    assert bench.marks == [(FRONT, True), (FRONT, False)]


def test_the_box_is_drawn(bench: Bench) -> None:
    shown = bench.picture(ask_main=False)
    height, width = shown.shape
    edge = shown[int(0.5 * height), int(BOX.x0 * width) - 3 : int(BOX.x0 * width) + 4]
    assert np.ptp(edge.astype(int)) > 30


def test_a_camera_with_one_stream_asks_for_nothing(bench: Bench) -> None:
    assert not is_main(bench.picture(ask_main=False))
    assert bench.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda _want: None,
        lambda want: gop(want, [], None),
        lambda want: gop(want, []),
        lambda want: Gop(token=want.token - 1, info=MAIN_INFO, packets=tuple(MAIN)),
        lambda want: gop(want, [replace(each, data=b"nonsense") for each in MAIN]),
        lambda want: gop(want, MAIN[1:]),
    ],
    ids=["silence", "not held", "no packets", "another answer", "nonsense", "no key frame"],
)
def test_without_a_main_picture_in_time_the_one_looked_at_serves(bench: Bench, answer: Callable[[WantGop], Gop | None]) -> None:
    bench.recorder = answer
    shown = bench.picture()
    assert not is_main(shown)
    assert shown[170, 5] < 120


def test_without_a_recorder_nobody_waits(bench: Bench) -> None:
    bench.is_linked = False
    assert not is_main(bench.picture())


def test_after_a_late_answer_the_next_picture_is_made_with_its_own(bench: Bench) -> None:
    late: list[WantGop] = []
    bench.recorder = late.append  # type: ignore[assignment]
    assert not is_main(bench.picture())
    bench.maker.answered(gop(late[0]))
    bench.recorder = lambda want: gop(want, MAIN[:7])
    assert is_main(bench.picture())
