"""The cameras that are known, in `house.db`; functions take the caller's transaction."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, MetaData, String, Table, delete, select
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.device import Vendor
from hearthwatch.vendors.known import KnownCamera

metadata = MetaData()
cameras_known = Table(
    "cameras_known",
    metadata,
    Column("camera", String(32), primary_key=True),
    Column("key", String(128), nullable=False),
    Column("mac", String(17), nullable=False),
    Column("serial", String(128), nullable=False),
    Column("link_mac", String(17), nullable=False),
    Column("mark", String(256), nullable=False),
    Column("vendor", String(32), nullable=False),
    Column("maker", String(128), nullable=False),
    Column("model", String(128), nullable=False),
    Column("firmware", String(128), nullable=False),
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("tls", Boolean, nullable=False),
    Column("ip", String(64), nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
)


def save(connection: Connection, known: KnownCamera) -> None:
    """Insert the camera or bring its row up to date; when it was first seen stays."""
    row = {column.name: getattr(known, column.name) for column in cameras_known.columns} | {"vendor": known.vendor.value}
    again = {name: value for name, value in row.items() if name not in {"camera", "first_us"}}
    connection.execute(insert(cameras_known).values(row).on_conflict_do_update(index_elements=["camera"], set_=again))


def forget(connection: Connection, camera: CameraId) -> None:
    """Whoever answers next in the place of `camera` is taken for it."""
    connection.execute(delete(cameras_known).where(cameras_known.c.camera == camera))


def load(connection: Connection) -> tuple[KnownCamera, ...]:
    """Return every camera that is known."""
    return tuple(
        KnownCamera(
            camera=CameraId(row.camera),
            vendor=Vendor(row.vendor),
            maker=row.maker,
            model=row.model,
            mac=row.mac,
            serial=row.serial,
            firmware=row.firmware,
            link_mac=row.link_mac,
            mark=row.mark,
            host=row.host,
            port=row.port,
            tls=row.tls,
            ip=row.ip,
            first_us=WallUs(row.first_us),
            last_us=WallUs(row.last_us),
        )
        for row in connection.execute(select(cameras_known).order_by(cameras_known.c.camera))
    )
