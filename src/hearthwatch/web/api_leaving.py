"""A person leaves the house, by the API: what counts as them, and the one act that ends it all."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from hearthwatch.presence.presence import PersonId
from hearthwatch.web.api_access import UserId
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.leaving_doors import Gone, Ties
from hearthwatch.web.place import place_of
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import PersonDep, SiteDep

router = APIRouter(prefix="/api/v1/access")

_Chat = Annotated[int, Field(ge=1, le=2**53)]
_Resident = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class LeaveAsk(BaseModel):
    """Who leaves: `user` is the account, null when it is gone already; `chats` are ids of people on Telegram, `residents` those
    whose phones count as somebody being home."""

    model_config = ConfigDict(extra="forbid")

    user: Annotated[StrictInt | None, Field(ge=1, le=2**53)] = None
    chats: Annotated[list[_Chat], Field(max_length=32)] = []
    residents: Annotated[list[_Resident], Field(max_length=32)] = []


class ChatterReply(Reply):
    user_id: int
    name: str
    role: str
    likely: bool


class ResidentReply(Reply):
    person: str
    name: str
    devices: list[str]
    likely: bool


class TiesReply(Reply):
    """All by which a person counts here. What hangs on the account ends with it; of `chats` and `residents` the `likely` ones
    are called as they are. `cameras` and `software` name passwords they may know, which have to be changed."""

    name: str
    sessions: int
    passkeys: int
    code_app: bool
    tokens: list[str]
    devices: list[str]
    links: int
    chats: list[ChatterReply]
    residents: list[ResidentReply]
    cameras: list[str]
    software: list[str]

    @classmethod
    def of(cls, ties: Ties) -> Self:
        return cls(
            name=ties.name,
            sessions=ties.sessions,
            passkeys=ties.passkeys,
            code_app=ties.code_app,
            tokens=list(ties.tokens),
            devices=list(ties.devices),
            links=ties.links,
            chats=[
                ChatterReply(user_id=each.user_id, name=each.name, role=each.role, likely=each.likely) for each in ties.chats
            ],
            residents=[
                ResidentReply(person=each.person, name=each.name, devices=list(each.devices), likely=each.likely)
                for each in ties.residents
            ],
            cameras=list(ties.cameras),
            software=list(ties.software),
        )


class GoneReply(Reply):
    """The person is removed; `left` says in words what could not be ended, to be done once more."""

    name: str
    left: list[str]
    cameras: list[str]
    software: list[str]

    @classmethod
    def of(cls, gone: Gone) -> Self:
        return cls(name=gone.name, left=list(gone.left), cameras=list(gone.cameras), software=list(gone.software))


@router.get("/people/{user_id}/ties")
@needs(Permission.MANAGE)
async def ties(user_id: UserId, site: SiteDep) -> TiesReply:
    """What counts as somebody: look at it before they are removed."""
    return TiesReply.of(await site.doors.leaving.ties(user_id))


@router.get("/ties")
@needs(Permission.MANAGE)
async def ties_without_account(site: SiteDep) -> TiesReply:
    """The chats and people of the house there are, for somebody who has no account."""
    return TiesReply.of(await site.doors.leaving.ties(None))


@router.post("/leave")
@needs(Permission.MANAGE, fresh=True, noted=False)
async def leave(ask: LeaveAsk, request: Request, site: SiteDep, person: PersonDep) -> GoneReply:
    """Remove a person whole: account, log-ins, passkeys, tokens, notified devices, links, Telegram chats, and their phones."""
    if ask.user is None and not ask.chats and not ask.residents:
        raise Denied(422, "Nobody is named.", "Name an account, a chat or a person of the house.")
    if ask.user == person.user.id:
        raise Denied(409, "This is you.", "Another owner can remove you.")
    residents = [PersonId(each) for each in ask.residents]
    address = place_of(request.scope).address
    return GoneReply.of(await site.doors.leaving.leave(ask.user, ask.chats, residents, who=person.who, address=address))
