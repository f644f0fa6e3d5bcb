"""Where cameras call when they have something to tell, which some do by HTTP: whoever calls rightly has the camera asked.

The path is secret and the caller must come from the camera's address; what the call holds is not even read.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from hearthwatch.kit.units import CameraId
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import CameraDep, SiteDep

router = APIRouter(prefix="/api/v1")

_BODY_BYTES = 65_536


class HookReply(Reply):
    """`path` is what to enter at the camera behind the address of this machine: `http://ADDRESS:PORT` and `path`."""

    path: str


@router.get("/cameras/{camera}/hook")
@needs(Permission.MANAGE)
async def hook(site: SiteDep, camera: CameraDep) -> HookReply:
    """The address that this camera shall call when it has something to tell (Reolink: webhook; Foscam: HTTP alarm)."""
    return HookReply(path=f"/api/v1/hooks/{camera.id}/{await site.doors.hooks.word(camera.id)}")


async def _knock(site: SiteDep, camera: str, word: str, request: Request) -> Response:
    address = request.client.host if request.client else ""
    if not await site.doors.hooks.knock(CameraId(camera), word, address):
        raise Denied(404, "There is nothing at this address.")
    return Response(status_code=204)


@router.get("/hooks/{camera}/{word}", status_code=204)
@needs(Permission.PUBLIC)
async def called(site: SiteDep, camera: str, word: str, request: Request) -> Response:
    """A camera has something to tell."""
    return await _knock(site, camera, word, request)


@router.post("/hooks/{camera}/{word}", status_code=204)
@needs(Permission.PUBLIC, body_bytes=_BODY_BYTES, from_page=False)
async def posted(site: SiteDep, camera: str, word: str, request: Request) -> Response:
    """The same; what is posted is not read."""
    return await _knock(site, camera, word, request)
