"""The access desk: tells the owner of log-ins from new places, and notes in the trail what came another way: how the
house was armed, who logged in to a camera itself, and what changed in its settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing

from hearthwatch.alerts.access_alerts import new_place
from hearthwatch.alerts.copy_alerts import COPY
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.wording import one_line
from hearthwatch.arming.arming import ArmState
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.units import CameraId
from hearthwatch.logins.login import Login, Verdict
from hearthwatch.web.auth import BY, Arrival
from hearthwatch.web.changes import Changes
from hearthwatch.web.doors import AlertNow
from hearthwatch.web.trail import Trail, Via

_EVERY_S = 60.0
_PAGE = "page"
_NO_NEWS = frozenset({Verdict.OWN, Verdict.NOTED})
_GUESSES = frozenset({Verdict.FAILED, Verdict.LOCKED})
_GUESSES_S = 60
_TOLD_AGAIN_S = 3600
"""An alert is heard of again with every part of it that arrives."""


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
        """Note whatever arms and disarms the house but the page, whose requests the gate notes, and what happens at the
        cameras' own doors, until cancelled."""
        last = ""
        async with aclosing(self._changes.follow(_EVERY_S)) as batches:
            async for batch in batches:
                for change in batch.changes:
                    if isinstance(change, Login):
                        await self._at_camera(change)
                    elif isinstance(change, AlertNow) and change.alert.dedupe_key.startswith(COPY):
                        told = change.alert
                        await self._note("camera-settings-changed", told.camera, one_line(told.title), _TOLD_AGAIN_S)
                    if not isinstance(change, ArmState) or change.mode == last:
                        continue
                    last = change.mode
                    if change.via != _PAGE:
                        who, via = change.who or change.cause, change.via or Via.HOUSE
                        await self._trail.note("armed", who=who, via=via, subject=f"{change.mode}, by {change.cause}")

    async def _at_camera(self, login: Login) -> None:
        """What a camera says is no name of somebody here, so it stands in the subject; who guesses fills no trail."""
        if login.verdict in _NO_NEWS:
            return
        user = "" if login.verdict in _GUESSES else login.user
        said = " ".join(filter(None, (login.verdict.value, user, f"from {login.address}" if login.address else "")))
        await self._note("camera-log-in", login.camera, one_line(said), _GUESSES_S)

    async def _note(self, deed: str, camera: CameraId | None, subject: str, once_in_s: int) -> None:
        await self._trail.note(deed, who="", via=Via.HOUSE, camera=camera, subject=subject, once_in_s=once_in_s)
