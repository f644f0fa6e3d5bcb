"""The push desk: which browsers and phones are notified, with what key, and of what their people may know."""

from __future__ import annotations

import asyncio
import functools
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import Connection

from hearthwatch.alerts import push_device
from hearthwatch.alerts.alert import Alert, DeliveryState
from hearthwatch.alerts.of_house import is_alert_of_house
from hearthwatch.alerts.options import PushOptions
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.push import PushChannel
from hearthwatch.alerts.push_address import endpoint_fault
from hearthwatch.alerts.push_device import MOST_A_PERSON, PushDevice, TooMany
from hearthwatch.alerts.push_line import Gone, PushLine, new_key
from hearthwatch.alerts.push_message import Handling, test_message
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.event import EventId
from hearthwatch.frames.geometry import Box
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.logs import hide
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.config import Config
from hearthwatch.run.thumbnail import thumbnail
from hearthwatch.web import accounts
from hearthwatch.web.accounts import User
from hearthwatch.web.push_doors import PushDeviceNow

Offer = Callable[[tuple[PushChannel, ...]], Awaitable[None]]

KEY = "alerts.push.key"
_KEPT_PICTURES = 8
_TEST = Handling(urgency="high", ttl_s=300, topic="hearthwatch-test")
_SWITCHED_OFF = "notifications are switched off: set `enabled = true` in section [alerts.push] of the configuration"


