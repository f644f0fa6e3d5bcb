"""Who is home, in `house.db`: the present state alone, and no address. A restart takes nobody's leaving for granted."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from hearthwatch.kit.units import WallUs
from hearthwatch.presence.presence import DevicePresence, Evidence, Means, PersonId, Presence

metadata = sa.MetaData()
_presence = sa.Table(
    "presence",
    metadata,
    sa.Column("person", sa.String, primary_key=True),
    sa.Column("device", sa.String, primary_key=True),
    sa.Column("home", sa.Boolean),
    sa.Column("since_us", sa.BigInteger),
    sa.Column("seen_us", sa.BigInteger),
    sa.Column("answered_us", sa.BigInteger),
    sa.Column("means", sa.String),
)
_PERSON = ""
"""In place of a device's name: the row of the person."""


def keep(connection: Connection, people: Iterable[Presence]) -> None:
    """Replace what is known by `people`."""
    rows = []
    for one in people:
        rows.append(
            {
                "person": one.person,
                "device": _PERSON,
                "home": one.home,
                "since_us": one.since_us,
                "seen_us": one.seen.at_us if one.seen else None,
                "answered_us": one.answered.at_us if one.answered else None,
                "means": one.seen.means.value if one.seen else None,
            }
        )
        rows += [
            {
                "person": one.person,
                "device": device.device,
                "home": device.home,
                "since_us": device.since_us,
                "seen_us": device.seen_us,
                "answered_us": device.answered_us,
                "means": device.means.value if device.means else None,
            }
            for device in one.devices
            if one.known
        ]
    connection.execute(sa.delete(_presence))
    if rows:
        connection.execute(sa.insert(_presence), rows)


def forget(connection: Connection, person: str) -> None:
    """Drop what is known of a person."""
    connection.execute(sa.delete(_presence).where(_presence.c.person == person))


def kept(connection: Connection) -> tuple[Presence, ...]:
    """Return what the last house knew; names are the configuration's business and empty here. An answer counts for the house
    that got it, so there is none."""
    rows = connection.execute(sa.select(_presence).order_by(_presence.c.person, _presence.c.device)).all()
    devices: dict[str, list[DevicePresence]] = {}
    for row in rows:
        if row.device != _PERSON:
            devices.setdefault(row.person, []).append(
                DevicePresence(
                    device=row.device,
                    home=row.home,
                    since_us=WallUs(row.since_us),
                    seen_us=row.seen_us,
                    means=_means(row.means),
                    answered_us=row.answered_us,
                )
            )
    return tuple(_presence_of(row, tuple(devices.get(row.person, ()))) for row in rows if row.device == _PERSON)


def _presence_of(row: sa.Row[tuple[object, ...]], devices: tuple[DevicePresence, ...]) -> Presence:
    last = max((one for one in devices if one.seen_us is not None), key=lambda one: one.seen_us or 0, default=None)
    means = _means(row.means)
    return Presence(
        person=PersonId(row.person),
        name="",
        home=row.home,
        since_us=WallUs(row.since_us),
        seen=Evidence(device=last.device, means=means, at_us=row.seen_us) if last and means and row.seen_us else None,
        answered=None,
        known=bool(devices),
        devices=devices,
    )


def _means(text: str | None) -> Means | None:
    return Means(text) if text in set(Means) else None
