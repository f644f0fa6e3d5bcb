"""People with access by the API: accounts and their rights, who is logged in, tokens of programs, and the trail."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId
from hearthwatch.web import access_replies as replies
from hearthwatch.web.accounts import Role, User
from hearthwatch.web.api_entry import check_private
from hearthwatch.web.api_own import NewPassword, SessionId
from hearthwatch.web.auth import Permission, Session, clean_name
from hearthwatch.web.gate import needs
from hearthwatch.web.place import place_of
from hearthwatch.web.site import PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1/access")

UserId = Annotated[int, Path(ge=1, le=2**53)]
_Camera = Annotated[str, Field(pattern=CAMERA_ID_PATTERN)]
_Scope = Literal[Permission.LOOK, Permission.DECIDE, Permission.EXPORT, Permission.MANAGE]
Cameras = Annotated[list[_Camera] | None, Field(max_length=64)]


class _Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RightsAsk(_Ask):
    """`cameras` null: all of them. An owner sees all whatever is asked."""

    role: Role
    cameras: Cameras = None


class PersonAsk(RightsAsk):
    name: Annotated[str, Field(min_length=1, max_length=128)]
    password: NewPassword


class PasswordAsk(_Ask):
    password: NewPassword


class TokenAsk(_Ask):
    """`days` null: until it is taken away."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    scopes: Annotated[list[_Scope], Field(min_length=1, max_length=8)]
    cameras: Cameras = None
    days: Annotated[StrictInt | None, Field(ge=1, le=3650)] = 365


@router.get("/people")
@needs(Permission.MANAGE)
async def people(site: SiteDep) -> list[replies.AccountReply]:
    """Everybody who may log in."""
    return [replies.AccountReply.of(each) for each in await site.auth.access.accounts()]


@router.post("/people", status_code=201)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def add_person(ask: PersonAsk, request: Request, site: SiteDep, person: PersonDep) -> replies.AccountReply:
    """Let somebody in."""
    check_private(request)
    name = clean_name(ask.name)
    hashed = await site.auth.hash_new(ask.password, name)
    user = await site.auth.access.add(name, hashed, ask.role, _cameras(ask.cameras))
    await _note(site, request, person, "let-in", _rights(user))
    return await _account(site, user)


@router.put("/people/{user_id}/rights")
@needs(Permission.MANAGE, fresh=True, noted=False)
async def set_rights(
    user_id: UserId, ask: RightsAsk, request: Request, site: SiteDep, person: PersonDep
) -> replies.AccountReply:
    """Let a person do and see more or less from now on; they log in anew."""
    user = await site.auth.access.set_rights(user_id, ask.role, _cameras(ask.cameras))
    await _note(site, request, person, "changed-rights", _rights(user))
    return await _account(site, user)


@router.post("/people/{user_id}/password", status_code=204)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def set_password(user_id: UserId, ask: PasswordAsk, request: Request, site: SiteDep, person: PersonDep) -> None:
    """Give somebody a new password who forgot theirs; logs them out everywhere."""
    check_private(request)
    named = next((each.user.name for each in await site.auth.access.accounts() if each.user.id == user_id), "")
    hashed = await site.auth.hash_new(ask.password, named)
    user = await site.auth.access.set_password(user_id, hashed)
    await _note(site, request, person, "gave-password", user.name)


@router.delete("/people/{user_id}/factors", status_code=204)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def remove_factors(user_id: UserId, request: Request, site: SiteDep, person: PersonDep) -> None:
    """Take somebody's second factors away who lost them; logs them out everywhere."""
    user = await site.auth.access.remove_factors(user_id)
    await _note(site, request, person, "removed-factors", user.name)


@router.get("/sessions")
@needs(Permission.MANAGE)
async def sessions(site: SiteDep, person: PersonDep) -> list[replies.OpenSessionReply]:
    """Who is logged in, the last used first."""
    found = await site.auth.access.sessions()
    return [replies.OpenSessionReply.of(one, own=person.id, at_home=site.auth.is_near(one.address)) for one in found]


