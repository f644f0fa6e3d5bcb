"""One thing in front of a camera while it is followed: what speaks for it, when it is believed, when it is gone. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hearthwatch.detect.detection import Detection
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.tracks.motionmodel import BoxFilter
from hearthwatch.tracks.track import Track, TrackId, TrackState
from hearthwatch.tracks.zones import Zone, ZonePresence

_FAMILY = {
    **dict.fromkeys(("car", "truck", "bus", "train"), "vehicle"),
    **dict.fromkeys(("bicycle", "motorcycle"), "bike"),
    **dict.fromkeys(("cat", "dog", "horse", "sheep", "cow", "bear"), "animal"),
}
_RIGID = frozenset({"vehicle", "bike"})
_MISTAKEN = frozenset({"animal"})  # a shoe or a bag that comes into the picture first looks like one for a moment

_SURE_SCORE = 0.6
_SURE_CHANGED_FRAC = 0.15
_CHANGED_FRAC = 0.06
_RIGID_CHANGED_FRAC = 0.35
_WORTHLESS_SCORE = 0.2
_MISS_COST = 0.07
_ENOUGH = 0.4
_ENOUGH_BESIDE = 1.4
_ENOUGH_DIM = 0.7
_ENOUGH_MISTAKEN = 0.9
_CLEAR_SCORE = 0.5
_DISPLACED = 0.25
_GROWN = 1.8
_COVERED = 0.6
_BESIDE = 0.3
_STANDS_IOU = 0.4
_STANDS_AT_EDGE_S = 3.0

_STILL_S = 10.0
_GUESS_S = 1.5
_TENTATIVE_S = 4.0
_RESIDENT_AFTER_S = 6.0
_RESIDENT_S = 120.0
_LOST_S = 1.2
_HOLD_S = 4.0
_EDGE_HOLD_S = 2.0
_CALM_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A detection and how much of its box had just changed, 0..1."""

    detection: Detection
    changed_frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a picture was taken: wall clock for people, receive time for reckoning."""

    wall_us: WallUs
    received_ns: MonoNs


@dataclass(slots=True, kw_only=True, eq=False)
class Thing:
    """An open track. `evidence` grows with every hit by its score and shrinks a little with every look in vain."""

    id: TrackId
    family: str
    filter: BoxFilter
    anchor: Box
    box: Box
    first: Moment
    last: Moment
    best: Moment
    best_box: Box
    best_score: float = 0.0
    score: float = 0.0
    presence: ZonePresence = ZonePresence()
    state: TrackState = TrackState.TENTATIVE
    votes: Counter[str] = field(default_factory=Counter)
    hits: int = 0
    strong_hits: int = 0
    changed_hits: int = 0
    evidence: float = 0.0
    moved: bool = False
    decided_ns: MonoNs = MonoNs(0)
    stirred_ns: int = 0
    settled_ns: int = 0

    @classmethod
    def begin(cls, id: TrackId, detection: Detection, at: Moment) -> Thing:  # noqa: A002 - the field's own name
        """Return a thing nobody has hit yet."""
        return cls(
            id=id,
            family=family(detection.label),
            filter=BoxFilter(detection.box, at.received_ns),
            anchor=detection.box,
            box=detection.box,
            first=at,
            last=at,
            best=at,
            best_box=detection.box,
            settled_ns=at.received_ns,
        )

    @property
    def label(self) -> str:
        return self.votes.most_common(1)[0][0]

    @property
    def told(self) -> bool:
        """Tell whether the world knows of it: it was confirmed once."""
        return self.decided_ns != 0

    def is_resident(self, now_ns: int) -> bool:
        """Tell whether it was there so long without a sign of life that movement before it proves little."""
        return not self.told and _seconds(now_ns, self.first.received_ns) > _RESIDENT_AFTER_S

    def is_guess(self, now_ns: int) -> bool:
        """Tell whether one more look may confirm it."""
        return not self.told and _seconds(now_ns, self.last.received_ns) < _GUESS_S and not self.is_resident(now_ns)

    def hit(self, sighting: Sighting, at: Moment, zones: Mapping[str, Zone], *, strong: bool, beside: bool) -> None:
        """Take a sighting of it. `strong`: the score suffices; `beside`: a confirmed thing of its kind covers part of it."""
        detection = sighting.detection
        if self.hits:
            self.filter.update(detection.box, at.received_ns)
        self.hits += 1
        self.strong_hits += strong
        self.evidence += detection.score - _WORTHLESS_SCORE
        self.box, self.score, self.last = detection.box, detection.score, at
        self.votes[detection.label] += detection.score  # type: ignore[assignment]
        if strong or self.told:
            self._weigh(sighting, at)
        if detection.score * _worth(detection.box) > self.best_score * _worth(self.best_box):
            self.best, self.best_score, self.best_box = at, detection.score, detection.box
        self.presence = self.presence.at(zones, self.label, detection.box)
        if self.told:
            still = _seconds(at.received_ns, self.settled_ns) >= _STILL_S
            self.state = TrackState.STILL if still else TrackState.CONFIRMED
        elif strong and self._believed(sighting, at, beside=beside):
            if self.is_resident(at.received_ns):
                self.first = at  # what stood there before was no visit
                self.best, self.best_score, self.best_box = at, detection.score, detection.box
            self.decided_ns = at.received_ns
            self.state = TrackState.CONFIRMED

    def miss(self, now_ns: int) -> bool:
        """Take a look in vain; tell whether that makes it lost: what stood does not go without stirring something."""
        self.evidence = max(0.0, self.evidence - _MISS_COST)
        if not self.told or self.state is TrackState.LOST:
            return False
        if _seconds(now_ns, self.last.received_ns) < _LOST_S or self._rests(now_ns):
            return False
        self.state = TrackState.LOST
        return True

    def is_over(self, now_ns: int) -> bool:
        """Tell whether it has been gone for so long that whoever comes now is somebody else."""
        gone_s = _seconds(now_ns, self.last.received_ns)
        if not self.told:
            return gone_s > (_RESIDENT_S if self.hits > 1 else _TENTATIVE_S)
        if self.state is not TrackState.LOST and self._rests(now_ns):
            return gone_s > _CALM_S
        return gone_s > (_EDGE_HOLD_S if _at_edge(self.filter.box_at(now_ns)) else _HOLD_S)

    def _rests(self, now_ns: int) -> bool:
        """Tell whether it stood when last seen and nothing stirred there since: then it must still be there."""
        stood_s = _seconds(self.last.received_ns, self.settled_ns)
        if _at_edge(self.box) and stood_s < _STANDS_AT_EDGE_S:
            return False  # a box that leaves the picture shrinks more than it moves
        return self.stirred_ns <= self.last.received_ns and self.filter.box_at(now_ns).iou(self.box) >= _STANDS_IOU

    def covered(self, regions: Sequence[Box], now_ns: int) -> bool:
        """Tell whether a look at `regions` should have seen it."""
        there = self.filter.box_at(now_ns)
        return any(region.intersection_frac(there) >= _COVERED * there.area_frac for region in regions)

    def is_beside(self, other: Thing) -> bool:
        """Tell whether part of it is covered by a confirmed thing of its kind: it may be a part of that one seen double."""
        if not other.told or other is self or other.family != self.family:
            return False
        return other.box.intersection_frac(self.box) >= _BESIDE * min(other.box.area_frac, self.box.area_frac)

    def track(self, camera: CameraId) -> Track:
        return Track(
            id=self.id,
            camera=camera,
            label=self.label,
            state=self.state,
            box=self.box,
            score=self.score,
            first_us=self.first.wall_us,
            last_us=self.last.wall_us,
            best_us=self.best.wall_us,
            best_score=self.best_score,
            best_box=self.best_box,
            zones=self.presence.inside,
            entered_zones=self.presence.entered,
            moved=self.moved,
            first_ns=self.first.received_ns,
            decided_ns=self.decided_ns,
        )

    def _weigh(self, sighting: Sighting, at: Moment) -> None:
        """Note signs of life: change inside the box, or a new place that itself has just changed."""
        rigid = self.family in _RIGID
        least = _RIGID_CHANGED_FRAC if rigid else _CHANGED_FRAC
        clear = not rigid and sighting.detection.score >= _SURE_SCORE  # no tree trunk looks that much like somebody
        self.changed_hits += sighting.changed_frac >= least and (clear or not self.is_resident(at.received_ns))
        apart = _apart(self.anchor, self.box) and (sighting.changed_frac >= _CHANGED_FRAC or self.told)
        nearer = not 1 / _GROWN < self.box.area_frac / max(self.anchor.area_frac, 1e-6) < _GROWN
        if apart or (nearer and sighting.changed_frac >= _RIGID_CHANGED_FRAC):
            self.moved = True
            self.settled_ns = at.received_ns
            self.anchor = self.box

    def _believed(self, sighting: Sighting, at: Moment, *, beside: bool) -> bool:
        sure = (
            not beside
            and self.family not in _RIGID | _MISTAKEN
            and sighting.detection.score >= _SURE_SCORE
            and sighting.changed_frac >= _SURE_CHANGED_FRAC
            and not self.is_resident(at.received_ns)
        )
        if sure or self.hits == 1:
            return sure
        needed = _ENOUGH if self.best_score >= _CLEAR_SCORE else _ENOUGH_DIM
        if self.family in _MISTAKEN:
            needed = _ENOUGH_MISTAKEN
        if beside:
            needed = _ENOUGH_BESIDE
        return (self.strong_hits > 1 or self.hits > 2) and (self.moved or self.changed_hits > 0) and self.evidence >= needed


def family(label: str) -> str:
    """Return the group of labels a detector mixes up between pictures of one thing."""
    return _FAMILY.get(label, label)


def _seconds(now_ns: int, then_ns: int) -> float:
    return (now_ns - then_ns) / NS_PER_S


def _apart(anchor: Box, box: Box) -> bool:
    """Tell whether a box has left its old place: by a share of its size, counted at the edge that moved least."""
    width = max(anchor.x1 - anchor.x0, box.x1 - box.x0, 1e-6)
    height = max(anchor.y1 - anchor.y0, box.y1 - box.y0, 1e-6)
    left, right = (box.x0 - anchor.x0) / width, (box.x1 - anchor.x1) / width
    top, bottom = (box.y0 - anchor.y0) / height, (box.y1 - anchor.y1) / height
    across = min(abs(left), abs(right)) if left * right > 0 else 0.0
    down = min(abs(top), abs(bottom)) if top * bottom > 0 else 0.0
    return math.hypot(across, down) >= _DISPLACED


def _at_edge(box: Box) -> bool:
    return box.x0 <= 0.02 or box.x1 >= 0.98 or box.y0 <= 0.02 or box.y1 >= 0.98


def _worth(box: Box) -> float:
    """Return how good a picture this box promises: things cut by the edge of the picture or tiny are worth less."""
    size = min(1.0, math.sqrt(box.area_frac) / 0.15)
    return (0.6 + 0.4 * size) * (0.8 if _at_edge(box) else 1.0)
