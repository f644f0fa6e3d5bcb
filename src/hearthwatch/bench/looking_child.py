"""A process that looks at numbered pictures and notes when it has an answer: our own path, or a peer's way to get pictures
with the same motion, detector, tracks and rules behind it."""

from __future__ import annotations

import itertools
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from hearthwatch.bench.entries import FPS, HEIGHT_PX, STRIP_MASK, WIDTH_PX, number_of
from hearthwatch.detect.desk import Desk
from hearthwatch.detect.detection import Detector, LabelOptions, Looked
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.picture import frame_of
from hearthwatch.detect.store import Store
from hearthwatch.events.event import EventId, EventOptions
from hearthwatch.events.rules import Rules
from hearthwatch.feeds.packet import GapReason, RunId, Stream
from hearthwatch.feeds.pump import Pump
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.run.messages import Begin, End, Media, RecorderToLooker
from hearthwatch.run.taps import Line, StreamHub, listen
from hearthwatch.run.watcher import Watcher
from hearthwatch.tracks.eye import Eye
from hearthwatch.tracks.track import EyeOptions, MotionSpan, Track

_CLOCK = SystemClock()
_MAX_PER_S = 20.0
_TAP_BYTES = 4 * 1024 * 1024


class Notes:
    """What was answered when, since the last question: (number of the picture, time) per look, (camera, time) per alert."""

    def __init__(self) -> None:
        self.looks: list[tuple[int, int]] = []
        self.alerts: list[tuple[str, int]] = []

    def taken(self) -> dict[str, object]:
        looks, self.looks = self.looks, []
        alerts, self.alerts = self.alerts, []
        return {"looks": looks, "alerts": alerts}


class NotingDetector:
    """The detector with a note of when each numbered picture was answered."""

    def __init__(self, detector: Detector, notes: Notes) -> None:
        self._detector = detector
        self._notes = notes

    @property
    def name(self) -> str:
        return self._detector.name

    @property
    def labels(self) -> tuple[str, ...]:
        return self._detector.labels

    def detect(self, frame: Frame, regions: Sequence[Box]) -> Looked:
        looked = self._detector.detect(frame, regions)
        number = number_of(frame) if frame.camera == "cam-0" else None
        if number is not None:
            self._notes.looks.append((number, _CLOCK.mono_ns()))
        return looked

    def close(self) -> None:
        self._detector.close()


def _options() -> EyeOptions:
    return EyeOptions(motion=MotionOptions(masks=(STRIP_MASK,)), labels={"person": LabelOptions()}, zones={})


def _rules(camera: CameraId) -> Rules:
    """Every visit is told: the cooldown is another question."""
    numbers = itertools.count(1)
    return Rules(camera, ("person",), EventOptions(cooldown_s=0), lambda: EventId(str(next(numbers))))


class House:
    """Stands for the house: tracks become alerts."""

    def __init__(self, cameras: Sequence[CameraId], notes: Notes) -> None:
        self._notes = notes
        self._rules = {camera: _rules(camera) for camera in cameras}

    def track(self, track: Track) -> None:
        rules = self._rules[track.camera]
        for change in (*rules.flush(track.last_us), *rules.track(track)):
            if change.tell:
                self._notes.alerts.append((track.camera, _CLOCK.mono_ns()))

    def motion(self, span: MotionSpan) -> None:
        """See watcher.Reports."""

    def picture(self, track: Track, frame: Frame, box: Box, *, ask_main: bool) -> None:
        """See watcher.Reports."""


class Ours:
    """Recorder and looker of one installation: a pump per camera, the line between the two processes, a watcher per camera."""

    def __init__(self, urls: Sequence[str], detector: Detector, notes: Notes) -> None:
        self._cameras = [CameraId(f"cam-{index}") for index in range(len(urls))]
        self._stop = Stop()
        self._outages = 0
        house = House(self._cameras, notes)
        self.desk = Desk(detector, clock=_CLOCK, max_per_s=_MAX_PER_S)
        rng = random.Random()  # noqa: S311 ids and client nonces of a measurement
        self.watchers = {
            camera: Watcher(camera, _options(), desk=self.desk, reports=house, clock=_CLOCK, mark=lambda busy: None, rng=rng)
            for camera in self._cameras
        }
        recorder, looker = socket.socketpair()
        incoming: Channel[RecorderToLooker] = Channel(looker, RecorderToLooker)
        listen("recorder", incoming, self._received)
        hubs = {(camera, Stream.SUB): StreamHub() for camera in self._cameras}
        self._line = Line("looker", _TAP_BYTES)
        self._line.connect(Channel(recorder, RecorderToLooker), hubs)
        ids = Ulids(_CLOCK)
        self.pumps = [
            Pump(
                camera,
                Stream.SUB,
                RtspFeed(
                    Source(camera=camera, stream=Stream.SUB, kind=SourceKind.RTSP, url=url, allow_loopback=True),
                    clock=_CLOCK,
                    rng=rng,
                ),
                (hubs[camera, Stream.SUB],),
                clock=_CLOCK,
                stop=self._stop,
                rng=rng,
                ids=lambda: RunId(ids()),
                health=self,
            )
            for camera, url in zip(self._cameras, urls, strict=True)
        ]
        for watcher in self.watchers.values():
            watcher.start()
        for pump in self.pumps:
            threading.Thread(target=pump.run, daemon=True).start()

    def _received(self, message: Begin | Media | End | object) -> None:
        match message:
            case Media(packet=packet):
                self.watchers[packet.camera].put(message)
            case Begin(run=run):
                self.watchers[run.camera].put(message)
            case End(gap=gap):
                self.watchers[gap.camera].put(message)
            case _:
                pass

    def stream_lost(self, camera: CameraId, stream: Stream, reason: GapReason, error: HearthwatchError) -> None:
        """See PumpHealth."""
        del camera, stream, reason, error
        self._outages += 1

    def stream_back(self, camera: CameraId, stream: Stream, lasted_s: float) -> None:
        """See PumpHealth."""

    def counts(self) -> dict[str, object]:
        """Return how many pictures were decoded, and what was lost on the way to the eyes."""
        line = sum(count.dropped for count in self._line.counts())
        inboxes = sum(watcher.count().dropped for watcher in self.watchers.values())
        return {
            "pictures": sum(watcher.state.frames for watcher in self.watchers.values()),
            "dropped": line + inboxes + sum(pump.state.lost_packets for pump in self.pumps) + self._outages,
            "looked": self.desk.state().looked,
        }


