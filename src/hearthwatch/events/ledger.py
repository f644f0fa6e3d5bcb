"""The ledger of events in `house.db` and their pictures on disk; functions take the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    MetaData,
    Row,
    String,
    Table,
    Text,
    and_,
    delete,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.events.event import Event, EventId, EventKind
from hearthwatch.events.wanted import words_of
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.files import safe_join, storage_failed, write_atomic
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

metadata = MetaData()
events = Table(
    "events",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("camera", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("label", String(64), nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger),
    Column("score", Float, nullable=False),
    Column("x0", Float),
    Column("y0", Float),
    Column("x1", Float),
    Column("y1", Float),
    Column("zones", Text, nullable=False),
    Column("picture", Boolean, nullable=False),
    Column("best_us", BigInteger, nullable=False),
    Column("reviewed", Boolean, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("received_ns", BigInteger, nullable=False),
    Column("false_alarm", Boolean, nullable=False, server_default="0"),
    Column("words", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("note_words", Text, nullable=False, server_default=""),
    Index("events_by_start", "start_us", "id"),
    Index("events_by_camera", "camera", "start_us"),
    Index("events_by_label", "label", "start_us"),
    Index("events_by_kind", "kind", "start_us"),
    Index("events_by_zones", "zones"),
    Index("events_unseen", "start_us", "id", sqlite_where=text("reviewed = 0")),
    Index("events_false", "camera", "label", "start_us", sqlite_where=text("false_alarm = 1")),
)


def save(connection: Connection, event: Event, *, told: bool = False) -> None:
    """Insert the event or bring its row up to date; `picture`, `reviewed` and `told` are only ever set, never taken back,
    and `false_alarm` and `note` are left alone."""
    box = event.box
    zones = "\n".join(sorted(event.zones))
    row = {
        "id": event.id,
        "camera": event.camera,
        "kind": event.kind.value,
        "label": event.label,
        "start_us": event.start_us,
        "end_us": event.end_us,
        "score": event.score,
        "x0": box.x0 if box else None,
        "y0": box.y0 if box else None,
        "x1": box.x1 if box else None,
        "y1": box.y1 if box else None,
        "zones": zones,
        "best_us": event.best_us,
        "detail": event.detail,
        "words": words_of(event.kind, event.label, zones, event.detail),
    }
    lasting = {"picture": event.picture, "reviewed": event.reviewed, "told": told, "received_ns": event.received_ns}
    set_now = {name: True for name in ("picture", "reviewed", "told") if lasting[name]}
    connection.execute(insert(events).values(row | lasting).on_conflict_do_update(index_elements=["id"], set_=row | set_now))


def find(connection: Connection, event: EventId) -> Event | None:
    row = connection.execute(select(events).where(events.c.id == event)).first()
    return event_of(row) if row else None


def recent(
    connection: Connection,
    *,
    camera: CameraId | None = None,
    label: str | None = None,
    kind: EventKind | None = None,
    since_us: WallUs | None = None,
    until_us: WallUs | None = None,
    before: EventId | None = None,
    limit: int = 100,
) -> tuple[Event, ...]:
    """Return events whose start lies in [since_us, until_us), newest first; `before` goes on after the last one of a page."""
    wanted = select(events).order_by(events.c.start_us.desc(), events.c.id.desc()).limit(limit)
    if camera is not None:
        wanted = wanted.where(events.c.camera == camera)
    if label is not None:
        wanted = wanted.where(events.c.label == label)
    if kind is not None:
        wanted = wanted.where(events.c.kind == kind.value)
    if since_us is not None:
        wanted = wanted.where(events.c.start_us >= since_us)
    if until_us is not None:
        wanted = wanted.where(events.c.start_us < until_us)
    if before is not None:
        start_us = connection.execute(select(events.c.start_us).where(events.c.id == before)).scalar()
        if start_us is None:
            return ()
        same = and_(events.c.start_us == start_us, events.c.id < before)
        wanted = wanted.where(or_(events.c.start_us < start_us, same))
    return tuple(event_of(row) for row in connection.execute(wanted))


def left_open(connection: Connection) -> tuple[Event, ...]:
    """Return the events without an end: at start those a former house did not live to close."""
    return tuple(event_of(row) for row in connection.execute(select(events).where(events.c.end_us.is_(None))))


def labels(connection: Connection) -> tuple[str, ...]:
    """Return the labels there are events of, in order."""
    return _distinct(connection, "label")


def zones(connection: Connection) -> tuple[str, ...]:
    """Return the zones there are events in, in order."""
    return tuple(sorted({zone for some in _distinct(connection, "zones") for zone in some.split("\n")}))


def _distinct(connection: Connection, column: str) -> tuple[str, ...]:
    """Hop along the column's index from one value to the next: as many steps as there are values, not events."""
    hops = (
        f"WITH RECURSIVE hop(x) AS (SELECT min({column}) FROM events WHERE {column} > '' UNION ALL "  # noqa: S608 ours
        f"SELECT (SELECT min({column}) FROM events WHERE {column} > hop.x) FROM hop WHERE hop.x IS NOT NULL) "
        "SELECT x FROM hop WHERE x IS NOT NULL"
    )
    return tuple(connection.execute(text(hops)).scalars())


