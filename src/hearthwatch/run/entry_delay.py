"""The entry delay: an alert waits for whoever came home to disarm. What waits is kept, and told after a restart, too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from hearthwatch.alerts import entry_waits
from hearthwatch.alerts.alert import Alert, Part
from hearthwatch.alerts.entry_waits import EntryWait
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import OF_THE_CAMERA
from hearthwatch.alerts.wording import span
from hearthwatch.arming.arming import ArmState, Mode
from hearthwatch.events import ledger
from hearthwatch.events.event import Change, ChangeKind, Event
from hearthwatch.events.ledger import EventFiles
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_PATIENCE_S = 0.5
_ASK_EVERY_S = 10.0
_ACT_US = 60 * US_PER_S

Judge = Callable[[Change, Mode], Alert | None]


class EntryDelay:
    """Used on the house's loop: `load`, then `run`."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        outbox: Outbox,
        files: EventFiles,
        *,
        delay_s: Callable[[], float],
        state: Callable[[], ArmState],
        ask_phones: Callable[[], None],
    ) -> None:
        """`ask_phones` has every phone asked now whether it is here. `judge`, `want_clip` and `act`, which switches sirens
        and lights, are set before it runs: they wait with the alert."""
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._files = files
        self._delay_s = delay_s
        self._state = state
        self._ask_phones = ask_phones
        self._waits: dict[str, EntryWait] = {}
        self._events: dict[str, Event] = {}
        self._asked_ns: MonoNs | None = None
        self.judge: Judge = _silence
        """What would be told of an event in a mode."""
        self.want_clip: Callable[[Event], object] = lambda _event: None
        self.act: Callable[[Change], None] = lambda _change: None

    async def load(self) -> None:
        """Take up what a former house left waiting. Raises StorageFailed."""
        self._waits = {wait.event: wait for wait in await self._db.run(entry_waits.kept)}

    async def holds(self, event: Event) -> bool:
        """Take the alert about `event` into custody; False when it is to go out at once, also when it could not be kept."""
        delay_s = self._delay_s()
        if delay_s <= 0 or self._state().mode is not Mode.AWAY or event.kind in OF_THE_CAMERA:
            return False
        now_us = self._clock.wall_us()
        due_us = WallUs(now_us + round(delay_s * US_PER_S))
        wait = self._waits.get(event.id) or EntryWait(event=event.id, camera=event.camera, at_us=now_us, due_us=due_us)

        def save(connection: Connection) -> None:
            entry_waits.save(connection, wait)

        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._db.run(save)
        except (StorageFailed, TimeoutError):
            return False
        self._waits[event.id] = wait
        self._events[event.id] = event
        log.info("an event of %s waits %.0f s for somebody to disarm", event.camera, delay_s)
        return True

    async def run(self) -> None:
        """Tell what has waited long enough, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """Look once."""
        now_ns = self._clock.mono_ns()
        if self._waits and (self._asked_ns is None or now_ns - self._asked_ns >= _ASK_EVERY_S * NS_PER_S):
            self._asked_ns = now_ns
            self._ask_phones()
        for wait in tuple(self._waits.values()):
            if wait.is_due(self._clock.wall_us()) or self._was_disarmed(wait):
                await self._settle(wait)

    def _was_disarmed(self, wait: EntryWait) -> bool:
        state = self._state()
        return state.mode is not Mode.AWAY or state.since_us > wait.at_us

    async def _settle(self, wait: EntryWait) -> None:
        """Tell it, or not, and only then forget it: told twice is told once."""
        event = await self._find(wait)
        mode = self._state().mode
        if event is not None and not (mode is Mode.AWAY and self._was_disarmed(wait)):
            change = Change(kind=ChangeKind.OPENED, event=event, tell=True)
            alert = self.judge(change, mode)
            if alert is not None:
                if abs(self._clock.wall_us() - wait.due_us) < _ACT_US:  # a siren long after the visit helps nobody
                    self.act(change)
                await self._tell(event, alert, wait if mode is Mode.AWAY else None)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._db.run(lambda connection: entry_waits.drop(connection, wait.event))
        except (StorageFailed, TimeoutError):
            log.warning("an event that waited is told and cannot be noted as told: the disk does not take it")
        del self._waits[wait.event]
        self._events.pop(wait.event, None)

    async def _find(self, wait: EntryWait) -> Event | None:
        """Return the event as it is kept; where the disk does not say it, as it was when the wait began. Raises StorageFailed
        when that was in a former house."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._db.run(lambda connection: ledger.find(connection, wait.event))
        except (StorageFailed, TimeoutError) as error:
            if wait.event not in self._events:
                raise StorageFailed(StorageFault.SLOW, f"the event that waits cannot be read: {error}") from error
            return self._events[wait.event]

    async def _tell(self, event: Event, alert: Alert, wait: EntryWait | None) -> None:
        if wait is not None:
            waited = span((wait.due_us - wait.at_us) / US_PER_S)
            alert = replace(alert, text=f"{alert.text}\nWaited {waited} for somebody to disarm; nobody did.")
        await self._outbox.record(None, replace(alert, received_ns=MonoNs(0), decided_ns=MonoNs(0)))
        jpeg = await asyncio.to_thread(self._files.picture, event.id) if event.picture else None
        if jpeg is not None:
            await self._outbox.attach(event.id, Part.PICTURE, jpeg)
        if Part.CLIP in alert.parts:
            self.want_clip(event)


def _silence(_change: Change, _mode: Mode) -> Alert | None:
    return None
