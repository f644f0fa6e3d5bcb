"""The PushDevice: a browser or phone that asked to be notified, and all SQL for them in `house.db`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.kit.units import WallUs

MOST_A_PERSON = 10
NAME_CHARS = 64

metadata = MetaData()
_devices = Table(
    "push_devices",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("user_id", Integer, nullable=False),
    Column("name", String(NAME_CHARS), nullable=False),
    Column("endpoint", String(1024), nullable=False, unique=True),
    Column("p256dh", LargeBinary(65), nullable=False),
    Column("auth", LargeBinary(16), nullable=False),
    Column("added_us", BigInteger, nullable=False),
    Column("sent_us", BigInteger, nullable=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDevice:
    """One subscription (Push API): `endpoint` is the address at the push service, known to it and the browser alone, and
    `p256dh` (an uncompressed P-256 point) with `auth` (16 bytes) is what only the browser can open again."""

    id: str
    user_id: int
    name: str
    endpoint: str
    p256dh: bytes
    auth: bytes
    added_us: WallUs
    sent_us: WallUs | None = None

    @property
    def mark(self) -> str:
        """What tells the browser that this is its own, without telling anybody the endpoint."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()[:32]


class TooMany(Exception):
    """A person has as many devices as may be."""


def devices(connection: Connection) -> tuple[PushDevice, ...]:
    """Return all devices, the oldest first."""
    return tuple(_of(row) for row in connection.execute(select(_devices).order_by(_devices.c.added_us, _devices.c.id)))


def find(connection: Connection, device_id: str) -> PushDevice | None:
    """Return one, None when there is none of that id."""
    row = connection.execute(select(_devices).where(_devices.c.id == device_id)).one_or_none()
    return _of(row) if row else None


def add(connection: Connection, device: PushDevice) -> PushDevice:
    """Keep a device; one with that endpoint goes over to the new person and keeps its id. Raises TooMany."""
    others = select(func.count()).where(_devices.c.user_id == device.user_id, _devices.c.endpoint != device.endpoint)
    if connection.execute(others).scalar_one() >= MOST_A_PERSON:
        raise TooMany
    row = {
        "id": device.id,
        "user_id": device.user_id,
        "name": device.name,
        "endpoint": device.endpoint,
        "p256dh": device.p256dh,
        "auth": device.auth,
        "added_us": device.added_us,
        "sent_us": None,
    }
    changed = {key: value for key, value in row.items() if key not in {"id", "endpoint"}}
    connection.execute(insert(_devices).values(row).on_conflict_do_update(index_elements=["endpoint"], set_=changed))
    return _of(connection.execute(select(_devices).where(_devices.c.endpoint == device.endpoint)).one())


def remove(connection: Connection, device_id: str) -> None:
    """Notify this one no more."""
    connection.execute(delete(_devices).where(_devices.c.id == device_id))


def sent(connection: Connection, device_id: str, at_us: WallUs) -> None:
    """Note that its push service took a notification."""
    connection.execute(update(_devices).where(_devices.c.id == device_id).values(sent_us=at_us))


def _of(row: Row[tuple[object, ...]]) -> PushDevice:
    return PushDevice(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        endpoint=row.endpoint,
        p256dh=row.p256dh,
        auth=row.auth,
        added_us=WallUs(row.added_us),
        sent_us=None if row.sent_us is None else WallUs(row.sent_us),
    )
