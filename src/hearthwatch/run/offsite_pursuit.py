"""What goes on right now, brought to safety while it goes on: fragments of what is still being written, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from hearthwatch.events.event import Event
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite.ledger import Wanted
from hearthwatch.offsite.upload import Piece, PieceKind, Priority, TargetId, TargetOptions
from hearthwatch.recording.segment import FootageClass

_STEPS_US = (2_500_000, 2_500_000, 5 * US_PER_S, 5 * US_PER_S, 5 * US_PER_S, 10 * US_PER_S)
"""From one fragment to the next; the last holds for all that follow."""
_EMERGENCY_STEPS_US = (10 * US_PER_S,)
"""Of every camera at once, and beside the minutes before: fewer and larger pieces."""
_MAX_US = 600 * US_PER_S
"""After so long the finished files alone bring the rest of an event."""
_LEAST_US = US_PER_S
"""Less is not worth a piece of its own."""
OVERLAP_US = 1_500_000
"""What is on the disk ends a little before now: each fragment begins so long before the end of the one before."""


@dataclass(slots=True, kw_only=True)
class _Pursuit:
    camera: CameraId
    name: str
    footage_class: FootageClass
    priority: Priority
    from_us: WallUs
    next_us: WallUs
    until_us: WallUs
    steps: int = 0


class Pursuits:
    """Pure but for the time it is given."""

    def __init__(self, targets: Callable[[], Mapping[TargetId, TargetOptions]]) -> None:
        self._targets = targets
        self._open: dict[tuple[str, CameraId], _Pursuit] = {}
        self._pictures: dict[str, WallUs] = {}

    def event(self, event: Event, pre_us: int, now_us: WallUs) -> None:
        """An event began, goes on or is over."""
        key = (event.id, event.camera)
        found = self._open.get(key)
        if event.end_us is not None:
            if found is not None:
                found.until_us = found.next_us = now_us  # one last fragment
            return
        if found is None and now_us - event.start_us < _MAX_US:
            self._open[key] = _Pursuit(
                camera=event.camera,
                name=event.id,
                footage_class=class_of(event),
                priority=Priority.EVENT_FRAGMENT,
                from_us=WallUs(event.start_us - pre_us),
                next_us=now_us,
                until_us=WallUs(now_us + _MAX_US),
            )

    def emergency(self, camera: CameraId, name: str, from_us: WallUs, now_us: WallUs, lasts_us: int) -> None:
        """Something is wrong somewhere: what this camera sees goes first for a while."""
        self._open[name, camera] = _Pursuit(
            camera=camera,
            name=name,
            footage_class=FootageClass.EVENT,
            priority=Priority.FAILSAFE,
            from_us=from_us,
            next_us=now_us,
            until_us=WallUs(now_us + lasts_us),
        )

    def due(self, now_us: WallUs) -> Iterator[Wanted]:
        """Yield the fragments that are due now."""
        for key, one in list(self._open.items()):
            if now_us < one.next_us:
                continue
            if now_us - one.from_us < _LEAST_US and now_us < one.until_us:
                one.next_us = WallUs(one.from_us + _LEAST_US)
                continue
            piece = Piece(
                kind=PieceKind.FRAGMENT,
                camera=one.camera,
                stream=Stream.MAIN,
                start_us=one.from_us,
                end_us=now_us,
                size_bytes=0,
                sha256=b"",
                footage_class=one.footage_class,
                event=one.name,
            )
            yield from self._to_all(piece, one.priority)
            one.from_us = WallUs(max(one.from_us, now_us - OVERLAP_US))
            steps = _STEPS_US if one.priority is Priority.EVENT_FRAGMENT else _EMERGENCY_STEPS_US
            one.next_us = WallUs(now_us + steps[min(one.steps, len(steps) - 1)])
            one.steps += 1
            if now_us >= one.until_us:
                del self._open[key]

    def next_us(self) -> WallUs | None:
        """Return when the next fragment is due."""
        return min((one.next_us for one in self._open.values()), default=None)

    def picture(self, event: Event) -> Iterator[Wanted]:
        """Yield the event's picture where it is new, or at its end a better one."""
        sent_us = self._pictures.get(event.id)
        if not event.picture or sent_us == event.best_us or (sent_us is not None and event.end_us is None):
            return
        self._pictures[event.id] = event.best_us
        while len(self._pictures) > 1000:
            del self._pictures[next(iter(self._pictures))]
        piece = Piece(
            kind=PieceKind.PICTURE,
            camera=event.camera,
            stream=Stream.MAIN,
            start_us=event.best_us,
            end_us=event.best_us,
            size_bytes=0,
            sha256=b"",
            footage_class=class_of(event),
            event=event.id,
        )
        yield from self._to_all(piece, Priority.EVENT_PICTURE)

    def _to_all(self, piece: Piece, priority: Priority) -> Iterator[Wanted]:
        for name, options in self._targets().items():
            if priority is Priority.FAILSAFE or piece.footage_class in options.footage:
                yield Wanted(target=name, piece=piece, priority=priority)


def class_of(event: Event) -> FootageClass:
    """Return what the footage of an event is worth."""
    return FootageClass.EVENT if event.label else FootageClass.MOTION
