"""The ledger of log-ins in `house.db`, kept for ever, and the cameras' log lines; functions take the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import KeptLine, Login, LoginId, Source, Story, Verdict
from hearthwatch.logins.novelty import Known
from hearthwatch.vendors.device import LocalUs, LoginAction

metadata = MetaData()
logins = Table(
    "logins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("camera", String(32), nullable=False),
    Column("action", String(32), nullable=False),
    Column("code", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("address", String(64)),
    Column("origin", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("local_us", BigInteger),
    Column("at_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    Column("source", String(16), nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("raw", Text, nullable=False),
    Column("merged", Boolean, nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("told", Boolean, nullable=False),
    Index("logins_by_time", "at_us", "id"),
    Index("logins_by_camera", "camera", "at_us"),
    Index("logins_lane", "camera", "at_us", "verdict", "user", "address", sqlite_where=text("verdict != 'own'")),
    Index("logins_untold", "camera", sqlite_where=text("wanted AND NOT told")),
    sqlite_autoincrement=True,
)
log_seen = Table(
    "log_seen",
    metadata,
    Column("camera", String(32), primary_key=True),
    Column("book", String(16), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("undated", Boolean, nullable=False),
)
login_own = Table(
    "login_own",
    metadata,
    Column("camera", String(32), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("count", Integer, nullable=False),
)
login_state = Table(
    "login_state",
    metadata,
    Column("camera", String(32), primary_key=True),
    Column("book", String(16), primary_key=True),
    Column("state", Text, nullable=False),
)
log_lines = Table(
    "log_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("camera", String(32), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    Column("local_us", BigInteger),
    Column("code", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Index("log_lines_by_time", "at_us", "id"),
    Index("log_lines_by_camera", "camera", "at_us"),
    sqlite_autoincrement=True,
)


def add(connection: Connection, found: Iterable[Login]) -> tuple[Login, ...]:
    """Keep new log-ins and return them with their ids, which grow in this order."""
    found = tuple(found)
    if not found:
        return ()
    wanted = insert(logins).returning(logins.c.id, sort_by_parameter_order=True)
    keys = connection.execute(wanted, [_values(login) for login in found]).scalars()
    return tuple(replace(login, id=LoginId(key)) for login, key in zip(found, keys, strict=True))


def update_known(connection: Connection, changed: Iterable[Login]) -> None:
    """Bring rows up to date that are known better now; whether they were told is left as it is."""
    for login in changed:
        values = _values(login)
        for name in ("wanted", "told"):
            del values[name]
        connection.execute(update(logins).where(logins.c.id == login.id).values(values))


def set_told(connection: Connection, ids: Sequence[LoginId]) -> None:
    """Note that somebody was told of these."""
    for start in range(0, len(ids), 500):
        connection.execute(update(logins).where(logins.c.id.in_(ids[start : start + 500])).values(told=True))


def untold(connection: Connection, camera: CameraId) -> tuple[Login, ...]:
    """Return what somebody is still to be told of, in the order we learned of it."""
    wanted = select(logins).where(logins.c.camera == camera, text("wanted AND NOT told")).order_by(logins.c.id)
    return _all(connection, wanted)


def stories(
    connection: Connection, camera: CameraId, verdicts: Collection[Verdict], since: LoginId, limit: int = 50
) -> tuple[int, tuple[Story, ...]]:
    """Return how many rows of these verdicts somebody was or is to be told of from the id `since` on, and the stories that
    most of them belong to."""
    ours = and_(
        logins.c.camera == camera,
        logins.c.id >= since,
        logins.c.wanted,
        logins.c.verdict.in_([verdict.value for verdict in verdicts]),
    )
    grouped = (
        select(func.min(logins.c.id).label("head"), func.count().label("times"), func.max(logins.c.at_us).label("last_us"))
        .where(ours)
        .group_by(logins.c.verdict, logins.c.user, logins.c.address, logins.c.origin)
        .order_by(func.count().desc(), func.min(logins.c.id))
        .limit(limit)
    )
    total = connection.execute(select(func.count()).where(ours)).scalar() or 0
    return total, _stories(connection, grouped)


def last_told(connection: Connection, camera: CameraId, since_us: WallUs) -> tuple[Story, ...]:
    """Return what was told of that was seen from `since_us` on; `last_us` is when the last of each was seen."""
    grouped = (
        select(func.max(logins.c.id).label("head"), func.count().label("times"), func.max(logins.c.seen_us).label("last_us"))
        .where(logins.c.camera == camera, logins.c.told, logins.c.wanted, logins.c.seen_us >= since_us)
        .group_by(logins.c.verdict, logins.c.user, logins.c.address, logins.c.origin)
        .order_by(func.max(logins.c.id).desc())
        .limit(500)
    )
    return _stories(connection, grouped)


def _stories(connection: Connection, grouped: Select[Any, Any, Any]) -> tuple[Story, ...]:
    found = connection.execute(grouped).all()
    heads = {row.id: row for row in _all(connection, select(logins).where(logins.c.id.in_([row.head for row in found])))}
    return tuple(Story(head=heads[LoginId(row.head)], times=row.times, last_us=WallUs(row.last_us)) for row in found)


def unmerged(connection: Connection, camera: CameraId, since_us: WallUs, besides: Source) -> tuple[Login, ...]:
    """Return the rows seen from `since_us` on that only one source told of, another one than `besides`."""
    ours = and_(logins.c.camera == camera, logins.c.seen_us >= since_us)
    wanted = select(logins).where(ours, ~logins.c.merged, logins.c.source != besides.value)
    return _all(connection, wanted.order_by(logins.c.id))


def recent(
    connection: Connection,
    *,
    camera: CameraId | None = None,
    verdicts: Collection[Verdict] = (),
    user: str | None = None,
    address: str | None = None,
    since_us: WallUs | None = None,
    until_us: WallUs | None = None,
    before: LoginId | None = None,
    limit: int = 100,
) -> tuple[Login, ...]:
    """Return log-ins with `at_us` in [since_us, until_us), newest first; `before` goes on after the last one of a page.

    Without `verdicts` all of them."""
    wanted = select(logins).order_by(logins.c.at_us.desc(), logins.c.id.desc()).limit(limit)
    exact = {logins.c.camera: camera, logins.c.user: user, logins.c.address: address}
    for column, value in exact.items():
        if value is not None:
            wanted = wanted.where(column == str(value))
    if verdicts:
        wanted = wanted.where(logins.c.verdict.in_([verdict.value for verdict in verdicts]))
    if since_us is not None:
        wanted = wanted.where(logins.c.at_us >= since_us)
    if until_us is not None:
        wanted = wanted.where(logins.c.at_us < until_us)
    if before is not None:
        at_us = connection.execute(select(logins.c.at_us).where(logins.c.id == before)).scalar()
        if at_us is None:
            return ()
        wanted = wanted.where(or_(logins.c.at_us < at_us, and_(logins.c.at_us == at_us, logins.c.id < before)))
    return _all(connection, wanted)


def after(connection: Connection, last: LoginId, *, camera: CameraId | None = None, limit: int = 1000) -> tuple[Login, ...]:
    """Return log-ins learned of after `last`, in that order."""
    wanted = select(logins).where(logins.c.id > last).order_by(logins.c.id).limit(limit)
    return _all(connection, wanted if camera is None else wanted.where(logins.c.camera == camera))


def last_id(connection: Connection) -> LoginId:
    return LoginId(connection.execute(select(func.max(logins.c.id))).scalar() or 0)


def known_lines(connection: Connection, camera: CameraId, book: str) -> dict[bytes, Known]:
    """Return the lines of one of its logs (`logins`, `log`) that are in the ledger already."""
    columns = (log_seen.c.key, log_seen.c.count.label("times"), log_seen.c.undated)
    rows = connection.execute(select(*columns).where(log_seen.c.camera == camera, log_seen.c.book == book))
    return {row.key: Known(count=row.times, undated=row.undated) for row in rows}


def note_lines(connection: Connection, camera: CameraId, book: str, changes: Mapping[bytes, Known | None]) -> None:
    """Remember, or forget, lines of a log."""
    gone = [key for key, entry in changes.items() if entry is None]
    for start in range(0, len(gone), 500):
        ours = and_(log_seen.c.camera == camera, log_seen.c.book == book)
        connection.execute(delete(log_seen).where(ours, log_seen.c.key.in_(gone[start : start + 500])))
    rows = [
        {"camera": camera, "book": book, "key": key, "count": entry.count, "undated": entry.undated}
        for key, entry in changes.items()
        if entry is not None
    ]
    if rows:
        fresh = upsert(log_seen)
        now = {"count": fresh.excluded.count, "undated": fresh.excluded.undated}
        connection.execute(fresh.on_conflict_do_update(index_elements=["camera", "book", "key"], set_=now), rows)


def state(connection: Connection, camera: CameraId, book: str) -> str:
    """Return what `set_state` kept, empty when nothing."""
    wanted = select(login_state.c.state).where(login_state.c.camera == camera, login_state.c.book == book)
    return connection.execute(wanted).scalar() or ""


def set_state(connection: Connection, camera: CameraId, book: str, said: str) -> None:
    """Keep what the watch of a camera must know after a restart."""
    row = {"camera": camera, "book": book, "state": said}
    fresh = upsert(login_state).values(row)
    connection.execute(fresh.on_conflict_do_update(index_elements=["camera", "book"], set_={"state": said}))


def count_own(connection: Connection, camera: CameraId, day: str, count: int) -> None:
    """Add to the log-ins of our own on `day`, which are counted, not kept one by one."""
    fresh = upsert(login_own).values(camera=camera, day=day, count=count)
    more = {"count": login_own.c.count + count}
    connection.execute(fresh.on_conflict_do_update(index_elements=["camera", "day"], set_=more))


def own(connection: Connection, camera: CameraId) -> dict[str, int]:
    """Return how often we logged in ourselves, by day (`2026-11-21`, UTC)."""
    wanted = select(login_own.c.day, login_own.c.count.label("times")).where(login_own.c.camera == camera)
    return {row.day: row.times for row in connection.execute(wanted.order_by(login_own.c.day))}


def add_lines(connection: Connection, lines: Sequence[KeptLine]) -> None:
    """Keep lines of a system log; their ids are given here."""
    rows = [{name: value for name, value in asdict(line).items() if name != "id"} for line in lines]
    if rows:
        connection.execute(insert(log_lines), rows)


def lines(
    connection: Connection,
    *,
    camera: CameraId | None = None,
    search: str = "",
    since_us: WallUs | None = None,
    until_us: WallUs | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[KeptLine, ...]:
    """Return log lines, newest first; `search` is looked for in all of a line, whatever the case of its letters."""
    wanted = select(log_lines).order_by(log_lines.c.at_us.desc(), log_lines.c.id.desc()).limit(limit)
    if camera is not None:
        wanted = wanted.where(log_lines.c.camera == camera)
    if search:
        places = (log_lines.c.raw, log_lines.c.code, log_lines.c.text, log_lines.c.user)
        wanted = wanted.where(or_(*(place.icontains(search, autoescape=True) for place in places)))
    if since_us is not None:
        wanted = wanted.where(log_lines.c.at_us >= since_us)
    if until_us is not None:
        wanted = wanted.where(log_lines.c.at_us < until_us)
    if before is not None:
        at_us = connection.execute(select(log_lines.c.at_us).where(log_lines.c.id == before)).scalar()
        if at_us is None:
            return ()
        wanted = wanted.where(or_(log_lines.c.at_us < at_us, and_(log_lines.c.at_us == at_us, log_lines.c.id < before)))
    return tuple(_line(row) for row in connection.execute(wanted))


def lines_after(connection: Connection, last: int, limit: int = 200) -> tuple[KeptLine, ...]:
    """Return log lines kept after the one with the id `last`, in that order."""
    wanted = select(log_lines).where(log_lines.c.id > last).order_by(log_lines.c.id).limit(limit)
    return tuple(_line(row) for row in connection.execute(wanted))


def last_line_id(connection: Connection) -> int:
    return connection.execute(select(func.max(log_lines.c.id))).scalar() or 0


def drop_lines_before(connection: Connection, camera: CameraId, before_us: WallUs, limit: int = 500) -> int:
    """Delete the oldest lines of a camera that were seen before that; return how many."""
    over = select(log_lines.c.id).where(log_lines.c.camera == camera, log_lines.c.seen_us < before_us).limit(limit)
    return connection.execute(delete(log_lines).where(log_lines.c.id.in_(over))).rowcount


def _values(login: Login) -> dict[str, object]:
    values = asdict(login)
    del values["id"]
    return values | {"action": login.action.value, "source": login.source.value, "verdict": login.verdict.value}


def _all(connection: Connection, wanted: Select[tuple[object, ...]]) -> tuple[Login, ...]:
    return tuple(_login(row) for row in connection.execute(wanted))


def _login(row: Row[tuple[object, ...]]) -> Login:
    return Login(
        id=LoginId(row.id),
        camera=CameraId(row.camera),
        action=LoginAction(row.action),
        code=row.code,
        user=row.user,
        address=row.address,
        origin=row.origin,
        via=row.via,
        local_us=None if row.local_us is None else LocalUs(row.local_us),
        at_us=WallUs(row.at_us),
        seen_us=WallUs(row.seen_us),
        source=Source(row.source),
        verdict=Verdict(row.verdict),
        raw=row.raw,
        merged=row.merged,
        wanted=row.wanted,
        told=row.told,
    )


def _line(row: Row[tuple[object, ...]]) -> KeptLine:
    return KeptLine(
        id=row.id,
        camera=CameraId(row.camera),
        at_us=WallUs(row.at_us),
        seen_us=WallUs(row.seen_us),
        local_us=None if row.local_us is None else LocalUs(row.local_us),
        code=row.code,
        user=row.user,
        text=row.text,
        raw=row.raw,
    )
