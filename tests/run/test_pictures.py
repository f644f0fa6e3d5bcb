"""The pictures worth sending: the main stream's where it shows the same moment, the one looked at otherwise; and never a whole group in memory."""

from __future__ import annotations

import queue
from itertools import islice

import cv2
import numpy as np
import pytest

from hearthwatch.feeds.demo import DemoFeed
from hearthwatch.feeds.packet import Packet, Stream, StreamInfo
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.frames.decode import Decoder
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import FakeClock, Stop
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.run.messages import Gop, Picture, WantGop
from hearthwatch.run.pictures import PictureMaker, picture_of
from hearthwatch.tracks.track import Track, TrackId, TrackState

CAMERA = CameraId("demo")
BOX = Box(x0=0.4, y0=0.4, x1=0.6, y1=0.9)


def stream(name: Stream, count: int) -> tuple[StreamInfo, list[Packet]]:
    clock = FakeClock()
    source = Source(camera=CAMERA, stream=name, kind=SourceKind.DEMO, url="demo://street?seed=3")
    opened = DemoFeed(source, clock=clock, started_ns=clock.mono_ns()).open(Stop())
    return opened.info, list(islice(opened, count))


def track() -> Track:
    frame_us = stream(Stream.SUB, 1)[1][0].wall_us
    return Track(
        id=TrackId("t"),
        camera=CAMERA,
        label="person",
        state=TrackState.CONFIRMED,
        box=BOX,
        score=0.8,
        first_us=frame_us,
        last_us=frame_us,
        best_us=frame_us,
        best_score=0.8,
        best_box=BOX,
        zones=frozenset(),
        entered_zones=frozenset(),
        moved=True,
        first_ns=MonoNs(1),
        decided_ns=MonoNs(1),
    )


def looked_at(number: int) -> Frame:
    info, packets = stream(Stream.SUB, number + 1)
    decoder = Decoder(CAMERA, info.video, fast=True)
    return [*(frame for packet in packets for frame in decoder.decode(packet)), *decoder.flush()][number]


@pytest.mark.parametrize(
    ("behind", "width"),
    [
        ((0,), 1280),
        ((3, 0), 1280),
        ((3, 3, 3), 640),
        ((12, 12, 12), 640),
    ],
)
def test_the_main_streams_picture_is_taken_only_of_the_same_moment(behind: tuple[int, ...], width: int) -> None:
    """`behind` says by how many pictures the main stream is behind each time it is asked."""
    info, packets = stream(Stream.MAIN, 16)
    asked: list[WantGop] = []
    made: queue.Queue[Picture] = queue.Queue()

    def ask(want: WantGop) -> bool:
        asked.append(want)
        here = packets[: 16 - behind[len(asked) - 1]]
        maker.answered(Gop(token=want.token, info=info, packets=tuple(here)))
        return True

    maker = PictureMaker(ask=ask, give=made.put)
    try:
        maker.order(track(), looked_at(15), BOX, ask_main=True)
        picture = cv2.imdecode(np.frombuffer(made.get(timeout=10).jpeg, np.uint8), cv2.IMREAD_COLOR)
    finally:
        maker.close()
    assert picture.shape[1] == width
    assert len(asked) == len(behind)


class Shown:
    alive = 0
    most = 0

    def __init__(self, number: int) -> None:
        self.number = number
        self.wall_us = number * 40_000
        Shown.alive += 1
        Shown.most = max(Shown.most, Shown.alive)

    def __del__(self) -> None:
        Shown.alive -= 1


class OneBehind:
    """Gives each picture with the next packet, as a decoder does whose stream reorders."""

    def __init__(self) -> None:
        self.held: int | None = None

    def decode(self, packet: int) -> list[Shown]:
        before, self.held = self.held, packet
        return [] if before is None else [Shown(before)]

    def flush(self) -> list[Shown]:
        return [] if self.held is None else [Shown(self.held)]


def test_the_picture_at_the_end_of_a_long_group_costs_the_memory_of_two() -> None:
    found = picture_of(OneBehind(), range(250), WallUs(250 * 40_000))
    assert found is not None
    assert found.number == 249
    assert Shown.most <= 2


def test_a_group_without_a_picture_gives_none() -> None:
    assert picture_of(OneBehind(), (), WallUs(0)) is None


def test_the_nearest_picture_is_found_on_either_side() -> None:
    assert [picture_of(OneBehind(), range(9), WallUs(at_us)).number for at_us in (119_000, 121_000, 139_000, 900_000)] == [
        3,
        3,
        3,
        8,
    ]
