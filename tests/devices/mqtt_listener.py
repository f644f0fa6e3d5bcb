"""Somebody at the broker who sees everything, as Home Assistant does, and can say something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import aiomqtt

from tests.devices.mosquitto import Mosquitto


@dataclass(slots=True)
class Listener:
    """`async with`; `kept` is what stands at the broker by topic, `heard` all there was in order."""

    broker: Mosquitto
    user: str | None = None
    password: str | None = None
    kept: dict[str, bytes] = field(default_factory=dict)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    client: aiomqtt.Client | None = None

    async def __aenter__(self) -> Self:
        self.client = aiomqtt.Client(self.broker.host, self.broker.port, username=self.user, password=self.password)
        await self.client.__aenter__()
        await self.client.subscribe("#", qos=1)
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.client.__aexit__(None, None, None)

    async def _listen(self) -> None:
        try:
            async for message in self.client.messages:
                topic, payload = str(message.topic), message.payload
                self.heard.append((topic, payload))
                self.kept[topic] = payload
                self._news.set()
        except aiomqtt.MqttError:
            pass  # the broker was killed

    async def until(self, happened: Callable[[Listener], object]) -> None:
        """Wait for it; the test's own time limit ends it."""
        while not happened(self):
            self._news.clear()
            await self._news.wait()

    async def until_kept(self, topic: str, payload: bytes) -> None:
        await self.until(lambda listener: listener.kept.get(topic) == payload)

    async def say(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        await self.client.publish(topic, payload, qos=1, retain=retain)
