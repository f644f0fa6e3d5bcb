"""From the ledgers to a hub's: the outbox, the cursor over footage and the relay, with a hub that comes and goes."""

from __future__ import annotations

import asyncio
import json
import random

import pytest
from tests.alerts.house import an_event, opened
from tests.recording.test_stretches import MINUTE, T0, Index

from hearthwatch.events import ledger as events
from hearthwatch.fleet import outbox
from hearthwatch.fleet.letter import LetterKind
from hearthwatch.fleet.relay import Relay
from hearthwatch.fleet.segments import MOST_WAITING, SegmentLetters
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import Refused, Unreachable
from hearthwatch.kit.retry import Backoff
from hearthwatch.kit.units import WallUs

DAY_US = 86_400_000_000


class Hub:
    """A Postbox that keeps what comes while it is there; `lies` times it keeps and says that it did not."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.lies = 0
        self.ledger: dict[tuple[LetterKind, str], tuple[int, bytes]] = {}
        self.order: list[LetterKind] = []
        self.posts = 0

    async def post(self, letters) -> None:
        self.posts += 1
        if self.error is not None:
            raise self.error
        for letter in letters:
            self.order.append(letter.kind)
            thing = (letter.kind, letter.key)
            if letter.seq > self.ledger.get(thing, (0, b""))[0]:
                self.ledger[thing] = (letter.seq, letter.body)
        if self.lies:
            self.lies -= 1
            raise Unreachable("no answer in time")

    async def close(self) -> None: ...

    def of(self, kind: LetterKind) -> dict[str, dict]:
        return {key: json.loads(body) for (one, key), (_, body) in self.ledger.items() if one is kind}


class House:
    def __init__(self, folder) -> None:
        self.engine = opened(folder)
        self.db = DbThread(self.engine)
        self.clock = FakeClock(wall_us=T0)
        self.index = Index(folder)
        self.hub = Hub()
        self.segments = SegmentLetters(self.index.reader, self.db)
        backoff = Backoff(first_s=0.01, cap_s=0.02, refused_s=0.02, rng=random.Random(1))
        self.relay = Relay(self.hub, self.segments, db=self.db, clock=self.clock, backoff=backoff)

    async def join(self, days: float = 30) -> None:
        await self.db.run(lambda connection: outbox.join(connection, WallUs(T0), days=days))

    async def event(self, **fields):
        event = an_event(**fields)
        await self.db.run(lambda connection: events.save(connection, event))
        self.relay.wake()
        return event

    def footage(self, count: int) -> None:
        """Hashed files of a minute each, from T0 on."""
        last = self.index.sql.execute("SELECT coalesce(max(id), 0) FROM segments").fetchone()[0]
        rows = [
            (last + number, T0 + (number - 1) * MINUTE, MINUTE, (last + number).to_bytes(32, "big"))
            for number in range(1, count + 1)
        ]
        self.index.sql.executemany(
            "INSERT INTO segments (id, store, run, camera, stream, sequence, start_us, duration_us, size_bytes, frames, keyframes,"
            " sha256, state, footage_class, pinned) VALUES (?1, 1, 'r', 'hall', 'main', ?1, ?2, ?3, 1, 1, 1, ?4, 'complete', 'motion', 0)",
            rows,
        )
        self.index.sql.commit()

    def hash(self, row: int) -> None:
        self.index.sql.execute("UPDATE segments SET sha256 = ? WHERE id = ?", (row.to_bytes(32, "big"), row))
        self.index.sql.commit()

    async def until(self, done) -> None:
        async with asyncio.timeout(60):
            while not done():  # noqa: ASYNC110 what is waited for tells nobody
                await asyncio.sleep(0.005)

    async def told(self) -> None:
        async with asyncio.timeout(60):
            while True:
                now = await self.relay.now()
                if not now.waiting and not now.behind:
                    return
                self.relay.wake()
                await asyncio.sleep(0.005)


@pytest.fixture
async def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.db.close()
    made.engine.dispose()
    made.index.reader.close()
    made.index.sql.close()


@pytest.fixture
async def running(house):
    await house.join()
    task = asyncio.create_task(house.relay.run())
    yield house
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_happens_is_told_and_forgotten(running):
    event = await running.event(start_us=WallUs(T0))
    running.footage(3)
    await running.told()
    assert set(running.hub.of(LetterKind.EVENT)) == {event.id}
    found = running.hub.of(LetterKind.SEGMENT)
    assert sorted(found) == [f"hall/main/{n}/{n.to_bytes(32, 'big').hex()[:16]}" for n in (1, 2, 3)]
    assert found[f"hall/main/2/{'0' * 16}"] == {
        "stream": "main",
        "sequence": 2,
        "start_us": T0 + MINUTE,
        "duration_us": MINUTE,
        "size_bytes": 1,
        "sha256": (2).to_bytes(32, "big").hex(),
        "origin": "live",
    }
    now = await running.relay.now()
    assert (now.waiting, now.behind, now.since_us, now.problem, now.refused) == (0, 0, None, "", False)


async def test_a_hub_that_was_away_gets_events_first_and_everything_once(house):
    house.hub.error = Unreachable("the hub does not answer")
    house.footage(30)
    await house.join()
    task = asyncio.create_task(house.relay.run())
    events_ = [await house.event(start_us=WallUs(T0 + number)) for number in range(5)]
    await house.until(lambda: house.hub.posts >= 3)
    now = await house.relay.now()
    assert (now.problem, now.refused, now.since_us) == ("the hub does not answer", False, T0)
    assert now.waiting == 35
    house.hub.error = None
    await house.told()
    assert house.hub.order == [LetterKind.EVENT] * 5 + [LetterKind.SEGMENT] * 30
    assert set(house.hub.of(LetterKind.EVENT)) == {event.id for event in events_}
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_post_whose_answer_was_lost_is_posted_again(running):
    running.hub.lies = 2
    event = await running.event()
    await running.told()
    assert running.hub.order.count(LetterKind.EVENT) == 3
    assert set(running.hub.of(LetterKind.EVENT)) == {event.id}


async def test_a_house_that_is_not_wanted_any_more_says_so_and_keeps_what_it_has(running):
    running.hub.error = Refused("the hub does not want this house any more")
    await running.event()
    await running.until(lambda: running.hub.posts > 0)
    now = await running.relay.now()
    assert (now.refused, now.waiting) == (True, 1)


async def test_footage_waits_in_the_index_not_in_the_outbox(house):
    house.hub.error = Unreachable("away")
    house.footage(MOST_WAITING + 500)
    await house.join()
    assert await house.segments.tell() <= MOST_WAITING
    assert await house.segments.tell() == 0
    now = await house.relay.now()
    assert now.waiting <= MOST_WAITING
    assert now.waiting + now.behind == MOST_WAITING + 500
    house.hub.error = None
    task = asyncio.create_task(house.relay.run())
    await house.told()
    assert len(house.hub.of(LetterKind.SEGMENT)) == MOST_WAITING + 500
    assert house.hub.order.count(LetterKind.SEGMENT) == MOST_WAITING + 500, "none twice"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_segment_finished_late_is_told_and_its_followers_once(house):
    await house.join()
    late = house.index.file(T0, 0, state="recording")
    house.footage(2)
    house.footage(1)
    damaged = 4
    house.index.sql.execute("UPDATE segments SET state = 'suspect' WHERE id = ?", (damaged,))
    house.index.sql.commit()
    assert await house.segments.tell() == 2
    assert await house.segments.tell() == 0
    house.index.sql.execute("UPDATE segments SET state = 'complete', duration_us = 5 WHERE id = ?", (late,))
    house.index.sql.commit()
    assert await house.segments.tell() == 0, "not hashed yet"
    house.hash(late)
    assert await house.segments.tell() == 1
    joined = await house.db.run(outbox.joined)
    assert joined.segments_after == damaged, "one that is damaged holds nothing up"
    again = SegmentLetters(house.index.reader, house.db)
    house.footage(1)
    assert await again.tell() == 1


async def test_footage_from_before_the_days_asked_for_is_not_told(house):
    old = house.index.file(T0 - 3 * DAY_US, MINUTE)
    house.hash(old)
    house.footage(1)
    await house.join(days=1)
    assert await house.segments.tell() == 1


async def test_an_index_made_anew_is_told_from_its_beginning(house):
    await house.join()
    house.footage(5)
    assert await house.segments.tell() == 5
    house.index.sql.execute("DELETE FROM segments")
    house.index.sql.commit()
    house.footage(2)
    assert await house.segments.tell() == 2


async def test_the_footage_of_a_day_for_a_comparison(house):
    await house.join()
    house.footage(3)
    told = await house.segments.told(WallUs(T0), WallUs(T0 + 2 * MINUTE))
    assert [one.at_us for one in told] == [T0, T0 + MINUTE]
    await house.segments.tell()
    letters = await house.db.run(lambda connection: outbox.first(connection, count=9, size_bytes=10**6))
    assert {one.key: one.body for one in letters if one.at_us < T0 + 2 * MINUTE} == {one.key: one.body for one in told}
