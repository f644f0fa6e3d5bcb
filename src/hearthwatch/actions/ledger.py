"""What is switched on now, and what was switched when and why, in `house.db`; functions take the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Connection, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from hearthwatch.actions.action import ActionOptions, Deed, Turn
from hearthwatch.kit.units import WallUs

_KEPT = 2000

metadata = MetaData()
actions_on = Table(
    "actions_on",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("since_us", BigInteger, nullable=False),
    Column("off_us", BigInteger),
    Column("why", Text, nullable=False),
    Column("options", Text, nullable=False),
)
action_trail = Table(
    "action_trail",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("name", String(32), nullable=False),
    Column("turn", String(8), nullable=False),
    Column("why", Text, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("text", Text, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class On:
    """An action that is on, or may be: written before it is switched. `options` are those it was switched on by."""

    name: str
    since_us: WallUs
    off_us: WallUs | None
    why: str
    options: ActionOptions


def set_on(connection: Connection, on: On) -> None:
    """Note that it is about to be switched on."""
    row = {
        "name": on.name,
        "since_us": on.since_us,
        "off_us": on.off_us,
        "why": on.why,
        "options": msgspec.json.encode(on.options).decode(),
    }
    connection.execute(upsert(actions_on).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def set_off(connection: Connection, name: str) -> None:
    connection.execute(delete(actions_on).where(actions_on.c.name == name))


def all_on(connection: Connection) -> tuple[On, ...]:
    """Return what a former house left on. One that cannot be read any more, after an update, is left out."""
    found: list[On] = []
    for row in connection.execute(select(actions_on).order_by(actions_on.c.name)):
        try:
            options = msgspec.json.decode(row.options, type=ActionOptions)
        except msgspec.MsgspecError:
            continue
        off_us = None if row.off_us is None else WallUs(row.off_us)
        found.append(On(name=row.name, since_us=WallUs(row.since_us), off_us=off_us, why=row.why, options=options))
    return tuple(found)


def note(connection: Connection, deed: Deed) -> None:
    """Add a line to the trail; the oldest beyond the last two thousand go."""
    connection.execute(
        insert(action_trail).values(
            id=deed.id,
            at_us=deed.at_us,
            name=deed.name,
            turn=deed.turn.value,
            why=deed.why,
            done=deed.done,
            text=deed.text,
        )
    )
    kept = select(action_trail.c.id).order_by(action_trail.c.id.desc()).limit(_KEPT)
    connection.execute(delete(action_trail).where(action_trail.c.id.not_in(kept)))


def recent(connection: Connection, limit: int) -> tuple[Deed, ...]:
    """Return the trail, newest first."""
    rows = connection.execute(select(action_trail).order_by(action_trail.c.id.desc()).limit(limit))
    return tuple(
        Deed(
            id=row.id,
            at_us=WallUs(row.at_us),
            name=row.name,
            turn=Turn(row.turn),
            why=row.why,
            done=row.done,
            text=row.text,
        )
        for row in rows
    )
