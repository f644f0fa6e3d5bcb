"""The Eye: how one camera is looked at. Decides which pictures a detector should see and what its answers mean."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hearthwatch.detect.detection import BUILT_IN, Looked
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box, Polygon
from hearthwatch.kit.units import CameraId
from hearthwatch.motion.difference import DifferenceDetector, Grey, changed_frac, own_changed_frac
from hearthwatch.motion.motion import Motion, Sight
from hearthwatch.motion.sight import SightWatch
from hearthwatch.tracks.gaze import Gaze
from hearthwatch.tracks.sightings import sightings_of
from hearthwatch.tracks.span import SpanWatch
from hearthwatch.tracks.thing import Moment
from hearthwatch.tracks.track import EyeOptions, MotionSpan, Track, TrackId
from hearthwatch.tracks.tracker import Tracker
from hearthwatch.tracks.zones import zones_of

_LOOK_GAP_NS = 60_000_000
_PENDING = 3
_MOST_PICTURES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A wish to have `regions` of a picture named; `urgent` while something unknown moves."""

    camera: CameraId
    frame: Frame
    regions: tuple[Box, ...]
    urgent: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    frame: Frame
    changed: Grey | None


class Eye:
    """One camera's looking; used by one thread, holds no clock: pictures bring the time.

    `see` every picture; where it returns an Ask, have the detector look and hand its answer and the same picture to
    `answer` (answers may be late or never come). `tick` now and then, whether pictures come or not.
    """

    def __init__(self, camera: CameraId, options: EyeOptions, *, rng: random.Random) -> None:
        self.camera = camera
        self._options = options
        self._rng = rng
        self._least_score = {label: wanted.min_score for label, wanted in options.labels.items()}
        self._masks = tuple(Polygon(points=points) for points in options.motion.masks)
        self._difference = DifferenceDetector(options.motion)
        self._sight = SightWatch(options.sight)
        self._tracker = Tracker(camera, zones_of(options.zones), lambda: TrackId(f"{rng.getrandbits(64):016x}"))
        self._gaze = Gaze()
        self._span = SpanWatch(camera, options.motion.sensitivity_frac)
        self._asked: dict[int, _Asked] = {}
        self._best: dict[TrackId, tuple[Frame, Box]] = {}
        self._seen_ns = 0
        self.motion: Motion | None = None
        """What the last picture showed, for the live meter."""

    def renewed(self, options: EyeOptions) -> Eye:
        """Return an eye for the same camera that looks by other options; it takes along what the camera usually shows."""
        eye = Eye(self.camera, options, rng=self._rng)
        eye._sight = self._sight
        eye._sight.renew(options.sight)
        return eye

    def see(self, frame: Frame) -> Ask | None:
        """Look at a picture; return what the detector should look at, if anything. At most about 16 pictures a second are
        looked at: more tell nothing new."""
        if not self._options.motion.enabled or 0 <= frame.received_ns - self._seen_ns < _LOOK_GAP_NS:
            return None
        self._seen_ns = frame.received_ns
        self._forget()
        self._sight.look(frame)
        self.motion = motion = self._difference.look(frame)
        self._tracker.stir(motion.boxes, frame.received_ns)
        told = self._tracker.expected(frame.received_ns)
        self._span.see(motion, named=bool(told))
        if not self._options.detect:
            return None
        regions, urgent = self._gaze.choose(
            motion, told=told, guesses=self._tracker.guesses(frame.received_ns), now_ns=frame.received_ns
        )
        if not regions:
            return None
        if len(self._asked) >= _PENDING:
            del self._asked[next(iter(self._asked))]
        self._asked[frame.seq] = _Asked(frame, self._difference.changed)
        return Ask(camera=self.camera, frame=frame, regions=regions, urgent=urgent)

    def answer(self, looked: Looked, frame: Frame) -> tuple[Track, ...]:
        """Take the detector's answer to `frame`; return every confirmed track that changed, newly confirmed ones at once."""
        asked = self._asked.get(frame.seq)
        for seq in [seq for seq in self._asked if seq <= frame.seq]:
            del self._asked[seq]
        changed = asked.changed if asked else None
        at = Moment(wall_us=frame.wall_us, received_ns=frame.received_ns)
        share = own_changed_frac if looked.model == BUILT_IN else changed_frac
        sightings = sightings_of(looked, lambda box: share(changed, box), labels=self._options.labels, masks=self._masks)
        tracks = self._tracker.update(sightings, looked.regions, at, self._least_score)
        self._gaze.answered(named=bool(tracks), now_ns=frame.received_ns)
        self._keep_best(frame, at)
        return tracks

    def tick(self, now_ns: int) -> tuple[Track, ...]:
        """End tracks that are gone; return them. `now_ns` is the monotonic clock of `Frame.received_ns`."""
        self._forget()
        return self._tracker.tick(now_ns)

    def close(self) -> tuple[Track, ...]:
        """The stream is over: end and return all tracks."""
        self._span.close()
        return self._tracker.close()

    @property
    def tracks(self) -> tuple[Track, ...]:
        """All confirmed tracks that are open."""
        return self._tracker.told

    @property
    def sight(self) -> Sight | None:
        """What the camera shows as a whole; None until that is known."""
        return self._sight.sight

    @property
    def busy(self) -> bool:
        """Tell whether something is there that is worth a decoder's full quality."""
        return bool(self._tracker.told)

    def take_spans(self) -> tuple[MotionSpan, ...]:
        """Return what became of motion nobody could name since the last call."""
        return self._span.take()

    def picture(self, track: TrackId) -> tuple[Frame, Box] | None:
        """Return the best picture of an open track so far and where the thing is in it; also of one just ended, until the
        next `see` or `tick`. None where there were so many that the oldest had to go."""
        return self._best.get(track)

    def _keep_best(self, frame: Frame, at: Moment) -> None:
        for track, box in self._tracker.best_at(at).items():
            self._best.pop(track, None)
            self._best[track] = (frame, box)
        while len(self._best) > _MOST_PICTURES:
            del self._best[next(iter(self._best))]

    def _forget(self) -> None:
        if self._best:
            for track in self._best.keys() - self._tracker.pictured(self._seen_ns):
                del self._best[track]
