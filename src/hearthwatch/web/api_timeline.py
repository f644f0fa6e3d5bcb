"""The timeline by the API: all cameras at a glance, small pictures, playing from any moment, and keeping a range."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.web.api import Moment
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import KeptReply
from hearthwatch.web.site import CameraDep, PersonDep, SiteDep
from hearthwatch.web.timeline_replies import LanesReply

router = APIRouter(prefix="/api/v1")

MAX_LANES_US = 93 * 24 * 3600 * US_PER_S
MAX_PLAYED_US = 15 * 60 * US_PER_S
MAX_KEPT_US = 24 * 3600 * US_PER_S

_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}
_MP4: dict[int | str, dict[str, Any]] = {200: {"content": {"video/mp4": {}}}}
_LANES: dict[int | str, dict[str, Any]] = {200: {"model": LanesReply}}
_PIECE_BYTES = 256 * 1024


class KeepRangeAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start_us: Annotated[StrictInt, Field(ge=0, le=2**53)]
    end_us: Annotated[StrictInt, Field(ge=0, le=2**53)]
    kept: StrictBool = True


@router.get("/timeline", response_class=Response, responses=_LANES)
@needs(Permission.LOOK)
def lanes(
    site: SiteDep, person: PersonDep, start_us: Moment, end_us: Moment, cells: Annotated[int, Query(ge=10, le=2000)] = 720
) -> Response:
    """Footage, gaps with their cause, motion, events, log-ins, arming and outages of every camera you may see, at most 93 days,
    told in about `cells` steps: what lies closer to each other may be one."""
    if not start_us < end_us <= start_us + MAX_LANES_US:
        raise Denied(422, "The range must be longer than nothing and at most 93 days.")
    start, end = WallUs(start_us), WallUs(end_us)
    cameras = [camera.id for camera in site.doors.cameras.all()]
    found = site.doors.timeline.lanes(cameras, start, end, cells)
    outages = [one for one in found.outages if one.camera is None or one.camera in cameras]
    reply = LanesReply.of(found, outages, start_us=start, end_us=end, now_us=site.clock.wall_us())
    # by hand: FastAPI would check thousands of stretches once more on their way out
    return Response(reply.model_dump_json(), media_type="application/json")


@router.get("/cameras/{camera}/thumb.jpg", response_class=Response, responses=_JPEG)
@needs(Permission.LOOK)
async def thumb(camera: CameraDep, at_us: Moment, site: SiteDep) -> Response:
    """A small picture of about that moment."""
    found = await site.doors.timeline.thumb(camera.id, WallUs(at_us))
    if found is None:
        raise Denied(404, "There is no picture of that moment.", "It may have been a gap, or older than what is kept.")
    return Response(found, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})


@router.get("/cameras/{camera}/playback.mp4", response_class=StreamingResponse, responses=_MP4)
@needs(Permission.LOOK)
async def playback(
    *,
    camera: CameraDep,
    start_us: Moment,
    end_us: Moment,
    site: SiteDep,
    stream: Stream = Stream.MAIN,
    keys: Annotated[bool, Query()] = False,
) -> StreamingResponse:
    """At most 15 minutes as fragmented MP4 for a media source; `keys` leaves all but the key frames out. The headers
    `X-Start-Us` and `X-End-Us` say which wall time its time 0 is and until when it tells all, `X-Mime` what it holds,
    `X-Damaged` (`start_us-end_us`, several by commas; without `keys`) what of it is not as it was recorded."""
    if not start_us < end_us <= start_us + MAX_PLAYED_US:
        raise Denied(422, f"Ask for more than nothing and at most {MAX_PLAYED_US // (60 * US_PER_S)} minutes at a time.")
    found = await asyncio.to_thread(
        site.doors.timeline.playback, camera.id, stream, WallUs(start_us), WallUs(end_us), keys_only=keys
    )
    head = {"X-Start-Us": str(found.start_us), "X-End-Us": str(found.end_us), "X-Mime": found.mime}
    if found.harmed:
        head["X-Damaged"] = ",".join(f"{low}-{high}" for low, high in found.harmed)
    return StreamingResponse(_flowing(found.pieces), media_type="video/mp4", headers=head)


async def _flowing(pieces: Iterator[bytes]) -> AsyncGenerator[bytes]:
    try:
        while data := await asyncio.to_thread(_some, pieces):
            yield data
    finally:
        if isinstance(pieces, Generator):  # a viewer who left must not keep files open
            with contextlib.suppress(ValueError):
                pieces.close()


def _some(pieces: Iterator[bytes]) -> bytes:
    """Read on until there is enough for a trip to the event loop to be worth it."""
    taken = bytearray()
    for piece in pieces:
        taken += piece
        if len(taken) >= _PIECE_BYTES:
            break
    return bytes(taken)


@router.post("/cameras/{camera}/keep")
@needs(Permission.DECIDE)
async def keep(ask: KeepRangeAsk, camera: CameraDep, site: SiteDep) -> KeptReply:
    """Pin the footage of a range (at most a day), so that it outlives every limit, or let go of it."""
    if not ask.start_us < ask.end_us <= ask.start_us + MAX_KEPT_US:
        raise Denied(422, "Choose more than nothing and at most a day.")
    if ask.kept and ask.start_us > site.clock.wall_us():
        raise Denied(422, "That time is still to come.", "Choose a range that has begun.")
    done = await site.doors.keeper.keep(camera.id, WallUs(ask.start_us), WallUs(ask.end_us), pinned=ask.kept)
    return KeptReply(segments=done)
