"""Footage for somebody else: the clips of one or several cameras in one zip file, with the hashes that prove them."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CAMERA_ID_PATTERN, US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.web.api import Moment
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.media import MAX_CLIP_US
from hearthwatch.web.site import PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")
log = logging.getLogger(__name__)

_MOST_CAMERAS = 32
_ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}

Cameras = Annotated[
    list[Annotated[str, Query(pattern=CAMERA_ID_PATTERN)]], Query(alias="camera", min_length=1, max_length=_MOST_CAMERAS)
]


@router.get("/case.zip", response_class=FileResponse, responses=_ZIP)
@needs(Permission.EXPORT, fresh=True)
async def case(cameras: Cameras, start_us: Moment, end_us: Moment, site: SiteDep, person: PersonDep) -> FileResponse:
    """At most two hours of one or several cameras as a zip to hand over: an MP4 each as the camera sent it, a text that says
    what it shows and lacks, and the SHA-256 sums of all."""
    if not start_us < end_us <= start_us + MAX_CLIP_US:
        raise Denied(422, f"A case is longer than nothing and at most {MAX_CLIP_US // (60 * US_PER_S)} minutes.")
    wanted = [CameraId(camera) for camera in dict.fromkeys(cameras)]
    known = {camera.id for camera in site.doors.cameras.all()}
    for camera in wanted:
        if camera not in known:
            raise Denied(404, f"There is no camera {camera}.", "It may have been renamed in the configuration.")
    start, end = WallUs(start_us), WallUs(end_us)
    if not await asyncio.to_thread(_is_any, site, wanted, start, end):
        raise Denied(404, "There is no footage of that time.", "It may have been a gap, or older than what is kept.")
    path = await site.clips.case(wanted, start, end)
    log.info("%s took footage of %s from %d to %d as a case", person.user.name, ", ".join(wanted), start, end)
    at = to_datetime(start, UTC).strftime("%Y-%m-%d_%H-%M-%S")
    name = f"case_{wanted[0] if len(wanted) == 1 else f'{len(wanted)}-cameras'}_{at}Z.zip"
    return FileResponse(path, media_type="application/zip", filename=name, content_disposition_type="attachment")


def _is_any(site: Site, cameras: list[CameraId], start: WallUs, end: WallUs) -> bool:
    return any(site.doors.footage.segments(camera, Stream.MAIN, start, end) for camera in cameras)
