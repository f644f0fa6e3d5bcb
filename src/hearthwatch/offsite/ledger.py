"""The queue of copies in `house.db`, which is also what is known to be at each target; functions take the caller's transaction.

Putting a piece in twice is putting it in once: what wants pieces sent may start over after a crash without looking back.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, case, delete, func, literal_column, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.offsite.manifest import Head, head_after
from hearthwatch.offsite.pack import Packed
from hearthwatch.offsite.schema import heads, uploads
from hearthwatch.offsite.upload import (
    Parcel,
    Piece,
    PieceKind,
    Priority,
    Progress,
    TargetId,
    Upload,
    UploadId,
    UploadState,
)
from hearthwatch.recording.segment import Copied, FootageClass

URGENT = Priority.EVENT_FRAGMENT
"""What is at most this is sent in a lane of its own."""
_OPEN = (UploadState.WAITING, UploadState.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A piece to be kept at a target; `sequence` names a segment's file, 0 is for other pieces."""

    target: TargetId
    piece: Piece
    priority: Priority
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One row of the queue. `manifest` is empty until it is packed once; `parcels` are what was packed and is not proved,
    `sent_bytes` and `progress` how far the first of them is."""

    upload: Upload
    sequence: int
    parcel_bytes: int
    sent_bytes: int
    progress: Progress | None
    tries: int
    manifest: bytes
    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetCount:
    """What waits for one target, what of it is of events and emergencies, and the oldest moment of footage that waits."""

    waiting: int
    waiting_bytes: int
    waiting_events: int
    oldest_us: WallUs | None


def want(connection: Connection, wanted: Iterable[Wanted], now_us: WallUs) -> None:
    """Put pieces into the queue. What is there already keeps its place, or comes further to the front and gets the class."""
    rows = [_row(one, now_us) for one in wanted]
    if not rows:
        return
    put = insert(uploads)
    fresh = put.excluded
    further = fresh.priority < uploads.c.priority
    change = {
        "priority": fresh.priority,
        "order_us": fresh.order_us,
        "next_us": fresh.next_us,
        "footage_class": case((uploads.c.name == "", fresh.footage_class), else_=uploads.c.footage_class),
    }
    again = and_(uploads.c.state.in_([literal_column(f"'{state}'") for state in _OPEN]), further)
    connection.execute(put.on_conflict_do_update(index_elements=_KEY, set_=change, where=again), rows)


def _row(one: Wanted, now_us: WallUs) -> dict[str, Any]:
    piece = one.piece
    return {
        "target": one.target,
        "kind": piece.kind,
        "camera": piece.camera,
        "stream": piece.stream,
        "sequence": one.sequence,
        "start_us": piece.start_us,
        "end_us": piece.end_us,
        "size_bytes": piece.size_bytes,
        "sha256": piece.sha256,
        "footage_class": piece.footage_class,
        "pinned": piece.pinned,
        "event": piece.event,
        "priority": int(one.priority),
        "order_us": _order_us(piece.start_us, one.priority),
        "state": UploadState.WAITING,
        "name": "",
        "sealed_bytes": 0,
        "sealed_sha256": b"",
        "sent_bytes": 0,
        "token": "",
        "tries": 0,
        "next_us": now_us,
        "manifest": b"",
        "parcels": b"",
    }


_KEY = ["target", "kind", "camera", "stream", "sequence", "start_us", "event"]


def _order_us(start_us: WallUs, priority: Priority) -> int:
    """An event goes from its beginning on; of all else the newest first, which says most about this moment."""
    return start_us if priority in {Priority.EVENT_PICTURE, Priority.EVENT_FRAGMENT} else -start_us


def next_up(connection: Connection, target: TargetId, now_us: WallUs, *, urgent: bool) -> Queued | None:
    """Return what is sent next; `urgent` for the lane of what cannot wait. One half sent goes before its equals."""
    mine = uploads.c.priority <= URGENT if urgent else uploads.c.priority > URGENT
    best = None
    for state in (UploadState.SENDING, UploadState.WAITING):  # apart, each is one step into the index however long the queue
        due = select(uploads).where(uploads.c.target == target, uploads.c.state == state, mine, uploads.c.next_us <= now_us)
        row = connection.execute(due.order_by(uploads.c.priority, uploads.c.order_us).limit(1)).first()
        if row is not None and (best is None or row.priority < best.priority):
            best = row
    return None if best is None else _queued(best)


def packed(connection: Connection, queued: Queued, made: Packed) -> None:
    """Note what is sent for an upload from now on, and where the chain of its camera stands with it."""
    upload, first = queued.upload, made.parcels[0]
    change: dict[str, Any] = {
        "state": UploadState.SENDING,
        "name": made.name,
        "sealed_bytes": first.size_bytes,
        "sealed_sha256": first.sha256,
        "sent_bytes": 0,
        "token": "",
        "manifest": zlib.compress(made.manifest),
        "parcels": msgspec.json.encode(made.parcels, enc_hook=str),
    }
    connection.execute(update(uploads).where(uploads.c.id == upload.id).values(**change))
    if queued.manifest != made.manifest:
        row = {"target": upload.target, "camera": upload.piece.camera, "manifest": made.manifest}
        put = insert(heads).values(**row)
        connection.execute(put.on_conflict_do_update(index_elements=["target", "camera"], set_={"manifest": made.manifest}))


def progressed(connection: Connection, upload: UploadId, progress: Progress) -> None:
    """Note how far it came, so that a crash costs little."""
    change = {"sent_bytes": progress.sent_bytes, "token": progress.token}
    connection.execute(update(uploads).where(uploads.c.id == upload).values(**change))


def proved(connection: Connection, upload: UploadId, now_us: WallUs) -> None:
    change = {
        "state": UploadState.PROVED,
        "proved_us": now_us,
        "checked_us": now_us,
        "token": "",
        "tries": 0,
        "parcels": b"",
    }
    connection.execute(update(uploads).where(uploads.c.id == upload).values(**change))


def postponed(connection: Connection, upload: UploadId, until_us: WallUs, *, anew: bool) -> None:
    """Try it again later; `anew` forgets what was sent."""
    change: dict[str, Any] = {"next_us": until_us, "tries": uploads.c.tries + 1, "state": UploadState.WAITING}
    if anew:
        change |= {"sent_bytes": 0, "token": ""}
    connection.execute(update(uploads).where(uploads.c.id == upload).values(**change))


def gone(connection: Connection, upload: UploadId) -> None:
    """Its source went before it was sent."""
    connection.execute(update(uploads).where(uploads.c.id == upload).values(state=UploadState.GONE))


def lost(connection: Connection, upload: UploadId, now_us: WallUs) -> None:
    """The far end lost what it had: it waits to be sent again."""
    change = {
        "state": UploadState.WAITING,
        "sent_bytes": 0,
        "token": "",
        "tries": 0,
        "next_us": now_us,
        "proved_us": None,
        "checked_us": None,
        "parcels": b"",
    }
    connection.execute(update(uploads).where(uploads.c.id == upload).values(**change))


def checked(connection: Connection, upload: UploadId, now_us: WallUs) -> None:
    connection.execute(update(uploads).where(uploads.c.id == upload).values(checked_us=now_us))


def sample(connection: Connection, target: TargetId, before_us: WallUs, limit: int) -> tuple[Queued, ...]:
    """Return what was proved before a moment and looked at longest ago."""
    mine = and_(uploads.c.target == target, uploads.c.state == UploadState.PROVED, uploads.c.checked_us < before_us)
    return tuple(
        _queued(row) for row in connection.execute(select(uploads).where(mine).order_by(uploads.c.checked_us).limit(limit))
    )


def everywhere(connection: Connection, files: Collection[Copied], targets: Collection[TargetId]) -> tuple[Copied, ...]:
    """Return those segments that every one of `targets` that was to get them holds, and at least one."""
    names = [(one.camera, one.stream, one.sequence) for one in files]
    mine = tuple_(uploads.c.camera, uploads.c.stream, uploads.c.sequence).in_(names)
    columns = (uploads.c.camera, uploads.c.stream, uploads.c.sequence, uploads.c.sha256, uploads.c.state)
    query = select(*columns).where(mine, uploads.c.kind == PieceKind.SEGMENT, uploads.c.target.in_(targets))
    states: dict[tuple[str, str, int, bytes], set[str]] = {}
    for row in connection.execute(query):
        states.setdefault((row.camera, row.stream, row.sequence, bytes(row.sha256)), set()).add(row.state)
    return tuple(one for one in files if states.get((one.camera, one.stream, one.sequence, one.sha256)) == {UploadState.PROVED})


def knows(connection: Connection, target: TargetId, name: str) -> bool:
    """Tell whether something was packed for the target under that name."""
    mine = select(uploads.c.id).where(uploads.c.target == target, uploads.c.name == name)
    return connection.scalar(mine.limit(1)) is not None


def count(connection: Connection, target: TargetId) -> TargetCount:
    left = func.max(uploads.c.size_bytes, uploads.c.sealed_bytes) - uploads.c.sent_bytes
    row = connection.execute(
        select(
            func.count().label("waiting"),
            func.sum(left).label("bytes"),
            func.sum(case((uploads.c.priority <= Priority.EVENT, 1), else_=0)).label("events"),
            func.min(case((uploads.c.kind != PieceKind.TRAIL, uploads.c.start_us))).label("oldest_us"),
        ).where(uploads.c.target == target, uploads.c.state.in_(_OPEN))
    ).one()
    return TargetCount(
        waiting=row.waiting,
        waiting_bytes=max(0, int(row.bytes or 0)),
        waiting_events=int(row.events or 0),
        oldest_us=None if row.oldest_us is None else WallUs(row.oldest_us),
    )


def proved_before(connection: Connection, target: TargetId) -> tuple[int, WallUs | None]:
    """Return how many pieces a target holds, and when it proved the last; reads them all."""
    mine = and_(uploads.c.target == target, uploads.c.state == UploadState.PROVED)
    row = connection.execute(select(func.count().label("held"), func.max(uploads.c.proved_us).label("last")).where(mine)).one()
    return row.held, None if row.last is None else WallUs(row.last)


def safe_until(connection: Connection, targets: Collection[TargetId] | None = None) -> dict[CameraId, WallUs]:
    """Return up to when the footage of each camera is proved to be at one of these targets, at any when none are named."""
    footage = uploads.c.kind.not_in([PieceKind.PICTURE, PieceKind.TRAIL])
    mine = and_(uploads.c.state == UploadState.PROVED, footage, *([uploads.c.target.in_(targets)] if targets else ()))
    query = select(uploads.c.camera, func.max(uploads.c.end_us).label("end_us")).where(mine).group_by(uploads.c.camera)
    return {CameraId(row.camera): WallUs(row.end_us) for row in connection.execute(query)}


def trail_until(connection: Connection, target: TargetId) -> int:
    """Return the last line of the house's trail that a target was or is being sent, 0 for none."""
    mine = and_(uploads.c.target == target, uploads.c.kind == PieceKind.TRAIL)
    return int(connection.scalar(select(func.max(uploads.c.sequence)).where(mine)) or 0)


