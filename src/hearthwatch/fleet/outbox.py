"""The outbox of letters in `house.db`: what this house still has to tell its hub; functions take the caller's transaction.

Letters of the ledgers are written by the triggers of migration 0022 from the moment of `join` on, in the transaction of the
thing itself; a letter not sent yet gives way to the next about the same thing. Health and footage have no ledger in that
database: `put` writes theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    TableClause,
    Text,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    table,
    update,
)

from hearthwatch.fleet.letter import MAX_BODY_BYTES, Letter, LetterKind
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import SegmentId

metadata = MetaData()
_letters = Table(
    "letters",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("key", String(128), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("camera", String(32)),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,
)
_joined = Table(
    "fleet_joined",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("joined_us", BigInteger, nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("segments_after", BigInteger, nullable=False),
    Column("told_us", BigInteger, nullable=False),
)
_FIELDS = ("kind", "key", "at_us", "camera", "body")
_sequence = table("sqlite_sequence", column("name"), column("seq"))
_DAY_US = 86_400 * US_PER_S

TRIGGERED = (LetterKind.EVENT, LetterKind.ALERT, LetterKind.ARMING, LetterKind.LOGIN, LetterKind.OUTAGE)
"""The kinds whose ledgers are tables of `house.db`; each has a view `letters_KIND`."""
_VIEWS = {kind: table(f"letters_{kind.value}", *(column(name) for name in _FIELDS[1:])) for kind in TRIGGERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Since when the house belongs to a hub, from which moment on it tells, up to which segment it has told, and when it last
    had nothing left to tell (0: never yet)."""

    joined_us: WallUs
    since_us: WallUs
    segments_after: SegmentId
    told_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A row of a ledger as its letter has it."""

    key: str
    at_us: WallUs
    camera: CameraId | None
    body: bytes


def join(connection: Connection, now_us: WallUs, *, days: float = 30.0) -> None:
    """Begin to write letters, first about what the ledgers hold of the last `days`, the newest first. A house that wrote
    letters already begins anew: another hub knows nothing."""
    leave(connection)
    since_us = WallUs(now_us - round(days * _DAY_US))
    row = {"id": 1, "joined_us": now_us, "since_us": since_us, "segments_after": 0, "told_us": 0}
    connection.execute(insert(_joined).values(row))
    outgrow(connection, now_us)
    for kind in TRIGGERED:
        at_us = _VIEWS[kind].c.at_us
        _post(connection, _rows(kind).where(at_us >= since_us).order_by(at_us.desc()))


def leave(connection: Connection) -> None:
    """Write no letters any more and forget those not sent."""
    connection.execute(delete(_joined))
    connection.execute(delete(_letters))


def joined(connection: Connection) -> Joined | None:
    """Return since when letters are written; None when they are not."""
    row = connection.execute(select(_joined)).first()
    if row is None:
        return None
    return Joined(
        joined_us=WallUs(row.joined_us),
        since_us=WallUs(row.since_us),
        segments_after=SegmentId(row.segments_after),
        told_us=WallUs(row.told_us),
    )


def outgrow(connection: Connection, now_us: WallUs) -> None:
    """Let the next `seq` be above every one before, also above those a database knows nothing of that was put back from a copy:
    the wall clock counts faster than letters. To be called at each start."""
    mine = _sequence.c.name == _letters.name
    grown = update(_sequence).where(mine).values(seq=func.max(_sequence.c.seq, now_us))
    if not connection.execute(grown).rowcount:
        connection.execute(insert(_sequence).values(name=_letters.name, seq=now_us))


def put(
    connection: Connection, kind: LetterKind, key: str, *, at_us: WallUs, body: bytes, camera: CameraId | None = None
) -> None:
    """Write a letter in the place of one not sent yet about the same thing. Raises ValueError for one that is too long."""
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(f"a letter holds {MAX_BODY_BYTES} bytes at most")
    connection.execute(delete(_letters).where(_letters.c.kind == kind.value, _letters.c.key == key))
    row = {"kind": kind.value, "key": key, "at_us": at_us, "camera": camera, "body": body.decode()}
    connection.execute(insert(_letters).values(row))


def tell_segments_after(connection: Connection, segment: SegmentId) -> None:
    """Note that every segment up to this one has its letter."""
    connection.execute(update(_joined).values(segments_after=segment))


def first(connection: Connection, *, count: int, size_bytes: int) -> tuple[Letter, ...]:
    """Return what is sent next: by kind in the order of LetterKind, the oldest letter first; one at least, if one waits."""
    found: list[Letter] = []
    for kind in LetterKind:
        wanted = select(_letters).where(_letters.c.kind == kind.value).order_by(_letters.c.seq).limit(count - len(found))
        for row in connection.execute(wanted):
            body = row.body.encode()
            size_bytes -= len(body)
            if size_bytes < 0 and found:
                return tuple(found)
            camera = None if row.camera is None else CameraId(row.camera)
            found.append(Letter(kind=kind, key=row.key, seq=row.seq, at_us=WallUs(row.at_us), camera=camera, body=body))
        if len(found) >= count:
            break
    return tuple(found)


def sent(connection: Connection, letters: Collection[Letter], now_us: WallUs) -> bool:
    """Forget letters that are safe elsewhere; tell whether none is left. One that was replaced meanwhile has another `seq`."""
    connection.execute(delete(_letters).where(_letters.c.seq.in_([letter.seq for letter in letters])))
    if connection.scalar(select(exists(select(_letters.c.seq)))):
        return False
    connection.execute(update(_joined).values(told_us=now_us))
    return True


def waiting(connection: Connection) -> Mapping[LetterKind, int]:
    """Return how many letters wait, of the kinds of which any does."""
    rows = connection.execute(select(_letters.c.kind, func.count().label("letters")).group_by(_letters.c.kind))
    return {LetterKind(row.kind): row.letters for row in rows}


def on_the_way(connection: Connection, kind: LetterKind) -> frozenset[str]:
    """Return what the letters that wait are about, of a kind."""
    return frozenset(connection.scalars(select(_letters.c.key).where(_letters.c.kind == kind.value)))


def told(connection: Connection, kind: LetterKind, start_us: WallUs, end_us: WallUs) -> Iterator[Told]:
    """Yield what a ledger holds of [start_us, end_us) as letters say it, by key: for a comparison with the hub's. Raises
    ValueError for a kind that has no ledger in `house.db`."""
    view = _view(kind)
    mine = (view.c.at_us >= start_us, view.c.at_us < end_us)
    for row in connection.execute(_rows(kind).where(*mine).order_by(view.c.key)):
        camera = None if row.camera is None else CameraId(row.camera)
        yield Told(key=row.key, at_us=WallUs(row.at_us), camera=camera, body=row.body.encode())


def _view(kind: LetterKind) -> TableClause:
    if kind not in _VIEWS:
        raise ValueError(f"letters about {kind.value} come from no ledger in house.db")
    return _VIEWS[kind]


def _rows(kind: LetterKind) -> Select[Any]:
    view = _view(kind)
    return select(literal(kind.value).label("kind"), *(view.c[name] for name in _FIELDS[1:]))


def _post(connection: Connection, rows: Select[Any]) -> None:
    connection.execute(insert(_letters).from_select(list(_FIELDS), rows, include_defaults=False))