class Peer:
    """Somebody else's pictures: each goes through motion, detector, tracks and rules at once."""

    def __init__(self, pictures: Iterator[Frame], detector: Detector, notes: Notes) -> None:
        self._pictures = pictures
        self._detector = detector
        self._house = House([CameraId("cam-0")], notes)
        self._eye = Eye(CameraId("cam-0"), _options(), rng=random.Random())  # noqa: S311 ids
        self._count = self._looked = 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        for frame in self._pictures:
            self._count += 1
            ask = self._eye.see(frame)
            tracks: tuple[Track, ...] = ()
            if ask is not None:
                self._looked += 1
                tracks = self._eye.answer(self._detector.detect(frame, ask.regions), frame)
            for track in (*tracks, *self._eye.tick(frame.received_ns)):
                self._house.track(track)

    def counts(self) -> dict[str, object]:
        return {"pictures": self._count, "dropped": 0, "looked": self._looked}


def _stamped(seq: int, frame: Frame) -> Frame:
    now_ns = _CLOCK.mono_ns()
    return replace(
        frame, camera=CameraId("cam-0"), seq=seq, received_ns=MonoNs(now_ns), wall_us=WallUs(now_ns // 1000), pts_s=now_ns / 1e9
    )


def _by_opencv(url: str) -> Iterator[Frame]:
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    for seq in itertools.count(1):
        good, bgr = capture.read()
        if not good:
            return
        yield _stamped(seq, frame_of(np.asarray(bgr, np.uint8)))


def _by_ffmpeg(url: str, fps: int) -> Iterator[Frame]:
    """Yield what Frigate's ffmpeg process would pipe to it (its `preset-rtsp-generic` and detect arguments)."""
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-threads", "2", "-avoid_negative_ts", "make_zero"]
    command += ["-fflags", "+genpts+discardcorrupt", "-rtsp_transport", "tcp", "-use_wallclock_as_timestamps", "1"]
    command += ["-i", url, "-r", str(fps), "-vf", f"fps={fps},scale={WIDTH_PX}:{HEIGHT_PX}", "-threads", "2"]
    command += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:"]
    size = WIDTH_PX * HEIGHT_PX
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)  # noqa: S603 our own arguments
    assert process.stdout is not None
    for seq in itertools.count(1):
        data = process.stdout.read(size * 3 // 2)
        if len(data) < size * 3 // 2:
            return
        planes = np.frombuffer(data, np.uint8)
        u, v = planes[size:].reshape(2, HEIGHT_PX // 2, WIDTH_PX // 2)
        frame = Frame(
            camera=CameraId("cam-0"),
            seq=seq,
            wall_us=WallUs(0),
            received_ns=MonoNs(0),
            pts_s=0.0,
            y=planes[:size].reshape(HEIGHT_PX, WIDTH_PX),
            u=u,
            v=v,
        )
        yield _stamped(seq, frame)


def _contender(settings: Mapping[str, object], detector: Detector, notes: Notes) -> Ours | Peer:
    urls = settings["urls"]
    assert isinstance(urls, list)
    if settings["kind"] == "ours":
        return Ours(urls, detector, notes)
    fps = settings.get("fps", FPS)
    assert isinstance(fps, int)
    pictures = _by_opencv(urls[0]) if settings["kind"] == "opencv" else _by_ffmpeg(urls[0], fps)
    return Peer(pictures, detector, notes)


def main() -> None:
    settings = json.loads(sys.argv[1])
    cv2.setNumThreads(1)
    notes = Notes()
    store = Store(folder=Path(settings["models"]))
    detector = NotingDetector(load_detector(settings["model"], store, clock=_CLOCK), notes)
    contender = _contender(settings, detector, notes)
    for _line in sys.stdin:
        sys.stdout.write(json.dumps({**contender.counts(), **notes.taken()}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
