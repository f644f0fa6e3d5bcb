"""Equal ledgers, checked and not assumed: what a house's ledgers hold of a day against what the hub's ledger holds of it.

Both make a sum of each day and kind: how many things there are, and the sum of their hashes, in which no order shows. Where
the sums differ the hub names what it has, thing by thing; the house posts anew what is missing or other there, and says of
what it no longer has that it is gone. What a letter on its way is about is passed over, and so is what differs only once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, select

from hearthwatch.fleet import outbox
from hearthwatch.fleet.hub_schema import letters, segments
from hearthwatch.fleet.letter import GONE, LetterKind
from hearthwatch.fleet.node import NodeId
from hearthwatch.fleet.outbox import TRIGGERED, Told
from hearthwatch.fleet.segments import SegmentLetters
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

log = logging.getLogger(__name__)

PATH = "/compare"
"""POST below the port's prefix."""
DAY_US = 86_400 * US_PER_S
COMPARED = (*TRIGGERED, LetterKind.SEGMENT)
MAX_ASKED = 400
_MAX_NAMED = 2500
_WORDS = 1 << 256


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """A kind over [start_us, end_us): how many things, and the sum of their hashes in hexadecimal digits."""

    kind: LetterKind
    start_us: int
    end_us: int
    count: int
    total: str


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing as the hub has it."""

    key: str
    at_us: int
    camera: str | None
    digest: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """`sums` are to be compared; or what the hub has of `named` is wanted, behind the key `after`."""

    sums: tuple[Sum, ...] = ()
    named: Sum | None = None
    after: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`other`: those sums which the hub has otherwise. `things` of the one that was named; `more` when there are more."""

    other: tuple[Sum, ...] = ()
    things: tuple[Thing, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of one comparison: so many things over so many days; `posted` were missing or other at the hub, `gone` are here
    no longer. `is_equal` when there was nothing of either."""

    at_us: WallUs
    days: int
    things: int
    posted: int
    gone: int

    @property
    def is_equal(self) -> bool:
        return not self.posted and not self.gone


Ask = Callable[[bytes], Awaitable[bytes]]
"""Asks the hub at PATH. Raises Unreachable and Refused."""


def digest_of(told: Told) -> bytes:
    """Return the hash of a thing, the same for both ends: of the text as a ledger keeps it."""
    body = told.body.decode("utf-8", "replace").replace("\0", "")
    return sha256("\n".join((told.key.replace("\0", ""), str(told.at_us), told.camera or "", body)).encode()).digest()


def total_of(digests: Iterable[bytes]) -> tuple[int, str]:
    """Return how many there are and their sum."""
    count = total = 0
    for digest in digests:
        count += 1
        total += int.from_bytes(digest, "big")
    return count, f"{total % _WORDS:064x}"


def days(since_us: int, until_us: int) -> Iterator[tuple[WallUs, WallUs]]:
    """Yield [since_us, until_us) by the days of UTC."""
    start_us = since_us
    while start_us < until_us:
        end_us = min((start_us // DAY_US + 1) * DAY_US, until_us)
        yield WallUs(start_us), WallUs(end_us)
        start_us = end_us


def answer(connection: Connection, node: NodeId, question: bytes) -> bytes:
    """Answer a node from the hub's ledger. Raises BadReply for what is no question."""
    try:
        asked = msgspec.json.decode(question, type=Question)
    except msgspec.MsgspecError as error:
        raise BadReply("that is no question about ledgers") from error
    if len(asked.sums) > MAX_ASKED or any(one.end_us - one.start_us > DAY_US for one in asked.sums):
        raise BadReply(f"at most {MAX_ASKED} sums are compared at once, each of a day at most")
    if asked.named is None:
        found = (_sum_at_hub(connection, node, one) for one in asked.sums)
        other = tuple(mine for mine, theirs in zip(found, asked.sums, strict=True) if mine != theirs)
        return msgspec.json.encode(Answer(other=other))
    things = [
        Thing(key=told.key, at_us=told.at_us, camera=told.camera, digest=digest_of(told).hex())
        for told in _at_hub(connection, node, asked.named, after=asked.after, limit=_MAX_NAMED + 1)
    ]
    return msgspec.json.encode(Answer(things=tuple(things[:_MAX_NAMED]), more=len(things) > _MAX_NAMED))


def _sum_at_hub(connection: Connection, node: NodeId, asked: Sum) -> Sum:
    count, total = total_of(digest_of(told) for told in _at_hub(connection, node, asked))
    return Sum(kind=asked.kind, start_us=asked.start_us, end_us=asked.end_us, count=count, total=total)


def _at_hub(connection: Connection, node: NodeId, of: Sum, *, after: str = "", limit: int | None = None) -> Iterator[Told]:
    table = segments if of.kind is LetterKind.SEGMENT else letters
    key = table.c.key.collate("C") if connection.dialect.name == "postgresql" else table.c.key  # by bytes, as SQLite has it
    wanted = select(table.c.key, table.c.at_us, table.c.camera, table.c.body).where(
        table.c.node == node,
        table.c.at_us >= of.start_us,
        table.c.at_us < of.end_us,
        table.c.gone.is_(False),
        key > after,
    )
    if of.kind is not LetterKind.SEGMENT:
        wanted = wanted.where(table.c.kind == of.kind.value)
    if limit is not None:
        wanted = wanted.order_by(key).limit(limit)
    for row in connection.execute(wanted):
        camera = None if row.camera is None else CameraId(row.camera)
        yield Told(key=row.key, at_us=WallUs(row.at_us), camera=camera, body=row.body.encode())


class Comparison:
    """A house's end. `segments` is None in one that keeps no footage."""

    def __init__(
        self, ask: Ask, segments: Callable[[], SegmentLetters | None], *, db: Db, clock: Clock, pause_s: float = 2.0
    ) -> None:
        self._ask = ask
        self._segments = segments
        self._db = db
        self._clock = clock
        self._pause_s = pause_s
        self.last: Compared | None = None

    async def compare(self) -> Compared | None:
        """Compare everything since this house joined and set right what differs; None in one that joined none.

        Raises Unreachable, Refused, BadReply and StorageFailed.
        """
        joined = await self._db.run(outbox.joined)
        if joined is None:
            return None
        now_us = self._clock.wall_us()
        spans = list(days(joined.since_us, now_us + DAY_US))
        things = posted = gone = 0
        batch: list[Sum] = []
        for start_us, end_us in spans:
            for kind in COMPARED:
                count, total = total_of([digest_of(told) for told in await self._here(kind, start_us, end_us)])
                batch.append(Sum(kind=kind, start_us=start_us, end_us=end_us, count=count, total=total))
                things += count
            if len(batch) + len(COMPARED) > MAX_ASKED or end_us == spans[-1][1]:
                reply = await self._asked(Question(sums=tuple(batch)))
                for one in reply.other:
                    more, fewer = await self._set_right(one)
                    posted, gone = posted + more, gone + fewer
                batch.clear()
        done = Compared(at_us=now_us, days=len(spans), things=things, posted=posted, gone=gone)
        self.last = done
        if done.is_equal:
            log.info("the hub's ledger holds what this house's do: %d things of %d days", things, len(spans))
        else:
            log.warning(
                "the hub's ledger differed: %d things were missing or other there and are sent again, %d are here no longer",
                posted,
                gone,
            )
        return done

    async def _asked(self, question: Question) -> Answer:
        try:
            return msgspec.json.decode(await self._ask(msgspec.json.encode(question)), type=Answer)
        except msgspec.MsgspecError as error:
            raise BadReply("the hub answers what is no comparison: it may be an older release") from error

    async def _here(self, kind: LetterKind, start_us: WallUs, end_us: WallUs) -> Sequence[Told]:
        if kind is LetterKind.SEGMENT:
            found = self._segments()
            return await found.told(start_us, end_us) if found is not None else ()
        return await self._db.run(lambda connection: list(outbox.told(connection, kind, start_us, end_us)))

    async def _set_right(self, of: Sum) -> tuple[int, int]:
        """Post what the hub has otherwise, thing by thing; return how many were sent again and how many are gone here."""
        first = await self._differing(of)
        if not first:
            return 0, 0
        await asyncio.sleep(self._pause_s)
        again = {key: there for key, there in (await self._differing(of)).items() if first.get(key, _NEVER) == there}
        found = await self._read(of)
        return await self._db.run(partial(_settle, of=of, there=again, here=found))

    async def _differing(self, of: Sum) -> Mapping[str, Thing | None]:
        """Return what the hub has of each thing that is otherwise here, None for nothing; without what is on its way."""
        there = await self._named(of)
        found, segments = await self._read(of), self._segments()
        untold = await segments.untold() if found is not None and segments is not None else frozenset()

        def look(connection: Connection) -> dict[str, Thing | None]:
            mine = _mine(connection, of, found)
            other = {key for key, told in mine.items() if (thing := there.get(key)) is None or thing.digest != _hex(told)}
            gone, going = there.keys() - mine.keys(), untold | outbox.on_the_way(connection, of.kind)
            return {key: there.get(key) for key in (other | gone) - going}

        return await self._db.run(look)

    async def _read(self, of: Sum) -> Sequence[Told] | None:
        """Return the footage there is; the other ledgers are read in the transaction in which letters are written."""
        if of.kind is not LetterKind.SEGMENT:
            return None
        return await self._here(of.kind, WallUs(of.start_us), WallUs(of.end_us))

    async def _named(self, of: Sum) -> Mapping[str, Thing]:
        found: dict[str, Thing] = {}
        after = ""
        while True:
            reply = await self._asked(Question(named=of, after=after))
            found.update((thing.key, thing) for thing in reply.things)
            if not reply.more:
                return found
            if not reply.things or reply.things[-1].key == after:
                raise Unreachable("the hub names what it has without an end")
            after = reply.things[-1].key


def _hex(told: Told) -> str:
    return digest_of(told).hex()


_NEVER = Thing(key="", at_us=-1, camera=None, digest="")


def _mine(connection: Connection, of: Sum, here: Sequence[Told] | None) -> dict[str, Told]:
    found = here if here is not None else outbox.told(connection, of.kind, WallUs(of.start_us), WallUs(of.end_us))
    return {told.key.replace("\0", ""): told for told in found}


def _settle(connection: Connection, of: Sum, there: Mapping[str, Thing | None], here: Sequence[Told] | None) -> tuple[int, int]:
    """Write letters about what the hub has otherwise. What is in `house.db` is read in this transaction: a change of this very
    moment must not be undone at the hub by a letter that knows nothing of it."""
    mine = _mine(connection, of, here)
    for key, thing in there.items():
        if key in mine:
            told = mine[key]
            outbox.put(connection, of.kind, told.key, at_us=told.at_us, body=told.body, camera=told.camera)
        elif thing is not None:
            camera = None if thing.camera is None else CameraId(thing.camera)
            outbox.put(connection, of.kind, thing.key, at_us=WallUs(thing.at_us), body=GONE, camera=camera)
    return sum(key in mine for key in there), sum(key not in mine for key in there)
