"""What the hub's ledger holds of its nodes: all SQL for nodes, sites and invitations, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from hearthwatch.fleet.hub_schema import invitations, nodes, sites
from hearthwatch.fleet.node import Node, NodeId, NodeState, SiteId
from hearthwatch.kit.errors import Refused
from hearthwatch.kit.units import US_PER_S, WallUs

MOST_NODES = 20_000
_MOST_INVITATIONS = 50
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_NEVER = WallUs(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A node with what only the hub has to know of it; `retired`: taken off the list, what it sent belongs to `merged_into`."""

    node: Node
    own: bool
    next_sha256: bytes
    retired: bool
    merged_into: NodeId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """Who a machine is after it used a code. `new` is False where it asked once more."""

    node: NodeId
    site: SiteId
    name: str
    new: bool


def listed(connection: Connection) -> tuple[Listed, ...]:
    """Return every node there ever was, the oldest first."""
    return tuple(_listed(row) for row in connection.execute(select(nodes).order_by(nodes.c.joined_us, nodes.c.id)))


def site_ids(connection: Connection) -> tuple[SiteId, ...]:
    return tuple(SiteId(row.id) for row in connection.execute(select(sites).order_by(sites.c.id)))


def own_node(connection: Connection, site: SiteId, name: str, now_us: WallUs) -> NodeId:
    """Return the id of the hub's own house, made at the first start; it stands at `site` and is called `name` from now on."""
    _make_site(connection, site, now_us)
    found = connection.scalar(select(nodes.c.id).where(nodes.c.own))
    if found is None:
        return _make(connection, site, name, now_us, own=True)
    connection.execute(update(nodes).where(nodes.c.id == found).values(site=site, name=name))
    return NodeId(found)


def invite(connection: Connection, kept: bytes, *, site: SiteId, name: str, now_us: WallUs, life_s: float) -> WallUs:
    """Let whoever has the word of which `kept` is the hash join once; return until when. Raises Refused for too many."""
    connection.execute(delete(invitations).where(invitations.c.ends_us <= now_us))
    waiting = select(func.count()).select_from(invitations).where(invitations.c.node.is_(None))
    if (connection.scalar(waiting) or 0) >= _MOST_INVITATIONS:
        raise Refused(f"{_MOST_INVITATIONS} codes wait to be used already: use them, or wait until they end")
    _make_site(connection, site, now_us)
    ends_us = WallUs(now_us + round(life_s * US_PER_S))
    connection.execute(insert(invitations).values(kept=kept, site=site, name=name, ends_us=ends_us))
    return ends_us


def redeem(connection: Connection, kept: bytes, *, key_sha256: bytes, name: str, now_us: WallUs) -> Redeemed:
    """Use the code up for the machine with that key; `name` is what it calls itself. Raises Refused, in words that tell a
    guesser nothing."""
    found = connection.execute(select(invitations).where(invitations.c.kept == kept)).first()
    if found is None or found.ends_us <= now_us or (found.node is not None and found.key_sha256 != key_sha256):
        raise Refused(
            "this code is not (or no longer) good: each one lets one machine join, and only for a short time. Have the hub "
            "make another one: `hearthwatch hub invite`, or on its page"
        )
    if found.node is not None:
        again = connection.execute(select(nodes).where(nodes.c.id == found.node)).one()
        return Redeemed(node=NodeId(again.id), site=SiteId(again.site), name=again.name, new=False)
    if (connection.scalar(select(func.count()).select_from(nodes)) or 0) >= MOST_NODES:
        raise Refused(f"{MOST_NODES} machines joined this hub already, which is the most it takes")
    site, called = SiteId(found.site), found.name or name
    node = _make(connection, site, called, now_us, own=False)
    used = update(invitations).where(invitations.c.kept == kept).values(node=node, key_sha256=key_sha256)
    connection.execute(used)
    return Redeemed(node=node, site=site, name=called, new=True)


def offer_certificate(connection: Connection, node: NodeId, certificate_sha256: bytes, *, first: bool) -> None:
    """Take this certificate from the node, too, from now on; the one it has until it shows the new one. With `first` it has
    none yet."""
    values = {"certificate_sha256": certificate_sha256, "next_sha256": b""} if first else {"next_sha256": certificate_sha256}
    connection.execute(update(nodes).where(nodes.c.id == node).values(values))


