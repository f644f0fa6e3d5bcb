"""How the house is armed, by the API: one state, its ledger, and a person's wish. The rules are those of `arming.machine`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from hearthwatch.arming.arming import Acknowledged, ArmState, Mode
from hearthwatch.arming.ledger import Line
from hearthwatch.kit.units import WallUs
from hearthwatch.web.auth import Denied, Permission, Session
from hearthwatch.web.gate import is_private_way, needs
from hearthwatch.web.place import place_of
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")

_VIA = "page"


class Wanted(StrEnum):
    """The modes, and `auto`: the house decides itself again."""

    DISARMED = "disarmed"
    HOME = "home"
    AWAY = "away"
    DISABLED = "disabled"
    AUTO = "auto"


class Wish(BaseModel):
    """`until_us` ends it by itself. `password` is the asking person's own: it is needed wherever the house may be watched less
    afterwards, so that a page left open disarms nothing."""

    model_config = ConfigDict(extra="forbid")

    mode: Wanted
    until_us: Annotated[StrictInt | None, Field(ge=0, le=2**53)] = None
    password: Annotated[str, Field(max_length=512)] = ""


class Answer(BaseModel):
    """To the question of that number; `password` as in a wish, for a yes."""

    model_config = ConfigDict(extra="forbid")

    number: StrictInt
    yes: StrictBool
    password: Annotated[str, Field(max_length=512)] = ""


class QuestionReply(Reply):
    """These people came home and the house asks whether to disarm."""

    number: int
    people: list[str]
    at_us: int


class ArmingReply(Reply):
    """`cause` is `start`, `person`, `schedule` or `presence`; `who` and `via` say more, where there is more to say. `stored` is
    False while the disk does not take it: after a power cut it would be forgotten."""

    number: int
    mode: str
    since_us: int
    cause: str
    who: str
    via: str
    until_us: int | None
    evidence: list[str]
    question: QuestionReply | None
    stored: bool

    @classmethod
    def of(cls, state: ArmState, *, stored: bool = True) -> Self:
        asked = state.question
        return cls(
            number=state.number,
            mode=state.mode,
            since_us=state.since_us,
            cause=state.cause,
            who=state.who,
            via=state.via,
            until_us=state.until_us,
            evidence=list(state.evidence),
            question=QuestionReply(number=asked.number, people=sorted(asked.people), at_us=asked.at_us) if asked else None,
            stored=stored,
        )


class ArmChangeReply(Reply):
    """One line of the ledger."""

    number: int
    at_us: int
    before: str
    mode: str
    cause: str
    who: str
    via: str
    until_us: int | None
    evidence: list[str]

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls(
            number=line.number,
            at_us=line.at_us,
            before=line.before,
            mode=line.mode,
            cause=line.cause,
            who=line.who,
            via=line.via,
            until_us=line.until_us,
            evidence=list(line.evidence),
        )


@router.get("/arming")
@needs(Permission.LOOK)
async def arming(site: SiteDep) -> ArmingReply:
    """How the house is armed; from memory."""
    return ArmingReply.of(site.doors.arming.state)


@router.get("/arming/changes")
@needs(Permission.LOOK)
def changes(
    site: SiteDep,
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ArmChangeReply]:
    """Who or what changed it, when and on what evidence; newest first, with a `number` under `before`."""
    return [ArmChangeReply.of(line) for line in site.doors.arming.lines(before=before, limit=limit)]


@router.post("/arming")
@needs(Permission.DECIDE)
async def wish(asked: Wish, request: Request, site: SiteDep, person: PersonDep) -> ArmingReply:
    """Do as a person says; only an owner disables."""
    door = site.doors.arming
    if asked.mode is Wanted.DISABLED and not person.may(Permission.MANAGE):
        raise Denied(403, "Only an owner may disable the alerts.")
    if asked.mode is not Wanted.AWAY and door.state.mode is Mode.AWAY:
        await _confirm(site, request, person, asked.password)
    if asked.mode is Wanted.AUTO:
        return _reply(await door.enable(who=person.who, via=_VIA))
    until_us = WallUs(asked.until_us) if asked.until_us is not None else None
    return _reply(await door.wish(Mode(asked.mode.value), who=person.who, via=_VIA, until_us=until_us))


@router.post("/arming/answer")
@needs(Permission.DECIDE)
async def answer(given: Answer, request: Request, site: SiteDep, person: PersonDep) -> ArmingReply:
    """Answer the question whether to disarm."""
    if given.yes:
        await _confirm(site, request, person, given.password)
    return _reply(await site.doors.arming.answer(given.number, yes=given.yes, who=person.who, via=_VIA))


def _reply(done: Acknowledged) -> ArmingReply:
    return ArmingReply.of(done.state, stored=done.stored)


async def _confirm(site: Site, request: Request, person: Session, password: str) -> None:
    if person.is_program:  # its owner gave it the right to
        return
    if not is_private_way(request.scope):
        raise Denied(403, "To disarm takes your password, which does not travel in clear.", "Open the page by https.")
    if not password:
        raise Denied(403, "To disarm takes your password once more.", "Type it and try again.")
    await site.auth.confirm(person, password, place_of(request.scope))
