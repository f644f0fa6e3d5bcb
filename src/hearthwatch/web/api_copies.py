"""The API of the cameras' settings: copies, what changed, restore and baseline. Writing is a dry run unless it is asked for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from hearthwatch.copies.copy import CopyId, RestoreAsk
from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId
from hearthwatch.web import copies_replies as replies
from hearthwatch.web.auth import Permission, Session
from hearthwatch.web.gate import needs
from hearthwatch.web.site import CameraDep, PersonDep, SiteDep

router = APIRouter(prefix="/api/v1")

_COPY_PATTERN = r"^[0-9A-Z]{26}$"
CopyPath = Annotated[str, Path(pattern=_COPY_PATTERN)]


class RestoreAskBody(BaseModel):
    """`camera`: another one of the same family to write to. `sections`: only these. `own`: also what belongs to one camera
    alone, its network address and, for another camera, its name."""

    model_config = ConfigDict(extra="forbid")

    dry_run: StrictBool = True
    camera: Annotated[str | None, Field(pattern=CAMERA_ID_PATTERN)] = None
    sections: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=200)] = []
    own: StrictBool = False


class BaselineAskBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dry_run: StrictBool = True


@router.get("/copies")
@needs(Permission.LOOK)
async def copies(
    site: SiteDep,
    camera: Annotated[str | None, Query(pattern=CAMERA_ID_PATTERN)] = None,
    before: Annotated[str | None, Query(pattern=_COPY_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> replies.CopiesReply:
    """The dated copies of settings, newest first; for older ones pass the last id as `before`."""
    door = site.doors.copies
    found = await door.recent(
        camera=CameraId(camera) if camera else None, before=CopyId(before) if before else None, limit=limit + 1
    )
    return replies.CopiesReply.of(found[:limit], door.troubles, more=len(found) > limit)


@router.get("/copies/diff")
@needs(Permission.MANAGE)
async def diff(
    site: SiteDep,
    old: Annotated[str, Query(alias="from", pattern=_COPY_PATTERN)],
    new: Annotated[str, Query(alias="to", pattern=_COPY_PATTERN)],
) -> replies.DiffReply:
    """What is different in copy `to`, seen from copy `from`."""
    return replies.DiffReply.of(await site.doors.copies.diff(CopyId(old), CopyId(new)))


@router.get("/copies/{copy}")
@needs(Permission.MANAGE)
async def copy_detail(copy: CopyPath, site: SiteDep) -> replies.CopyDetailReply:
    """One copy: every setting, secrets left out, and what changed since the one before."""
    return replies.CopyDetailReply.of(*await site.doors.copies.settings(CopyId(copy)))


@router.post("/copies/{copy}/restore")
@needs(Permission.MANAGE)
async def restore(copy: CopyPath, ask: RestoreAskBody, site: SiteDep, person: PersonDep) -> replies.OutcomeReply:
    """Write a copy back to its camera, or parts of it to another, and read it back; with `dry_run` only say what would be."""
    camera = CameraId(ask.camera) if ask.camera else None
    wanted = RestoreAsk(copy=CopyId(copy), camera=camera, sections=tuple(ask.sections), own=ask.own)
    return replies.OutcomeReply.of(await site.doors.copies.restore(wanted, apply=not ask.dry_run, who=_who(person)))


@router.post("/cameras/{camera}/copies")
@needs(Permission.MANAGE)
async def collect(site: SiteDep, camera: CameraDep) -> replies.LookReply:
    """Look at the camera's settings now; a new copy is kept when something changed."""
    return replies.LookReply.of(await site.doors.copies.collect(camera.id))


@router.post("/cameras/{camera}/baseline")
@needs(Permission.MANAGE)
async def baseline(ask: BaselineAskBody, site: SiteDep, camera: CameraDep, person: PersonDep) -> replies.OutcomeReply:
    """Set the camera as its baseline in the configuration asks; with `dry_run` only say what would be written."""
    return replies.OutcomeReply.of(await site.doors.copies.baseline(camera.id, apply=not ask.dry_run, who=_who(person)))


def _who(person: Session) -> str:
    return f"page {person.user.name}"