@router.delete("/sessions/{session}", status_code=204)
@needs(Permission.MANAGE, noted=False)
async def end_session(session: SessionId, request: Request, site: SiteDep, person: PersonDep) -> None:
    """Log somebody out; what is open there closes within a second."""
    named = next((each.user.name for each in await site.auth.access.sessions() if each.id == session), "")
    await site.auth.access.end_session(session)
    await _note(site, request, person, "ended-log-in", named)


@router.post("/sessions/end-others")
@needs(Permission.MANAGE, noted=False)
async def end_other_sessions(request: Request, site: SiteDep, person: PersonDep) -> replies.EndedReply:
    """Log everybody out but oneself, here."""
    ended = await site.auth.access.end_sessions(None, but=person.id)
    await _note(site, request, person, "ended-log-in", "everybody")
    return replies.EndedReply(ended=ended)


@router.get("/tokens")
@needs(Permission.MANAGE)
async def tokens(site: SiteDep) -> list[replies.TokenReply]:
    """What programs may ask the API, the newest first; never what opens the house."""
    return [replies.TokenReply.of(each) for each in await site.auth.access.tokens()]


@router.post("/tokens", status_code=201)
@needs(Permission.MANAGE, fresh=True, noted=False)
async def add_token(ask: TokenAsk, request: Request, site: SiteDep, person: PersonDep) -> replies.NewTokenReply:
    """Let a program in, with some of one's own rights."""
    check_private(request)
    access = site.auth.access
    made, word = await access.add_token(person.user, ask.name.strip(), ask.scopes, _cameras(ask.cameras), ask.days)
    await _note(site, request, person, "made-token", f"{made.name}: {', '.join(sorted(made.scopes))}")
    return replies.NewTokenReply(token=replies.TokenReply.of(made), word=word)


@router.delete("/tokens/{token}", status_code=204)
@needs(Permission.MANAGE, noted=False)
async def remove_token(token: SessionId, request: Request, site: SiteDep, person: PersonDep) -> None:
    """Let a program in no more."""
    name = await site.auth.access.remove_token(token)
    await _note(site, request, person, "took-token", name)


@router.get("/trail")
@needs(Permission.MANAGE)
async def trail(
    *,
    site: SiteDep,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    camera: Annotated[str | None, Query(pattern=CAMERA_ID_PATTERN)] = None,
    who: Annotated[str | None, Query(max_length=120)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> replies.DeedsReply:
    """Who looked, armed, exported, deleted, changed or logged in, newest first, with a `number` under `before`."""
    found = await site.auth.trail.recent(before=before, camera=CameraId(camera) if camera else None, who=who, limit=limit + 1)
    return replies.DeedsReply(deeds=[replies.DeedReply.of(line) for line in found[:limit]], more=len(found) > limit)


@router.get("/trail/check")
@needs(Permission.MANAGE)
async def check_trail(site: SiteDep) -> replies.SoundReply:
    """Whether somebody changed the trail afterwards; reads all of it."""
    return replies.SoundReply(broken_at=await site.auth.trail.verify())


def _cameras(asked: list[str] | None) -> list[CameraId] | None:
    return None if asked is None else [CameraId(each) for each in asked]


def _rights(user: User) -> str:
    seen = "all cameras" if user.cameras is None else ", ".join(sorted(user.cameras)) or "no camera"
    return f"{user.name} as {user.role}, {seen}"


async def _account(site: Site, user: User) -> replies.AccountReply:
    found = next(each for each in await site.auth.access.accounts() if each.user.id == user.id)
    return replies.AccountReply.of(found)


async def _note(site: Site, request: Request, person: Session, deed: str, subject: str) -> None:
    await site.auth.trail.note(deed, who=person.who, address=place_of(request.scope).address, subject=subject)
