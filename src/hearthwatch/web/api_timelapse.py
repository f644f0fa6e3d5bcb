"""A camera's days as short films."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import FileResponse

from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import CameraDep, SiteDep

router = APIRouter(prefix="/api/v1")


class TimelapseReply(Reply):
    """`day` is the local calendar day, ISO 8601; the film is at `/api/v1/cameras/CAMERA/timelapses/DAY.mp4`."""

    day: date
    size_bytes: int


@router.get("/cameras/{camera}/timelapses")
@needs(Permission.LOOK)
def timelapses(camera: CameraDep, site: SiteDep) -> list[TimelapseReply]:
    """The days there is a film of, newest first; `[storage] timelapse` has them made."""
    return [TimelapseReply(day=each.day, size_bytes=each.size_bytes) for each in site.doors.timelapses.of(camera.id)]


@router.get(
    "/cameras/{camera}/timelapses/{day}.mp4", response_class=FileResponse, responses={200: {"content": {"video/mp4": {}}}}
)
@needs(Permission.LOOK)
def timelapse(camera: CameraDep, day: date, site: SiteDep) -> FileResponse:
    """The film of one day, with byte ranges."""
    for each in site.doors.timelapses.of(camera.id):
        if each.day == day:
            return FileResponse(each.path, media_type="video/mp4", filename=each.path.name, content_disposition_type="inline")
    raise Denied(404, "There is no film of that day.", "[storage] timelapse has one made each night, of the day before.")
