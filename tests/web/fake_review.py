"""Going through a fake house's events, in memory; what the database does is tests/events/test_search.py's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from hearthwatch.detect.detection import LabelOptions
from hearthwatch.events.event import Event, EventId
from hearthwatch.events.suggestion import Filters, Suggestion, suggest
from hearthwatch.events.wanted import Place, Wanted, words_of


class FakeReview:
    """Implements ReviewDoor over a list that is changed in place."""

    def __init__(self, events: Callable[[], list[Event]]) -> None:
        self._now = events
        self.accepted: list[tuple[Suggestion, str]] = []

    @property
    def _events(self) -> list[Event]:
        return self._now()

    def _wanted(self, wanted: Wanted) -> list[Event]:
        return [event for event in sorted(self._events, key=_order, reverse=True) if _fits(event, wanted)]

    def page(self, wanted: Wanted, *, after: Place | None, limit: int) -> Sequence[Event]:
        """See ReviewDoor."""
        found = self._wanted(wanted)
        return [event for event in found if after is None or _order(event) < (after.start_us, after.id)][:limit]

    def unseen(self, wanted: Wanted) -> int:
        """See ReviewDoor."""
        return sum(not event.reviewed for event in self._wanted(wanted))

    def zones(self) -> Sequence[str]:
        """See ReviewDoor."""
        return sorted({zone for event in self._events for zone in event.zones})

    async def set_reviewed(self, events: Collection[EventId], *, reviewed: bool) -> int:
        """See ReviewDoor."""
        return self._change([event.id for event in self._events if event.id in events and event.reviewed != reviewed], reviewed)

    async def review_down_to(self, wanted: Wanted, last: Place | None, *, first: Place | None) -> int:
        """See ReviewDoor."""
        top = (first.start_us, first.id) if first else None
        bottom = (last.start_us, last.id) if last else None
        some = [
            event.id
            for event in self._wanted(wanted)
            if not event.reviewed and (bottom is None or _order(event) >= bottom) and (top is None or _order(event) <= top)
        ]
        return self._change(some, True)

    async def set_note(self, event: EventId, note: str) -> None:
        """See ReviewDoor."""
        self._events[:] = [replace(one, note=note) if one.id == event else one for one in self._events]

    def suggestions(self, event: Event) -> Sequence[Suggestion]:
        """See ReviewDoor."""
        if not event.false_alarm:
            return ()
        same = [one for one in self._wanted(Wanted()) if (one.camera, one.label) == (event.camera, event.label)]
        false_alarms = [one for one in same if one.false_alarm]
        others = [one for one in same if not one.false_alarm]
        return suggest(false_alarms, others, Filters(label=LabelOptions()))

    async def accept(self, wanted: Suggestion, *, who: str) -> None:
        """See ReviewDoor."""
        self.accepted.append((wanted, who))

    def _change(self, some: Collection[EventId], reviewed: bool) -> int:
        self._events[:] = [replace(one, reviewed=reviewed) if one.id in some else one for one in self._events]
        return len(some)


def _order(event: Event) -> tuple[int, str]:
    return event.start_us, event.id


def _fits(event: Event, wanted: Wanted) -> bool:
    words = words_of(event.kind, event.label, *event.zones, event.detail, event.note)
    return (
        (wanted.cameras is None or event.camera in wanted.cameras)
        and (wanted.label is None or event.label == wanted.label)
        and (wanted.kind is None or event.kind is wanted.kind)
        and (wanted.zone is None or wanted.zone in event.zones)
        and (wanted.since_us is None or event.start_us >= wanted.since_us)
        and (wanted.until_us is None or event.start_us < wanted.until_us)
        and (wanted.reviewed is None or event.reviewed is wanted.reviewed)
        and (wanted.false_alarm is None or event.false_alarm is wanted.false_alarm)
        and all(word.text in words or event.camera in word.cameras for word in wanted.words)
    )
