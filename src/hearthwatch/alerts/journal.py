"""The journal behind the outbox: every write is a batch that can be written again, so that a sick disk only delays it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import Alert, AlertId, Delivery
from hearthwatch.arming import ledger as arming
from hearthwatch.arming.arming import ArmChange, ArmState
from hearthwatch.events import ledger as events
from hearthwatch.events.event import Event, EventId
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import NS_PER_S, MonoNs

log = logging.getLogger(__name__)

PATIENCE_S = 0.5
OWED_EVERY_S = 5.0
_MAX_OWED = 5000
_SUBJECT = "house.db"


@dataclass(slots=True)
class Batch:
    """What is to be written; a later state of a row replaces the earlier one."""

    events: dict[EventId, tuple[Event, bool]] = field(default_factory=dict)
    """Each with whether it is told now."""
    pictures: set[EventId] = field(default_factory=set)
    alerts: dict[AlertId, Alert] = field(default_factory=dict)
    amended: dict[AlertId, Alert] = field(default_factory=dict)
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    arming: ArmState | None = None
    arm_changes: dict[int, ArmChange] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.events or self.pictures or self.alerts or self.amended or self.deliveries or self.arming)

    def add(self, later: Batch) -> None:
        """Take in what came later; the oldest is dropped where it becomes too much."""
        for event, (state, told) in later.events.items():
            before = self.events.get(event)
            self.events[event] = (state, told or (before is not None and before[1]))
        self.pictures |= later.pictures
        self.alerts |= later.alerts
        self.amended |= later.amended
        self.deliveries |= later.deliveries
        self.arming = later.arming or self.arming
        self.arm_changes |= later.arm_changes
        self.events = dict(list(self.events.items())[-_MAX_OWED:])
        self.alerts = dict(list(self.alerts.items())[-_MAX_OWED:])
        self.amended = dict(list(self.amended.items())[-_MAX_OWED:])
        self.deliveries = dict(list(self.deliveries.items())[-_MAX_OWED * 4 :])
        self.arm_changes = dict(list(self.arm_changes.items())[-_MAX_OWED:])

    def save(self, connection: Connection) -> frozenset[AlertId]:
        """Write all; return the alerts whose cause was told before: they and their deliveries are left out."""
        if self.arming is not None:
            arming.save(connection, self.arming, self.arm_changes.values())
        for event, told in self.events.values():
            events.save(connection, event, told=told)
        for picture in self.pictures:
            events.set_picture(connection, picture)
        repeated = frozenset(
            alert.id for alert in self.alerts.values() if ledger.key_taken(connection, alert.dedupe_key, alert.id)
        )
        for alert in self.alerts.values():
            ledger.save_alert(connection, alert)
        for alert in self.amended.values():
            ledger.amend_alert(connection, alert)
        known = ledger.known(connection, {delivery.alert for delivery in self.deliveries.values()})
        ledger.save_deliveries(connection, (d for d in self.deliveries.values() if d.alert in known))
        return repeated


class Journal:
    """Writes batches in their order. What the disk refuses is owed, and tried again every 5 s; where it only takes longer than
    `patience_s`, nobody waits for it, and what comes meanwhile is owed."""

    def __init__(self, db: Db, clock: Clock, health: HealthSink, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._db = db
        self._clock = clock
        self._health = health
        self._owed = Batch()
        self._next_ns = MonoNs(0)
        self._paying = False
        self._late: asyncio.Future[frozenset[AlertId]] | None = None
        """A write nobody waits for any more."""

    @property
    def owes(self) -> bool:
        return self._paying or self._late is not None or bool(self._owed)

    async def write(self, batch: Batch) -> frozenset[AlertId] | None:
        """Write the batch after all that is owed; return the alerts left out as told before, None when it is owed itself."""
        if self._paying or self._late is not None:
            self._owed.add(batch)
            return None
        if not self._owed:
            return await self._try(batch)
        self._owed.add(batch)
        if self._clock.mono_ns() < self._next_ns:
            return None
        self._paying = True
        whole, self._owed = self._owed, Batch()
        try:
            return await self._try(whole)
        finally:
            self._paying = False

    def amend(self, alert: Alert) -> None:
        """Replace an alert that is owed."""
        self._owed.alerts[alert.id] = alert

    def hurry(self) -> None:
        """Try again at the next occasion, however lately it failed."""
        self._next_ns = MonoNs(0)

    async def pay(self) -> bool:
        """Write what is owed, if the time for another try has come; True when nothing is owed any more."""
        if self._late is not None:
            await asyncio.wait({self._late}, timeout=self._patience_s)
        if self._owed:
            await self.write(Batch())
        return not self.owes

    async def _try(self, batch: Batch) -> frozenset[AlertId] | None:
        task = asyncio.ensure_future(self._db.run(batch.save))
        try:
            async with asyncio.timeout(self._patience_s):
                repeated = await asyncio.shield(task)
        except TimeoutError:
            log.warning("the disk of house.db takes over %.1f s: alerts go out from memory", self._patience_s)
            self._late = task
            task.add_done_callback(partial(self._came_late, batch))
            return None
        except StorageFailed as error:
            self._refused(batch, error)
            return None
        if not self._owed:
            recovered(self._health, _SUBJECT)
        return repeated

    def _came_late(self, batch: Batch, task: asyncio.Future[frozenset[AlertId]]) -> None:
        """Owe only what was not written: all of it again would never be through where it is much or the disk always slow."""
        self._late = None
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StorageFailed):
            self._refused(batch, error)
        elif error is not None:
            log.error("house.db does not take what was to be written: %s", str(error).partition("\n")[0])
        else:
            self.hurry()
            if not self._owed:
                recovered(self._health, _SUBJECT)

    def _refused(self, batch: Batch, error: StorageFailed) -> None:
        batch.add(self._owed)
        self._owed = batch
        self._next_ns = MonoNs(self._clock.mono_ns() + round(OWED_EVERY_S * NS_PER_S))
        self._health.failed(fault_of(error), _SUBJECT, f"{error}. Alerts go out; they are written down when it is over.")


def fault_of(error: StorageFailed) -> Fault:
    """Return what is wrong with the disk."""
    return Fault.DISK_FULL if error.fault is StorageFault.NO_SPACE else Fault.DISK_BROKEN


def recovered(health: HealthSink, subject: str) -> None:
    """Say that `subject` could be written."""
    for fault in (Fault.DISK_FULL, Fault.DISK_BROKEN):
        health.recovered(fault, subject)


def look_away(task: asyncio.Future[Any]) -> None:
    """Take the result of a write nobody waits for any more."""
    if not task.cancelled():
        task.exception()
