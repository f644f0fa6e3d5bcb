"""The trail of what was done to cameras, in `house.db`: who asked for what, when, and how it ended. Written before and after.

Functions take the caller's transaction. `subject` and `value` never hold a password.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    MetaData,
    Row,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.kit.units import CameraId, WallUs

metadata = MetaData()
audit_trail = Table(
    "audit_trail",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("camera", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("begun_us", BigInteger),
    Column("ended_us", BigInteger),
    Index("audit_trail_by_time", "asked_us", "id"),
    Index("audit_trail_by_state", "state"),
)


class RepairState(StrEnum):
    """ASKED waits for a yes. IMPOSSIBLE: the camera offers no way, nothing was changed. FAILED: it was tried. UNFINISHED:
    Hearthwatch ended in the middle of it."""

    ASKED = "asked"
    DECLINED = "declined"
    EXPIRED = "expired"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    IMPOSSIBLE = "impossible"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`text` is the question while ASKED and the outcome afterwards, in the owner's words. `verified`: read back as wished.

    `who` is `page NAME`, `telegram ID`, `terminal` or `system`."""

    id: str
    remedy: Remedy
    who: str
    state: RepairState
    verified: bool
    text: str
    asked_us: WallUs
    begun_us: WallUs | None = None
    ended_us: WallUs | None = None


def save(connection: Connection, entry: Entry) -> None:
    """Insert a new entry."""
    connection.execute(insert(audit_trail).values(_row(entry)))


def begin(connection: Connection, entry: str, who: str, *, not_before_us: WallUs, now_us: WallUs) -> Entry | None:
    """Take the yes of `who` to a question asked since `not_before_us`; None when there is none (any more): it counts once."""
    table = audit_trail
    taken = connection.execute(
        update(table)
        .where(
            table.c.id == entry,
            table.c.who == who,
            table.c.state == RepairState.ASKED.value,
            table.c.asked_us >= not_before_us,
            table.c.asked_us <= now_us,
        )
        .values(state=RepairState.RUNNING.value, begun_us=now_us)
    )
    return find(connection, entry) if taken.rowcount else None


def decline(connection: Connection, entry: str, who: str, now_us: WallUs) -> bool:
    """Take the no of `who`; False when there is nothing to decline (any more)."""
    table = audit_trail
    taken = connection.execute(
        update(table)
        .where(table.c.id == entry, table.c.who == who, table.c.state == RepairState.ASKED.value)
        .values(state=RepairState.DECLINED.value, ended_us=now_us)
    )
    return bool(taken.rowcount)


def end(connection: Connection, entry: str, state: RepairState, text: str, *, verified: bool, now_us: WallUs) -> Entry | None:
    """Write down how it ended and return the entry as it is now."""
    connection.execute(
        update(audit_trail)
        .where(audit_trail.c.id == entry)
        .values(state=state.value, text=text, verified=verified, ended_us=now_us)
    )
    return find(connection, entry)


def expire(connection: Connection, before_us: WallUs, now_us: WallUs) -> None:
    """Nobody answered the questions asked before that."""
    table = audit_trail
    connection.execute(
        update(table)
        .where(table.c.state == RepairState.ASKED.value, table.c.asked_us < before_us)
        .values(state=RepairState.EXPIRED.value, ended_us=now_us)
    )


def find(connection: Connection, entry: str) -> Entry | None:
    row = connection.execute(select(audit_trail).where(audit_trail.c.id == entry)).first()
    return _entry(row) if row else None


def running(connection: Connection) -> tuple[Entry, ...]:
    """Return what was begun and has not ended, oldest first."""
    wanted = select(audit_trail).where(audit_trail.c.state == RepairState.RUNNING.value).order_by(audit_trail.c.id)
    return tuple(_entry(row) for row in connection.execute(wanted))


def recent(
    connection: Connection, *, camera: CameraId | None = None, before_us: WallUs | None = None, limit: int = 50
) -> tuple[Entry, ...]:
    """Return entries asked before `before_us`, newest first."""
    wanted = select(audit_trail).order_by(audit_trail.c.asked_us.desc(), audit_trail.c.id.desc()).limit(limit)
    if camera is not None:
        wanted = wanted.where(audit_trail.c.camera == camera)
    if before_us is not None:
        wanted = wanted.where(audit_trail.c.asked_us < before_us)
    return tuple(_entry(row) for row in connection.execute(wanted))


def touched(connection: Connection, camera: CameraId, since_us: WallUs) -> bool:
    """Tell whether we ourselves worked on the camera since then: what changed on it may be our own doing."""
    table = audit_trail
    wanted = select(table.c.id).where(
        table.c.camera == camera,
        table.c.begun_us.is_not(None),
        table.c.ended_us.is_(None) | (table.c.ended_us >= since_us),
    )
    return connection.execute(wanted.limit(1)).first() is not None


def _row(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "camera": entry.remedy.camera,
        "kind": entry.remedy.kind.value,
        "subject": entry.remedy.subject,
        "value": entry.remedy.value,
        "who": entry.who,
        "state": entry.state.value,
        "verified": entry.verified,
        "text": entry.text,
        "asked_us": entry.asked_us,
        "begun_us": entry.begun_us,
        "ended_us": entry.ended_us,
    }


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    remedy = Remedy(kind=RemedyKind(row.kind), camera=CameraId(row.camera), subject=row.subject, value=row.value)
    return Entry(
        id=row.id,
        remedy=remedy,
        who=row.who,
        state=RepairState(row.state),
        verified=row.verified,
        text=row.text,
        asked_us=WallUs(row.asked_us),
        begun_us=None if row.begun_us is None else WallUs(row.begun_us),
        ended_us=None if row.ended_us is None else WallUs(row.ended_us),
    )
