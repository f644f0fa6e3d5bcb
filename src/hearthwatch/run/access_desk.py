"""The access desk: tells the owner of log-ins from new places, and notes in the trail how the house was armed by other ways."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing

from hearthwatch.alerts.access_alerts import new_place
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.arming.arming import ArmState
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.ids import Ulids
from hearthwatch.web.auth import BY, Arrival
from hearthwatch.web.changes import Changes
from hearthwatch.web.trail import Trail, Via

_EVERY_S = 60.0
_PAGE = "page"


class AccessDesk:
    """`name_of` returns the reverse name of an address as far as it is known, from memory."""

    def __init__(self, outbox: Outbox, db: Db, clock: Clock, changes: Changes, name_of: Callable[[str], str]) -> None:
        self._outbox = outbox
        self._trail = Trail(db, clock)
        self._clock = clock
        self._changes = changes
        self._name_of = name_of
        self._ids = Ulids(clock)

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("trail of arming", self.follow),)

    async def arrived(self, arrival: Arrival) -> None:
        """Tell of a log-in from a place that is new. Raises StorageFailed."""
        place = arrival.place
        alert = new_place(
            id_=self._ids(),
            who=arrival.user.name,
            at_home=arrival.at_home,
            address=place.address,
            name=self._name_of(place.address),
            browser=place.browser,
            by=BY[arrival.factor],
            let_in=arrival.let_in,
            now_us=self._clock.wall_us(),
        )
        await self._outbox.record(None, alert)

    async def follow(self) -> None:
        """Note whatever arms and disarms the house but the page, whose requests the gate notes, until cancelled."""
        last = ""
        async with aclosing(self._changes.follow(_EVERY_S)) as batches:
            async for batch in batches:
                for change in batch.changes:
                    if not isinstance(change, ArmState) or change.mode == last:
                        continue
                    last = change.mode
                    if change.via != _PAGE:
                        who, via = change.who or change.cause, change.via or Via.HOUSE
                        await self._trail.note("armed", who=who, via=via, subject=f"{change.mode}, by {change.cause}")
