"""What the hub's ledger holds of the houses' own ledgers: letters by the newest `seq`, with what is searched as columns.

Functions take the caller's transaction, on SQLite and on PostgreSQL alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from sqlalchemy import Connection, Table, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from hearthwatch.events.event import EventKind
from hearthwatch.fleet.far_event import FarEvent, FarQuery
from hearthwatch.fleet.hub_schema import letters, segments
from hearthwatch.fleet.letter import GONE, Letter, LetterKind, Received
from hearthwatch.fleet.node import NodeId, SiteId
from hearthwatch.kit.units import CameraId, WallUs

MOST_EVENTS = 1000
_MAX_LABEL = 64
_Us = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched of a body, of whatever kind; a body that says it otherwise is kept all the same."""

    label: str = ""
    start_us: _Us | None = None
    end_us: _Us | None = None
    duration_us: _Us | None = None
    size_bytes: _Us = 0


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    kind: EventKind
    label: str
    start_us: _Us
    end_us: _Us | None
    score: float = 0.0
    zones: str = ""
    picture: bool = False
    reviewed: bool = False


def keep(connection: Connection, received: Sequence[Received]) -> None:
    """Write letters; each is kept unless one about the same thing with a higher `seq` is there."""
    newest: dict[tuple[NodeId, LetterKind, str], Received] = {}
    for one in received:
        name = (one.node, one.letter.kind, one.letter.key)
        if name not in newest or newest[name].letter.seq < one.letter.seq:
            newest[name] = one
    # in one order for everybody, or two hubs that write at once would wait for each other
    rows = [newest[name] for name in sorted(newest)]
    _write(connection, segments, [_segment_row(one) for one in rows if one.letter.kind is LetterKind.SEGMENT])
    _write(connection, letters, [_letter_row(one) for one in rows if one.letter.kind is not LetterKind.SEGMENT])


def _write(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    made = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {column.name: made.excluded[column.name] for column in table.columns if column.name not in keys}
    connection.execute(
        made.on_conflict_do_update(index_elements=keys, set_=changed, where=table.c.seq < made.excluded.seq), rows
    )


def _body(letter: Letter) -> tuple[_Body, str]:
    """Return what is searched, and the text as it is kept: PostgreSQL keeps no NUL."""
    text = letter.body.decode("utf-8", "replace").replace("\0", "")
    try:
        return msgspec.json.decode(letter.body, type=_Body), text
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Body(), text


def _row(one: Received) -> tuple[dict[str, Any], _Body]:
    letter = one.letter
    found, text = _body(letter)
    end_us = found.end_us
    if end_us is None and found.start_us is not None and found.duration_us is not None:
        end_us = found.start_us + found.duration_us
    row = {
        "node": one.node,
        "key": letter.key.replace("\0", ""),
        "seq": letter.seq,
        "at_us": letter.at_us,
        "camera": letter.camera,
        "start_us": letter.at_us if found.start_us is None else found.start_us,
        "end_us": end_us,
        "gone": letter.body == GONE,
        "body": text,
    }
    return row, found


def _letter_row(one: Received) -> dict[str, Any]:
    row, found = _row(one)
    return row | {"kind": one.letter.kind.value, "label": found.label.replace("\0", "")[:_MAX_LABEL]}


def _segment_row(one: Received) -> dict[str, Any]:
    row, found = _row(one)
    return row | {"size_bytes": found.size_bytes}


def newest(connection: Connection, kind: LetterKind, nodes: Collection[NodeId] | None = None) -> Iterator[Received]:
    """Yield every letter of a kind of which a house keeps few, such as its health."""
    wanted = select(letters).where(letters.c.kind == kind.value, letters.c.gone.is_(False))
    if nodes is not None:
        wanted = wanted.where(letters.c.node.in_(nodes))
    for row in connection.execute(wanted.order_by(letters.c.node, letters.c.key)):
        yield Received(
            node=NodeId(row.node),
            letter=Letter(
                kind=kind,
                key=row.key,
                seq=row.seq,
                at_us=WallUs(row.at_us),
                camera=None if row.camera is None else CameraId(row.camera),
                body=row.body.encode(),
            ),
        )


def events_until(connection: Connection) -> Mapping[NodeId, WallUs]:
    """Return up to when events of each node are here."""
    wanted = (
        select(letters.c.node, func.max(letters.c.at_us).label("until_us"))
        .where(letters.c.kind == LetterKind.EVENT.value)
        .group_by(letters.c.node)
    )
    return {NodeId(row.node): WallUs(row.until_us) for row in connection.execute(wanted)}


def events(
    connection: Connection, query: FarQuery, sites: Mapping[NodeId, SiteId], merged: Mapping[NodeId, NodeId]
) -> tuple[FarEvent, ...]:
    """Return events, newest first. `sites` says where each node stands, `merged` to whom belongs what another one sent."""
    wanted = select(letters).where(letters.c.kind == LetterKind.EVENT.value, letters.c.gone.is_(False))
    whose = _whose(query, sites, merged)
    if whose is not None:
        wanted = wanted.where(letters.c.node.in_(whose))
    if query.cameras is not None:
        wanted = wanted.where(letters.c.camera.in_(query.cameras))
    if query.labels is not None:
        wanted = wanted.where(letters.c.label.in_(query.labels))
    if query.after_us is not None:
        wanted = wanted.where(or_(letters.c.end_us.is_(None), letters.c.end_us >= query.after_us))
    if query.before_us is not None:
        wanted = wanted.where(letters.c.start_us < query.before_us)
    wanted = wanted.order_by(letters.c.start_us.desc(), letters.c.node, letters.c.key).limit(min(query.limit, MOST_EVENTS))
    found = (_event(row, sites, merged) for row in connection.execute(wanted))
    return tuple(one for one in found if one is not None)


def _whose(query: FarQuery, sites: Mapping[NodeId, SiteId], merged: Mapping[NodeId, NodeId]) -> frozenset[NodeId] | None:
    if query.sites is None and query.nodes is None:
        return None
    return frozenset(
        node
        for node in sites
        if (query.nodes is None or merged.get(node, node) in query.nodes)
        and (query.sites is None or sites[merged.get(node, node)] in query.sites)
    )


def _event(row: Any, sites: Mapping[NodeId, SiteId], merged: Mapping[NodeId, NodeId]) -> FarEvent | None:
    node = merged.get(NodeId(row.node), NodeId(row.node))
    site = sites.get(node)
    try:
        body = msgspec.json.decode(row.body, type=_Event)
    except msgspec.MsgspecError:  # of a release that says it otherwise: nothing to show, and nothing lost
        return None
    if site is None or row.camera is None:
        return None
    return FarEvent(
        node=node,
        site=site,
        id=row.key,
        camera=CameraId(row.camera),
        kind=body.kind,
        label=body.label,
        start_us=WallUs(body.start_us),
        end_us=None if body.end_us is None else WallUs(body.end_us),
        score=body.score,
        zones=tuple(body.zones.split("\n")) if body.zones else (),
        picture=body.picture,
        reviewed=body.reviewed,
    )


def forget_gone(connection: Connection, before_us: WallUs) -> None:
    """Forget what houses had no more before that: no older letter about it is on its way any more."""
    for table in (letters, segments):
        connection.execute(table.delete().where(and_(table.c.gone, table.c.at_us < before_us)))