def waiting(connection: Connection, ids: Collection[int]) -> int:
    """Return how many of these are still to be proved."""
    mine = and_(uploads.c.id.in_(ids), uploads.c.state.in_(_OPEN))
    return int(connection.scalar(select(func.count()).where(mine)) or 0)


def emergency_left(connection: Connection, targets: Collection[TargetId]) -> int:
    """Return how many pieces of an emergency are still to be proved by these targets."""
    mine = and_(uploads.c.target.in_(targets), uploads.c.state.in_(_OPEN), uploads.c.priority == Priority.FAILSAFE)
    return int(connection.scalar(select(func.count()).where(mine)) or 0)


def read_heads(connection: Connection, target: TargetId) -> dict[CameraId, Head]:
    """Return where the chains of a target stand."""
    query = select(heads.c.camera, heads.c.manifest).where(heads.c.target == target)
    return {CameraId(row.camera): head_after(bytes(row.manifest)) for row in connection.execute(query)}


def spooled(connection: Connection) -> set[str]:
    """Return the names of the files that wait to be sent."""
    query = select(uploads.c.parcels).where(uploads.c.state.in_(_OPEN), uploads.c.parcels != b"")
    return {parcel.path.name for raw in connection.scalars(query) for parcel in _parcels(raw)}


def drop_before(connection: Connection, before_us: WallUs, limit: int) -> int:
    """Forget pieces that ended before a moment and wait for nothing; return how many rows went. Copies of the trail stay: they
    tell how far it is elsewhere."""
    over = and_(uploads.c.end_us < before_us, uploads.c.state.not_in(_OPEN), uploads.c.kind != PieceKind.TRAIL)
    old = select(uploads.c.id).where(over).limit(limit)
    return connection.execute(delete(uploads).where(uploads.c.id.in_(old))).rowcount