def promote_certificate(connection: Connection, node: NodeId, certificate_sha256: bytes) -> None:
    """The node has shown its new certificate: the former one is worthless from now on."""
    mine = (nodes.c.id == node) & (nodes.c.next_sha256 == certificate_sha256)
    connection.execute(update(nodes).where(mine).values(certificate_sha256=certificate_sha256, next_sha256=b""))


def revoke(connection: Connection, node: NodeId) -> bool:
    """Refuse the node for ever; False when there is no such node, or it is the hub's own."""
    mine = (nodes.c.id == node) & nodes.c.own.is_(False)
    return bool(connection.execute(update(nodes).where(mine).values(state=NodeState.REVOKED.value)).rowcount)


def retire(connection: Connection, node: NodeId, into: NodeId | None, now_us: WallUs) -> bool:
    """Take a revoked node off the list; False when it is still wanted. Raises Refused for an `into` that is not joined."""
    if into is not None:
        other = select(nodes.c.id).where(
            nodes.c.id == into, nodes.c.id != node, nodes.c.state == NodeState.JOINED.value, nodes.c.retired_us == 0
        )
        if connection.scalar(other) is None:
            raise Refused("what it sent can only go to another machine that is joined")
    mine = (nodes.c.id == node) & (nodes.c.state == NodeState.REVOKED.value)
    return bool(connection.execute(update(nodes).where(mine).values(retired_us=now_us, merged_into=into)).rowcount)


def rename(connection: Connection, node: NodeId, name: str) -> bool:
    return bool(connection.execute(update(nodes).where(nodes.c.id == node).values(name=name)).rowcount)


def move(connection: Connection, node: NodeId, site: SiteId, now_us: WallUs) -> bool:
    """Say that the node stands at `site`, which is made where it is new."""
    _make_site(connection, site, now_us)
    return bool(connection.execute(update(nodes).where(nodes.c.id == node).values(site=site)).rowcount)


def heard(connection: Connection, at_us: Mapping[NodeId, WallUs]) -> None:
    """Note when nodes were heard of last."""
    for node, when_us in at_us.items():
        later = (nodes.c.id == node) & (nodes.c.heard_us < when_us)
        connection.execute(update(nodes).where(later).values(heard_us=when_us))


def merged(found: Sequence[Listed]) -> Mapping[NodeId, NodeId]:
    """Return to which node of the list belongs what another one sent."""
    into = {one.node.id: one.merged_into for one in found if one.merged_into is not None}
    ends: dict[NodeId, NodeId] = {}
    for start in into:
        at, seen = start, {start}
        while (further := into.get(at)) is not None and further not in seen:
            seen.add(further)
            at = further
        ends[start] = at
    return ends


def _make(connection: Connection, site: SiteId, name: str, now_us: WallUs, *, own: bool) -> NodeId:
    made = NodeId("".join(secrets.choice(_ALPHABET) for _ in range(8)))
    row = {
        "id": made,
        "site": site,
        "name": name,
        "state": NodeState.JOINED.value,
        "own": own,
        "certificate_sha256": b"",
        "next_sha256": b"",
        "joined_us": now_us,
        "heard_us": _NEVER,
        "retired_us": _NEVER,
    }
    connection.execute(insert(nodes).values(row))
    return made


def _make_site(connection: Connection, site: SiteId, now_us: WallUs) -> None:
    if connection.scalar(select(sites.c.id).where(sites.c.id == site)) is None:
        connection.execute(insert(sites).values(id=site, made_us=now_us))


def _listed(row: Row[tuple[object, ...]]) -> Listed:
    node = Node(
        id=NodeId(row.id),
        site=SiteId(row.site),
        name=row.name,
        state=NodeState(row.state),
        certificate_sha256=bytes(row.certificate_sha256),
        joined_us=WallUs(row.joined_us),
        heard_us=WallUs(row.heard_us),
    )
    return Listed(
        node=node,
        own=bool(row.own),
        next_sha256=bytes(row.next_sha256),
        retired=row.retired_us > 0,
        merged_into=None if row.merged_into is None else NodeId(row.merged_into),
    )


def with_heard(one: Listed, heard_us: WallUs) -> Listed:
    """Return it as of a moment that is not written down yet."""
    return replace(one, node=replace(one.node, heard_us=max(one.node.heard_us, heard_us)))
