"""One camera's thread in the looker: packets in, tracks and pictures out, and nothing a camera sends ends it."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.frames.clip_maker import CAMERA, clip

from hearthwatch.detect.detection import Detection, LabelOptions, Looked
from hearthwatch.feeds.packet import Codec, Gap, GapReason, Packet, Run, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import MonoNs, WallUs
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.run.messages import Begin, End, Media
from hearthwatch.run.watcher import Watcher
from hearthwatch.tracks.track import EyeOptions, Track, TrackState

WIDTH, HEIGHT = 320, 180
EMPTY, WALKING = 30, 40
START_NS = FakeClock().mono_ns()
OPTIONS = EyeOptions(motion=MotionOptions(), labels={"person": LabelOptions()}, zones={})


def walk() -> list[np.ndarray]:
    """An empty grey yard for three seconds, then a bright block that walks through it for four."""
    pictures = []
    for number in range(EMPTY + WALKING):
        picture = np.full((HEIGHT, WIDTH), 60, np.uint8)
        if number >= EMPTY:
            left = 20 + (number - EMPTY) * 5
            picture[40:150, left : left + 36] = 210
        pictures.append(picture)
    return pictures


@pytest.fixture(scope="module")
def film() -> tuple[VideoInfo, list[Packet]]:
    info, packets = clip(walk(), gop=10)
    timed = [
        replace(each, wall_us=WallUs(number * 100_000), received_ns=MonoNs(START_NS + number * 100_000_000))
        for number, each in enumerate(packets)
    ]
    return info, timed


class Desk:
    """Answers at once, in the watcher's thread: whatever is bright is a person."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, camera: Any, frame: Frame, regions: Any, reply: Any, *, urgent: bool = False) -> None:
        self.asked += 1
        rows, columns = np.nonzero(frame.y > 150)
        found = []
        if len(rows) > 50:
            box = Box(
                x0=columns.min() / WIDTH, y0=rows.min() / HEIGHT, x1=(columns.max() + 1) / WIDTH, y1=(rows.max() + 1) / HEIGHT
            )
            found = [Detection(label="person", score=0.9, box=box)]
        reply(
            Looked(
                camera=camera,
                frame_seq=frame.seq,
                wall_us=frame.wall_us,
                detections=tuple(found),
                regions=tuple(regions),
                model="bright",
                took_ms=0.0,
            ),
            frame,
        )


