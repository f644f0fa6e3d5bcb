"""The outbox: an event and the alerts it causes are committed together, then sent from memory.

Memory is what the couriers work from; `house.db` is the journal that survives. When the disk fails or takes longer than
half a second, the alert goes out at once, marked degraded, and is written down when the disk is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace

from sqlalchemy import Connection

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import Alert, AlertId, Delivery, DeliveryState, Part
from hearthwatch.alerts.journal import OWED_EVERY_S, PATIENCE_S, Batch, Journal, fault_of, look_away, recovered
from hearthwatch.alerts.routes import Routes
from hearthwatch.arming.arming import ArmChange, ArmState
from hearthwatch.events.event import Change, EventId
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health.outage import HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.pool import started_pool
from hearthwatch.kit.units import WallUs

log = logging.getLogger(__name__)

_MAX_KEYS = 5000
_MOST_WRITING = 32
_KEPT_ALERTS = 64
_KEPT = {Part.PICTURE: 16, Part.CLIP: 2, Part.ALBUM: 1}
_PICTURES = "pictures"


async def _never(_alert: Alert) -> bool:
    return False


class Outbox:
    """Used from one event loop. `load` first, then `record` and `attach`; the couriers do the rest."""

    def __init__(
        self,
        db: Db,
        files: EventFiles,
        clock: Clock,
        health: HealthSink,
        changed: Callable[[AlertId], None] = lambda _: None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`changed` hears of every alert that is new or whose deliveries came further, once that is written. No alert waits
        longer than `patience_s` for the disk."""
        self._patience_s = patience_s
        self._changed = changed
        self._db = db
        self._files = files
        self._clock = clock
        self._health = health
        self.routes = Routes()
        self.is_over: Callable[[Alert], Awaitable[bool]] = _never
        """Asked of a text that had to wait, before it is tried: what is over by then is left out, for its end is told."""
        self._waiting: dict[str, dict[int, Delivery]] = {}
        self._alerts: OrderedDict[AlertId, Alert] = OrderedDict()
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._owed: set[tuple[AlertId, str, Part]] = set()
        self._bytes: dict[Part, OrderedDict[str, bytes]] = {part: OrderedDict() for part in _KEPT}
        self._ours: set[AlertId] = set()
        self._flagged: set[int] = set()
        self._wakes: dict[str, dict[str, asyncio.Event]] = {}
        self._next_id = 1
        self._journal = Journal(db, clock, health, patience_s)
        # threads of its own: a disk that hangs must not take those that look up the addresses alerts are sent to
        self._writer = started_pool("pictures", 2)
        self._writing: set[asyncio.Future[None]] = set()

    async def load(self) -> None:
        """Take up what a former house left unsent. Raises StorageFailed."""

        def read(connection: Connection) -> tuple[int, tuple[Delivery, ...], tuple[ledger.Told, ...]]:
            alerts, deliveries = ledger.waiting(connection)
            return ledger.last_delivery_id(connection), deliveries, ledger.told(connection, [alert.id for alert in alerts])

        last_id, deliveries, told = await self._db.run(read)
        self._next_id = last_id + 1
        self._flagged |= {delivery.id for delivery in deliveries if delivery.maybe_sent}
        self._put((), deliveries)
        self._take_up(told)

    @property
    def degraded(self) -> bool:
        """True while something is owed to the disk."""
        return self._journal.owes

    async def record(self, change: Change | None, alert: Alert | None) -> None:
        """Commit the event's new state and the alert with a text for every channel in one transaction; then send.

        Never raises for storage: see the module's promise."""
        batch = Batch()
        if change is not None:
            batch.events[change.event.id] = (change.event, alert is not None)
        await self._record(batch, alert)

    async def amend(self, alert: Alert, *, again: bool) -> Alert | None:
        """Record the alert; one that told of the same cause says from now on what this one says. Channels that can change what
        they sent do so; with `again` the others send it once more. Returns what it said before, None when it was new."""
        try:
            async with asyncio.timeout(self._patience_s):
                told = await self._db.run(lambda connection: ledger.told_under(connection, alert.dedupe_key))
        except (StorageFailed, TimeoutError):
            told = None
        if told is None:
            await self.record(None, alert)
            return None
        before = self._alerts.get(told.alert.id, told.alert)
        later = replace(before, severity=alert.severity, title=alert.title, text=alert.text, offers=alert.offers)
        if later == before and not again:
            return before
        self._remember(later)
        batch = Batch(amended={later.id: later})
        for delivery in told.deliveries:
            is_wanted = again or self.routes.can_amend(delivery.channel, later.id)
            if is_wanted and delivery.state is DeliveryState.SENT and delivery.part is Part.TEXT:
                self._flagged.discard(delivery.id)
                batch.deliveries[delivery.id] = replace(
                    delivery, state=DeliveryState.WAITING, tries=0, next_us=self._clock.wall_us(), maybe_sent=False
                )
        await self._journal.write(batch)
        self._put((later,), batch.deliveries.values())
        self._changed(later.id)
        return before

    async def record_arming(self, state: ArmState, change: ArmChange | None, alert: Alert | None) -> bool:
        """Commit how the house is armed from now on, the line of the ledger and the announcement in one transaction; then send.
        Returns False when the disk did not take it yet."""
        batch = Batch(arming=state)
        if change is not None:
            batch.arm_changes[state.number] = change
        return await self._record(batch, alert)

    async def _record(self, batch: Batch, alert: Alert | None) -> bool:
        fresh: list[Delivery] = []
        if alert is not None and alert.dedupe_key not in self._keys:
            self._keep_key(alert.dedupe_key)
            fresh = [self._delivery(alert, name, Part.TEXT) for name in self.routes.for_text(alert)]
            batch.alerts[alert.id] = alert
            for delivery in fresh:
                # An idle channel sends at once: the row already says that it may have been sent, which saves a commit.
                at_once = not self._waiting.get(delivery.channel)
                batch.deliveries[delivery.id] = replace(delivery, maybe_sent=at_once)
        if not batch:
            return True
        repeated = await self._journal.write(batch)
        stored = repeated is not None
        if alert is None or alert.id not in batch.alerts or (repeated and alert.id in repeated):
            return stored
        if not stored:
            alert = replace(alert, degraded=True)
            self._journal.amend(alert)
        self._ours.add(alert.id)
        self._flagged |= {one.id for one in fresh if batch.deliveries[one.id].maybe_sent}
        self._put((alert,), fresh)
        self._changed(alert.id)
        return stored

    async def attach(self, event: EventId, part: Part, data: bytes) -> None:
        """Keep the event's picture, album or clip, and send it by every channel that told of the event and may carry it.

        A better picture later replaces the kept one and is not sent again.
        """
        assert part is not Part.TEXT
        memory = self._bytes[part]
        memory[event] = data
        memory.move_to_end(event)
        while len(memory) > _KEPT[part]:
            memory.popitem(last=False)
        batch = Batch()
        if await self._write_file(event, part, data) and part is Part.PICTURE:
            batch.pictures.add(event)
        fresh: list[Delivery] = []
        for alert in (told := await self.about(event)):
            for name in self.routes.for_part(alert, part):
                key = (alert.id, name, part)
                if (alert.id, name, Part.TEXT) in self._owed and key not in self._owed:
                    self._owed.add(key)
                    fresh.append(self._delivery(alert, name, part))
        batch.deliveries |= {delivery.id: delivery for delivery in fresh}
        if batch:
            await self._journal.write(batch)
        self._put(told, fresh)

    async def about(self, event: EventId) -> list[Alert]:
        """Return the alerts about an event, those told before a restart too."""
        found = [alert for alert in self._alerts.values() if alert.event == event]
        if found:
            return found
        try:
            async with asyncio.timeout(self._patience_s):
                told = await self._db.run(lambda connection: ledger.told_of(connection, event))
        except (StorageFailed, TimeoutError):
            return []
        self._take_up(told)
        return [one.alert for one in told]

    def _take_up(self, told: Iterable[ledger.Told]) -> None:
        for one in told:
            self._remember(one.alert)
            self._owed |= {(delivery.alert, delivery.channel, delivery.part) for delivery in one.deliveries}

    async def _write_file(self, event: EventId, part: Part, data: bytes) -> bool:
        write: Callable[[EventId, bytes], None] = getattr(self._files, f"write_{part.value}")
        if len(self._writing) >= _MOST_WRITING:
            log.warning("the disk takes no pictures: that of an event is not kept")
            return False
        task = asyncio.get_running_loop().run_in_executor(self._writer, write, event, data)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        try:
            async with asyncio.timeout(self._patience_s):
                await asyncio.shield(task)
        except TimeoutError:
            task.add_done_callback(look_away)
            return True
        except StorageFailed as error:
            self._health.failed(fault_of(error), _PICTURES, str(error))
            return False
        recovered(self._health, _PICTURES)
        return True

    def wake(self, channel: str, lane: str) -> asyncio.Event:
        """Return a new event that is set whenever something comes in for `channel`; it replaces the lane's earlier one."""
        event = asyncio.Event()
        self._wakes.setdefault(channel, {})[lane] = event
        return event

    def nudge(self, channel: str) -> None:
        """Let both lanes of `channel` look again."""
        for wake in self._wakes.get(channel, {}).values():
            wake.set()

    def waiting(self, channel: str) -> tuple[Delivery, ...]:
        """Return what waits for `channel`, oldest first."""
        return tuple(self._waiting.get(channel, {}).values())

    def alert(self, delivery: Delivery) -> Alert:
        """Return the alert of a waiting delivery."""
        return self._alerts[delivery.alert]

    async def find(self, alert: AlertId) -> Alert | None:
        """Return an alert, be it not written down yet. Raises StorageFailed."""
        return self._alerts.get(alert) or await self._db.run(lambda connection: ledger.find_alert(connection, alert))

    async def attachment(self, delivery: Delivery) -> bytes | None:
        """Return what the delivery carries beside its text; None when it carries nothing or it is gone."""
        if delivery.part is Part.TEXT:
            return None
        event = EventId(self._alerts[delivery.alert].event)
        held = self._bytes[delivery.part].get(event)
        if held is not None:
            return held
        read: Callable[[EventId], bytes | None] = getattr(self._files, delivery.part.value)
        try:
            return await asyncio.to_thread(read, event)
        except StorageFailed as error:
            log.warning("%s", error)
            return None

    async def begin(self, deliveries: Iterable[Delivery]) -> None:
        """Note that these are about to be sent, so that after a crash they count as maybe sent."""
        batch = Batch()
        for delivery in deliveries:
            if delivery.id not in self._flagged:
                self._flagged.add(delivery.id)
                batch.deliveries[delivery.id] = replace(delivery, maybe_sent=True)
        if batch:
            await self._journal.write(batch)

    async def settle(self, deliveries: Iterable[Delivery], state: DeliveryState, error: str = "") -> None:
        """These are done with, one way or the other."""
        batch = Batch()
        for delivery in deliveries:
            accepted_ms = self._accepted_ms(delivery) if state is DeliveryState.SENT else None
            done = replace(
                delivery, state=state, tries=delivery.tries + 1, last_error=error, accepted_ms=accepted_ms, maybe_sent=False
            )
            batch.deliveries[delivery.id] = done
            self._waiting.get(delivery.channel, {}).pop(delivery.id, None)
            self._flagged.discard(delivery.id)
        await self._journal.write(batch)
        self._tell(batch)

    async def fold(self, dedupe_key: str) -> None:
        """Leave out what still waits of the alert with that key, because a later one tells all of it. A try that is under way
        may still arrive; it is not repeated."""
        await self.settle(
            [
                delivery
                for waiting in self._waiting.values()
                for delivery in waiting.values()
                if self._alerts[delivery.alert].dedupe_key == dedupe_key
            ],
            DeliveryState.FOLDED,
            "told with how it ended",
        )

    async def retry(self, deliveries: Iterable[Delivery], error: str, wait_s: float, *, maybe_sent: bool) -> None:
        """Try these again in `wait_s`; `maybe_sent` when the failed try may have arrived."""
        batch = Batch()
        next_us = WallUs(self._clock.wall_us() + round(wait_s * 1_000_000))
        for delivery in deliveries:
            if delivery.id not in self._waiting.get(delivery.channel, {}):
                continue  # folded while it was tried
            again = replace(
                delivery,
                tries=delivery.tries + 1,
                next_us=next_us,
                last_error=error,
                maybe_sent=delivery.maybe_sent or maybe_sent,
            )
            batch.deliveries[delivery.id] = again
            self._waiting[delivery.channel][delivery.id] = again
            if not again.maybe_sent:
                self._flagged.discard(delivery.id)
        await self._journal.write(batch)
        self._tell(batch)

    async def pay(self) -> bool:
        """Write what is owed, if the time for another try has come; True when nothing is owed any more."""
        return await self._journal.pay()

    async def close(self) -> None:
        """Write what is owed, if the disk takes it now; nothing comes after this."""
        self._journal.hurry()
        await self.pay()
        self._writer.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> None:
        """Keep paying what is owed; ends by cancellation."""
        while True:
            await asyncio.sleep(OWED_EVERY_S)
            await self.pay()

    def _tell(self, batch: Batch) -> None:
        for alert in {delivery.alert for delivery in batch.deliveries.values()}:
            self._changed(alert)

    def _delivery(self, alert: Alert, channel: str, part: Part) -> Delivery:
        number, self._next_id = self._next_id, self._next_id + 1
        timed = alert.received_ns and alert.decided_ns
        return Delivery(
            id=number,
            alert=alert.id,
            channel=channel,
            part=part,
            state=DeliveryState.WAITING,
            tries=0,
            next_us=alert.at_us,
            last_error="",
            decided_ms=(alert.decided_ns - alert.received_ns) / 1e6 if timed else None,
            accepted_ms=None,
        )

    def _accepted_ms(self, delivery: Delivery) -> float | None:
        alert = self._alerts.get(delivery.alert)
        if alert is None:  # folded while it was sent, and long ago
            return None
        if alert.id in self._ours and alert.decided_ns:
            return (self._clock.mono_ns() - alert.decided_ns) / 1e6
        return max(0.0, (self._clock.wall_us() - alert.at_us) / 1e3)

    def _put(self, alerts: Iterable[Alert], fresh: Collection[Delivery]) -> None:
        """From now on these wait, and as long as they do their alerts are at hand."""
        for delivery in fresh:
            self._waiting.setdefault(delivery.channel, {})[delivery.id] = delivery
            self.nudge(delivery.channel)
        for alert in alerts:
            self._remember(alert)
        self._owed |= {(one.alert, one.channel, part) for one in fresh for part in (Part.TEXT, one.part)}

    def _keep_key(self, key: str) -> None:
        self._keys[key] = None
        while len(self._keys) > _MAX_KEYS:
            self._keys.popitem(last=False)

    def _remember(self, alert: Alert) -> None:
        self._alerts[alert.id] = alert
        self._keep_key(alert.dedupe_key)
        if len(self._alerts) <= _KEPT_ALERTS * 2:
            return
        needed = {delivery.alert for waiting in self._waiting.values() for delivery in waiting.values()}
        for old in list(self._alerts)[:-_KEPT_ALERTS]:
            if old not in needed:
                del self._alerts[old]
                self._ours.discard(old)
        self._owed = {key for key in self._owed if key[0] in self._alerts}