def _queued(row: Any) -> Queued:
    piece = Piece(
        kind=PieceKind(row.kind),
        camera=CameraId(row.camera),
        stream=Stream(row.stream),
        start_us=WallUs(row.start_us),
        end_us=WallUs(row.end_us),
        size_bytes=row.size_bytes,
        sha256=bytes(row.sha256),
        footage_class=FootageClass(row.footage_class),
        pinned=row.pinned,
        event=row.event,
    )
    upload = Upload(
        id=UploadId(row.id),
        target=TargetId(row.target),
        piece=piece,
        priority=Priority(row.priority),
        state=UploadState(row.state),
        name=row.name,
        sealed_sha256=bytes(row.sealed_sha256),
    )
    progress = Progress(sent_bytes=row.sent_bytes, token=row.token) if row.token else None
    return Queued(
        upload=upload,
        sequence=row.sequence,
        parcel_bytes=row.sealed_bytes,
        sent_bytes=row.sent_bytes,
        progress=progress,
        tries=row.tries,
        manifest=zlib.decompress(row.manifest) if row.manifest else b"",
        parcels=_parcels(row.parcels) if row.parcels else (),
    )


def _parcels(raw: bytes) -> tuple[Parcel, ...]:
    return msgspec.json.decode(raw, type=tuple[Parcel, ...], dec_hook=_path)


def _path(kind: type, value: Any) -> Any:
    return kind(value)
