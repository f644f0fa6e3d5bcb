"""The real looker in its real box, with the test as supervisor, recorder and house: a clip is seen through to its picture.

What a library imports only when it is first needed is not to be had in the box: see test_rehearsal_wired.py.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hearthwatch.detect.detection import DetectOptions, LabelOptions, Where
from hearthwatch.detect.glance import MOST_BYTES
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.store import Store
from hearthwatch.feeds.demo import DemoFeed
from hearthwatch.feeds.packet import Run, RunId, Stream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.run.detect_job import look
from hearthwatch.run.glance_messages import AskHub, HubSaid
from hearthwatch.run.messages import (
    VERSION,
    Beat,
    Begin,
    FromChild,
    Gop,
    Link,
    LookerState,
    LookerToHouse,
    LookerToRecorder,
    Media,
    Picture,
    Quit,
    Ready,
    Role,
    Seen,
    Start,
)
from hearthwatch.run.plan import LookerPlan
from hearthwatch.tracks.track import EyeOptions, TrackState

pytestmark = pytest.mark.wired

CAMERA = CameraId("demo")
MARKS = 4096


class Looker:
    """The process, started as the supervisor starts it, without the model it is to use; `errors` is what it printed."""

    def __init__(self, folder: Path, where: Where = Where.HERE) -> None:
        self._folder = folder
        ours, theirs = socket.socketpair()
        with theirs, (folder / "errors.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hearthwatch.run.looker", str(theirs.fileno())], pass_fds=(theirs.fileno(),), stderr=log
            )
        self.control: Channel[Any] = Channel(ours, FromChild)
        eye = EyeOptions(motion=MotionOptions(), labels={"person": LabelOptions()}, zones={})
        detect = DetectOptions(model="nanodet_plus_m_416", where=where)
        plan = LookerPlan(eyes={CAMERA: eye}, detect=detect, models_folder=str(folder))
        marks = os.memfd_create("marks")
        os.ftruncate(marks, MARKS)
        self.control.send(Start(version=VERSION, debug=True, plan=plan, mark_slots={CAMERA: 0}), (marks,))
        os.close(marks)
        self._channels = [self.control]
        self.recorder = self._linked(Role.RECORDER, LookerToRecorder)
        self.house = self._linked(Role.HOUSE, LookerToHouse)

    def _linked(self, role: Role, receives: Any) -> Channel[Any]:
        ours, theirs = socket.socketpair()
        with theirs:
            self.control.send(Link(peer=role), (theirs.fileno(),))
        self._channels.append(Channel(ours, receives))
        return self._channels[-1]

    @property
    def errors(self) -> str:
        return (self._folder / "errors.log").read_text()

    def ended(self) -> int:
        """Ask it to end in order and return its exit code."""
        self.control.send(Quit())
        return self.process.wait(20)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for channel in self._channels:
            channel.close()


@pytest.fixture
def looker(tmp_path: Path) -> Iterator[Looker]:
    found = Looker(tmp_path)
    yield found
    found.close()


@pytest.fixture
def stop() -> Iterator[Stop]:
    stop = Stop()
    yield stop
    stop.set()


def act_as_recorder(looker: Looker, stop: Stop) -> None:
    """Send the demo street, whose walker comes at once; the main stream is never at hand."""
    clock = SystemClock()
    source = Source(camera=CAMERA, stream=Stream.SUB, kind=SourceKind.DEMO, url="demo://street?seed=2&first_s=2&every_s=24")
    opened = DemoFeed(source, clock=clock, started_ns=clock.mono_ns()).open(stop)

    def send() -> None:
        with contextlib.suppress(Unreachable):
            run = Run(id=RunId("r"), camera=CAMERA, stream=Stream.SUB, start_us=clock.wall_us())
            looker.recorder.send(Begin(run=run, info=opened.info))
            for packet in opened:
                looker.recorder.send(Media(packet=packet))

    def answer() -> None:
        with contextlib.suppress(Unreachable):
            while True:
                looker.recorder.send(Gop(token=looker.recorder.receive().token, info=None, packets=()))

    for work in (send, answer):
        threading.Thread(target=work, daemon=True).start()


def test_a_walker_is_seen_from_the_box_through_to_his_picture(looker: Looker, stop: Stop) -> None:
    assert isinstance(looker.control.receive(), Ready)
    act_as_recorder(looker, stop)
    confirmed: set[str] = set()
    picture = state = None
    while picture is None or state is None or not state.looked:
        message = looker.house.receive()
        if isinstance(message, Seen) and message.track.state is TrackState.CONFIRMED:
            confirmed.add(message.track.id)
        elif isinstance(message, Picture):
            picture = message
        elif isinstance(message, LookerState):
            state = message
    assert picture.track in confirmed
    assert picture.jpeg.startswith(b"\xff\xd8")
    assert state.model == "hog"
    assert "nanodet_plus_m_416" in state.detector_error
    assert [eye.camera for eye in state.eyes] == [CAMERA]
    assert isinstance(looker.control.receive(), Beat)
    assert looker.ended() == 0
    assert "system-call filter on" in looker.errors
    assert "Error" not in looker.errors


@pytest.fixture
def far_looker(tmp_path: Path) -> Iterator[Looker]:
    found = Looker(tmp_path, Where.HUB)
    yield found
    found.close()


def test_where_the_hub_looks_the_walker_is_seen_and_no_network_is_loaded_here(
    far_looker: Looker, stop: Stop, test_data: Path, tmp_path: Path
) -> None:
    store = Store(folder=tmp_path, hand_placed=test_data / "models")
    hub = load_detector("nanodet_plus_m_416", store, clock=SystemClock())
    assert isinstance(far_looker.control.receive(), Ready)
    act_as_recorder(far_looker, stop)
    picture = state = None
    asked = 0
    # where we answer too late it looks itself for some seconds, and says so
    while picture is None or asked < 2 or state is None or state.model != hub.name:
        message = far_looker.house.receive()
        if isinstance(message, AskHub):
            asked += 1
            assert sum(len(piece.jpeg) for piece in message.glance.pieces) <= MOST_BYTES
            answer = look(message.glance, hub, SystemClock())
            far_looker.house.send(HubSaid(token=message.token, answer=answer))
        elif isinstance(message, Picture):
            picture = message
        elif isinstance(message, LookerState):
            state = message
    assert (state.model, state.detector_error) == ("nanodet_plus_m_416", "")
    assert "ncnn" not in Path(f"/proc/{far_looker.process.pid}/maps").read_text()
    assert far_looker.ended() == 0
    assert "system-call filter on" in far_looker.errors
    assert "Error" not in far_looker.errors


def test_a_house_that_comes_back_is_told_of_who_stands_there(looker: Looker, stop: Stop) -> None:
    assert isinstance(looker.control.receive(), Ready)
    act_as_recorder(looker, stop)
    seen = None
    while seen is None:
        message = looker.house.receive()
        if isinstance(message, Seen) and message.track.state is TrackState.CONFIRMED:
            seen = message.track
    looker.house.close()
    looker.house = looker._linked(Role.HOUSE, LookerToHouse)
    while not isinstance(message := looker.house.receive(), Seen):
        pass
    assert message.track.id == seen.id


def test_a_looker_whose_supervisor_died_ends_by_itself(looker: Looker) -> None:
    assert isinstance(looker.control.receive(), Ready)
    looker.control.close()
    assert looker.process.wait(20) == 0
