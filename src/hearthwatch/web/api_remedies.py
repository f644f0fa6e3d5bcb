"""Damage control by the API: a camera's own door, remedies that are asked once more, and the trail of what was done."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.trail import RepairState
from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId, WallUs
from hearthwatch.web import remedy_replies
from hearthwatch.web.auth import Denied, Permission, Session
from hearthwatch.web.gate import is_private_way, needs
from hearthwatch.web.site import CameraDep, PersonDep, SiteDep

router = APIRouter(prefix="/api/v1")

MAX_FIRMWARE_BYTES = 64 << 20
_WAIT_S = 25.0


class RemedyAsk(BaseModel):
    """`subject` and `value` as `audit.remedy.Remedy` has them."""

    model_config = ConfigDict(extra="forbid")

    kind: RemedyKind
    subject: Annotated[str, Field(max_length=256)] = ""
    value: Annotated[str, Field(max_length=512)] = ""


class Yes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    confirm: Annotated[str, Field(max_length=64)]


@router.get("/cameras/{camera}/door")
@needs(Permission.MANAGE)
async def door(camera: CameraDep, site: SiteDep) -> remedy_replies.DoorReply:
    """Ask the camera who it is, who is logged in to it, and what can be done to it from here."""
    return remedy_replies.DoorReply.of(await site.doors.remedies.door(camera.id), site.doors.logins.is_home)


@router.post("/cameras/{camera}/remedies")
@needs(Permission.MANAGE)
async def ask(camera: CameraDep, asked: RemedyAsk, site: SiteDep, person: PersonDep) -> remedy_replies.QuestionReply:
    """Ask for something to be done to the camera; nothing is done before the question is confirmed."""
    remedy = Remedy(kind=asked.kind, camera=camera.id, subject=asked.subject, value=asked.value)
    entry = await site.doors.remedies.ask(remedy, _who(person))
    confirm = entry.id if entry.state is RepairState.ASKED else None
    return remedy_replies.QuestionReply(confirm=confirm, question=entry.text)


@router.post("/cameras/{camera}/remedies/confirm")
@needs(Permission.MANAGE)
async def confirm(
    camera: CameraDep, yes: Yes, request: Request, site: SiteDep, person: PersonDep
) -> remedy_replies.OutcomeReply:
    """Do what was asked, once. While `entry.state` is `running` look again at `/audit-trail/{id}`."""
    await _check_camera(site, yes.confirm, camera.id)
    entry = await site.doors.remedies.confirm(yes.confirm, _who(person), wait_s=_WAIT_S)
    password = site.doors.remedies.take_password(entry.id) if is_private_way(request.scope) else None
    shown = password.reveal() if password else None
    return remedy_replies.OutcomeReply(entry=remedy_replies.EntryReply.of(entry), password=shown)


@router.post("/cameras/{camera}/remedies/decline", status_code=204)
@needs(Permission.MANAGE)
async def decline(camera: CameraDep, no: Yes, site: SiteDep, person: PersonDep) -> None:
    """Take back what was asked."""
    await _check_camera(site, no.confirm, camera.id)
    if not await site.doors.remedies.decline(no.confirm, _who(person)):
        raise Denied(409, "There is nothing to take back any more.")


@router.put("/firmware/{name}")
@needs(Permission.MANAGE, body_bytes=MAX_FIRMWARE_BYTES)
async def upload(name: str, request: Request, site: SiteDep) -> remedy_replies.UploadReply:
    """Keep a maker's firmware file (the bare bytes) for `upload-firmware`; one of that name is replaced."""
    size_bytes = await site.doors.remedies.upload(name, request.stream())
    return remedy_replies.UploadReply(subject=name, size_bytes=size_bytes)


@router.get("/audit-trail")
@needs(Permission.MANAGE)
def trail(
    site: SiteDep,
    camera: Annotated[str | None, Query(pattern=CAMERA_ID_PATTERN)] = None,
    before_us: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 60,
) -> remedy_replies.TrailReply:
    """Who asked for what on which camera, when, and how it ended; newest first."""
    found = site.doors.remedies.trail(
        camera=CameraId(camera) if camera else None,
        before_us=WallUs(before_us) if before_us is not None else None,
        limit=limit + 1,
    )
    shown = [remedy_replies.EntryReply.of(entry) for entry in found[:limit]]
    return remedy_replies.TrailReply(entries=shown, more=len(found) > limit)


@router.get("/audit-trail/{entry}")
@needs(Permission.MANAGE)
def trail_entry(entry: str, site: SiteDep) -> remedy_replies.EntryReply:
    """One line of the trail, to follow what takes longer."""
    found = site.doors.remedies.entry(entry) if len(entry) <= 64 else None
    if found is None:
        raise Denied(404, "There is no such entry.")
    return remedy_replies.EntryReply.of(found)


async def _check_camera(site: SiteDep, entry: str, camera: CameraId) -> None:
    found = await asyncio.to_thread(site.doors.remedies.entry, entry)
    if found is None or found.remedy.camera != camera:
        raise Denied(404, "There is no such question.", "Ask for it again.")


def _who(person: Session) -> str:
    return f"page {person.user.name}"
