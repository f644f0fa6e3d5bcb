"""Two ledgers that should be equal: what differs is found, sent again, and nothing else is touched; in a file and in PostgreSQL."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.alerts.house import an_event
from tests.fleet.test_relay import DAY_US, House
from tests.recording.test_stretches import MINUTE, T0

from hearthwatch.events import ledger as events
from hearthwatch.fleet import comparison, hub_letters, outbox
from hearthwatch.fleet.comparison import Comparison, digest_of, total_of
from hearthwatch.fleet.hub_db import HubDb, open_hub_db
from hearthwatch.fleet.letter import Letter, LetterKind, Received
from hearthwatch.fleet.node import node_id
from hearthwatch.fleet.outbox import Told
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import CameraId, WallUs

NODE, OTHER = node_id("aaaabbbb"), node_id("ccccdddd")


class Pair:
    """A house, and the hub's ledger that its letters go into."""

    def __init__(self, folder: Path, hub: HubDb) -> None:
        self.house, self.hub = House(folder), hub
        self.asked = 0
        self.comparison = Comparison(self.ask, lambda: self.house.segments, db=self.house.db, clock=self.house.clock, pause_s=0)

    async def ask(self, question: bytes) -> bytes:
        self.asked += 1
        return await self.hub.run(lambda connection: comparison.answer(connection, NODE, question))

    async def deliver(self) -> int:
        """Bring every letter that waits into the hub's ledger."""
        count = 0
        while True:
            await self.house.segments.tell()
            found = await self.house.db.run(lambda connection: outbox.first(connection, count=500, size_bytes=1 << 20))
            if not found:
                return count
            received = [Received(node=NODE, letter=letter) for letter in found]
            await self.hub.run(lambda connection, received=received: hub_letters.keep(connection, received))
            await self.house.db.run(lambda connection, found=found: outbox.sent(connection, found, WallUs(T0)))
            count += len(found)

    async def spoil(self, statement: str) -> int:
        return await self.hub.run(lambda connection: connection.exec_driver_sql(statement).rowcount)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    hub = await open_hub_db(tmp_path / "hub", "", None)
    made = Pair(tmp_path / "house", hub)
    await made.house.join()
    yield made
    made.house.db.close()
    made.house.engine.dispose()
    made.house.index.reader.close()
    made.house.index.sql.close()
    await hub.close()


@pytest.fixture(autouse=True)
def folders(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "house").mkdir()


async def filled(pair: Pair) -> None:
    for number in range(12):
        at_us = T0 - number * DAY_US // 7
        await pair.house.event(id=f"01J{number:023d}", start_us=WallUs(at_us), end_us=WallUs(at_us + MINUTE))
    pair.house.footage(40)
    assert await pair.deliver() >= 52


async def test_equal_ledgers_are_found_equal_by_few_questions(pair: Pair) -> None:
    assert await pair.comparison.compare() is not None
    await filled(pair)
    pair.asked = 0
    done = await pair.comparison.compare()
    assert done is not None
    assert done.is_equal
    assert done.things == 52
    assert pair.asked == 1


async def test_what_is_on_its_way_is_no_difference(pair: Pair) -> None:
    await pair.house.event(id="01J", start_us=WallUs(T0), end_us=WallUs(T0 + MINUTE))
    done = await pair.comparison.compare()
    assert done is not None
    assert done.is_equal
    assert done.things == 1
    pair.house.footage(3)
    assert (await pair.comparison.compare()).is_equal, "letters about it are still to be written"
    await pair.deliver()
    assert (await pair.comparison.compare()).is_equal


async def test_whatever_the_hub_lost_or_has_otherwise_is_there_again_and_nothing_more_was_sent(pair: Pair) -> None:
    await filled(pair)
    chance = random.Random(3)
    keys = await pair.hub.run(
        lambda connection: [row[0] for row in connection.exec_driver_sql("SELECT key FROM letters ORDER BY key").fetchall()]
    )
    lost, bent = chance.sample(keys, 3), chance.sample(keys, 2)
    for key in lost:
        await pair.spoil(f"DELETE FROM letters WHERE key = '{key}'")
    for key in bent:
        await pair.spoil(f"UPDATE letters SET body = '{{}}' WHERE key = '{key}'")
    assert await pair.spoil("DELETE FROM segments WHERE key LIKE 'hall/main/7/%' OR key LIKE 'hall/main/8/%'") == 2
    done = await pair.comparison.compare()
    assert done is not None
    assert done.posted == len({*lost, *bent}) + 2
    assert done.gone == 0
    assert await pair.deliver() == done.posted
    again = await pair.comparison.compare()
    assert again is not None
    assert again.is_equal


async def test_what_a_house_has_no_longer_is_gone_at_its_hub_too(pair: Pair) -> None:
    await filled(pair)
    pair.house.index.sql.execute("DELETE FROM segments WHERE id <= 5")
    pair.house.index.sql.commit()
    done = await pair.comparison.compare()
    assert done is not None
    assert (done.posted, done.gone) == (0, 5)
    await pair.deliver()
    assert (await pair.comparison.compare()).is_equal


async def test_a_change_of_this_moment_is_not_undone_by_an_older_letter(pair: Pair) -> None:
    await filled(pair)
    event = an_event(id=f"01J{3:023d}", start_us=WallUs(T0 - 3 * DAY_US // 7), end_us=WallUs(T0))
    await pair.spoil(f"DELETE FROM letters WHERE key = '{event.id}'")
    ask = pair.ask

    async def meanwhile(question: bytes) -> bytes:
        reply = await ask(question)
        await pair.house.db.run(lambda connection: events.save(connection, replace(event, label="dog")))
        return reply

    await Comparison(meanwhile, lambda: pair.house.segments, db=pair.house.db, clock=pair.house.clock, pause_s=0).compare()
    await pair.deliver()
    body = await pair.hub.run(
        lambda connection: connection.exec_driver_sql(f"SELECT body FROM letters WHERE key = '{event.id}'").scalar()
    )
    assert json.loads(body)["label"] == "dog"
    assert (await pair.comparison.compare()).is_equal


async def test_a_node_sees_nothing_of_another_one(pair: Pair) -> None:
    letter = Letter(kind=LetterKind.EVENT, key="x", seq=1, at_us=WallUs(T0), camera=None, body=b"{}")
    await pair.hub.run(lambda connection: hub_letters.keep(connection, [Received(node=OTHER, letter=letter)]))
    assert (await pair.comparison.compare()).is_equal


@pytest.mark.parametrize(
    "question",
    [
        b"",
        b"[]",
        b"{",
        b'{"sums":[{}]}',
        b'{"sums":[{"kind":"event","start_us":0,"end_us":999999999999,"count":0,"total":""}]}',
    ],
)
async def test_what_is_no_question_is_refused(pair: Pair, question: bytes) -> None:
    with pytest.raises(BadReply):
        await pair.ask(question)


def test_a_sum_shows_no_order_and_every_difference() -> None:
    things = [
        Told(key=f"k{number}", at_us=WallUs(number), camera=CameraId("c") if number % 2 else None, body=b"{}")
        for number in range(50)
    ]
    digests = [digest_of(one) for one in things]
    shuffled = digests.copy()
    random.Random(1).shuffle(shuffled)
    assert total_of(digests) == total_of(shuffled)
    for changed in ({"key": "other"}, {"at_us": WallUs(77)}, {"camera": CameraId("d")}, {"body": b"{ }"}):
        assert total_of([*digests[1:], digest_of(replace(things[0], **changed))]) != total_of(digests)
    assert total_of([]) == (0, "0" * 64)
