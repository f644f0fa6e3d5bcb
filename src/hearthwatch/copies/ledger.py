"""The ledger of copies in `house.db`; functions take the caller's transaction. What is in a copy stays sealed here."""

from __future__ import annotations

from dataclasses import dataclass

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
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from hearthwatch.copies.copy import ConfigCopy, CopyId
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.vendors.device import Vendor

KEPT_COPIES = 500
"""For each camera; the oldest go first, but never the first one of all."""
_PATIENCE_US = 24 * 3600 * US_PER_S

metadata = MetaData()
copies = Table(
    "config_copies",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("camera", String(32), nullable=False),
    Column("vendor", String(16), nullable=False),
    Column("firmware", String(128), nullable=False),
    Column("taken_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    Column("reason", String(128), nullable=False),
    Column("drift", Boolean, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("setting_count", Integer, nullable=False),
    Column("change_count", Integer, nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Index("config_copies_by_camera", "camera", "id"),
)
_SHOWN = tuple(column for column in copies.c if column.name not in {"settings", "secrets"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What is in a copy: the settings with marks for secrets, and the secrets, each sealed for a purpose of its own."""

    settings: bytes
    secrets: bytes


def add(connection: Connection, copy: ConfigCopy, sealed: Sealed) -> None:
    """Store a copy, and let the oldest ones of that camera go."""
    row = {
        "id": copy.id,
        "camera": copy.camera,
        "vendor": copy.vendor.value,
        "firmware": copy.firmware,
        "taken_us": copy.taken_us,
        "seen_us": copy.seen_us,
        "reason": copy.reason,
        "drift": copy.drift,
        "told": copy.told,
        "setting_count": copy.setting_count,
        "change_count": copy.change_count,
        "settings": sealed.settings,
        "secrets": sealed.secrets,
    }
    connection.execute(insert(copies).values(row))
    first = select(func.min(copies.c.id)).where(copies.c.camera == copy.camera).scalar_subquery()
    newest = select(copies.c.id).where(copies.c.camera == copy.camera).order_by(copies.c.id.desc()).limit(KEPT_COPIES)
    over = (copies.c.camera == copy.camera, copies.c.id.not_in(newest), copies.c.id != first)
    connection.execute(delete(copies).where(*over))


def set_seen(connection: Connection, copy: CopyId, at_us: WallUs) -> None:
    """Note that the camera was found exactly so again."""
    connection.execute(update(copies).where(copies.c.id == copy).values(seen_us=at_us))


def set_told(connection: Connection, copy: CopyId) -> None:
    """Note that the alert about it is recorded."""
    connection.execute(update(copies).where(copies.c.id == copy).values(told=True))


def untold(connection: Connection) -> tuple[ConfigCopy, ...]:
    """Return the drift that a former house did not live to tell."""
    wanted = select(*_SHOWN).where(copies.c.drift, copies.c.told.is_(False)).order_by(copies.c.id)
    return tuple(_copy(row) for row in connection.execute(wanted))


def find(connection: Connection, copy: CopyId) -> ConfigCopy | None:
    row = connection.execute(select(*_SHOWN).where(copies.c.id == copy)).first()
    return _copy(row) if row else None


def contents(connection: Connection, copy: CopyId) -> Sealed | None:
    row = connection.execute(select(copies.c.settings, copies.c.secrets).where(copies.c.id == copy)).first()
    return Sealed(settings=row.settings, secrets=row.secrets) if row else None


def recent(
    connection: Connection, *, camera: CameraId | None = None, before: CopyId | None = None, limit: int = 100
) -> tuple[ConfigCopy, ...]:
    """Return copies, newest first; `before` goes on after the last one of a page."""
    wanted = select(*_SHOWN).order_by(copies.c.id.desc()).limit(limit)
    if camera is not None:
        wanted = wanted.where(copies.c.camera == camera)
    if before is not None:
        wanted = wanted.where(copies.c.id < before)
    return tuple(_copy(row) for row in connection.execute(wanted))


def since(connection: Connection, camera: CameraId, after: CopyId | None = None) -> tuple[ConfigCopy, ...]:
    """Return the copies of a camera newer than `after`, oldest first."""
    wanted = select(*_SHOWN).where(copies.c.camera == camera).order_by(copies.c.id)
    if after is not None:
        wanted = wanted.where(copies.c.id > after)
    return tuple(_copy(row) for row in connection.execute(wanted))


def last(connection: Connection, camera: CameraId, before: CopyId | None = None) -> ConfigCopy | None:
    """Return the newest copy of a camera, or the one just before `before`."""
    found = recent(connection, camera=camera, before=before, limit=1)
    return found[0] if found else None


def last_good(connection: Connection, camera: CameraId, before: CopyId | None = None) -> ConfigCopy | None:
    """Return the newest copy that nobody tampered with: not drift, or drift that the owner let stand for a day."""
    wanted = (
        select(*_SHOWN)
        .where(copies.c.camera == camera)
        .where(or_(copies.c.drift.is_(False), copies.c.seen_us > copies.c.taken_us + _PATIENCE_US))
        .order_by(copies.c.id.desc())
        .limit(1)
    )
    if before is not None:
        wanted = wanted.where(copies.c.id < before)
    row = connection.execute(wanted).first()
    return _copy(row) if row else None


def cameras(connection: Connection) -> tuple[CameraId, ...]:
    """Return the cameras there are copies of, in order."""
    found = select(copies.c.camera).distinct().order_by(copies.c.camera)
    return tuple(CameraId(name) for name in connection.execute(found).scalars())


def _copy(row: Row[tuple[object, ...]]) -> ConfigCopy:
    return ConfigCopy(
        id=CopyId(row.id),
        camera=CameraId(row.camera),
        vendor=Vendor(row.vendor),
        firmware=row.firmware,
        taken_us=WallUs(row.taken_us),
        seen_us=WallUs(row.seen_us),
        reason=row.reason,
        drift=row.drift,
        told=row.told,
        setting_count=row.setting_count,
        change_count=row.change_count,
    )