class PushDesk:
    """Implements PushDoor and PushKeeper; used on the house's loop. `load` first."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        offer: Offer,
        outbox: Outbox,
        config: Callable[[], Config],
        db: Db,
        clock: Clock,
        forget: Callable[[Callable[[Outage], bool]], None],
        ids: Callable[[], str],
        small: Callable[[bytes, Box | None, int], Awaitable[bytes]] = thumbnail,
    ) -> None:
        """`offer` gives the house its channels, all of them each time; `forget` lets go of outages that concern nobody."""
        self._secrets = secrets
        self._offer = offer
        self._outbox = outbox
        self._config = config
        self._db = db
        self._clock = clock
        self._forget = forget
        self._ids = ids
        self._thumbnail = small
        self._line: PushLine | None = None
        self._users: dict[int, User] = {}
        self._using: dict[str, PushChannel] = {}
        self._pictures: OrderedDict[tuple[str, int], asyncio.Task[bytes]] = OrderedDict()
        self._changed = asyncio.Event()
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Take up whose devices are notified. Raises StorageFailed."""
        await self.renew()

    async def run(self) -> None:
        """Let go of devices that are gone, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.renew()

    async def renew(self) -> None:
        """Notify exactly the devices that are kept, as the configuration says."""
        async with self._lock:
            found, users = await self._db.run(_read)
            self._users = {user.id: user for user in users}
            for device in found:
                hide(device.endpoint)
            options = self._config().alerts.push
            line = await self._line_for(options) if options.enabled and found else None
            before, self._using = self._using, {}
            for device in found if line else ():
                assert line is not None
                old = before.get(device.id)
                same = old is not None and old.line is line and _keys(old.device) == _keys(device)
                self._using[device.id] = old if old is not None and same else PushChannel(device, line, self)
            await self._offer(tuple(self._using.values()))
            for gone in before.keys() - {device.id for device in found}:
                name = before[gone].name
                await self._outbox.settle(self._outbox.waiting(name), DeliveryState.DEAD, "the device was removed")
                self._forget(functools.partial(_is_of, name))

    async def _line_for(self, options: PushOptions) -> PushLine:
        key = await asyncio.to_thread(self._key)
        if self._line is None or self._line.key != key or self._line.options != options:
            self._line = await asyncio.to_thread(PushLine, key, options, self._clock)
        return self._line

    def _key(self) -> str:
        """Return the house's key, made the first time that somebody asks."""
        kept = self._secrets.get(KEY)
        if kept is not None:
            return kept.reveal()
        made = new_key()
        self._secrets.set(KEY, made)
        return made

    async def key(self) -> str:
        """See PushDoor."""
        options = self._config().alerts.push
        if not options.enabled:
            raise Unsupported(_SWITCHED_OFF)
        async with self._lock:
            return (await self._line_for(options)).public_key

    async def devices(self) -> Sequence[PushDeviceNow]:
        """See PushDoor."""
        found, users = await self._db.run(_read)
        names = {user.id: user.name for user in users}
        return tuple(_now(device, names.get(device.user_id, "")) for device in found)

    async def add(self, user: User, name: str, endpoint: str, p256dh: bytes, auth: bytes) -> PushDeviceNow:
        """See PushDoor."""
        options = self._config().alerts.push
        if not options.enabled:
            raise Unsupported(_SWITCHED_OFF)
        fault = endpoint_fault(endpoint, options.services)
        if fault:
            raise Unsupported(f"the push service of this browser cannot be used: {fault}")
        device = PushDevice(
            id=self._ids(),
            user_id=user.id,
            name=name,
            endpoint=endpoint,
            p256dh=p256dh,
            auth=auth,
            added_us=self._clock.wall_us(),
        )
        try:
            kept = await self._db.run(lambda connection: push_device.add(connection, device))
        except TooMany:
            raise Unsupported(f"you have {MOST_A_PERSON} devices that are notified: remove one first") from None
        await self.renew()
        return _now(kept, user.name)

    async def remove(self, device_id: str) -> None:
        """See PushDoor."""
        await self._db.run(lambda connection: push_device.remove(connection, device_id))
        await self.renew()

    async def test(self, device_id: str) -> None:
        """See PushDoor."""
        channel = self._using.get(device_id)
        if channel is None:
            raise Unsupported(_SWITCHED_OFF)
        said = test_message(self._config().home.name or "Hearthwatch", self._clock.wall_us() // 1000)
        try:
            await channel.line.post(channel.device, said, _TEST)
        except Gone:
            await self.is_gone(channel.device)
            raise
        await self.was_sent(channel.device)

    def may_see(self, device: PushDevice, alert: Alert) -> bool:
        """See PushKeeper."""
        user = self._users.get(device.user_id)
        return user is not None and is_told(user, alert)

    def person(self, device: PushDevice) -> str:
        """See PushKeeper."""
        user = self._users.get(device.user_id)
        return user.name if user else ""

    async def may_see_now(self, device: PushDevice, alert: Alert) -> bool:
        """See PushKeeper."""

        def read(connection: Connection) -> User | None:
            if push_device.find(connection, device.id) is None:
                return None
            return next((user for user in accounts.list_users(connection) if user.id == device.user_id), None)

        user = await self._db.run(read)
        if user is None:
            self._changed.set()
            return False
        self._users[user.id] = user
        return is_told(user, alert)

    async def smaller(self, alert: Alert, jpeg: bytes, max_bytes: int) -> bytes:
        """See PushKeeper; made once for all devices."""
        key = (alert.id, max_bytes)
        if key not in self._pictures:
            self._pictures[key] = asyncio.create_task(self._make(alert, jpeg, max_bytes), name="small picture")
            while len(self._pictures) > _KEPT_PICTURES:
                self._pictures.popitem(last=False)
        return await asyncio.shield(self._pictures[key])

    async def _make(self, alert: Alert, jpeg: bytes, max_bytes: int) -> bytes:
        event = await self._db.run(lambda connection: event_ledger.find(connection, EventId(alert.event)))
        return await self._thumbnail(jpeg, event.box if event else None, max_bytes)

    async def was_sent(self, device: PushDevice) -> None:
        """See PushKeeper."""
        now_us = self._clock.wall_us()
        await self._db.run(lambda connection: push_device.sent(connection, device.id, now_us))

    async def is_gone(self, device: PushDevice) -> None:
        """See PushKeeper. The channel itself asks: it is let go of by `run`, after its answer."""
        await self._db.run(lambda connection: push_device.remove(connection, device.id))
        self._changed.set()

    async def close(self) -> None:
        """End what is being made."""
        for task in self._pictures.values():
            task.cancel()
            await asyncio.wait({task})


def is_told(user: User, alert: Alert) -> bool:
    """Tell whether a person is told of an alert: the one place where it is decided. Whoever sees only some cameras is told of
    those, and of what is of the house alone and names no camera."""
    return user.cameras is None or alert.camera in user.cameras or is_alert_of_house(alert)


def _is_of(channel: str, outage: Outage) -> bool:
    return outage.fault is Fault.CHANNEL_DEAD and outage.subject == channel


def _keys(device: PushDevice) -> tuple[object, ...]:
    return device.user_id, device.endpoint, device.p256dh, device.auth


def _read(connection: Connection) -> tuple[tuple[PushDevice, ...], tuple[User, ...]]:
    return push_device.devices(connection), accounts.list_users(connection)


def _now(device: PushDevice, user: str) -> PushDeviceNow:
    return PushDeviceNow(
        id=device.id,
        user_id=device.user_id,
        user=user,
        name=device.name,
        mark=device.mark,
        added_us=device.added_us,
        sent_us=device.sent_us,
    )
