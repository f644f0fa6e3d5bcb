"""The API of the audit: what is weak about each camera, putting it right, and taking note that the owner knows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from hearthwatch.web import audit_replies as replies
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.site import CameraDep, PersonDep, SiteDep

router = APIRouter(prefix="/api/v1")


class AcceptAsk(BaseModel):
    """`accepted` false takes it back."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(min_length=1, max_length=128)]
    accepted: StrictBool = True


@router.get("/audit")
@needs(Permission.MANAGE)
async def reports(site: SiteDep) -> list[replies.ReportReply]:
    """The last audit of every camera that was audited."""
    return [replies.ReportReply.of(report) for report in await site.doors.audit.reports()]


@router.get("/audit/fence")
@needs(Permission.MANAGE)
async def fence(
    site: SiteDep, kind: Annotated[str, Query(pattern="^(nftables|openwrt|vyos)$")] = "nftables"
) -> replies.FenceReply:
    """Rules for the router that keep the cameras off the Internet, while the home and the time of day still reach them."""
    return replies.FenceReply(text=await site.doors.audit.fence(kind))


@router.post("/cameras/{camera}/audit")
@needs(Permission.MANAGE)
async def audit(camera: CameraDep, site: SiteDep) -> replies.ReportReply:
    """Look at the camera now; may take a minute."""
    return replies.ReportReply.of(await site.doors.audit.audit(camera.id))


@router.post("/cameras/{camera}/audit/apply")
@needs(Permission.MANAGE)
async def apply(camera: CameraDep, site: SiteDep, person: PersonDep) -> replies.AppliedReply:
    """Switch off and on what needs no decision, then audit again: `mended` says what that found. May take some minutes."""
    mended, report = await site.doors.audit.apply(camera.id, f"page {person.user.name}")
    return replies.AppliedReply(mended=[replies.MendedReply.of(one) for one in mended], report=replies.ReportReply.of(report))


@router.post("/cameras/{camera}/audit/accept")
@needs(Permission.MANAGE)
async def accept(ask: AcceptAsk, camera: CameraDep, site: SiteDep, person: PersonDep) -> replies.ReportReply:
    """Take note that the owner knows of a finding: it stays listed, costs no points and is not told again."""
    report = await site.doors.audit.accept(camera.id, ask.key, who=f"page {person.user.name}", accepted=ask.accepted)
    return replies.ReportReply.of(report)