def set_reviewed(connection: Connection, event: EventId) -> None:
    connection.execute(update(events).where(events.c.id == event).values(reviewed=True))


def set_false_alarm(connection: Connection, event: EventId, *, is_false: bool) -> None:
    """Note what a person said of the event, who has therewith looked at it."""
    connection.execute(update(events).where(events.c.id == event).values(false_alarm=is_false, reviewed=True))


def set_picture(connection: Connection, event: EventId) -> None:
    """Note that the event's picture is on disk."""
    connection.execute(update(events).where(events.c.id == event).values(picture=True))


def drop_before(connection: Connection, before_us: WallUs, limit: int = 500) -> tuple[EventId, ...]:
    """Delete the oldest events that ended before that; return their ids, whose files are to be forgotten."""
    over = select(events.c.id).where(events.c.end_us < before_us).order_by(events.c.start_us).limit(limit)
    found = tuple(EventId(key) for key in connection.execute(over).scalars())
    connection.execute(delete(events).where(events.c.id.in_(found)))
    return found


def event_of(row: Row[tuple[object, ...]]) -> Event:
    """Return the event a whole row of `events` holds."""
    return Event(
        id=EventId(row.id),
        camera=CameraId(row.camera),
        kind=EventKind(row.kind),
        label=row.label,
        start_us=WallUs(row.start_us),
        end_us=None if row.end_us is None else WallUs(row.end_us),
        score=row.score,
        box=None if row.x0 is None else Box(x0=row.x0, y0=row.y0, x1=row.x1, y1=row.y1),
        zones=frozenset(row.zones.split("\n")) if row.zones else frozenset(),
        picture=row.picture,
        best_us=WallUs(row.best_us),
        reviewed=row.reviewed,
        detail=row.detail,
        received_ns=MonoNs(row.received_ns),
        false_alarm=row.false_alarm,
        note=row.note,
    )


class EventFiles:
    """What is kept of an event outside the database: its picture, those of a burst, and the clip that was sent. Any thread may
    use it. What a slow disk is still being given can be read already: people are told of it by then."""

    def __init__(self, data_folder: Path) -> None:
        self._folders = {
            ".jpg": data_folder / "pictures",
            ".mp4": data_folder / "clips",
            ".album": data_folder / "albums",
        }
        for folder in self._folders.values():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._under_way: dict[Path, bytes] = {}

    def write_picture(self, event: EventId, jpeg: bytes) -> None:
        """Keep the picture, replacing an earlier one. Raises StorageFailed."""
        self._write(self._path(event, ".jpg"), jpeg)

    def picture(self, event: EventId) -> bytes | None:
        """Return the event's picture as JPEG. Raises StorageFailed when it is there and cannot be read."""
        return self._read(self._path(event, ".jpg"))

    def write_clip(self, event: EventId, mp4: bytes) -> None:
        """Keep the clip to be sent. Raises StorageFailed."""
        self._write(self._path(event, ".mp4"), mp4)

    def clip(self, event: EventId) -> bytes | None:
        """Return the event's clip. Raises StorageFailed when it is there and cannot be read."""
        return self._read(self._path(event, ".mp4"))

    def write_album(self, event: EventId, album: bytes) -> None:
        """Keep the pictures of a burst (`events.album`). Raises StorageFailed."""
        self._write(self._path(event, ".album"), album)

    def album(self, event: EventId) -> bytes | None:
        """Return the pictures of the event's burst. Raises StorageFailed when they are there and cannot be read."""
        return self._read(self._path(event, ".album"))

    def forget(self, found: Sequence[EventId]) -> None:
        """Remove the files of these events."""
        for event in found:
            for suffix in self._folders:
                self._path(event, suffix).unlink(missing_ok=True)

    def _path(self, event: EventId, suffix: str) -> Path:
        return safe_join(self._folders[suffix], f"{event}{suffix}")

    def _write(self, path: Path, data: bytes) -> None:
        self._under_way[path] = data
        try:
            write_atomic(path, data)
        finally:
            self._under_way.pop(path, None)

    def _read(self, path: Path) -> bytes | None:
        if (data := self._under_way.get(path)) is not None:
            return data
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_failed(error, f"reading {path}") from error
