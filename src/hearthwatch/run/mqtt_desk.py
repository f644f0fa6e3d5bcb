"""MQTT at work in the house: the link to the broker, what is shown there, what is asked for there, and alerts by it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from hearthwatch.alerts.mqtt import NAME, MqttLink
from hearthwatch.alerts.mqtt_channel import MqttChannel
from hearthwatch.alerts.mqtt_discovery import BIRTH, Code
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.alerts.options import MqttOptions
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.remote import HouseActions
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.presence.presence import Presence
from hearthwatch.run.channels import Channels
from hearthwatch.run.config import Config
from hearthwatch.run.mqtt_display import MqttDisplay
from hearthwatch.run.mqtt_orders import MqttOrders
from hearthwatch.web.changes import Changes
from hearthwatch.web.doors import CameraDoor

_END_S = 5.0
_BIRTH_S = 10.0
"""Home Assistant's start is heard once in so long; what the broker keeps serves those between."""


class MqttDesk:
    """On the house's loop: `load`, `renew` (after the channels'), then `tasks`. Nothing is loaded or sent without a host."""

    def __init__(
        self,
        secrets: Secrets,
        actions: HouseActions,
        *,
        config: Callable[[], Config],
        channels: Channels,
        outbox: Outbox,
        cameras: CameraDoor,
        presences: Callable[[], Sequence[Presence]],
        changes: Changes,
        db: Db,
        files: EventFiles,
        health: Board,
        clock: Clock,
        ids: Callable[[], str],
        trigger: Callable[[CameraId], bool],
    ) -> None:
        """`trigger` has a camera take a burst of pictures; False where that is not switched on."""
        self._secrets = secrets
        self._channels = channels
        self._health = health
        self._clock = clock
        self._link: MqttLink | None = None
        self._options = MqttOptions()
        self._birth_ns: MonoNs | None = None
        self._key: tuple[object, ...] | None = None
        self._triggered: tuple[CameraId, ...] = ()
        self._changed = asyncio.Event()
        self._came_up = asyncio.Event()
        self._display = MqttDisplay(
            actions,
            config=config,
            cameras=cameras,
            presences=presences,
            changes=changes,
            db=db,
            files=files,
            clock=clock,
            said=self._said,
        )
        self._orders = MqttOrders(
            actions,
            clock=clock,
            ids=ids,
            tell=lambda alert: outbox.record(None, alert),
            show_picture=self._display.show_picture,
            trigger=trigger,
        )

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return ("MQTT link", self._run), ("MQTT display", self._display.run), ("alerts by MQTT", self._run_alerts)

    async def load(self) -> None:
        """Take up what a former house left. Raises StorageFailed."""
        await self._display.load()

    async def renew(self, config: Config) -> None:
        """Go on with a changed configuration or changed secrets."""
        options, code = config.mqtt, self._secret("mqtt.code")
        cameras = [name for name, camera in config.cameras.items() if camera.enabled]
        self._orders.renew(Topics(options.topic), cameras, home=config.home.name, code=code, pictures=options.pictures)
        triggered = tuple(name for name in cameras if config.cameras[name].trigger.mqtt)
        password = self._secret("mqtt.password")
        key = (options, password, code, triggered)
        if key == self._key:
            return
        self._key, self._options, self._triggered = key, options, triggered
        self._link = self._new_link(password) if options.host else None
        self._display.renew(self._link, Code.of(code))
        self._changed.set()
        await self._offer()

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send something of another part's, to any topic. Raises Unreachable while there is no broker, Unsupported."""
        if self._link is None:
            raise Unsupported("no MQTT broker is set up: name one as mqtt.host")
        await self._link.publish(topic, payload, retain=retain)

    def _secret(self, name: str) -> str:
        found = self._secrets.get(name)
        return found.reveal() if found else ""

    def _said(self) -> tuple[str, int]:
        return self._orders.said, self._orders.ignored + (self._link.ignored if self._link else 0)

    def _new_link(self, password: str) -> MqttLink:
        return MqttLink(
            self._options,
            password,
            subscriptions=self._subscriptions,
            hear=self._hear,
            up=self._up,
            last=(Topics(self._options.topic).status, b"offline"),
            health=self._health,
            clock=self._clock,
        )

    def _subscriptions(self) -> Sequence[str]:
        """Who may not command is not listened to at all."""
        wanted = []
        if self._options.discovery:
            wanted.append(self._birth)
        topics = Topics(self._options.topic)
        if self._options.commands:
            wanted.append(topics.commands)
        else:
            wanted += [topics.trigger(camera) for camera in self._triggered]
        return wanted

    @property
    def _birth(self) -> str:
        return f"{self._options.discovery}/{BIRTH}"

    async def _hear(self, topic: str, payload: bytes) -> None:
        if topic != self._birth:
            await self._orders.hear(topic, payload)
            return
        now_ns = self._clock.mono_ns()
        if payload == b"online" and (self._birth_ns is None or now_ns - self._birth_ns > _BIRTH_S * NS_PER_S):
            self._birth_ns = now_ns
            self._display.anew()

    def _up(self) -> None:
        self._display.anew()
        self._came_up.set()

    async def _run(self) -> None:
        """Keep the link of the present configuration up, until cancelled."""
        while True:
            self._changed.clear()
            working = asyncio.create_task(self._link.run(), name="MQTT link") if self._link else None
            try:
                await self._changed.wait()
            finally:
                while working is not None and not working.done():
                    working.cancel()  # on Python 3.11 aiomqtt can swallow one
                    await asyncio.wait({working}, timeout=_END_S)
                await self._orders.close()

    async def _run_alerts(self) -> None:
        """What waited while the broker was away goes out as soon as it is back, not when the next try would have been due."""
        while True:
            await self._came_up.wait()
            self._came_up.clear()
            await self._offer()

    async def _offer(self) -> None:
        link = self._link
        if link is None:
            self._health.forget(lambda outage: outage.fault is Fault.CHANNEL_DEAD and outage.subject == NAME)
        is_wanted = link is not None and self._options.alerts
        await self._channels.offer(NAME, (MqttChannel(link, Topics(self._options.topic)),) if link and is_wanted else ())
