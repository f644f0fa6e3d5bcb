"""The ledger of outages in `house.db`; functions take the caller's transaction."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    or_,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.units import CameraId, WallUs

metadata = MetaData()
outages = Table(
    "outages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fault", String(32), nullable=False),
    Column("camera", String(32)),
    Column("subject", String(64), nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger),
    Column("detail", Text, nullable=False),
    Column("told", Boolean, nullable=False),
    Index("outages_by_start", "start_us"),
)


def save(connection: Connection, key: int, outage: Outage, *, told: bool) -> None:
    """Insert the outage under `key` or bring its row up to date."""
    row = {
        "id": key,
        "fault": outage.fault.value,
        "camera": outage.camera,
        "subject": outage.subject,
        "start_us": outage.start_us,
        "end_us": outage.end_us,
        "detail": outage.detail,
        "told": told,
    }
    connection.execute(insert(outages).values(row).on_conflict_do_update(index_elements=["id"], set_=row))


def recent(connection: Connection, *, since_us: WallUs, limit: int = 100) -> tuple[Outage, ...]:
    """Return outages that last or ended after `since_us`, newest first."""
    wanted = (
        select(outages)
        .where(or_(outages.c.end_us.is_(None), outages.c.end_us > since_us))
        .order_by(outages.c.start_us.desc(), outages.c.id.desc())
        .limit(limit)
    )
    return tuple(_outage(row) for row in connection.execute(wanted))


def drop_before(connection: Connection, before_us: WallUs) -> None:
    """Delete the outages that were over before that."""
    connection.execute(delete(outages).where(outages.c.end_us < before_us))


def left_open(connection: Connection) -> tuple[tuple[int, Outage, bool], ...]:
    """Return key, outage and whether it was told, of those a former house left open."""
    rows = connection.execute(select(outages).where(outages.c.end_us.is_(None)).order_by(outages.c.id))
    return tuple((row.id, _outage(row), row.told) for row in rows)


def last_key(connection: Connection) -> int:
    return connection.execute(select(outages.c.id).order_by(outages.c.id.desc()).limit(1)).scalar() or 0


def _outage(row: Row[tuple[object, ...]]) -> Outage:
    return Outage(
        fault=Fault(row.fault),
        camera=None if row.camera is None else CameraId(row.camera),
        subject=row.subject,
        start_us=WallUs(row.start_us),
        end_us=None if row.end_us is None else WallUs(row.end_us),
        detail=row.detail,
    )
