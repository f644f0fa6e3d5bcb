"""The hub's desk for pictures of weaker machines: it hands them to whoever looks, its own detectors included.

They come by the node port and wait in a table of this process, or in JetStream where the hub has it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hearthwatch.detect.detection import DetectOptions
from hearthwatch.detect.glance import Answer, Glance
from hearthwatch.fleet.node import NodeId
from hearthwatch.fleet.node_port import NodePort
from hearthwatch.fleet.work import Offers, Task, Work
from hearthwatch.fleet.work_https import WorkDoor
from hearthwatch.fleet.work_table import TableCount, WorkTable
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.late import late
from hearthwatch.run.compile import hand_placed_models
from hearthwatch.run.worker import Box, Models, Worker

if TYPE_CHECKING:
    from nats.aio.client import Client

    from hearthwatch.fleet import work_nats
    from hearthwatch.fleet.work_nats import NatsOffers
else:
    work_nats = late("hearthwatch.fleet.work_nats")

OWN_HOUSE = NodeId("ownhouse")
"""In place of a node's id, for the hub's own cameras."""


class WorkDesk:
    """Its own detectors begin with the first picture: a hub whose nodes look for themselves pays nothing for them."""

    def __init__(self, options: Callable[[], DetectOptions], models_folder: Path, clock: Clock) -> None:
        self._options = options
        self._folder = models_folder
        self._clock = clock
        self._table = WorkTable(clock)
        self._client: Client | None = None
        self._work: Work = self._table
        self._by_nats: dict[NodeId, NatsOffers] = {}
        self._came = asyncio.Event()
        self._switched = asyncio.Event()

    async def use(self, client: Client) -> None:
        """Have the pictures wait in JetStream, over this connection, until `leave`. Raises Unreachable."""
        await work_nats.prepare(client)
        self._client = client
        self._work = await self._end()
        self._switched.set()

    def leave(self) -> None:
        """That connection ends: have them wait here."""
        self._client, self._work = None, self._table
        self._by_nats.clear()
        self._switched.set()

    async def _end(self) -> Work:
        if self._client is None:
            return self._table
        work = work_nats.NatsWork(self._client)
        await work.open()
        return work

    def open(self, port: NodePort) -> None:
        """Have the node port take pictures, and hand them to the helpers that are named in the configuration."""
        WorkDoor(self.offers, _WayOut(lambda: self._work), lambda node: node in self._options().helpers).open(port)

    def offers(self, node: NodeId) -> Offers:
        """Return the way in for a node's pictures."""
        return _WayIn(self, node)

    async def offer(self, node: NodeId, glance: Glance) -> Answer:
        """See Offers."""
        self._came.set()
        if self._client is None:
            return await self._table.offer(node, glance)
        found = self._by_nats.get(node)
        if found is None:
            found = self._by_nats[node] = work_nats.NatsOffers(self._client, node)
            await found.open()
        return await found.offer(glance)

    async def _begin(self) -> Box:
        models = Models(name=self._options().model, folder=self._folder, hand_placed=hand_placed_models())
        return await Box.begin(models)

    def count(self) -> TableCount:
        """Return what went through this process's own table."""
        return self._table.count()

    async def run(self) -> None:
        """Look at what comes, with as many detectors as the configuration gives, until cancelled."""
        await self._came.wait()
        while True:
            self._switched.clear()
            async with asyncio.TaskGroup() as tasks:
                working = [
                    tasks.create_task(Worker(await self._end(), self._begin, self._clock).run())
                    for _ in range(self._options().workers)
                ]
                await self._switched.wait()
                for task in working:
                    task.cancel()


@dataclass(frozen=True, slots=True)
class _WayIn:
    """Implements Offers."""

    desk: WorkDesk
    node: NodeId

    async def offer(self, glance: Glance) -> Answer:
        return await self.desk.offer(self.node, glance)

    async def close(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _WayOut:
    """Implements Work: that of the engine there is at the moment."""

    work: Callable[[], Work]

    async def take(self) -> Task:
        return await self.work().take()

    async def answer(self, task: Task, answer: Answer) -> None:
        await self.work().answer(task, answer)

    async def give_up(self, task: Task) -> None:
        await self.work().give_up(task)

    async def close(self) -> None:
        pass
