"""What the cameras' clocks said, in `house.db`: the time burnt into a picture is worth what is known of the clock behind it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, MetaData, Row, String, Table, select
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs

_NEWS_US = 1 * US_PER_S
_DAILY_US = 86_400 * US_PER_S

metadata = MetaData()
camera_clocks = Table(
    "camera_clocks",
    metadata,
    Column("camera", String(32), primary_key=True),
    Column("at_us", BigInteger, primary_key=True),
    Column("off_us", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSeen:
    """At `at_us` the camera's clock was `off_us` ahead of ours; negative when it was behind."""

    at_us: WallUs
    off_us: int


def remember(connection: Connection, camera: CameraId, seen: ClockSeen) -> None:
    """Keep the reading if it says something new: once a day, and when the clock has moved by a second or more."""
    last = nearest(connection, camera, seen.at_us)
    if last is None or abs(seen.off_us - last.off_us) >= _NEWS_US or abs(seen.at_us - last.at_us) >= _DAILY_US:
        row = {"camera": camera, "at_us": seen.at_us, "off_us": seen.off_us}
        connection.execute(
            insert(camera_clocks).values(row).on_conflict_do_update(index_elements=["camera", "at_us"], set_=row)
        )


def nearest(connection: Connection, camera: CameraId, at_us: WallUs) -> ClockSeen | None:
    """Return the reading closest in time to `at_us`."""
    wanted = select(camera_clocks).where(camera_clocks.c.camera == camera)
    before = connection.execute(wanted.where(camera_clocks.c.at_us <= at_us).order_by(camera_clocks.c.at_us.desc()).limit(1))
    after = connection.execute(wanted.where(camera_clocks.c.at_us > at_us).order_by(camera_clocks.c.at_us).limit(1))
    found = [_seen(row) for row in (*before, *after)]
    return min(found, key=lambda one: abs(one.at_us - at_us), default=None)


def _seen(row: Row[tuple[str, int, int]]) -> ClockSeen:
    return ClockSeen(at_us=WallUs(row.at_us), off_us=row.off_us)
