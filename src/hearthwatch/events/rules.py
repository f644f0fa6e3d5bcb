"""From tracks and motion to events: one visitor is one event, told once. Pure: every time comes with what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from hearthwatch.detect.detection import LabelOptions
from hearthwatch.events.alarms import AlarmOptions, OwnAlarm, OwnObjects, Sensed, SensedPhase, alike
from hearthwatch.events.event import Change, ChangeKind, Event, EventId, EventKind, EventOptions
from hearthwatch.events.visit import CONTINUES_US, SAME_US, Visit, lasts_at, together, within_reach
from hearthwatch.frames.geometry import Box, Polygon
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.tracks.track import MotionSpan, Track, TrackId, TrackState, ZoneOptions

_ALIVE = frozenset(("person", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"))
"""Labels that need not change their place to count: a confirmed one stirred at least. Everything else may be parked."""

_BETTER_SCORE = 0.05
_SENSED_US = 180 * US_PER_S
"""A camera may never say that an alarm is over; one that lasts is confirmed about once a minute."""
_MAX_OPEN = 64
_MAX_KNOWN_TRACKS = 512
_MAX_DETAIL_CHARS = 300


class Rules:
    """The events of one camera. Call `flush` about once a second: an event closes when its visitor stayed away for 4 s."""

    def __init__(
        self,
        camera: CameraId,
        labels: Mapping[str, LabelOptions] | Iterable[str],
        options: EventOptions,
        ids: Callable[[], EventId],
        zones: Mapping[str, ZoneOptions] | None = None,
        *,
        alarms: AlarmOptions | None = None,
    ) -> None:
        """`zones` are the camera's: a label that one of them is about counts only once it entered such a zone."""
        self._camera = camera
        self._ids = ids
        self.renew(labels, options, zones, alarms=alarms)
        self._visits: dict[EventId, Visit] = {}
        self._event_of: dict[str, EventId] = {}
        self._told_us: dict[str, WallUs] = {}
        self._left: dict[str, tuple[EventId, WallUs]] = {}

    def renew(
        self,
        labels: Mapping[str, LabelOptions] | Iterable[str],
        options: EventOptions,
        zones: Mapping[str, ZoneOptions] | None = None,
        *,
        alarms: AlarmOptions | None = None,
    ) -> None:
        """Judge who comes from now on by other options; what is open goes on and closes as ever."""
        self._labels = frozenset(labels)
        self._options = options
        self._zones = zones or {}
        self._alarms = alarms or AlarmOptions()

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
            before = self._named(visit, track)
            self._join(visit, track.id)
            return (*before, *self._go_on(visit, track))
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
                self._seen(visit)
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

    def sense(self, sensed: Sensed, now_us: WallUs) -> tuple[Change, ...]:
        """Take what the camera's own senses say at `now_us`; return what it changes."""
        name = f"camera/{sensed.source}"
        visit = self._visit_of(name)
        if visit is not None and name in visit.live:
            visit.last_us = now_us
            if sensed.phase is SensedPhase.OVER:
                visit.live.discard(name)
            return ()
        label = self._label_of(sensed)
        if sensed.phase is not SensedPhase.BEGAN or label is None:
            return ()
        same = self._same(label, now_us)
        if same is not None:
            return self._sensed_too(same, name, sensed, now_us)
        left = next(
            (event for known, event in self._left.items() if alike(known, label) and abs(now_us - event[1]) < SAME_US), None
        )
        if left is not None:
            self._know(name, left[0])
            return ()
        event = Event(
            id=self._ids(),
            camera=self._camera,
            kind=sensed.kind,
            label=label,
            start_us=now_us,
            end_us=None,
            score=0.0,
            box=sensed.box,
            zones=self._zones_at(label, sensed.box),
            picture=False,
            best_us=now_us,
            reviewed=False,
            detail=sensed.detail,
            received_ns=sensed.received_ns,
        )
        changes = self._open(event, name, now_us, None, sensed=True)
        if sensed.at_once:
            self._visits[event.id].live.clear()
        return changes

    def flush(self, now_us: WallUs) -> tuple[Change, ...]:
        """Close what is over at `now_us`; a clock that was set back closes, too."""
        for visit in self._visits.values():
            if visit.sensed and abs(now_us - visit.last_us) >= _SENSED_US:
                visit.live.clear()
        over = [
            visit
            for visit in self._visits.values()
            if not visit.live and abs(now_us - visit.last_us) >= (SAME_US if visit.sensed else CONTINUES_US)
        ]
        return tuple(self._close(visit) for visit in over)

    def abandon(self, now_us: WallUs) -> None:
        """The looker is gone and will name its tracks anew: let go of the tracks; the events may be continued by others."""
        for visit in self._visits.values():
            if visit.live and not visit.sensed:
                visit.live.clear()
                visit.box = None
                visit.last_us = now_us

    def resume(self, events: Iterable[Event], now_us: WallUs) -> None:
        """Take up events a former house left open; they were told, and who is still there continues them.

        Who is new must be told, so the cooldown counts from when somebody was seen for certain.
        """
        for event in events:
            # over when it was heard, however long the house was away
            is_pulse = event.kind is EventKind.SENSOR or event.label == OwnAlarm.DOORBELL
            self._visits[event.id] = Visit(
                event=event,
                box=None,
                last_us=event.best_us if is_pulse else now_us,
                told=True,
                saved_score=event.score,
                resumed=not is_pulse,
                sensed=is_pulse,
            )
            self._told_us[event.label] = max(self._told_us.get(event.label, WallUs(0)), event.best_us)

    def event_of(self, track: TrackId) -> EventId | None:
        """Return the event a track is or was part of; None for one that never counted or is long gone."""
        return self._event_of.get(track)

    def take_picture(self, track: TrackId) -> bool:
        """Note that there is a picture of a track; return whether it is to stand for its event from now on: its best moment is
        the event's, or the event has no picture yet."""
        visit = self._visit_of(track)
        if visit is None:
            return True
        shown = visit.best_of == track or not visit.pictured
        visit.pictured |= shown
        return shown

    def _counts(self, track: Track) -> bool:
        if track.label not in self._labels or not (track.moved or track.label in _ALIVE):
            return False
        about = self._zones_about(track.label)
        return not about or bool(about & track.entered_zones)

    def _visit_of(self, name: str) -> Visit | None:
        event = self._event_of.get(name)
        return self._visits.get(event) if event is not None else None

    def _join(self, visit: Visit, name: str) -> None:
        visit.live.add(name)
        visit.resumed = False
        self._know(name, visit.event.id)

    def _know(self, name: str, event: EventId) -> None:
        self._event_of[name] = event
        while len(self._event_of) > _MAX_KNOWN_TRACKS:
            del self._event_of[next(iter(self._event_of))]

    def _continued(self, label: str, first_us: WallUs, box: Box) -> Visit | None:
        """Return the visit somebody seen first at `first_us` in `box` may be the rest or a part of: the last one there."""
        found = [
            visit
            for visit in self._visits.values()
            if (visit.event.label == label and (together if visit.live else within_reach)(visit, first_us, box))
            or (visit.sensed and alike(visit.event.label, label) and lasts_at(visit, first_us))
        ]
        return max(found, key=lambda visit: (visit.event.start_us == first_us, visit.last_us), default=None)

    def _label_of(self, sensed: Sensed) -> str | None:
        """Return the label an event of it gets; None where it is not wanted, or not known to be in the zone it must be in."""
        if sensed.kind is not EventKind.OBJECT:
            return sensed.labels[0]
        label = next((one for one in sensed.labels if one in self._labels), None)
        if label is None or not self._zones_about(label):
            return label
        if sensed.box is None:
            return label if self._alarms.objects is OwnObjects.INSTEAD else None
        return label if self._zones_at(label, sensed.box) & self._zones_about(label) else None

    def _zones_about(self, label: str) -> set[str]:
        return {name for name, zone in self._zones.items() if not zone.labels or label in zone.labels}

    def _zones_at(self, label: str, box: Box | None) -> frozenset[str]:
        if box is None:
            return frozenset()
        around = {name: Polygon(points=self._zones[name].points) for name in self._zones_about(label)}
        return frozenset(name for name, polygon in around.items() if polygon.contains(box.foot))

    def _same(self, label: str, now_us: WallUs) -> Visit | None:
        """Return the visit that is what the camera means: one that is there or has just gone; motion is of anybody."""
        found = [visit for visit in self._visits.values() if alike(visit.event.label, label) or not label]
        return max(found, key=lambda visit: (bool(visit.live), visit.last_us), default=None)

    def _sensed_too(self, visit: Visit, name: str, sensed: Sensed, now_us: WallUs) -> tuple[Change, ...]:
        """The camera means a visit that is known already; only one that it alone knows lasts as long as it says so."""
        self._know(name, visit.event.id)
        if visit.sensed:
            visit.last_us = now_us
            if not sensed.at_once:
                visit.live.add(name)
            if OwnAlarm.DOORBELL in sensed.labels:
                visit.event = replace(visit.event, label=OwnAlarm.DOORBELL.value)
        if sensed.detail in visit.event.detail or len(visit.event.detail) + len(sensed.detail) > _MAX_DETAIL_CHARS:
            return ()
        detail = "; ".join(part for part in (visit.event.detail, sensed.detail) if part)
        visit.event = replace(visit.event, detail=detail)
        return (Change(kind=ChangeKind.UPDATED, event=visit.event, tell=False),)

    def _seen(self, visit: Visit) -> None:
        """From now on the looker knows better than the camera how long it lasts."""
        if visit.sensed:
            visit.sensed = False
            visit.live.clear()

    def _named(self, visit: Visit, track: Track) -> tuple[Change, ...]:
        """What the camera sensed turns out to be somebody: that is to be told even if a crossed line is not."""
        if not visit.sensed:
            return ()
        self._seen(visit)
        before, visit.event = visit.event, replace(visit.event, kind=EventKind.OBJECT, label=track.label)
        if before.kind is EventKind.OBJECT:
            return ()
        tell = not self._cooling(visit.event)
        if tell:
            visit.told = True
            self._told_us[track.label] = track.last_us
        return (Change(kind=ChangeKind.UPDATED, event=visit.event, tell=tell),)

    def _open(self, event: Event, name: str, last_us: WallUs, box: Box | None, *, sensed: bool = False) -> tuple[Change, ...]:
        closed = []
        if len(self._visits) >= _MAX_OPEN:
            closed.append(self._close(min(self._visits.values(), key=lambda visit: visit.last_us)))
        tell = not self._cooling(event)
        visit = Visit(event=event, box=box, last_us=last_us, best_of=name, told=tell, saved_score=event.score, sensed=sensed)
        self._visits[event.id] = visit
        self._join(visit, name)
        if tell:
            self._told_us[event.label] = last_us
        return (*closed, Change(kind=ChangeKind.OPENED, event=event, tell=tell))

    def _cooling(self, event: Event) -> bool:
        """Tell whether this is too soon after the last told event of that label; motion is no news beside what has a name, and
        of tampering an outage tells."""
        if event.kind is EventKind.TAMPER:
            return True
        if event.kind is EventKind.MOTION and any(visit.event.label for visit in self._visits.values()):
            return True
        told_us = self._told_us.get(event.label)
        return told_us is not None and abs(event.start_us - told_us) < self._options.cooldown_s * US_PER_S

    def _go_on(self, visit: Visit, track: Track) -> tuple[Change, ...]:
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

    def _leave(self, visit: Visit) -> None:
        """The cooldown counts from when the told visitor left."""
        if visit.told and not visit.live and not visit.resumed:
            label = visit.event.label
            self._told_us[label] = max(self._told_us.get(label, WallUs(0)), visit.last_us)

    def _close(self, visit: Visit) -> Change:
        del self._visits[visit.event.id]
        self._leave(visit)
        event = replace(visit.event, end_us=max(visit.last_us, visit.event.start_us))
        self._left[event.label] = event.id, visit.last_us
        return Change(kind=ChangeKind.CLOSED, event=event, tell=False)
