"""Work inside one process: the hub's own table of glances, which its workers and the HTTPS engine take from."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace

from hearthwatch.detect.glance import Answer, Glance
from hearthwatch.fleet.node import NodeId
from hearthwatch.fleet.work import LEASE_S, MOST_TRIES, PATIENCE_S, Task
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, CameraId

MOST_WAITING = 512
"""Cameras; with a glance of 40 kB each this is what the table may take of the hub's memory."""

_Key = tuple[NodeId, CameraId]


@dataclass(slots=True)
class _Offered:
    task: Task
    answer: asyncio.Future[Answer]
    tries: int = 0
    leased_until_ns: int = 0


@dataclass(slots=True, kw_only=True)
class TableCount:
    """Since the start. `superseded` gave way to a newer one, `again` were handed to another worker, `unanswered` ran out of
    time, `given_up` ended a box."""

    offered: int = 0
    answered: int = 0
    superseded: int = 0
    again: int = 0
    unanswered: int = 0
    given_up: int = 0


@dataclass(slots=True)
class WorkTable:
    """Used on one loop. Cameras take turns."""

    clock: Clock
    lease_s: float = LEASE_S
    patience_s: float = PATIENCE_S
    _offered: dict[_Key, _Offered] = field(default_factory=dict)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _counts: TableCount = field(default_factory=TableCount)

    def count(self) -> TableCount:
        return replace(self._counts)

    async def offer(self, node: NodeId, glance: Glance) -> Answer:
        """See Offers."""
        key = (node, glance.camera)
        before = self._offered.get(key)
        if before is None and len(self._offered) >= MOST_WAITING:
            raise Unreachable("the hub has more pictures to look at than it can keep")
        task = Task(id=f"{next(self._ids)}", node=node, glance=glance)
        mine = _Offered(task, asyncio.get_running_loop().create_future())
        self._counts.offered += 1
        self._offered[key] = mine  # in the place of the older one
        if before is not None and not before.answer.done():
            self._counts.superseded += 1
            before.answer.set_exception(Unsupported("a newer picture of this camera came"))
        await self._tell()
        try:
            async with asyncio.timeout(self.patience_s):
                answer = await mine.answer
        except TimeoutError as error:
            self._counts.unanswered += 1
            raise Unreachable("no detector of the hub answered in time") from error
        finally:
            if self._offered.get(key) is mine:
                del self._offered[key]
        self._counts.answered += 1
        return answer

    async def take(self) -> Task:
        """See Work."""
        async with self._changed:
            while True:
                now_ns = self.clock.mono_ns()
                found = next(
                    (each for each in self._offered.values() if each.leased_until_ns <= now_ns and self._is_due(each)), None
                )
                if found is not None:
                    self._counts.again += found.tries > 0
                    found.tries += 1
                    found.leased_until_ns = now_ns + round(self.lease_s * NS_PER_S)
                    return found.task
                ends = [each.leased_until_ns for each in self._offered.values() if self._is_due(each)]
                wait_s = (min(ends) - now_ns) / NS_PER_S if ends else None
                try:
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
                except TimeoutError:
                    continue  # somebody's time to answer is over

    async def answer(self, task: Task, answer: Answer) -> None:
        """See Work. What nobody waits for any more is no matter."""
        found = self._find(task.id)
        if found is not None:
            found.answer.set_result(answer)

    async def give_up(self, task: Task) -> None:
        """See Work."""
        found = self._find(task.id)
        if found is not None:
            self._counts.given_up += 1
            found.answer.set_exception(Unsupported("the picture could not be looked at"))

    async def close(self) -> None:
        """See Work."""

    def _find(self, task_id: str) -> _Offered | None:
        return next((each for each in self._offered.values() if each.task.id == task_id and not each.answer.done()), None)

    @staticmethod
    def _is_due(offered: _Offered) -> bool:
        return offered.tries < MOST_TRIES and not offered.answer.done()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class OffersHere:
    """The Offers of a node whose glances come to this very process."""

    table: WorkTable
    node: NodeId

    async def offer(self, glance: Glance) -> Answer:
        """See Offers."""
        return await self.table.offer(self.node, glance)

    async def close(self) -> None:
        """See Offers."""
