"""Who logged in to the cameras, who is logged in now, and what the cameras' own logs say."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Query

from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId, WallUs
from hearthwatch.logins.login import KeptLine, Login, LoginId, Verdict, WatchNow
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.login_doors import LoginDoor
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep

router = APIRouter(prefix="/api/v1")

CameraQuery = Annotated[str | None, Query(pattern=CAMERA_ID_PATTERN)]
MomentQuery = Annotated[int | None, Query(ge=0, le=2**53)]
BeforeQuery = Annotated[int | None, Query(ge=1, le=2**53)]
Limit = Annotated[int, Query(ge=1, le=500)]


class LoginReply(Reply):
    """`at_us` is our time of it, `local_us` what the camera's clock said (no zone). `action` is what was done, `verdict` what
    to think of it; `code` and `via` are the camera's words; `name` is the reverse name of the address, where it is known. All
    text comes from the camera: show it as text only."""

    id: int
    camera: str
    action: str
    verdict: str
    source: str
    user: str
    address: str | None
    origin: str
    at_home: bool
    name: str
    via: str
    code: str
    at_us: int
    local_us: int | None
    seen_us: int
    told: bool

    @classmethod
    def of(cls, login: Login, door: LoginDoor) -> Self:
        return cls(
            id=login.id,
            camera=login.camera,
            action=login.action,
            verdict=login.verdict,
            source=login.source,
            user=redact(login.user),
            address=login.address,
            origin=redact(login.origin),
            at_home=door.is_home(login.address),
            name=redact(door.name_of(login.address)),
            via=redact(login.via),
            code=redact(login.code),
            at_us=login.at_us,
            local_us=login.local_us,
            seen_us=login.seen_us,
            told=login.wanted and login.told,
        )


class LoginsReply(Reply):
    logins: list[LoginReply]
    more: bool


class WatchReply(Reply):
    """How a camera's door is watched: by its log, by its list of sessions, by its alarms. `trouble` says what does not work;
    `own` counts by day (UTC) how often Hearthwatch itself logged in, which is not listed one by one."""

    camera: str
    has_log: bool
    has_sessions: bool
    has_events: bool
    looked_us: int | None
    trouble: str
    own: dict[str, int]

    @classmethod
    def of(cls, now: WatchNow, own: dict[str, int]) -> Self:
        return cls(
            camera=now.camera,
            has_log=now.has_log,
            has_sessions=now.has_sessions,
            has_events=now.has_events,
            looked_us=now.looked_us,
            trouble=redact(now.trouble),
            own=own,
        )


class LineReply(Reply):
    id: int
    camera: str
    at_us: int
    local_us: int | None
    code: str
    user: str
    text: str

    @classmethod
    def of(cls, line: KeptLine) -> Self:
        return cls(
            id=line.id,
            camera=line.camera,
            at_us=line.at_us,
            local_us=line.local_us,
            code=redact(line.code),
            user=redact(line.user),
            text=redact(line.text),
        )


class LinesReply(Reply):
    lines: list[LineReply]
    more: bool


@router.get("/logins")
@needs(Permission.LOOK)
def logins(
    *,
    site: SiteDep,
    camera: CameraQuery = None,
    verdict: Annotated[list[Verdict] | None, Query(max_length=20)] = None,
    user: Annotated[str | None, Query(max_length=200)] = None,
    address: Annotated[str | None, Query(max_length=64)] = None,
    start_us: MomentQuery = None,
    end_us: MomentQuery = None,
    before: BeforeQuery = None,
    limit: Limit = 100,
) -> LoginsReply:
    """Log-ins to the cameras and what else was done at their doors, newest first; `before` is the id a page ended
    with. `verdict` may be given several times."""
    door = site.doors.logins
    found = door.logins(
        camera=CameraId(camera) if camera else None,
        verdicts=verdict or (),
        user=user,
        address=address,
        start_us=WallUs(start_us) if start_us is not None else None,
        end_us=WallUs(end_us) if end_us is not None else None,
        before=LoginId(before) if before is not None else None,
        limit=limit + 1,
    )
    shown = [LoginReply.of(login, door) for login in found[:limit]]
    return LoginsReply(logins=shown, more=len(found) > limit)


@router.get("/logins/watch")
@needs(Permission.LOOK)
def watch(site: SiteDep) -> list[WatchReply]:
    """How each camera's door is watched, and what is wrong with that."""
    door = site.doors.logins
    return [WatchReply.of(now, dict(door.own(now.camera))) for now in door.watched()]


@router.get("/logs")
@needs(Permission.LOOK)
def logs(
    *,
    site: SiteDep,
    camera: CameraQuery = None,
    search: Annotated[str, Query(max_length=200)] = "",
    start_us: MomentQuery = None,
    end_us: MomentQuery = None,
    before: BeforeQuery = None,
    limit: Limit = 200,
) -> LinesReply:
    """Lines of the cameras' own logs, newest first; `search` is looked for anywhere in a line."""
    found = site.doors.logins.lines(
        camera=CameraId(camera) if camera else None,
        search=search,
        start_us=WallUs(start_us) if start_us is not None else None,
        end_us=WallUs(end_us) if end_us is not None else None,
        before=before,
        limit=limit + 1,
    )
    return LinesReply(lines=[LineReply.of(line) for line in found[:limit]], more=len(found) > limit)
