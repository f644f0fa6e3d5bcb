"""From detections to tracks: one thing, one id, through misses, hiding and standing still. Pure: no clock, no pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import lap
import numpy as np

from hearthwatch.detect.detection import Detection
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CameraId
from hearthwatch.tracks.thing import Moment, Sighting, Thing, family
from hearthwatch.tracks.track import Track, TrackId, TrackState
from hearthwatch.tracks.zones import Zone

_GATE = 16.0
_SIZE_RATIO = 3.5
_CONTAINED = 0.7
_NEAR_FRAC = 0.02
_PERHAPS = 0.75


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
        self._things: list[Thing] = []

    @property
    def told(self) -> tuple[Track, ...]:
        """All open tracks that were confirmed."""
        return tuple(t.track(self._camera) for t in self._things if t.told)

    def pictured(self, now_ns: int) -> frozenset[TrackId]:
        """Return the open tracks whose picture may be wanted: all but those that stand there untold for long."""
        return frozenset(t.id for t in self._things if not t.is_resident(now_ns))

    def expected(self, now_ns: int) -> tuple[Box, ...]:
        """Return where each confirmed track should be now."""
        return tuple(t.filter.box_at(now_ns) for t in self._things if t.told)

    def guesses(self, now_ns: int) -> tuple[Box, ...]:
        """Return where tentative tracks seen a moment ago should be now: one more look may confirm them."""
        return tuple(t.filter.box_at(now_ns) for t in self._things if t.is_guess(now_ns))

    def best_at(self, at: Moment) -> dict[TrackId, Box]:
        """Return the tracks, tentative ones too, whose best picture is that of `at`, and where they are in it."""
        return {t.id: t.best_box for t in self._things if t.best is at}

    def stir(self, boxes: Iterable[Box], now_ns: int) -> None:
        """Note that something moved in `boxes`: a track there may have gone, any other cannot have."""
        found = tuple(boxes)
        for thing in self._things:
            near = thing.filter.box_at(now_ns).grown(_NEAR_FRAC)
            if any(near.intersection_frac(box) > 0 for box in found):
                thing.stirred_ns = now_ns

    def update(
        self, sightings: Sequence[Sighting], regions: Sequence[Box], at: Moment, least: Mapping[str, float]
    ) -> tuple[Track, ...]:
        """Take what the detector saw in `regions` of one picture; return every confirmed track that changed.

        `least` holds the score each label must reach to confirm a track; weaker sightings keep one alive, and where
        something moves nearly as good ones begin one.
        """
        now_ns = at.received_ns
        clear = [s for s in sightings if _reaches(s, least)]
        faint = [s for s in sightings if not _reaches(s, least)]
        pairs, strangers = _assigned(self._things, clear, now_ns)
        unseen = [thing for thing in self._things if not any(thing is paired for paired, _ in pairs)]
        more, others = _assigned(unseen, faint, now_ns)
        strangers += [s for s in others if s.changed_frac > 0 and _reaches(s, least, _PERHAPS)]
        missed = [thing for thing in unseen if not any(thing is paired for paired, _ in more)]
        for sighting in strangers:
            thing = Thing.begin(self._new_id(), sighting.detection, at)
            if not _reaches(sighting, least) and any(thing.is_beside(other) for other in self._things):
                continue
            self._things.append(thing)
            pairs.append((thing, sighting))
        changed: list[Track] = []
        for thing, sighting in (*pairs, *more):
            beside = any(thing.is_beside(other) for other in self._things)
            thing.hit(sighting, at, self._zones, strong=_reaches(sighting, least), beside=beside)
            if thing.told:
                changed.append(thing.track(self._camera))
        lost = [thing for thing in missed if thing.covered(regions, now_ns) and thing.miss(now_ns)]
        return (*changed, *(thing.track(self._camera) for thing in lost))

    def tick(self, now_ns: int) -> tuple[Track, ...]:
        """End what has been gone too long; return the ended tracks."""
        over = [thing for thing in self._things if thing.is_over(now_ns)]
        return self._end(over) if over else ()

    def close(self) -> tuple[Track, ...]:
        """End all: the stream is over."""
        return self._end(self._things)

    def _end(self, things: Sequence[Thing]) -> tuple[Track, ...]:
        self._things = [thing for thing in self._things if thing not in things]
        for thing in things:
            thing.state = TrackState.ENDED
        return tuple(thing.track(self._camera) for thing in things if thing.told)


def _reaches(sighting: Sighting, least: Mapping[str, float], share: float = 1.0) -> bool:
    return sighting.detection.score >= share * least.get(sighting.detection.label, 1.0)


def _assigned(
    things: Sequence[Thing], sightings: Sequence[Sighting], now_ns: int
) -> tuple[list[tuple[Thing, Sighting]], list[Sighting]]:
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


def _cost(thing: Thing, detection: Detection, now_ns: int) -> float | None:
    """Return how ill a detection fits a track, None when it cannot be the same thing."""
    if family(detection.label) != thing.family:
        return None
    there = thing.filter.box_at(now_ns)
    area = max(there.area_frac, 1e-6)
    ratio = max(detection.box.area_frac, 1e-6) / area
    contained = there.intersection_frac(detection.box) / max(min(area, detection.box.area_frac), 1e-6)
    if not 1 / _SIZE_RATIO < ratio < _SIZE_RATIO and contained < _CONTAINED:
        return None  # unless it grows into the picture from its edge, or steps out from behind something
    distance = thing.filter.distance(detection.box, now_ns)
    overlap = max(there.iou(detection.box), thing.box.iou(detection.box))
    if distance > _GATE and overlap < 0.3 and contained < _CONTAINED:
        return None
    return min(distance, _GATE) * 0.5 + abs(math.log(ratio)) + 4.0 * (1.0 - overlap)
