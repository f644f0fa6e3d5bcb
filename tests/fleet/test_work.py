"""The contract of the work queue, kept by each of its engines: one table in memory, HTTPS at a node port, NATS JetStream."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.fleet.glances import answer_to, glance
from tests.fleet.nats_server import nats_server
from tests.fleet.node_ports import HELPER, Fleet

from hearthwatch.detect.detection import Detection
from hearthwatch.detect.glance import MOST_BYTES, Answer, Glance, Piece
from hearthwatch.fleet.node import NodeId
from hearthwatch.fleet.work import Offers, Work, answer_from, glance_from, packed
from hearthwatch.fleet.work_https import HttpsOffers, HttpsWork
from hearthwatch.fleet.work_table import OffersHere, WorkTable
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported

GATE, BARN = NodeId("gatehous"), NodeId("barnbarn")
LEASE_ENDS = pytest.mark.parametrize("lease_s", [1.0])


@pytest.fixture
def lease_s() -> float:
    """Longer than any test, but for those that are about its end."""
    return 60.0


@pytest.fixture
def patience_s() -> float:
    """As the lease."""
    return 60.0


@dataclasses.dataclass
class Engine:
    """`offers` is a node's end, `work` a worker's; `arrived` counts the glances that came to the hub."""

    offers: Callable[[NodeId], Offers]
    work: Callable[[], Work]
    arrived: Callable[[], Awaitable[int]]

    async def until_arrived(self, count: int) -> None:
        async with asyncio.timeout(60):
            while await self.arrived() < count:  # noqa: ASYNC110 the hub tells nobody
                await asyncio.sleep(0.01)


def counting(table: WorkTable) -> Callable[[], Awaitable[int]]:
    async def arrived() -> int:
        return table.count().offered

    return arrived


@asynccontextmanager
async def here(lease_s: float, patience_s: float) -> AsyncIterator[Engine]:
    table = WorkTable(SystemClock(), lease_s=lease_s, patience_s=patience_s)
    yield Engine(lambda node: OffersHere(table, node), lambda: table, counting(table))


@pytest.fixture
async def fleet(tmp_path: Path, lease_s: float, patience_s: float) -> AsyncIterator[Fleet]:
    fleet = Fleet(tmp_path, lease_s=lease_s, patience_s=patience_s)
    await fleet.open()
    yield fleet
    await fleet.close()


@asynccontextmanager
async def over_https(folder: Path, lease_s: float, patience_s: float) -> AsyncIterator[Engine]:
    fleet = Fleet(folder, lease_s=lease_s, patience_s=patience_s)
    await fleet.open()
    try:
        yield Engine(lambda node: HttpsOffers(fleet.link(node)), lambda: HttpsWork(fleet.link(HELPER)), counting(fleet.table))
    finally:
        await fleet.close()


@asynccontextmanager
async def over_nats(folder: Path, lease_s: float, patience_s: float) -> AsyncIterator[Engine]:
    nats = pytest.importorskip("nats")
    from hearthwatch.fleet.work_nats import STREAM, NatsOffers, NatsWork, prepare

    async with nats_server(folder) as url, AsyncExitStack() as stack:
        client = await nats.connect(url)
        stack.push_async_callback(client.close)
        await prepare(client, lease_s=lease_s, patience_s=patience_s)
        offers = {node: NatsOffers(client, node, patience_s=patience_s) for node in (GATE, BARN)}
        works = [NatsWork(client) for _ in range(3)]
        for end in (*offers.values(), *works):
            await end.open()

        async def arrived() -> int:
            return (await client.jetstream().stream_info(STREAM)).state.last_seq

        yield Engine(lambda node: offers[node], iter(works).__next__, arrived)


@pytest.fixture(params=["here", pytest.param("https", marks=pytest.mark.wired), pytest.param("nats", marks=pytest.mark.wired)])
async def engine(request: pytest.FixtureRequest, tmp_path: Path, lease_s: float, patience_s: float) -> AsyncIterator[Engine]:
    made = {"here": here, "https": partial(over_https, tmp_path), "nats": partial(over_nats, tmp_path)}
    async with made[request.param](lease_s, patience_s) as engine:
        yield engine


async def test_a_glance_is_answered_to_the_node_that_offered_it(engine: Engine) -> None:
    gate, barn, work = engine.offers(GATE), engine.offers(BARN), engine.work()
    asked = glance("gate", 7, pieces=2), glance("gate", 8)
    answers = asyncio.gather(gate.offer(asked[0]), barn.offer(asked[1]))
    tasks = [await work.take(), await work.take()]
    assert {task.node: task.glance for task in tasks} == dict(zip((GATE, BARN), asked, strict=True))
    for task in reversed(tasks):
        await work.answer(task, answer_to(task.glance))
    assert await answers == [answer_to(each) for each in asked]


@LEASE_ENDS
async def test_what_a_dead_worker_had_goes_to_another(engine: Engine) -> None:
    gate, dead, alive = engine.offers(GATE), engine.work(), engine.work()
    answer = asyncio.create_task(gate.offer(glance()))
    lost = await dead.take()  # and is never heard of again
    task = await alive.take()
    assert task.glance == lost.glance
    await alive.answer(task, answer_to(task.glance, by="alive"))
    assert (await answer).model == "alive"


@LEASE_ENDS
async def test_a_late_answer_of_a_slow_worker_harms_nobody(engine: Engine) -> None:
    gate, slow, quick = engine.offers(GATE), engine.work(), engine.work()
    answer = asyncio.create_task(gate.offer(glance()))
    late = await slow.take()
    task = await quick.take()
    await quick.answer(task, answer_to(task.glance, by="quick"))
    assert (await answer).model == "quick"
    await slow.answer(late, answer_to(late.glance, by="slow"))
    after = asyncio.create_task(gate.offer(glance("gate", 2)))
    task = await quick.take()
    await quick.answer(task, answer_to(task.glance))
    assert (await after).found[0][0].score == 0.002


@pytest.mark.waits
@pytest.mark.parametrize("patience_s", [5.0])  # over NATS the old one waits until it is over
async def test_of_a_camera_only_the_newest_waits(engine: Engine) -> None:
    gate, work = engine.offers(GATE), engine.work()
    old = asyncio.create_task(gate.offer(glance("gate", 1)))
    await engine.until_arrived(1)
    new = asyncio.create_task(gate.offer(glance("gate", 2)))
    other = asyncio.create_task(gate.offer(glance("yard", 3)))
    await engine.until_arrived(3)
    tasks = [await work.take(), await work.take()]
    assert sorted(task.glance.at_us for task in tasks) == [2, 3]
    for task in tasks:
        await work.answer(task, answer_to(task.glance))
    await asyncio.gather(new, other)
    with pytest.raises((Unsupported, Unreachable)):
        await old


@pytest.mark.waits
@pytest.mark.parametrize("patience_s", [2.0])
async def test_nobody_there_is_told_in_time_and_old_pictures_vanish(engine: Engine) -> None:
    gate = engine.offers(GATE)
    with pytest.raises(Unreachable, match="in time"):
        await gate.offer(glance("gate", 1))
    work = engine.work()
    fresh = asyncio.create_task(gate.offer(glance("gate", 2)))
    task = await work.take()
    assert task.glance.at_us == 2
    await work.answer(task, answer_to(task.glance))
    await fresh


async def test_what_breaks_a_box_is_given_up_and_handed_to_nobody_else(engine: Engine) -> None:
    gate, broken, other = engine.offers(GATE), engine.work(), engine.work()
    bad = asyncio.create_task(gate.offer(glance("gate", 1)))
    await broken.give_up(await broken.take())
    with pytest.raises(Unsupported):
        await bad
    good = asyncio.create_task(gate.offer(glance("yard", 2)))
    task = await other.take()
    assert task.glance.at_us == 2
    await other.answer(task, answer_to(task.glance))
    await good


@pytest.mark.wired
async def test_a_node_that_is_no_helper_sees_no_picture_of_others(fleet: Fleet) -> None:
    offered = asyncio.create_task(HttpsOffers(fleet.link(GATE)).offer(glance()))
    with pytest.raises(Refused, match=r'helpers = \["barnbarn"\]'):
        await HttpsWork(fleet.link(BARN)).take()
    task = await HttpsWork(fleet.link(HELPER)).take()
    fleet.helpers.clear()
    with pytest.raises(Refused):
        await HttpsWork(fleet.link(HELPER)).answer(task, answer_to(task.glance))
    offered.cancel()


@LEASE_ENDS
@pytest.mark.wired
async def test_an_answer_that_is_none_is_refused_and_another_worker_gets_its_turn(fleet: Fleet) -> None:
    offered = asyncio.create_task(HttpsOffers(fleet.link(GATE)).offer(glance()))
    liar, honest = HttpsWork(fleet.link(HELPER)), HttpsWork(fleet.link(HELPER))
    task = await liar.take()
    with pytest.raises(BadReply):
        await liar.answer(task, answer_to(glance(pieces=3)))
    task = await honest.take()
    await honest.answer(task, answer_to(task.glance))
    assert (await offered).model == "worker"


PERSON = Detection(label="person", score=0.5, box=WHOLE)
PIECE = Piece(box=WHOLE, jpeg=b"x")
BEYOND = Box(x0=0.5, y0=0.5, x1=1.5, y1=1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\xc1",
        packed(Glance(camera="gate", at_us=1, pieces=())),
        packed(Glance(camera="../gate\n", at_us=1, pieces=(PIECE,))),
        packed(Glance(camera="gate", at_us=1, pieces=(PIECE,) * 5)),
        packed(Glance(camera="gate", at_us=1, pieces=(dataclasses.replace(PIECE, jpeg=b"x" * (MOST_BYTES + 1)),))),
        packed(Glance(camera="gate", at_us=1, pieces=(dataclasses.replace(PIECE, box=BEYOND),))),
    ],
)
def test_what_is_no_glance_is_refused_before_anybody_looks(wrong: bytes) -> None:
    with pytest.raises(BadReply):
        glance_from(wrong)


@pytest.mark.parametrize(
    "found",
    [
        (),
        ((PERSON,), ()),
        ((PERSON,) * 301,),
        ((dataclasses.replace(PERSON, score=float("nan")),),),
        ((dataclasses.replace(PERSON, score=1.01),),),
        ((dataclasses.replace(PERSON, box=BEYOND),),),
        ((dataclasses.replace(PERSON, label="<b>\n"),),),
    ],
)
def test_what_cannot_have_been_found_is_refused(found: tuple[tuple[Detection, ...], ...]) -> None:
    with pytest.raises(BadReply):
        answer_from(packed(Answer(found=found, model="x", took_ms=1.0)), 1)


def test_what_travels_comes_as_it_was_sent() -> None:
    asked = glance(pieces=2)
    assert glance_from(packed(asked)) == asked
    assert answer_from(packed(answer_to(asked)), 2) == answer_to(asked)
