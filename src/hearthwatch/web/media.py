"""Pictures and footage: event pictures, snapshots, MJPEG for browsers that cannot play the stream, and clips."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import aclosing
from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse, StreamingResponse

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.web.api import Moment, find_event
from hearthwatch.web.auth import Denied, Permission, Session
from hearthwatch.web.gate import needs
from hearthwatch.web.relay.multipart import Multipart
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import CameraDep, PersonDep, Site, SiteDep

router = APIRouter(prefix="/api/v1")
log = logging.getLogger(__name__)

MAX_CLIP_US = 2 * 3600 * US_PER_S
MAX_FLOW_US = 24 * 3600 * US_PER_S
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}
_MP4: dict[int | str, dict[str, Any]] = {200: {"content": {"video/mp4": {}}}}


@router.get("/events/{event}/picture.jpg", response_class=Response, responses=_JPEG)
@needs(Permission.LOOK)
def event_picture(event: str, site: SiteDep) -> Response:
    """The best picture of an event, as the camera saw it: the box comes with the event."""
    data = site.doors.events.picture(find_event(site, event).id)
    if data is None:
        raise Denied(404, "There is no picture of this event.")
    return Response(data, media_type="image/jpeg")


class BurstReply(Reply):
    """How many pictures there are, at `/api/v1/events/EVENT/burst/1.jpg` and so on."""

    pictures: int


@router.get("/events/{event}/burst")
@needs(Permission.LOOK)
def burst(event: str, site: SiteDep) -> BurstReply:
    """The pictures that were taken when the sensor beside the camera set them off."""
    return BurstReply(pictures=len(site.doors.events.burst(find_event(site, event).id)))


@router.get("/events/{event}/burst/{number}.jpg", response_class=Response, responses=_JPEG)
@needs(Permission.LOOK)
def burst_picture(event: str, number: int, site: SiteDep) -> Response:
    """One of them, counted from 1."""
    pictures = site.doors.events.burst(find_event(site, event).id)
    if not 1 <= number <= len(pictures):
        raise Denied(404, "There is no such picture of this event.")
    return Response(pictures[number - 1], media_type="image/jpeg")


@router.get("/cameras/{camera}/snapshot.jpg", response_class=Response, responses=_JPEG)
@needs(Permission.LOOK)
async def snapshot(site: SiteDep, camera: CameraDep) -> Response:
    """The newest picture."""
    return Response(await site.doors.pictures.snapshot(camera.id), media_type="image/jpeg")


@router.get("/cameras/{camera}/live.mjpeg", response_class=StreamingResponse)
@needs(Permission.LOOK)
async def mjpeg(site: SiteDep, camera: CameraDep, person: PersonDep) -> StreamingResponse:
    """A few pictures a second as multipart/x-mixed-replace."""
    multipart = Multipart()
    return StreamingResponse(_parts(site, camera.id, person, multipart), media_type=multipart.media_type)


async def _parts(site: Site, camera: CameraId, person: Session, multipart: Multipart) -> AsyncGenerator[bytes]:
    ended = asyncio.create_task(site.auth.ended(person))
    try:
        async with aclosing(site.doors.pictures.mjpeg(camera)) as pictures:
            yield multipart.opening()
            async for picture in pictures:
                if ended.done():
                    return
                yield multipart.part(picture)
    except HearthwatchError as error:  # the answer has begun: all that is left is to end it; the page asks anew
        log.info("the pictures of %s end: %s", camera, error)
    finally:
        ended.cancel()


@router.get("/cameras/{camera}/footage.mp4", response_class=FileResponse, responses=_MP4)
@needs(Permission.LOOK)
async def footage(
    *,
    site: SiteDep,
    camera: CameraDep,
    start_us: Moment,
    end_us: Moment,
    stream: Stream = Stream.MAIN,
    download: Annotated[bool, Query()] = False,
    person: PersonDep,
) -> FileResponse:
    """At most two hours as an ordinary MP4 with byte ranges, made without re-encoding. To `download` it is to export it."""
    if download and not person.may(Permission.EXPORT):
        raise Denied(403, "Your account may not take footage out of the house.", "Ask the owner of the house.")
    start, end = await _range(site, camera.id, stream, start_us=start_us, end_us=end_us, most_us=MAX_CLIP_US)
    path = await site.clips.clip(camera.id, stream, start, end)
    return FileResponse(
        path,
        media_type="video/mp4",
        filename=clip_name(camera.id, start),
        content_disposition_type="attachment" if download else "inline",
    )


@router.get("/cameras/{camera}/footage.fmp4", response_class=StreamingResponse, responses=_MP4)
@needs(Permission.EXPORT)
async def flow(
    *, site: SiteDep, camera: CameraDep, start_us: Moment, end_us: Moment, stream: Stream = Stream.MAIN
) -> StreamingResponse:
    """At most a day as one fragmented MP4, sent as it is read from the disk."""
    start, end = await _range(site, camera.id, stream, start_us=start_us, end_us=end_us, most_us=MAX_FLOW_US)
    pieces = site.doors.footage.fragments(camera.id, stream, start, end)
    first = await asyncio.to_thread(next, pieces, b"")  # its errors are still an answer, later ones only break off
    return StreamingResponse(
        _flowing(first, pieces),
        media_type="video/mp4",
        headers={"Content-Disposition": f'attachment; filename="{clip_name(camera.id, start)}"'},
    )


async def _flowing(first: bytes, pieces: Iterator[bytes]) -> AsyncGenerator[bytes]:
    piece = first
    try:
        while piece:
            yield piece
            piece = await asyncio.to_thread(next, pieces, b"")
    finally:
        if isinstance(pieces, Generator):  # a viewer who left must not keep files open
            pieces.close()


async def _range(
    site: Site, camera: CameraId, stream: Stream, *, start_us: int, end_us: int, most_us: int
) -> tuple[WallUs, WallUs]:
    if not start_us < end_us <= start_us + most_us:
        raise Denied(422, f"A clip is longer than nothing and at most {most_us // (60 * US_PER_S)} minutes.")
    start, end = WallUs(start_us), WallUs(end_us)
    if not await asyncio.to_thread(site.doors.footage.segments, camera, stream, start, end):
        raise Denied(404, "There is no footage of that time.", "It may have been a gap, or older than what is kept.")
    return start, end


def clip_name(camera: CameraId, start_us: WallUs) -> str:
    """Return a file name any system takes; a camera's id is a slug."""
    at = to_datetime(start_us, UTC).strftime("%Y-%m-%d_%H-%M-%S")
    return f"{camera}_{at}Z.mp4"
