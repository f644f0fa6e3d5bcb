"""Actions at work: what switches each kind of them, and what people may ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import Engine

from hearthwatch.actions import ledger
from hearthwatch.actions.action import ActionNow, ActionOptions, Deed, Turn, Way
from hearthwatch.actions.gpio import GpioPins, OutputPins
from hearthwatch.actions.keeper import ActionKeeper
from hearthwatch.arming.arming import Mode
from hearthwatch.events.event import Change
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.kit.web_call import call
from hearthwatch.run.config import Config
from hearthwatch.vendors.capability import Doorkeeper, Outputs

Publish = Callable[[str, bytes], Awaitable[None]]
"""Sends a payload to a topic of the MQTT broker. Raises Unreachable, and Unsupported where no broker is set up."""


class ActionDriver:
    """Implements Driver by whatever an action is."""

    def __init__(self, doors: Doorkeeper, secrets: Secrets, publish: Publish, pins: OutputPins) -> None:
        self._doors = doors
        self._secrets = secrets
        self._publish = publish
        self._pins = pins

    async def drive(self, name: str, options: ActionOptions, turn: Turn) -> float | None:
        """See Driver."""
        is_on = turn is Turn.ON
        match options.way:
            case Way.CAMERA:
                return await self._camera(options, is_on=is_on)
            case Way.WEBHOOK:
                hook = options.webhook
                await call(
                    hook.url if is_on else hook.off_url,
                    method=hook.method.value,
                    body=hook.body if is_on else hook.off_body,
                    authorization=self._secrets.get(f"action.{name}.authorization"),
                    what=f"the webhook of the action {name}",
                )
            case Way.MQTT:
                payload = options.mqtt.payload if is_on else options.mqtt.off_payload
                await self._publish(options.mqtt.topic, payload.encode())
            case Way.GPIO:
                gpio = options.gpio
                await asyncio.to_thread(self._pins.set, gpio.pin, on=is_on, active_high=gpio.active_high)
        return None

    async def _camera(self, options: ActionOptions, *, is_on: bool) -> float | None:
        wanted = options.camera
        client = await self._doors.client(CameraId(wanted.camera))
        if not isinstance(client, Outputs):
            raise Unsupported(f"{wanted.camera}: cameras of this make have nothing that can be switched")
        return await client.drive(wanted.output, on=is_on, number=wanted.number - 1)


class ActionsDesk:
    """Implements ActionDoor. Used on the house's loop: `load`, then `tasks`."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        doors: Doorkeeper,
        publish: Publish,
        config: Callable[[], Config],
        mode: Callable[[], Mode],
        db: Db,
        reader: Engine,
        clock: Clock,
        health: Board,
        pins: OutputPins | None = None,
    ) -> None:
        self._mode = mode
        self._reader = reader
        self._config = config
        self._board = health
        self._last_mode: Mode | None = None
        self._pins = pins or GpioPins()
        self.keeper = ActionKeeper(
            ActionDriver(doors, secrets, publish, self._pins),
            options=lambda: config().actions,
            db=db,
            clock=clock,
            ids=Ulids(clock),
            health=health,
        )

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (("actions", self.keeper.run),)

    async def load(self) -> None:
        """Take up what a former house left on. Raises StorageFailed."""
        self.renew()
        self._last_mode = self._mode()
        await self.keeper.load()

    def renew(self) -> None:
        """Nobody cares any more whether an action that is gone could be switched on."""
        names = self._config().actions
        self._board.forget(lambda outage: outage.fault is Fault.ACTION_FAILED and outage.subject not in names)

    def on_event(self, change: Change) -> None:
        """Do what an event asks for; returns at once."""
        self.keeper.on_event(change, self._mode())

    def on_mode(self, mode: Mode) -> None:
        """Do what a change of the mode asks for, not what is found at the start; returns at once."""
        before, self._last_mode = self._last_mode, mode
        if before not in {None, mode}:
            self.keeper.on_mode(mode)

    def actions(self) -> tuple[ActionNow, ...]:
        """See ActionDoor."""
        return self.keeper.now()

    def trail(self, limit: int) -> tuple[Deed, ...]:
        """See ActionDoor."""
        with self._reader.connect() as connection:
            return ledger.recent(connection, limit)

    async def test(self, name: str, *, who: str, via: str) -> Deed:
        """See ActionDoor."""
        return await self.keeper.test(name, f"test by {who} ({via})")

    async def switch_off(self, name: str, *, who: str, via: str) -> Deed:
        """See ActionDoor."""
        return await self.keeper.off(name, f"by {who} ({via})")

    async def close(self) -> None:
        """Switch off what nobody would afterwards."""
        await self.keeper.close()
        self._pins.close()
