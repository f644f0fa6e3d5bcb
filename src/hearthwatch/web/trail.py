"""The house's trail: who looked, armed, exported, deleted, changed or logged in, from where and when, in `house.db`.

Each line holds a hash over itself and the line before: what is changed or taken out later is found by `verify`.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, LargeBinary, Row, String, Table, Text, insert, select

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.web.accounts import metadata

log = logging.getLogger(__name__)

_MOST_SUBJECT = 1000
_MOST_REMEMBERED = 2000

house_trail = Table(
    "house_trail",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("who", String(120), nullable=False),
    Column("via", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    Column("deed", String(64), nullable=False),
    Column("camera", String(32)),
    Column("subject", Text, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
)
Index("house_trail_by_camera", house_trail.c.camera, house_trail.c.number)


class Via(StrEnum):
    """Which way somebody came."""

    PAGE = "page"
    TOKEN = "token"  # noqa: S105  # a word, no secret
    TERMINAL = "terminal"
    TELEGRAM = "telegram"
    MQTT = "mqtt"
    HOUSE = "house"
    HUB = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """`deed` is a word of `deeds`; `subject` says in words or names what it was about, never a secret. `who` is a name as it
    was then, empty for a stranger."""

    at_us: WallUs
    who: str
    via: str
    address: str
    deed: str
    camera: CameraId | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    number: int
    deed: Deed


class Trail:
    """Writes lines, and the same deed of the same person only once in a while: watching is one line, not one a picture."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._lately: dict[tuple[str, ...], MonoNs] = {}

    async def note(
        self,
        deed: str,
        *,
        who: str,
        via: str = Via.PAGE,
        address: str = "",
        camera: CameraId | None = None,
        subject: str = "",
        once_in_s: int = 0,
    ) -> None:
        """Add a line. A disk that does not take it stops nobody: the log says what is missing then."""
        if once_in_s and self._is_repeat((deed, who, via, address, camera or "", subject), once_in_s):
            return
        line = Deed(at_us=self._clock.wall_us(), who=who, via=via, address=address, deed=deed, camera=camera, subject=subject)
        try:
            await self._db.run(lambda connection: write(connection, line))
        except StorageFailed as error:
            log.warning("the trail lacks that %s did %s: %s", who, deed, error)

    async def recent(self, *, before: int | None, camera: CameraId | None, who: str | None, limit: int) -> tuple[Line, ...]:
        """Return lines with a number under `before`, newest first."""
        return await self._db.run(lambda c: recent(c, before=before, camera=camera, who=who, limit=limit))

    async def verify(self) -> int | None:
        """Return the number of the first line that is not as it was written, or that is missing; None when all is well."""
        return await self._db.run(verify)

    def _is_repeat(self, key: tuple[str, ...], once_in_s: int) -> bool:
        now_ns = self._clock.mono_ns()
        last_ns = self._lately.get(key)
        if last_ns is not None and now_ns < last_ns + once_in_s * NS_PER_S:
            return True
        self._lately.pop(key, None)
        self._lately[key] = now_ns
        while len(self._lately) > _MOST_REMEMBERED:
            del self._lately[next(iter(self._lately))]
        return False


def write(connection: Connection, deed: Deed) -> None:
    """Add a line, in the caller's transaction."""
    last = connection.execute(select(house_trail).order_by(house_trail.c.number.desc()).limit(1)).first()
    number = last.number + 1 if last else 1
    row = {
        "number": number,
        "at_us": int(deed.at_us),
        "who": deed.who[:120],
        "via": deed.via[:32],
        "address": deed.address[:64],
        "deed": deed.deed[:64],
        "camera": deed.camera,
        "subject": deed.subject[:_MOST_SUBJECT],
    }
    connection.execute(insert(house_trail).values(**row, sha256=chained(last.sha256 if last else b"", row)))


def recent(
    connection: Connection,
    *,
    before: int | None = None,
    camera: CameraId | None = None,
    who: str | None = None,
    limit: int = 50,
) -> tuple[Line, ...]:
    """Return lines with a number under `before`, newest first."""
    wanted = select(house_trail).order_by(house_trail.c.number.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(house_trail.c.number < before)
    if camera is not None:
        wanted = wanted.where(house_trail.c.camera == camera)
    if who is not None:
        wanted = wanted.where(house_trail.c.who == who)
    return tuple(_line(row) for row in connection.execute(wanted))


def deeds_of(connection: Connection, who: str, deeds: Collection[str]) -> tuple[Deed, ...]:
    """Return what a person did of these kinds, themselves or by a token, oldest first."""
    theirs = (house_trail.c.who == who) | house_trail.c.who.startswith(f"{who}, by token ", autoescape=True)
    wanted = select(house_trail).where(theirs, house_trail.c.deed.in_(deeds)).order_by(house_trail.c.number)
    return tuple(_line(row).deed for row in connection.execute(wanted))


def verify(connection: Connection) -> int | None:
    """Return the number of the first line that is not as it was written, or that is missing; None when all is well.

    The newest lines taken away together leave no hole: compare `hearthwatch users trail` with an older copy for that."""
    before, expected = b"", 1
    for row in _rows(connection):
        values = {column: row._mapping[column] for column in _HASHED}
        if row.number != expected or row.sha256 != chained(before, values):
            return expected
        before, expected = row.sha256, expected + 1
    return None


_HASHED = ("number", "at_us", "who", "via", "address", "deed", "camera", "subject")


def _rows(connection: Connection) -> Iterator[Row[tuple[object, ...]]]:
    yield from connection.execution_options(yield_per=1000).execute(select(house_trail).order_by(house_trail.c.number))


def chained(before: bytes, row: dict[str, object]) -> bytes:
    """Return the hash of a line behind one with the hash `before`."""
    text = json.dumps([row[column] for column in _HASHED], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before + text.encode("utf-8", "surrogatepass")).digest()


def _line(row: Row[tuple[object, ...]]) -> Line:
    deed = Deed(
        at_us=WallUs(row.at_us),
        who=row.who,
        via=row.via,
        address=row.address,
        deed=row.deed,
        camera=None if row.camera is None else CameraId(row.camera),
        subject=row.subject,
    )
    return Line(number=row.number, deed=deed)
