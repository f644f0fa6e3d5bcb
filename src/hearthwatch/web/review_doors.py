"""The door through which a person goes through the events: finding, marking, noting, and teaching the filters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from hearthwatch.events.event import Event, EventId
from hearthwatch.events.suggestion import Suggestion
from hearthwatch.events.wanted import Place, Wanted


class ReviewDoor(Protocol):
    def page(self, wanted: Wanted, *, after: Place | None, limit: int) -> Sequence[Event]:
        """Return what is wanted, newest first, behind `after`."""
        ...

    def unseen(self, wanted: Wanted) -> int:
        """Return how many of what is wanted nobody has looked at, counted up to a thousand."""
        ...

    def zones(self) -> Sequence[str]:
        """Return the zones there are events in."""
        ...

    async def set_reviewed(self, events: Collection[EventId], *, reviewed: bool) -> int:
        """Note that a person has seen these, or wants to see them again; return how many changed. Raises StorageFailed."""
        ...

    async def review_down_to(self, wanted: Wanted, last: Place | None, *, first: Place | None) -> int:
        """Note that a person has seen all that is wanted from `first` down to `last`, or the oldest. Raises StorageFailed."""
        ...

    async def set_note(self, event: EventId, note: str) -> None:
        """Keep what a person wrote of the event. Raises StorageFailed."""
        ...

    def suggestions(self, event: Event) -> Sequence[Suggestion]:
        """Return what would keep false alarms like this one away, best first."""
        ...

    async def accept(self, wanted: Suggestion, *, who: str) -> None:
        """Write it into the configuration, where it counts within seconds. Raises ConfigFault, StorageFailed."""
        ...
