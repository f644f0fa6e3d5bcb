"""The houses of a hub by the API: where they are and how, what happened there, who may look, and joining and leaving."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hearthwatch.fleet.far_event import FarQuery
from hearthwatch.fleet.node import NodeId, SiteId, site_id
from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId, WallUs
from hearthwatch.web import fleet_replies as replies
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.api_access import UserId
from hearthwatch.web.at_node import AskedNode, look_up
from hearthwatch.web.auth import Denied, Permission, Session
from hearthwatch.web.fleet_doors import HubDoor, NodeNow
from hearthwatch.web.gate import needs
from hearthwatch.web.person import ALLOWED
from hearthwatch.web.place import place_of
from hearthwatch.web.site import PersonDep, Site, SiteDep
from hearthwatch.web.site_roles import SiteRole

router = APIRouter(prefix="/api/v1/fleet")

_SitePath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
_SiteName = Annotated[str, Field(min_length=1, max_length=32)]
_NodeName = Annotated[str, Field(min_length=1, max_length=64)]


class _Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InviteAsk(_Ask):
    """`site` is where the machine will stand, `name` what it is called."""

    site: _SiteName
    name: _NodeName


class NodeAsk(_Ask):
    """What is null stays as it is."""

    name: _NodeName | None = None
    site: _SiteName | None = None


class RetireAsk(_Ask):
    """`into` is the same machine under its new identity, null where there is none."""

    into: Annotated[str | None, Field(pattern=r"^[a-z2-7]{8}$")] = None


class SiteRoleAsk(_Ask):
    """`role` null: nothing at this site, it does not exist for them. `cameras` null: all there."""

    role: Role | None
    cameras: Annotated[list[Annotated[str, Field(pattern=CAMERA_ID_PATTERN)]] | None, Field(max_length=64)] = None


class JoinAsk(_Ask):
    code: Annotated[str, Field(min_length=1, max_length=512)]


@router.get("")
@needs(Permission.OWN)
async def fleet(site: SiteDep, person: PersonDep) -> replies.FleetReply:
    """The sites where one may look, with their houses; none where this house is no hub."""
    hub = site.doors.fleet.hub
    if hub is None:
        return replies.FleetReply(is_hub=False, sites=[], nodes=[])
    roles = await _roles(site, person, hub)
    nodes = [replies.NodeReply.of(each, roles[each.node.id]) for each in await hub.nodes() if each.node.id in roles]
    seen = {each.site for each in nodes}
    sites = [replies.SiteReply.of(each) for each in await hub.sites() if each.id in seen or person.may(Permission.MANAGE)]
    return replies.FleetReply(is_hub=True, sites=sites, nodes=nodes)


@router.get("/nodes/{node}")
@needs(Permission.OWN)
async def node(node: AskedNode, site: SiteDep, person: PersonDep) -> replies.ThereReply:
    """One house, and what one may do there."""
    found, role = await look_up(site, person, NodeId(node))
    return replies.ThereReply(
        node=replies.NodeReply.of(found, role),
        site=next((each.title for each in await _hub(site).sites() if each.id == found.node.site), found.node.site),
        may=sorted(ALLOWED[role.role] - {Permission.OWN}),
        cameras=None if role.cameras is None else sorted(role.cameras),
    )


@router.get("/events")
@needs(Permission.OWN)
async def events(
    *,
    site: SiteDep,
    person: PersonDep,
    at: Annotated[str | None, Query(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")] = None,
    label: Annotated[str | None, Query(max_length=40)] = None,
    before_us: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> replies.FarEventsReply:
    """What happened at every site one may look at, the newest first, also of houses that are away; `at` is one site."""
    hub = _hub(site)
    roles = await _roles(site, person, hub)
    names = {each.node.id: each for each in await hub.nodes() if each.node.id in roles and at in {None, each.node.site}}
    if not names:
        return replies.FarEventsReply(events=[], more=False)
    query = FarQuery(
        nodes=frozenset(names),
        labels=frozenset({label}) if label else None,
        before_us=None if before_us is None else WallUs(before_us),
        limit=limit + 1,
    )
    found = await hub.events(query)
    shown = [each for each in found[:limit] if each.node in names and _sees(roles[each.node], each.camera)]
    last_us = found[limit - 1].start_us if len(found) > limit else None
    return replies.FarEventsReply(
        events=[replies.FarEventReply.of(each, names[each.node]) for each in shown], more=len(found) > limit, last_us=last_us
    )


@router.get("/nodes/{node}/events/{event}/picture.jpg", response_class=Response)
@needs(Permission.OWN)
async def far_picture(
    node: AskedNode, event: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")], site: SiteDep, person: PersonDep
) -> Response:
    """An event's best picture, where it arrived at the hub."""
    _, role = await look_up(site, person, NodeId(node))
    found = await _hub(site).picture(NodeId(node), event)
    if found is None or not _sees(role, found.camera):
        raise Denied(404, "The picture has not arrived here.", "It is shown once the house is connected again.")
    return Response(found.jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


@router.post("/invitations", status_code=201)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def invite(ask: InviteAsk, request: Request, site: SiteDep, person: PersonDep) -> replies.InvitationReply:
    """Make a code by which one machine can join, once, within a quarter of an hour."""
    made = await _hub(site).invite(_site_id(ask.site), ask.name.strip())
    await _note(site, request, person, "invited-house", f"{made.name} at {made.site}")
    return replies.InvitationReply.of(made)


@router.post("/nodes/{node}/revoke", status_code=204)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def revoke(node: AskedNode, request: Request, site: SiteDep, person: PersonDep) -> None:
    """Refuse a house from now on: it goes on recording by itself, and what it sent stays."""
    found = await _node(site, node)
    await _hub(site).revoke(found.node.id)
    await _note(site, request, person, "revoked-house", found.node.name)


@router.post("/nodes/{node}/retire", status_code=204)
@needs(Permission.MANAGE, noted=False)
async def retire(node: AskedNode, ask: RetireAsk, request: Request, site: SiteDep, person: PersonDep) -> None:
    """Take a revoked house off the list; what it sent goes to the same machine under its new identity, if there is one."""
    found = await _node(site, node)
    if not await _hub(site).retire(found.node.id, NodeId(ask.into) if ask.into else None):
        raise Denied(409, f"{found.node.name} is still wanted.", "Revoke it first.")
    await _note(site, request, person, "retired-house", found.node.name)


@router.put("/nodes/{node}")
@needs(Permission.MANAGE, noted=False)
async def change_node(node: AskedNode, ask: NodeAsk, request: Request, site: SiteDep, person: PersonDep) -> replies.NodeReply:
    """Call a house otherwise, or say that it stands elsewhere."""
    found = await _node(site, node)
    if ask.name is not None:
        try:
            await _hub(site).rename(found.node.id, ask.name.strip())
        except ValueError as error:
            raise Denied(422, str(error)) from None
    if ask.site is not None:
        await _hub(site).move(found.node.id, _site_id(ask.site))
    await _note(site, request, person, "renamed-house", f"{found.node.name}: {ask.name or ''} {ask.site or ''}".strip())
    changed = await _node(site, node)
    return replies.NodeReply.of(changed, SiteRole(user_id=person.user.id, site=changed.node.site, role=Role.OWNER))


@router.get("/roles")
@needs(Permission.MANAGE)
async def site_roles(site: SiteDep) -> list[replies.SiteRoleReply]:
    """Who was given a role at which site; owners of the hub have every site."""
    return [replies.SiteRoleReply.of(each) for each in await site.auth.site_roles.everybodys()]


@router.put("/roles/{user_id}/{at}", status_code=204)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def set_site_role(
    *, user_id: UserId, at: _SitePath, ask: SiteRoleAsk, request: Request, site: SiteDep, person: PersonDep
) -> None:
    """Let somebody do and see this at a site from now on; they log in anew."""
    if at not in {each.id for each in await _hub(site).sites()}:
        raise Denied(404, "There is no such site (any more).")
    cameras = None if ask.cameras is None else [CameraId(each) for each in ask.cameras]
    user = await site.auth.site_roles.set(user_id, SiteId(at), ask.role, cameras)
    await _note(site, request, person, "changed-site-role", f"{user.name} at {at}: {ask.role or 'nothing'}")


@router.get("/hub")
@needs(Permission.MANAGE)
async def own_hub(site: SiteDep) -> replies.HubReply | None:
    """The hub this house joined; null where it joined none."""
    door = site.doors.fleet.node
    return None if door is None else replies.HubReply.of(await door.now())


@router.post("/hub", status_code=204)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def join(ask: JoinAsk, request: Request, site: SiteDep, person: PersonDep) -> None:
    """Join the hub that gave this code: what happens here is told there from now on, and its owner may look in."""
    await site.doors.fleet.join(ask.code.strip())
    await _note(site, request, person, "joined-hub", "")


@router.delete("/hub", status_code=204)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def leave(request: Request, site: SiteDep, person: PersonDep) -> None:
    """Leave the hub: this house stays as it is, and tells nobody any more."""
    if site.doors.fleet.node is None:
        raise Denied(404, "This house has joined no hub.")
    await site.doors.fleet.node.leave()
    await _note(site, request, person, "left-hub", "")


async def _roles(site: Site, person: Session, hub: HubDoor) -> dict[NodeId, SiteRole]:
    """Return what the person is at each house they may look at, the hub's own among them."""
    given = {each.site: each for each in await site.auth.site_roles.everybodys() if each.user_id == person.user.id}
    found = {}
    for each in await hub.nodes():
        role = _own(person.user, each) if each.own or person.user.role is Role.OWNER else given.get(each.node.site)
        if role is not None:
            found[each.node.id] = role
    return found


def _own(user: User, now: NodeNow) -> SiteRole:
    return SiteRole(user_id=user.id, site=now.node.site, role=user.role, cameras=user.cameras)


def _sees(role: SiteRole, camera: CameraId) -> bool:
    return role.cameras is None or camera in role.cameras


async def _node(site: Site, node: str) -> NodeNow:
    found = await _hub(site).node(NodeId(node))
    if found is None:
        raise Denied(404, "There is no such house (any more).")
    return found


def _hub(site: Site) -> HubDoor:
    if site.doors.fleet.hub is None:
        raise Denied(404, "This house is no hub.", "docs/nodes.md says how it becomes one.")
    return site.doors.fleet.hub


def _site_id(text: str) -> SiteId:
    try:
        return site_id(text.strip().lower().replace(" ", "-"))
    except ValueError as error:
        raise Denied(422, str(error)) from None


async def _note(site: Site, request: Request, person: Session, deed: str, subject: str) -> None:
    await site.auth.trail.note(deed, who=person.who, address=place_of(request.scope).address, subject=subject)
