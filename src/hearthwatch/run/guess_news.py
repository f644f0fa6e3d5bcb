"""Wrong passwords, told: one alert an attack, whose count is brought up to date as it goes on, over crashes too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from sqlalchemy import Connection

from hearthwatch.alerts import login_alerts
from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.login_alerts import Setting
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.logins import ledger
from hearthwatch.logins.guessing import GUESSES, HOLD_NS, Guessing, begun
from hearthwatch.logins.login import Login, LoginId, Story

_BOOK = "guesses"

Amend = Callable[[Alert, bool], Awaitable[Alert | None]]
"""Record an alert or bring the one of the same key up to date; True has it sent once more where it cannot be changed. Returns
what it said before, None when it was new."""


class GuessNews:
    """Used on the house's loop, by one caller at a time. Which attack a guess belongs to is read from the ledger and kept there
    with what was told, so that a house that dies on the way goes on with the same alert."""

    def __init__(
        self,
        *,
        db: Db,
        clock: Clock,
        amend: Amend,
        ids: Callable[[], str],
        setting: Callable[[CameraId, Sequence[Login]], Awaitable[Setting]],
    ) -> None:
        self._db = db
        self._clock = clock
        self._amend = amend
        self._ids = ids
        self._setting = setting
        self._held: dict[CameraId, MonoNs] = {}
        self._amend_ns: dict[CameraId, MonoNs] = {}

    async def tell(self, camera: CameraId, rows: Sequence[Login], *, is_told: bool) -> MonoNs | None:
        """Tell of `rows`, all guesses nobody was told of, if it is time; `is_told`: with what he did next they were told just
        now. Returns when to call again, None when that is not needed. Raises StorageFailed."""
        guessing = await self._db.run(lambda connection: _kept(connection, camera))
        now_ns, now_us = self._clock.mono_ns(), self._clock.wall_us()
        is_open = guessing is not None and guessing.is_open(now_us)
        if rows and guessing is not None and is_open:
            due_ns = self._amend_ns.get(camera, now_ns)
            if now_ns < due_ns and not is_told:
                return due_ns
        elif rows:
            held_ns = self._held.setdefault(camera, now_ns)
            if now_ns < held_ns + HOLD_NS and not is_told:
                return MonoNs(held_ns + HOLD_NS)
            guessing = begun(guessing, LoginId(min(row.id for row in rows)), now_us)
        self._held.pop(camera, None)
        if guessing is None or not guessing.is_open(now_us):
            return None
        return await self._go_on(camera, guessing, rows, now_us, now_ns, is_told=is_told and not is_open)

    async def _go_on(
        self, camera: CameraId, guessing: Guessing, rows: Sequence[Login], now_us: WallUs, now_ns: MonoNs, *, is_told: bool
    ) -> MonoNs | None:
        times, stories = await self._db.run(lambda connection: ledger.stories(connection, camera, GUESSES, guessing.first))
        is_late = now_us >= guessing.again_us and not guessing.is_told_again
        again = is_late and times > guessing.sent
        if is_told:
            guessing = msgspec.structs.replace(guessing, sent=times)
        elif rows or again:
            is_new = await self._say(camera, guessing, stories, times, again=again)
            if is_new or again:
                guessing = msgspec.structs.replace(guessing, sent=times)
            self._amend_ns[camera] = guessing.amend_ns(now_us, now_ns)
        if is_late:
            guessing = msgspec.structs.replace(guessing, is_told_again=True)
        if rows or is_late:
            await self._db.run(lambda connection: _keep(connection, camera, guessing, rows))
        return None if guessing.is_told_again else MonoNs(now_ns + 1000 * (guessing.again_us - now_us))

    async def _say(self, camera: CameraId, guessing: Guessing, stories: Sequence[Story], times: int, *, again: bool) -> bool:
        setting = await self._setting(camera, [story.head for story in stories])
        now_us = self._clock.wall_us()
        alert = login_alerts.guessed(self._ids(), stories, times, guessing.first, setting, now_us=now_us)
        return await self._amend(alert, again) is None


def _kept(connection: Connection, camera: CameraId) -> Guessing | None:
    said = ledger.state(connection, camera, _BOOK)
    return msgspec.json.decode(said, type=Guessing) if said else None


def _keep(connection: Connection, camera: CameraId, guessing: Guessing, rows: Sequence[Login]) -> None:
    ledger.set_told(connection, [row.id for row in rows])
    ledger.set_state(connection, camera, _BOOK, msgspec.json.encode(guessing).decode())
