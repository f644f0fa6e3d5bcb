"""A yard with people in it, and a detector that names exactly what the stage says is there."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.motion.scene import CAMERA, Luma, Yard, block

from hearthwatch.detect.detection import Detection, LabelOptions, Looked
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.tracks.eye import Eye
from hearthwatch.tracks.track import EyeOptions, Track, TrackState, ZoneOptions

LABELS = {label: LabelOptions() for label in ("person", "car", "dog", "cat")}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Something at `box(second)`, None while away; `seen` says what the detector makes of it, "" for nothing.

    Without a `level` only the detector believes it is there."""

    box: Callable[[float], Box | None]
    label: str = "person"
    score: float = 0.7
    level: float | None = 220
    seen: Callable[[float], bool] = lambda _s: True


def around(x: float, y: float, width: float = 0.08, height: float = 0.4) -> Box:
    """Return a box with its lower edge at y, clipped to the picture."""
    return Box(x0=max(0.0, x - width / 2), y0=max(0.0, y - height), x1=min(1.0, x + width / 2), y1=min(1.0, y))


def walker(start_s: float = 0.0, end_s: float = 99.0, *, speed: float = 0.12, y: float = 0.9, **more: object) -> Actor:
    """Return somebody who walks from left to right between two seconds."""

    def box(at_s: float) -> Box | None:
        x = (at_s - start_s) * speed
        return around(x, y) if start_s <= at_s < end_s and x < 1.02 else None

    return Actor(box=box, **more)  # type: ignore[arg-type]


def parked(box: Box, label: str = "car", **more: object) -> Actor:
    return Actor(box=lambda _s: box, label=label, **more)  # type: ignore[arg-type]


class Stage:
    """Plays actors before an Eye and answers its asks at once; keeps every update and all that was asked."""

    def __init__(
        self,
        actors: Sequence[Actor],
        *,
        zones: dict[str, ZoneOptions] | None = None,
        motion: MotionOptions | None = None,
        labels: dict[str, LabelOptions] | None = None,
        light: Callable[[Luma, float], Luma] | None = None,
        fps: float = 10.0,
        empty_s: float = 2.0,
        detect: bool = True,
        model: str = "stage",
    ) -> None:
        self.actors = actors
        self._model = model
        self.yard = Yard(320, 180, fps=fps)
        self._light = light
        options = EyeOptions(motion=motion or MotionOptions(), labels=labels or LABELS, zones=zones or {}, detect=detect)
        self.eye = Eye(CAMERA, options, rng=random.Random(1))
        self.updates: list[tuple[float, Track]] = []
        self.asked: list[tuple[float, tuple[Box, ...]]] = []
        self._play(empty_s, ())

    def play(self, seconds: float) -> Stage:
        """Let the actors act; their time starts at 0 with every call."""
        self._play(seconds, self.actors)
        return self

    def end(self) -> Stage:
        self.updates += [(self.yard.now_s, track) for track in self.eye.close()]
        return self

    @property
    def ended(self) -> list[Track]:
        return [track for _s, track in self.updates if track.state is TrackState.ENDED]

    def _play(self, seconds: float, actors: Sequence[Actor]) -> None:
        start_s = self.yard.now_s

        def paint(luma: Luma, at_s: float) -> Luma:
            for actor in actors:
                box = actor.box(at_s)
                if box is not None and actor.level is not None:
                    (x, _), width, height = box.centre, box.x1 - box.x0, box.y1 - box.y0
                    luma = block(luma, x, box.y1, width, height, actor.level)
            return self._light(luma, at_s) if self._light else luma

        for frame in self.yard.frames(seconds, paint):
            ask = self.eye.see(frame)
            if ask is not None:
                self.asked.append((frame.pts_s, ask.regions))
                looked = _looked(frame, ask.regions, actors, frame.pts_s - start_s, model=self._model)
                self.updates += [(frame.pts_s, track) for track in self.eye.answer(looked, frame)]
            self.updates += [(frame.pts_s, track) for track in self.eye.tick(frame.received_ns)]


def _looked(frame: Frame, regions: tuple[Box, ...], actors: Sequence[Actor], at_s: float, *, model: str) -> Looked:
    found = []
    for actor in actors:
        box = actor.box(at_s)
        if box is None or not actor.seen(at_s) or box.area_frac < 0.0005:
            continue
        if any(region == WHOLE or region.intersection_frac(box) > 0.7 * box.area_frac for region in regions):
            found.append(Detection(label=actor.label, score=actor.score, box=box))
    return Looked(
        camera=CAMERA,
        frame_seq=frame.seq,
        wall_us=frame.wall_us,
        detections=tuple(found),
        regions=regions,
        model=model,
        took_ms=1.0,
    )
