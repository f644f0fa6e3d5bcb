"""The API of the copies elsewhere: how far they are, and the power-loss hook."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Header, Response

from hearthwatch.kit.logs import redact
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.offsite_doors import OffsiteNow, TargetNow
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import PersonDep, SiteDep

router = APIRouter(prefix="/api/v1")

_CAUSE = "Asked for by hand."


class TargetReply(Reply):
    """One place for copies. `error` is why nothing arrives there just now, empty while it answers; `proved_us` is when it last
    proved to hold a piece, 0 for never; `sending` is the camera whose piece is on its way."""

    name: str
    kind: str
    sealed: bool
    proved: int
    proved_us: int
    waiting: int
    waiting_bytes: int
    waiting_events: int
    sending: str
    error: str

    @classmethod
    def of(cls, now: TargetNow) -> Self:
        return cls(
            name=now.name,
            kind=now.kind,
            sealed=now.sealed,
            proved=now.proved,
            proved_us=now.proved_us or 0,
            waiting=now.waiting,
            waiting_bytes=now.waiting_bytes,
            waiting_events=now.waiting_events,
            sending=now.sending,
            error=redact(now.error),
        )


class OffsiteReply(Reply):
    """`safe_us` is up to when the footage of every recorded camera is proved to be elsewhere, and `cameras` up to when that of
    each is; 0 for none. `emergency` is why every camera's last minutes went first the last time, `emergency_left` how many
    pieces of that are still on their way."""

    now_us: int
    safe_us: int
    cameras: dict[str, int]
    targets: list[TargetReply]
    emergency: str
    emergency_us: int
    emergency_left: int

    @classmethod
    def of(cls, now: OffsiteNow, now_us: int) -> Self:
        emergency = now.emergency
        return cls(
            now_us=now_us,
            safe_us=now.safe_us or 0,
            cameras={one.camera: one.until_us or 0 for one in now.cameras},
            targets=[TargetReply.of(one) for one in now.targets],
            emergency=redact(emergency.cause) if emergency else "",
            emergency_us=emergency.at_us if emergency else 0,
            emergency_left=emergency.left if emergency else 0,
        )


class PowerHookReply(Reply):
    """What a UPS's program sends when the power fails: a POST to `path` with the header `X-Hearthwatch-Hook: word`."""

    path: str
    word: str


@router.get("/offsite")
@needs(Permission.LOOK)
async def offsite(site: SiteDep) -> OffsiteReply:
    """How far the copies elsewhere are."""
    return OffsiteReply.of(site.doors.offsite.now(), site.clock.wall_us())


@router.post("/offsite/flush", status_code=204)
@needs(Permission.MANAGE)
async def flush(site: SiteDep, person: PersonDep) -> Response:
    """Bring the last minutes of every camera to safety before all else."""
    await site.doors.offsite.flush(_CAUSE, person.user.name)
    return Response(status_code=204)


@router.get("/hooks/power")
@needs(Permission.MANAGE)
async def power_hook(site: SiteDep) -> PowerHookReply:
    """What to have a UPS call when the power fails."""
    return PowerHookReply(path="/api/v1/hooks/power", word=await site.doors.offsite.power_word())


@router.post("/hooks/power", status_code=204)
@needs(Permission.PUBLIC, body_bytes=1024, from_page=False)
async def power(site: SiteDep, x_hearthwatch_hook: Annotated[str, Header(max_length=200)] = "") -> Response:
    """The power fails: every camera's last minutes go first. What is posted is not read."""
    if not await site.doors.offsite.power(x_hearthwatch_hook):
        raise Denied(404, "There is nothing at this address.")
    return Response(status_code=204)
