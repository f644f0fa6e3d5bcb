"""Reminders: a visitor who stays was told once, and is told again after a while where the owner wants it. Pure."""

from __future__ import annotations

from collections.abc import Callable

from hearthwatch.events.event import Change, ChangeKind, Event, EventId
from hearthwatch.kit.units import US_PER_S, WallUs


class Reminders:
    """Of events that were told and go on. What is told of one is told of all that have the same label: a visitor on three
    cameras is one visitor."""

    def __init__(self) -> None:
        self._open: dict[EventId, tuple[Event, WallUs]] = {}

    def told(self, event: Event, at_us: WallUs) -> None:
        """It was told, or told again, at that time."""
        if event.end_us is None:
            self._open[event.id] = event, at_us

    def follow(self, change: Change) -> None:
        """Something became of an event: one that is over is not reminded of."""
        known = self._open.get(change.event.id)
        if known is None:
            return
        if change.kind is ChangeKind.CLOSED:
            del self._open[change.event.id]
        else:
            self._open[change.event.id] = change.event, known[1]

    def due(self, now_us: WallUs, every_s: Callable[[Event], float]) -> tuple[tuple[Event, ...], ...]:
        """Return what is to be told again now, those of a label together, the longest first; each is due again only after its
        own time. `every_s` is 0 for never. A clock that was set back starts the wait anew."""
        found: dict[str, list[Event]] = {}
        for key, (event, told_us) in list(self._open.items()):
            wait_s = every_s(event)
            if now_us < told_us:
                self._open[key] = event, now_us
            elif wait_s > 0 and event.end_us is None and now_us - told_us >= wait_s * US_PER_S:
                found.setdefault(event.label, []).append(event)
        for label in found:
            together = [event for event, _told_us in self._open.values() if event.label == label and event.end_us is None]
            found[label] = sorted((event for event in together if every_s(event) > 0), key=lambda event: event.start_us)
            for event in together:
                self._open[event.id] = event, now_us
        return tuple(tuple(events) for events in found.values())
