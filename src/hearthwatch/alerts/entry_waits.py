"""Events whose alert waits for somebody to disarm, in `house.db`; functions take the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, delete, select
from sqlalchemy.dialects.sqlite import insert

from hearthwatch.events.event import EventId
from hearthwatch.kit.units import CameraId, WallUs

metadata = MetaData()
_waits = Table(
    "entry_waits",
    metadata,
    Column("event", String(32), primary_key=True),
    Column("camera", String(32), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWait:
    """The alert about an event of `at_us` waits until `due_us`."""

    event: EventId
    camera: CameraId
    at_us: WallUs
    due_us: WallUs

    def is_due(self, now_us: WallUs) -> bool:
        """Tell whether it has waited long enough; with a clock that was set back nobody knows, and it has."""
        return not self.at_us <= now_us < self.due_us


def save(connection: Connection, wait: EntryWait) -> None:
    """Keep it; one that waits already waits no longer for being told again."""
    row = {"event": wait.event, "camera": wait.camera, "at_us": wait.at_us, "due_us": wait.due_us}
    connection.execute(insert(_waits).values(row).on_conflict_do_nothing())


def kept(connection: Connection) -> tuple[EntryWait, ...]:
    """Return all that wait, the oldest first."""
    rows = connection.execute(select(_waits).order_by(_waits.c.at_us, _waits.c.event))
    return tuple(
        EntryWait(event=EventId(row.event), camera=CameraId(row.camera), at_us=WallUs(row.at_us), due_us=WallUs(row.due_us))
        for row in rows
    )


def drop(connection: Connection, event: EventId) -> None:
    """It was told, or need not be."""
    connection.execute(delete(_waits).where(_waits.c.event == event))
