"""`hearthwatch analyze`: a video file seen by the same Eye, with the same settings, as a camera is."""

from __future__ import annotations

import difflib
import itertools
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from hearthwatch.detect.detection import Detector, LabelOptions
from hearthwatch.events.event import Change, ChangeKind, EventId, EventOptions
from hearthwatch.events.rules import Rules
from hearthwatch.frames.decode import frame_of
from hearthwatch.frames.frame import Frame
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.tracks.eye import Eye
from hearthwatch.tracks.track import EyeOptions, Track

DEFAULT_LABELS = ("person", "car", "dog", "cat")
"""What a camera asks for when its configuration does not say."""

_CAMERA = CameraId("file")
_SEED = 1
_FIRST_NS = NS_PER_S
_DEFAULT_FPS = 25.0
_FOREVER_US = 3600 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One event of the file; seconds from its start, box 0..1 at the best moment."""

    label: str
    start_s: float
    end_s: float
    score: float
    box: tuple[float, float, float, float]

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(
            {
                "kind": "event",
                "label": self.label,
                "start_s": round(self.start_s, 2),
                "end_s": round(self.end_s, 2),
                "score": round(self.score, 3),
                "box": [round(edge, 4) for edge in self.box],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the analysis took."""

    video_s: float
    wall_s: float
    cpu_s: float
    frames_decoded: int
    frames_detected: int

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(
            {
                "kind": "summary",
                "video_s": round(self.video_s, 3),
                "wall_s": round(self.wall_s, 3),
                "cpu_s": round(self.cpu_s, 3),
                "frames_decoded": self.frames_decoded,
                "frames_detected": self.frames_detected,
            }
        )


def analyze(
    path: Path, *, detector: Detector, clock: Clock, labels: Sequence[str] = (), found: Callable[[Visit], None]
) -> Summary:
    """Look at a whole video file as at a camera that shows it once, as fast as possible; `found` gets each visit at its end.

    Time is the file's own: a file of any frame rate is looked at as often as a camera of that rate would be. The same file
    and model always give the same visits. Raises ConfigFault for a file that is no video or a label the model lacks.
    """
    options = EyeOptions(motion=MotionOptions(), labels=_wanted(labels, detector), zones={})
    eye = Eye(_CAMERA, options, rng=random.Random(_SEED))  # noqa: S311 - ids of a run that must repeat itself
    numbers = itertools.count(1)
    rules = Rules(_CAMERA, options.labels, EventOptions(), lambda: EventId(str(next(numbers))))
    started_ns, started_cpu_s = clock.mono_ns(), _cpu_s()
    decoded = detected = 0
    video_s = 0.0
    for frame in _frames(path):
        decoded += 1
        video_s = max(video_s, frame.pts_s)
        ask = eye.see(frame)
        if ask is not None:
            detected += 1
            _apply(rules, eye.answer(detector.detect(frame, ask.regions), frame))
        _apply(rules, eye.tick(frame.received_ns))
        _tell(rules.flush(frame.wall_us), found)
    _apply(rules, eye.close())
    _tell(rules.flush(WallUs(round(video_s * US_PER_S) + _FOREVER_US)), found)
    return Summary(
        video_s=video_s,
        wall_s=(clock.mono_ns() - started_ns) / NS_PER_S,
        cpu_s=_cpu_s() - started_cpu_s,
        frames_decoded=decoded,
        frames_detected=detected,
    )


def _apply(rules: Rules, tracks: Sequence[Track]) -> None:
    for track in tracks:
        rules.track(track)


def _tell(changes: Sequence[Change], found: Callable[[Visit], None]) -> None:
    for change in changes:
        event = change.event
        if change.kind is ChangeKind.CLOSED and event.end_us is not None and event.box is not None:
            box = event.box
            found(
                Visit(
                    label=event.label,
                    start_s=event.start_us / US_PER_S,
                    end_s=event.end_us / US_PER_S,
                    score=event.score,
                    box=(box.x0, box.y0, box.x1, box.y1),
                )
            )


def _wanted(labels: Sequence[str], detector: Detector) -> dict[str, LabelOptions]:
    for label in labels:
        if label not in detector.labels:
            near = difflib.get_close_matches(label, detector.labels, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"it knows {', '.join(detector.labels)}"
            raise ConfigFault(f"the model {detector.name} knows no '{label}': {hint}")
    chosen = labels or [label for label in DEFAULT_LABELS if label in detector.labels]
    return {label: LabelOptions() for label in chosen}


def _frames(path: Path) -> Iterator[Frame]:
    """Yield the pictures of the first video track; damaged ones are left out, time never goes back."""
    try:
        container = av.open(str(path))
    except FFmpegError as error:
        raise ConfigFault(_unreadable(path, error)) from error
    with container:
        if not container.streams.video:
            raise ConfigFault(f"{path} has no video track")
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        stream.codec_context.thread_type = "NONE"
        first_s = (container.start_time or 0) / av.time_base
        step_s = 1.0 / float(stream.average_rate or _DEFAULT_FPS)
        seq, last_s = 0, -step_s
        for picture in _pictures(container, path):
            at_s = last_s + step_s if picture.pts is None else picture.time - first_s
            last_s = max(last_s, at_s, 0.0)
            seq += 1
            yield frame_of(
                picture,
                camera=_CAMERA,
                seq=seq,
                wall_us=WallUs(round(last_s * US_PER_S)),
                received_ns=MonoNs(_FIRST_NS + round(last_s * NS_PER_S)),
                pts_s=last_s,
            )
        if seq == 0:
            raise ConfigFault(f"{path} holds no picture that can be decoded: is the file complete?")


def _pictures(container: av.container.InputContainer, path: Path) -> Iterator[av.VideoFrame]:
    stream = container.streams.video[0]
    packets = container.demux(stream)
    seen = False
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError as error:
            if not seen:
                raise ConfigFault(_unreadable(path, error)) from error
            return  # a file cut short: what came before counts
        try:
            pictures = packet.decode()
        except FFmpegError:
            continue
        for picture in pictures:
            if not picture.is_corrupt:
                seen = True
                yield picture


def _unreadable(path: Path, error: FFmpegError) -> str:
    if not path.exists():
        return f"there is no file {path}"
    return f"{path} is no video that can be read ({(error.strerror or 'unknown format').lower()})"


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system
