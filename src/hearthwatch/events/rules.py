"""From tracks and motion to events: one visitor is one event, told once. Pure: every time comes with what happened."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from hearthwatch.detect.detection import LabelOptions
from hearthwatch.events.event import Change, ChangeKind, Event, EventId, EventKind, EventOptions
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.tracks.track import MotionSpan, Track, TrackId, TrackState, ZoneOptions

_ALIVE = frozenset(("person", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"))
"""Labels that need not change their place to count: a confirmed one stirred at least. Everything else may be parked."""

_CONTINUES_US = 4 * US_PER_S
"""As long as a lost track is held: who comes later is the next visitor."""
_RESUMES_US = 2 * US_PER_S
"""A looker that starts together with the house needs so long until it sees who has been there all the time."""
_REACH_FRAC = 0.15
_REACH_FRAC_PER_S = 0.12
_TOGETHER_US = 4 * US_PER_S
_TOGETHER_FRAC = 0.3
"""Who is seen first so soon after and so near a visitor has come with him, or is the same one in parts: legs and a head."""
_BETTER_SCORE = 0.05
_MAX_OPEN = 64
_MAX_KNOWN_TRACKS = 512


@dataclass(slots=True, kw_only=True, eq=False)
class _Visit:
    """An event that is open: by `live` tracks, or waiting from `last_us` on for its visitor to come out of hiding."""

    event: Event
    box: Box | None
    last_us: WallUs
    live: set[str] = field(default_factory=set)
    best_of: str = ""
    """The track whose best moment is the event's: its picture is shown, so the event's box follows it."""
    told: bool = False
    saved_score: float = 0.0
    resumed: bool = False
    """Left open by a former house, and nobody of it seen since: where its visitor was, and whether still, is not known."""


class Rules:
    """The events of one camera. Call `flush` about once a second: an event closes when its visitor stayed away for 4 s."""

    def __init__(
        self,
        camera: CameraId,
        labels: Mapping[str, LabelOptions] | Iterable[str],
        options: EventOptions,
        ids: Callable[[], EventId],
        zones: Mapping[str, ZoneOptions] | None = None,
    ) -> None:
        """`zones` are the camera's: a label that one of them is about counts only once it entered such a zone."""
        self._camera = camera
        self._ids = ids
        self.renew(labels, options, zones)
        self._visits: dict[EventId, _Visit] = {}
        self._event_of: dict[str, EventId] = {}
        self._told_us: dict[str, WallUs] = {}

    def renew(
        self,
        labels: Mapping[str, LabelOptions] | Iterable[str],
        options: EventOptions,
        zones: Mapping[str, ZoneOptions] | None = None,
    ) -> None:
        """Judge who comes from now on by other options; what is open goes on and closes as ever."""
        self._labels = frozenset(labels)
        self._options = options
        self._zones = zones or {}

    def track(self, track: Track) -> tuple[Change, ...]:
        """Take one update of a track; return what it changes, in order."""
        if track.state is TrackState.TENTATIVE:
            return ()
        visit = self._visit_of(track.id)
        if visit is not None:
            return self._go_on(visit, track)
        if track.state in {TrackState.LOST, TrackState.ENDED} or track.id in self._event_of or not self._counts(track):
            return ()
        visit = self._continued(track.label, track.first_us, track.box)
        if visit is not None:
            self._join(visit, track.id)
            return self._go_on(visit, track)
        event = Event(
            id=self._ids(),
            camera=self._camera,
            kind=EventKind.OBJECT,
            label=track.label,
            start_us=track.first_us,
            end_us=None,
            score=track.best_score,
            box=track.best_box,
            zones=track.entered_zones,
            picture=False,
            best_us=track.best_us,
            reviewed=False,
            received_ns=track.decided_ns,
        )
        return self._open(event, track.id, track.last_us, track.box)

    def motion(self, span: MotionSpan) -> tuple[Change, ...]:
        """Take one update of nameless motion; without `options.motion` nothing comes of it."""
        if not self._options.motion:
            return ()
        name = f"motion/{span.start_us}"
        visit = self._visit_of(name)
        if visit is None:
            if span.end_us is not None or name in self._event_of:
                return ()
            visit = self._continued("", span.start_us, span.box)
            if visit is not None:
                self._join(visit, name)
        if visit is not None:
            visit.box, visit.last_us = span.box, max(visit.last_us, span.last_us)
            if span.end_us is not None:
                visit.live.discard(name)
            return ()
        event = Event(
            id=self._ids(),
            camera=self._camera,
            kind=EventKind.MOTION,
            label="",
            start_us=span.start_us,
            end_us=None,
            score=min(1.0, span.peak_frac),
            box=span.box,
            zones=frozenset(),
            picture=False,
            best_us=span.last_us,
            reviewed=False,
            received_ns=MonoNs(0),
        )
        return self._open(event, name, span.last_us, span.box)

    def flush(self, now_us: WallUs) -> tuple[Change, ...]:
        """Close what is over at `now_us`; a clock that was set back closes, too."""
        over = [v for v in self._visits.values() if not v.live and abs(now_us - v.last_us) >= _CONTINUES_US]
        return tuple(self._close(visit) for visit in over)

    def abandon(self, now_us: WallUs) -> None:
        """The looker is gone and will name its tracks anew: let go of the tracks; the events may be continued by others."""
        for visit in self._visits.values():
            if visit.live:
                visit.live.clear()
                visit.box = None
                visit.last_us = now_us

    def resume(self, events: Iterable[Event], now_us: WallUs) -> None:
        """Take up events a former house left open; they were told, and who is still there continues them.

        Who is new must be told, so the cooldown counts from when somebody was seen for certain.
        """
        for event in events:
            self._visits[event.id] = _Visit(
                event=event, box=None, last_us=now_us, told=True, saved_score=event.score, resumed=True
            )
            self._told_us[event.label] = max(self._told_us.get(event.label, WallUs(0)), event.best_us)

    def event_of(self, track: TrackId) -> EventId | None:
        """Return the event a track is or was part of; None for one that never counted or is long gone."""
        return self._event_of.get(track)

    def _counts(self, track: Track) -> bool:
        if track.label not in self._labels or not (track.moved or track.label in _ALIVE):
            return False
        about = {name for name, zone in self._zones.items() if not zone.labels or track.label in zone.labels}
        return not about or bool(about & track.entered_zones)

    def _visit_of(self, name: str) -> _Visit | None:
        event = self._event_of.get(name)
        return self._visits.get(event) if event is not None else None

    def _join(self, visit: _Visit, name: str) -> None:
        visit.live.add(name)
        visit.resumed = False
        self._event_of[name] = visit.event.id
        while len(self._event_of) > _MAX_KNOWN_TRACKS:
            del self._event_of[next(iter(self._event_of))]

    def _continued(self, label: str, first_us: WallUs, box: Box) -> _Visit | None:
        """Return the visit somebody seen first at `first_us` in `box` may be the rest or a part of: the last one there."""
        found = [
            visit
            for visit in self._visits.values()
            if visit.event.label == label and (_together if visit.live else _within_reach)(visit, first_us, box)
        ]
        return max(found, key=lambda visit: (visit.event.start_us == first_us, visit.last_us), default=None)

    def _open(self, event: Event, name: str, last_us: WallUs, box: Box) -> tuple[Change, ...]:
        closed = []
        if len(self._visits) >= _MAX_OPEN:
            closed.append(self._close(min(self._visits.values(), key=lambda visit: visit.last_us)))
        tell = not self._cooling(event)
        visit = _Visit(event=event, box=box, last_us=last_us, best_of=name, told=tell, saved_score=event.score)
        self._visits[event.id] = visit
        self._join(visit, name)
        if tell:
            self._told_us[event.label] = last_us
        return (*closed, Change(kind=ChangeKind.OPENED, event=event, tell=tell))

    def _cooling(self, event: Event) -> bool:
        """Tell whether this is too soon after the last told event of that label; motion is no news beside what has a name."""
        if event.kind is EventKind.MOTION and any(visit.event.label for visit in self._visits.values()):
            return True
        told_us = self._told_us.get(event.label)
        return told_us is not None and abs(event.start_us - told_us) < self._options.cooldown_s * US_PER_S

    def _go_on(self, visit: _Visit, track: Track) -> tuple[Change, ...]:
        visit.box, visit.last_us = track.box, max(visit.last_us, track.last_us)
        if track.state in {TrackState.LOST, TrackState.ENDED}:
            visit.live.discard(track.id)
            self._leave(visit)
        else:
            visit.live.add(track.id)
        event = replace(visit.event, end_us=None if visit.live else visit.last_us)
        if track.best_score > event.score or (track.id == visit.best_of and track.best_us != event.best_us):
            score = max(event.score, track.best_score)
            event = replace(event, score=score, box=track.best_box, best_us=track.best_us)
            visit.best_of = track.id
        event = replace(event, zones=event.zones | track.entered_zones)
        notable = (event.zones, event.end_us) != (
            visit.event.zones,
            visit.event.end_us,
        ) or event.score >= visit.saved_score + _BETTER_SCORE
        visit.event = event
        if not notable:
            return ()
        visit.saved_score = event.score
        return (Change(kind=ChangeKind.UPDATED, event=event, tell=False),)

    def _leave(self, visit: _Visit) -> None:
        """The cooldown counts from when the told visitor left."""
        if visit.told and not visit.live and not visit.resumed:
            label = visit.event.label
            self._told_us[label] = max(self._told_us.get(label, WallUs(0)), visit.last_us)

    def _close(self, visit: _Visit) -> Change:
        del self._visits[visit.event.id]
        self._leave(visit)
        event = replace(visit.event, end_us=max(visit.last_us, visit.event.start_us))
        return Change(kind=ChangeKind.CLOSED, event=event, tell=False)


def _together(visit: _Visit, first_us: WallUs, box: Box) -> bool:
    if visit.box is None or abs(first_us - visit.event.start_us) >= _TOGETHER_US:
        return False
    (x0, y0), (x1, y1) = visit.box.centre, box.centre
    return math.hypot(x1 - x0, y1 - y0) <= _TOGETHER_FRAC


def _within_reach(visit: _Visit, first_us: WallUs, box: Box) -> bool:
    gap_us = first_us - visit.last_us
    if visit.resumed:
        return gap_us < _RESUMES_US
    if not -_CONTINUES_US < gap_us < _CONTINUES_US:
        return False
    if visit.box is None:
        return True
    (x0, y0), (x1, y1) = visit.box.centre, box.centre
    reach = _REACH_FRAC + _REACH_FRAC_PER_S * abs(gap_us) / US_PER_S
    return math.hypot(x1 - x0, y1 - y0) <= reach or visit.box.intersection_frac(box) > 0
