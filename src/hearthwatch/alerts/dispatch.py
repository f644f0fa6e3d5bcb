"""The dispatcher: which channels there are now, and one courier's task for each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import tzinfo

from hearthwatch.alerts.alert import Amending, Channel, Choosing
from hearthwatch.alerts.courier import Courier
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.health.outage import HealthSink
from hearthwatch.kit.clock import Clock


class Dispatcher:
    """Starts and ends couriers as the configuration and the enrolled people change; used from one event loop."""

    def __init__(self, outbox: Outbox, *, clock: Clock, health: HealthSink, zone: tzinfo) -> None:
        self._outbox = outbox
        self._clock = clock
        self._health = health
        self._zone = zone
        self._running: dict[str, tuple[Courier, asyncio.Task[None]]] = {}

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels in use."""
        return tuple(self._running)

    async def set_channels(self, channels: Sequence[Channel], zone: tzinfo | None = None) -> None:
        """Use exactly these from now on; a channel object that stays is not disturbed."""
        self._zone = zone or self._zone
        wanted = {channel.name: channel for channel in channels}
        before = frozenset(self._running)
        for name, (courier, task) in list(self._running.items()):
            if wanted.get(name) is not courier.channel:
                del self._running[name]
                await courier.finish()
                await _end(task)
                await courier.channel.close()
        self._outbox.routes.set(
            {name: channel.parts for name, channel in wanted.items()},
            {name: channel.can_amend for name, channel in wanted.items() if isinstance(channel, Amending)},
            {name: channel.takes for name, channel in wanted.items() if isinstance(channel, Choosing)},
        )
        for name, channel in wanted.items():
            if name not in self._running:
                # A channel that was set up anew may work now: what waited for the old one must not wait on.
                courier = Courier(
                    channel,
                    self._outbox,
                    clock=self._clock,
                    health=self._health,
                    zone=self._zone,
                    resume=name not in before,
                )
                self._running[name] = (courier, asyncio.create_task(courier.run(), name=f"courier {name}"))

    def hurry(self) -> None:
        """See Courier."""
        for courier, _task in self._running.values():
            courier.hurry()

    async def close(self) -> None:
        """End all couriers and close their channels."""
        await self.set_channels(())


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})  # its end, awaited itself, could not be told from our own
