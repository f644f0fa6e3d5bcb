"""Actions by the API: what the house can switch, trying it out, and switching it off. Nothing here switches one on for good."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Path, Query

from hearthwatch.actions.action import ActionNow, Deed
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import PersonDep, SiteDep

router = APIRouter(prefix="/api/v1")

_Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
_VIA = "page"


class DeedReply(Reply):
    """`turn` is `on` or `off`; `text` says how it failed where `done` is false."""

    id: str
    at_us: int
    action: str
    turn: str
    why: str
    done: bool
    text: str

    @classmethod
    def of(cls, deed: Deed) -> Self:
        return cls(id=deed.id, at_us=deed.at_us, action=deed.name, turn=deed.turn, why=deed.why, done=deed.done, text=deed.text)


class ActionReply(Reply):
    """`way` is `webhook`, `mqtt`, `camera` or `gpio`; `on_since_us` is null while it is off, `off_us` where nothing switches it
    off by itself."""

    name: str
    title: str
    way: str
    enabled: bool
    on_since_us: int | None
    off_us: int | None
    last: DeedReply | None

    @classmethod
    def of(cls, action: ActionNow) -> Self:
        return cls(
            name=action.name,
            title=action.title,
            way=action.way,
            enabled=action.enabled,
            on_since_us=action.on_since_us,
            off_us=action.off_us,
            last=DeedReply.of(action.last) if action.last else None,
        )


@router.get("/actions")
@needs(Permission.LOOK)
async def actions(site: SiteDep) -> list[ActionReply]:
    """Every action and whether it is on."""
    return [ActionReply.of(one) for one in site.doors.actions.actions()]


@router.get("/actions/trail")
@needs(Permission.LOOK)
def trail(site: SiteDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[DeedReply]:
    """What was switched when and why, newest first."""
    return [DeedReply.of(one) for one in site.doors.actions.trail(limit)]


@router.post("/actions/{name}/test")
@needs(Permission.MANAGE)
async def test(name: _Name, site: SiteDep, person: PersonDep) -> DeedReply:
    """Switch it on for five seconds at most."""
    return DeedReply.of(await site.doors.actions.test(name, who=person.user.name, via=_VIA))


@router.post("/actions/{name}/off")
@needs(Permission.DECIDE)
async def switch_off(name: _Name, site: SiteDep, person: PersonDep) -> DeedReply:
    """Switch it off now."""
    return DeedReply.of(await site.doors.actions.switch_off(name, who=person.user.name, via=_VIA))
