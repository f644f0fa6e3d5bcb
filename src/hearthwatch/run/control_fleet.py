"""What is asked and answered at the control door about other machines: the hub this house is, and the hub it joined."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hearthwatch.fleet.node import NodeId, SiteId, node_id, site_id
from hearthwatch.kit.errors import Refused, Unsupported
from hearthwatch.kit.units import WallUs
from hearthwatch.web.fleet_doors import FleetDoor, HubDoor, HubFar, NodeDoor, NodeNow, Verified


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    """Base of all: the class name travels as the tag."""


class AskNodes(_Line, frozen=True):
    """Answered by Nodes."""


class AskNodeInvite(_Line, frozen=True):
    """`site` empty is the hub's own. Answered by NodeInvited."""

    site: str
    name: str


class AskRevoke(_Line, frozen=True):
    """`node` is its id, or a name that only one has. Answered by NodeDone."""

    node: str


class AskRetire(_Line, frozen=True):
    """`into` is to whom belongs what it sent, empty for nobody. Answered by NodeDone."""

    node: str
    into: str


class AskRename(_Line, frozen=True):
    """An empty `name` or `site` stays as it is. Answered by NodeDone."""

    node: str
    name: str
    site: str


class AskNode(_Line, frozen=True):
    """Answered by NodeFar."""


class AskJoin(_Line, frozen=True):
    """Answered by NodeFar."""

    code: str


class AskLeave(_Line, frozen=True):
    """Answered by NodeFar, of before."""


class AskVerify(_Line, frozen=True):
    """Answered by NodeVerified."""


class Nodes(_Line, frozen=True):
    nodes: tuple[NodeNow, ...]


class NodeInvited(_Line, frozen=True):
    code: str
    site: str
    ends_us: WallUs


class NodeDone(_Line, frozen=True):
    """It was done; `name` is what the machine is called."""

    name: str


class NodeFar(_Line, frozen=True):
    """None: this house joined no hub."""

    hub: HubFar | None


class NodeVerified(_Line, frozen=True):
    """None: nothing was told to the hub yet."""

    found: Verified | None


FleetAsk = AskVerify | AskNodes | AskNodeInvite | AskRevoke | AskRetire | AskRename | AskNode | AskJoin | AskLeave
FleetReply = Nodes | NodeInvited | NodeDone | NodeFar | NodeVerified


class FleetClerk:
    """Answers by the desk of a running house; nothing of this can be asked of a closed one."""

    def __init__(self, fleet: FleetDoor | None = None, own_site: Callable[[], str] = lambda: "home") -> None:
        self._fleet = fleet
        self._own_site = own_site

    async def answer(self, ask: FleetAsk) -> FleetReply:
        """Raises Unsupported, Refused, Unreachable and StorageFailed."""
        if self._fleet is None:
            raise Unsupported("Hearthwatch is not running: start it with `hearthwatch run`")
        if isinstance(ask, AskVerify):
            if self._fleet.node is None:
                raise Unsupported("this house joined no hub: `hearthwatch node join CODE`")
            return NodeVerified(found=await self._fleet.node.verify())
        if isinstance(ask, AskNode | AskJoin | AskLeave):
            return await self._answer_node(ask, self._fleet)
        hub = self._fleet.hub
        if hub is None:
            raise Unsupported("this house is no hub: write `enabled = true` into the section [hub] of its configuration")
        return await self._answer_hub(ask, hub)

    async def _answer_node(self, ask: AskNode | AskJoin | AskLeave, fleet: FleetDoor) -> FleetReply:
        if isinstance(ask, AskJoin):
            await fleet.join(ask.code)
            return NodeFar(hub=await fleet.node.now() if fleet.node is not None else None)
        node: NodeDoor | None = fleet.node
        now = await node.now() if node is not None else None
        if isinstance(ask, AskLeave) and node is not None:
            await node.leave()
        return NodeFar(hub=now)

    async def _answer_hub(self, ask: AskNodes | AskNodeInvite | AskRevoke | AskRetire | AskRename, hub: HubDoor) -> FleetReply:
        match ask:
            case AskNodes():
                return Nodes(nodes=tuple(await hub.nodes()))
            case AskNodeInvite(site=site, name=name):
                made = await hub.invite(_site(site or self._own_site()), name)
                return NodeInvited(code=made.code, site=made.site, ends_us=made.ends_us)
            case AskRevoke(node=text):
                found = await _found(hub, text)
                if not await hub.revoke(found.node.id):
                    raise Unsupported("that is this hub's own house")
            case AskRetire(node=text, into=other):
                found = await _found(hub, text)
                into: NodeId | None = (await _found(hub, other)).node.id if other else None
                if not await hub.retire(found.node.id, into):
                    raise Unsupported(f"{found.node.name} is still wanted: `hearthwatch hub revoke {found.node.id}` first")
            case AskRename(node=text, name=name, site=site):
                found = await _found(hub, text)
                if name:
                    await _named(hub, found.node.id, name)
                if site:
                    await hub.move(found.node.id, _site(site))
        return NodeDone(name=found.node.name)


def _site(text: str) -> SiteId:
    try:
        return site_id(text)
    except ValueError as error:
        raise Refused(str(error)) from None


async def _named(hub: HubDoor, node: NodeId, name: str) -> None:
    try:
        await hub.rename(node, name)
    except ValueError as error:
        raise Refused(str(error)) from None


async def _found(hub: HubDoor, text: str) -> NodeNow:
    nodes = await hub.nodes()
    try:
        wanted = node_id(text)
    except ValueError:
        wanted = None
    found = [one for one in nodes if one.node.id == wanted] or [one for one in nodes if one.node.name == text]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{one.node.name} ({one.node.id})" for one in nodes if not one.own) or "none yet"
    what = "more than one machine is called" if found else "no machine is called"
    raise Unsupported(f"{what} {text}: say its id. There are: {known}")