class Seen:
    """Implements Reports; `until` waits for a track in a state."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self.pictures: list[tuple[Track, Frame, Box, bool]] = []
        self.spans: list[object] = []
        self._coming: queue.Queue[Track] = queue.Queue()

    def track(self, track: Track) -> None:
        self._coming.put(track)

    def motion(self, span: object) -> None:
        self.spans.append(span)

    def picture(self, track: Track, frame: Frame, box: Box, *, ask_main: bool) -> None:
        self.pictures.append((track, frame, box, ask_main))

    def until(self, *states: TrackState) -> Track:
        while True:
            self.tracks.append(self._coming.get(timeout=20))
            if self.tracks[-1].state in states:
                return self.tracks[-1]


class Bench:
    def __init__(self) -> None:
        self.seen = Seen()
        self.marks: list[bool] = []
        self.desk = Desk()
        self.watcher = Watcher(
            CAMERA,
            OPTIONS,
            desk=self.desk,  # type: ignore[arg-type]
            reports=self.seen,
            clock=FakeClock(),  # stands still: the packets bring the time
            mark=self.marks.append,
            rng=random.Random(1),
        )
        self.watcher.start()

    def begin(self, info: VideoInfo, stream: Stream = Stream.SUB) -> None:
        run = Run(id=RunId("r"), camera=CAMERA, stream=stream, start_us=WallUs(0))
        self.watcher.put(Begin(run=run, info=StreamInfo(video=info)))

    def play(self, info: VideoInfo, packets: list[Packet], stream: Stream = Stream.SUB) -> None:
        self.begin(info, stream)
        for each in packets:
            self.watcher.put(Media(packet=each))

    def looked_at(self, frames: int) -> None:
        """Wait until so many pictures were looked at."""
        waiting = threading.Event()
        while self.watcher.state.frames < frames:
            waiting.wait(0.01)

    def close(self) -> None:
        self.watcher.end()
        self.watcher._thread.join(10)
        assert not self.watcher._thread.is_alive()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def test_a_walker_is_a_track_that_moved_with_a_picture_of_him(bench: Bench, film: Any) -> None:
    bench.play(*film)
    first = bench.seen.until(TrackState.CONFIRMED)
    assert first.label == "person"
    assert EMPTY * 100_000 <= first.first_us <= (EMPTY + 10) * 100_000
    bench.looked_at(EMPTY + WALKING)
    bench.close()
    last = bench.seen.until(TrackState.ENDED)
    assert (last.id, last.moved) == (first.id, True)
    assert last.last_us > (EMPTY + WALKING - 10) * 100_000
    track, frame, box, ask_main = bench.seen.pictures[0]
    assert (track.id, ask_main) == (first.id, True)
    x, y = box.centre
    assert frame.y[int(y * HEIGHT), int(x * WIDTH)] > 150
    assert bench.seen.spans == []


def test_only_of_a_sub_stream_a_better_picture_is_asked_for(bench: Bench, film: Any) -> None:
    bench.play(*film, stream=Stream.MAIN)
    bench.seen.until(TrackState.CONFIRMED)
    bench.looked_at(EMPTY + WALKING)
    assert {ask_main for *_, ask_main in bench.seen.pictures} == {False}


def test_its_mark_stands_while_it_decodes_and_only_then(bench: Bench, film: Any) -> None:
    bench.play(*film)
    bench.looked_at(EMPTY + WALKING)
    bench.close()
    assert bench.marks == [True, False] * (1 + EMPTY + WALKING), "the decoder reads what a stream says at its start, too"


def test_its_state_tells_what_it_sees(bench: Bench, film: Any) -> None:
    bench.play(*film)
    bench.looked_at(EMPTY + WALKING)
    bench.close()
    state = bench.watcher.state
    assert (state.camera, state.frames, state.decode_errors, state.settled) == (CAMERA, EMPTY + WALKING, 0, True)
    assert state.motion_frac > 0.01
    assert state.last_frame_us == (EMPTY + WALKING - 1) * 100_000


def test_damaged_packets_are_counted_and_cost_their_group_only(bench: Bench, film: Any) -> None:
    info, packets = film
    broken = [replace(each, data=b"\x00\x00\x00\x04nope") if number == 12 else each for number, each in enumerate(packets)]
    bench.play(info, broken)
    bench.seen.until(TrackState.CONFIRMED)
    bench.looked_at(EMPTY + WALKING - 10)
    assert bench.watcher.state.decode_errors >= 1


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 1000], ids=["nothing", "a byte", "noise"])
def test_a_camera_that_sends_nonsense_is_watched_again_once_it_sends_video(bench: Bench, film: Any, data: bytes) -> None:
    info, packets = film
    bench.play(replace(info, extradata=data), [replace(each, data=data) for each in packets[:20]])
    bench.play(info, packets)
    bench.seen.until(TrackState.CONFIRMED)


def test_a_codec_that_is_no_video_is_left_alone_until_the_stream_begins_anew(bench: Bench, film: Any) -> None:
    info, packets = film
    bench.play(replace(info, codec=Codec.AAC), packets[:5])
    bench.play(info, packets)
    bench.seen.until(TrackState.CONFIRMED)


def test_between_two_runs_nothing_is_decoded(bench: Bench, film: Any) -> None:
    info, packets = film
    bench.play(info, packets[:20])
    bench.looked_at(20)
    gap = Gap(camera=CAMERA, stream=Stream.SUB, start_us=WallUs(0), end_us=None, reason=GapReason.CAMERA)
    bench.watcher.put(End(gap=gap))
    for each in packets[20:40]:
        bench.watcher.put(Media(packet=each))
    bench.begin(info)
    for each in packets[40:]:
        bench.watcher.put(Media(packet=each))
    bench.looked_at(20 + len(packets) - 40)
    assert len(bench.marks) == 2 * (1 + 20 + 1 + len(packets) - 40)


def test_the_same_options_again_are_no_news_and_others_close_what_was_seen(bench: Bench, film: Any) -> None:
    """Any change of the configuration comes by here, also one that is not about looking."""
    info, packets = film
    bench.play(info, packets[:-10])
    first = bench.seen.until(TrackState.CONFIRMED)
    bench.looked_at(len(packets) - 10)
    bench.watcher.renew(EyeOptions(motion=MotionOptions(), labels={"person": LabelOptions()}, zones={}))
    for each in packets[-10:]:
        bench.watcher.put(Media(packet=each))
    bench.looked_at(len(packets))
    assert [track.id for track in bench.watcher.tracks] == [first.id]
    bench.watcher.renew(replace(OPTIONS, motion=MotionOptions(sensitivity_frac=0.2)))
    assert bench.seen.until(TrackState.ENDED).id == first.id
