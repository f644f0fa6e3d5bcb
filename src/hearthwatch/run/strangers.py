"""In whose place another device answered when the house was last seen: no password goes there after a restart either."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from hearthwatch.health.ledger import outages
from hearthwatch.health.outage import Fault
from hearthwatch.kit.db import open_reader
from hearthwatch.kit.units import CameraId


def left(connection: Connection) -> frozenset[CameraId]:
    """Return the cameras whose stranger was not gone yet."""
    wanted = select(outages.c.camera).where(outages.c.fault == Fault.CAMERA_STRANGER.value, outages.c.end_us.is_(None))
    return frozenset(CameraId(row.camera) for row in connection.execute(wanted) if row.camera)


def left_in(data_folder: Path) -> frozenset[CameraId]:
    """As `left`, before a house runs; nobody where there is no database that can be read: the house will say what is wrong."""
    path = data_folder / "house.db"
    if not path.exists():
        return frozenset()
    engine = open_reader(path)
    try:
        with engine.connect() as connection:
            return left(connection)
    except DatabaseError:
        return frozenset()
    finally:
        engine.dispose()
