"""From detections to tracks: one thing, one id, through misses, hiding and standing still. Pure: no clock, no pixels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import lap
import numpy as np

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
_GATE = 16.0
_SIZE_RATIO = 3.5
_CONTAINED = 0.7
_SURE_SCORE = 0.6
_WORTHLESS_SCORE = 0.2
_MISS_COST = 0.07
_ENOUGH_EVIDENCE = 0.4
_ENOUGH_BESIDE = 1.4
_ENOUGH_ANIMAL = 0.75
_BESIDE = 0.3
_SURE_CHANGED_FRAC = 0.15
_CHANGED_FRAC = 0.06
_RIGID_CHANGED_FRAC = 0.35
_DISPLACED = 0.25
_STILL_S = 10.0
_TENTATIVE_S = 4.0
_GUESS_S = 1.5
_RESIDENT_AFTER_S = 6.0
_RESIDENT_S = 120.0
_RESIDENT_HITS = 2
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
class _Thing:
    """An open track while it lives."""

    id: TrackId
    family: str
    filter: BoxFilter
    anchor: Box
    box: Box
    first: Moment
    last: Moment
    best: Moment
    best_score: float
    best_box: Box
    score: float
    presence: ZonePresence
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

    @property
    def label(self) -> str:
        return self.votes.most_common(1)[0][0]

    @property
    def told(self) -> bool:
        """Tell whether the world knows of it: it was confirmed once."""
        return self.decided_ns != 0

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


class Tracker:
    """The open tracks of one camera.

    A track is confirmed by two hits of which one at least came with movement inside the box or moved on, or by one clear
    hit with much movement; what never moved (a tree trunk, a statue, a parked car) stays tentative and is never told. A
    car must change its place: somebody who walks past a parked one moves inside its box.
    """

    def __init__(self, camera: CameraId, zones: Mapping[str, Zone], new_id: Callable[[], TrackId]) -> None:
        self._camera = camera
        self._zones = zones
        self._new_id = new_id
        self._things: list[_Thing] = []

    @property
    def told(self) -> tuple[Track, ...]:
        """All open tracks that were confirmed."""
        return tuple(t.track(self._camera) for t in self._things if t.told)

    def expected(self, now_ns: int, *, told: bool) -> dict[TrackId, Box]:
        """Return where each open track should be now; tentative ones when not `told`."""
        return {t.id: t.filter.box_at(now_ns) for t in self._things if t.told is told}

    def guesses(self, now_ns: int) -> tuple[Box, ...]:
        """Return where tentative tracks seen a moment ago should be now: one more look may confirm them."""
        return tuple(
            t.filter.box_at(now_ns)
            for t in self._things
            if not t.told and _seconds(now_ns, t.last.received_ns) < _GUESS_S and not _resident(t, now_ns)
        )

    @property
    def ids(self) -> frozenset[TrackId]:
        """Ids of all open tracks, tentative ones too."""
        return frozenset(t.id for t in self._things)

    def best_at(self, at: Moment) -> dict[TrackId, Box]:
        """Return the tracks, tentative ones too, whose best picture is that of `at`, and where they are in it."""
        return {t.id: t.best_box for t in self._things if t.best is at}

    def stir(self, boxes: Iterable[Box], now_ns: int) -> None:
        """Note that something moved in `boxes`: a track there may have gone, any other cannot have."""
        found = tuple(boxes)
        for thing in self._things:
            near = thing.filter.box_at(now_ns).grown(0.02)
            if any(near.intersection_frac(box) > 0 for box in found):
                thing.stirred_ns = now_ns

    def update(
        self, sightings: Sequence[Sighting], regions: Sequence[Box], at: Moment, least: Mapping[str, float]
    ) -> tuple[Track, ...]:
        """Take what the detector saw in `regions` of one picture; return every confirmed track that changed.

        `least` holds the score each label must reach to begin or confirm a track; weaker sightings keep one alive.
        """
        changed: list[Track] = []
        clear = [s for s in sightings if _strong(s, least)]
        pairs, left = _assign(self._things, clear, at.received_ns)
        unseen = [thing for thing in self._things if not any(thing is paired for paired, _ in pairs)]
        pairs += _assign(unseen, [s for s in sightings if not _strong(s, least)], at.received_ns)[0]
        for thing, sighting in pairs:
            self._hit(thing, sighting, at, strong=_strong(sighting, least))
            if thing.told:
                changed.append(thing.track(self._camera))
        for sighting in left:
            thing = self._begin(sighting, at)
            if thing.told:
                changed.append(thing.track(self._camera))
        hit = {id(thing) for thing, _ in pairs}
        for thing in self._things:
            if id(thing) in hit or thing.last is at or not _covered(thing, regions, at.received_ns):
                continue
            thing.evidence = max(0.0, thing.evidence - _MISS_COST)
            if _lost(thing, at.received_ns):
                thing.state = TrackState.LOST
                changed.append(thing.track(self._camera))
        return tuple(changed)

    def tick(self, now_ns: int) -> tuple[Track, ...]:
        """End what has been gone too long; return the ended tracks."""
        ended: list[Track] = []
        kept: list[_Thing] = []
        for thing in self._things:
            if not self._over(thing, now_ns):
                kept.append(thing)
            elif thing.told:
                thing.state = TrackState.ENDED
                ended.append(thing.track(self._camera))
        self._things = kept
        return tuple(ended)

    def close(self) -> tuple[Track, ...]:
        """End all: the stream is over."""
        things, self._things = self._things, []
        for thing in things:
            thing.state = TrackState.ENDED
        return tuple(t.track(self._camera) for t in things if t.told)

    def _begin(self, sighting: Sighting, at: Moment) -> _Thing:
        detection = sighting.detection
        thing = _Thing(
            id=self._new_id(),
            family=family(detection.label),
            filter=BoxFilter(detection.box, at.received_ns),
            anchor=detection.box,
            box=detection.box,
            first=at,
            last=at,
            best=at,
            best_score=0.0,
            best_box=detection.box,
            score=detection.score,
            presence=ZonePresence(),
            settled_ns=at.received_ns,
        )
        self._things.append(thing)
        self._hit(thing, sighting, at, strong=True)
        return thing

    def _hit(self, thing: _Thing, sighting: Sighting, at: Moment, *, strong: bool) -> None:
        detection = sighting.detection
        if thing.hits:
            thing.filter.update(detection.box, at.received_ns)
        thing.hits += 1
        thing.strong_hits += strong
        thing.evidence += detection.score - _WORTHLESS_SCORE
        thing.box, thing.score, thing.last = detection.box, detection.score, at
        thing.votes[detection.label] += detection.score  # type: ignore[assignment]
        if strong or thing.told:
            self._weigh(thing, sighting, at)
        if detection.score * _whole_frac(detection.box) > thing.best_score * _whole_frac(thing.best_box):
            thing.best, thing.best_score, thing.best_box = at, detection.score, detection.box
        thing.presence = thing.presence.at(self._zones, thing.label, detection.box)
        self._judge(thing, sighting, at, strong=strong)

    def _beside_told(self, thing: _Thing) -> bool:
        """Tell whether a confirmed track of its kind covers part of it: it may be a part of that one seen double."""
        return any(
            other.told
            and other.family == thing.family
            and other.box.intersection_frac(thing.box) >= _BESIDE * min(other.box.area_frac, thing.box.area_frac)
            for other in self._things
        )

    def _weigh(self, thing: _Thing, sighting: Sighting, at: Moment) -> None:
        """Note signs of life: change inside the box, or a new place that itself has just changed."""
        least = _RIGID_CHANGED_FRAC if thing.family in _RIGID else _CHANGED_FRAC
        thing.changed_hits += sighting.changed_frac >= least and not _resident(thing, at.received_ns)
        box = sighting.detection.box
        if _apart(thing.anchor, box) and (sighting.changed_frac >= _CHANGED_FRAC or thing.told):
            thing.moved = True
            thing.settled_ns = at.received_ns
            thing.anchor = box

    def _judge(self, thing: _Thing, sighting: Sighting, at: Moment, *, strong: bool) -> None:
        if not thing.told:
            beside = self._beside_told(thing)
            sure = (
                thing.hits == 1
                and thing.family not in _RIGID | _MISTAKEN
                and sighting.detection.score >= _SURE_SCORE
                and sighting.changed_frac >= _SURE_CHANGED_FRAC
                and not beside
            )
            alive = thing.moved or thing.changed_hits > 0
            needed = _ENOUGH_ANIMAL if thing.family in _MISTAKEN else _ENOUGH_EVIDENCE
            enough = thing.evidence >= (_ENOUGH_BESIDE if beside else needed)
            if sure or (strong and thing.strong_hits >= 2 and alive and enough):
                if _resident(thing, at.received_ns):
                    thing.first = at  # what stood there before was no visit
                thing.decided_ns = at.received_ns
                thing.state = TrackState.CONFIRMED
            return
        still = _seconds(at.received_ns, thing.settled_ns) >= _STILL_S
        thing.state = TrackState.STILL if still else TrackState.CONFIRMED

    def _over(self, thing: _Thing, now_ns: int) -> bool:
        gone_s = _seconds(now_ns, thing.last.received_ns)
        if not thing.told:
            known = thing.hits >= _RESIDENT_HITS
            return gone_s > (_RESIDENT_S if known else _TENTATIVE_S)
        if thing.stirred_ns <= thing.last.received_ns and thing.state is not TrackState.LOST:
            return gone_s > _CALM_S
        return gone_s > (_EDGE_HOLD_S if _at_edge(thing.filter.box_at(now_ns)) else _HOLD_S)


def family(label: str) -> str:
    """Return the group of labels a detector mixes up between pictures of one thing."""
    return _FAMILY.get(label, label)


def _covered(thing: _Thing, regions: Sequence[Box], now_ns: int) -> bool:
    there = thing.filter.box_at(now_ns)
    return any(region.intersection_frac(there) >= 0.6 * there.area_frac for region in regions)


def _lost(thing: _Thing, now_ns: int) -> bool:
    """Tell whether a told track that was looked for and not found is gone: nothing goes without stirring something."""
    if not thing.told or thing.state is TrackState.LOST:
        return False
    return _seconds(now_ns, thing.last.received_ns) >= _LOST_S and thing.stirred_ns > thing.last.received_ns


def _strong(sighting: Sighting, least: Mapping[str, float]) -> bool:
    return sighting.detection.score >= least.get(sighting.detection.label, 1.0)


def _resident(thing: _Thing, now_ns: int) -> bool:
    """Tell whether a thing has been there so long without a sign of life that movement before it proves nothing."""
    return not thing.told and _seconds(now_ns, thing.first.received_ns) > _RESIDENT_AFTER_S


def _seconds(now_ns: int, then_ns: int) -> float:
    return (now_ns - then_ns) / NS_PER_S


def _assign(
    things: Sequence[_Thing], sightings: Sequence[Sighting], now_ns: int
) -> tuple[list[tuple[_Thing, Sighting]], list[Sighting]]:
    """Return which sighting is which track at the least cost altogether, and the sightings that are none."""
    if not sightings or not things:
        return [], list(sightings)
    costs = np.full((len(things), len(sightings)), 1e3)
    for row, thing in enumerate(things):
        for column, sighting in enumerate(sightings):
            cost = _cost(thing, sighting.detection, now_ns)
            if cost is not None:
                costs[row, column] = cost
    _, columns, _ = lap.lapjv(costs, extend_cost=True, cost_limit=_GATE)
    pairs = [(things[row], sightings[column]) for row, column in enumerate(columns) if column >= 0]
    taken = {id(sighting) for _, sighting in pairs}
    return pairs, [s for s in sightings if id(s) not in taken]


def _cost(thing: _Thing, detection: Detection, now_ns: int) -> float | None:
    """Return how ill a detection fits a track, None when it cannot be the same thing."""
    if family(detection.label) != thing.family:
        return None
    there = thing.filter.box_at(now_ns)
    ratio = detection.box.area_frac / max(there.area_frac, 1e-6)
    contained = there.intersection_frac(detection.box) / max(min(there.area_frac, detection.box.area_frac), 1e-6)
    if not 1 / _SIZE_RATIO < ratio < _SIZE_RATIO and contained < _CONTAINED:
        return None  # unless it grows into the picture from its edge, or steps out from behind something
    distance = thing.filter.distance(detection.box, now_ns)
    overlap = max(there.iou(detection.box), thing.box.iou(detection.box))
    if distance > _GATE and overlap < 0.3 and contained < _CONTAINED:
        return None
    return min(distance, _GATE) * 0.5 + abs(math.log(ratio)) + 4.0 * (1.0 - overlap)


def _apart(anchor: Box, box: Box) -> bool:
    """Tell whether a box has left its old place: by a share of its size, counted at the edge that moved least."""
    width = max(anchor.x1 - anchor.x0, box.x1 - box.x0)
    height = max(anchor.y1 - anchor.y0, box.y1 - box.y0)
    left, right = (box.x0 - anchor.x0) / width, (box.x1 - anchor.x1) / width
    top, bottom = (box.y0 - anchor.y0) / height, (box.y1 - anchor.y1) / height
    across = min(abs(left), abs(right)) if left * right > 0 else 0.0
    down = min(abs(top), abs(bottom)) if top * bottom > 0 else 0.0
    return math.hypot(across, down) >= _DISPLACED


def _at_edge(box: Box) -> bool:
    return box.x0 <= 0.02 or box.x1 >= 0.98 or box.y0 <= 0.02 or box.y1 >= 0.98


def _whole_frac(box: Box) -> float:
    """Return how good a picture this box promises: things cut by the edge of the picture or tiny are worth less."""
    size = min(1.0, math.sqrt(box.area_frac) / 0.15)
    return (0.6 + 0.4 * size) * (0.8 if _at_edge(box) else 1.0)
