"""Sharing footage: links by the API, and the bare page that opens with one, without an account."""

from __future__ import annotations

import asyncio
from datetime import tzinfo
from enum import StrEnum
from html import escape
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CAMERA_ID_PATTERN, US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.web.auth import Denied, Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.media import MAX_CLIP_US, clip_name
from hearthwatch.web.place import place_of
from hearthwatch.web.replies import Reply
from hearthwatch.web.shares import Share
from hearthwatch.web.site import PersonDep, Site, SiteDep

router = APIRouter()

_MOST_CAMERAS = 8
_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}
_MP4: dict[int | str, dict[str, Any]] = {200: {"content": {"video/mp4": {}}}}
_UNSEEN = {"X-Robots-Tag": "noindex, nofollow"}

Token = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class Lasts(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"

    @property
    def us(self) -> int:
        return {Lasts.HOUR: 3600, Lasts.DAY: 24 * 3600, Lasts.WEEK: 7 * 24 * 3600}[self] * US_PER_S


class ShareAsk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cameras: Annotated[list[Annotated[str, Field(pattern=CAMERA_ID_PATTERN)]], Field(min_length=1, max_length=_MOST_CAMERAS)]
    start_us: Annotated[StrictInt, Field(ge=0, le=2**53)]
    end_us: Annotated[StrictInt, Field(ge=0, le=2**53)]
    lasts: Lasts = Lasts.DAY


class ShareReply(Reply):
    """A link that opens until `expires_us`. `path` comes once, when it is made, and belongs behind this house's address."""

    id: int
    cameras: list[str]
    start_us: int
    end_us: int
    who: str
    made_us: int
    expires_us: int
    uses: int
    used_us: int | None
    path: str = ""

    @classmethod
    def of(cls, share: Share, path: str = "") -> Self:
        return cls(
            id=share.id,
            cameras=list(share.cameras),
            start_us=share.start_us,
            end_us=share.end_us,
            who=share.who,
            made_us=share.made_us,
            expires_us=share.expires_us,
            uses=share.uses,
            used_us=share.used_us,
            path=path,
        )


@router.post("/api/v1/shares", status_code=201)
@needs(Permission.EXPORT, fresh=True)
async def share(ask: ShareAsk, site: SiteDep, person: PersonDep) -> ShareReply:
    """Make a link that shows this range of these cameras to whoever has it, without an account."""
    if not ask.start_us < ask.end_us <= ask.start_us + MAX_CLIP_US:
        raise Denied(422, f"Share more than nothing and at most {MAX_CLIP_US // (60 * US_PER_S)} minutes.")
    start, end = WallUs(ask.start_us), WallUs(ask.end_us)
    cameras = [CameraId(each) for each in dict.fromkeys(ask.cameras)]
    known = {camera.id for camera in site.doors.cameras.all()}
    for camera in cameras:
        if camera not in known:
            raise Denied(404, f"There is no camera {camera}.", "It may have been renamed in the configuration.")
        if not await asyncio.to_thread(site.doors.footage.segments, camera, Stream.MAIN, start, end):
            raise Denied(404, f"There is no footage of {camera} in that time.", "It may have been a gap.")
    made = await site.doors.shares.make(cameras, start, end, lasts_us=ask.lasts.us, who=person.user.name)
    return ShareReply.of(made.share, path=f"/s/{made.token}")


@router.get("/api/v1/shares")
@needs(Permission.DECIDE)
async def shares(site: SiteDep) -> list[ShareReply]:
    """The links that still open, newest first, with how often each was."""
    return [ShareReply.of(one) for one in await site.doors.shares.living()]


@router.delete("/api/v1/shares/{share}", status_code=204)
@needs(Permission.DECIDE)
async def revoke(share: Annotated[int, Path(ge=1, le=2**53)], site: SiteDep, person: PersonDep) -> None:
    """End a link at once."""
    if await site.doors.shares.revoke(share, person.user.name) is None:
        raise Denied(404, "There is no such link any more.")


@router.get("/s/{token}", response_class=HTMLResponse, responses=_HTML, include_in_schema=False)
@needs(Permission.PUBLIC)
async def page(token: Token, request: Request, site: SiteDep) -> Response:
    """The bare page of a link: its footage, and nothing else of the house."""
    found = await site.doors.shares.opened(token, counts=True)
    if found is None:
        return HTMLResponse(_document("This link is over", _OVER), status_code=404, headers=_UNSEEN)
    subject = f"link {found.id} of {found.who}, for the {found.uses}. time"
    address = place_of(request.scope).address
    await site.auth.trail.note("opened-share", who="", address=address, camera=found.cameras[0], subject=subject)
    names = {camera.id: camera.name for camera in site.doors.cameras.all()}
    return HTMLResponse(_document("Shared footage", _shown(found, token, names, site.doors.timeline.zone)), headers=_UNSEEN)


@router.get("/s/{token}/{number}.mp4", response_class=FileResponse, responses=_MP4, include_in_schema=False)
@needs(Permission.PUBLIC)
async def video(token: Token, number: Annotated[int, Path(ge=1, le=_MOST_CAMERAS)], site: SiteDep) -> FileResponse:
    """The footage of one camera of a link, with byte ranges."""
    found = await site.doors.shares.opened(token, counts=False)
    if found is None or number > len(found.cameras):
        raise Denied(404, "This link is over.", "Ask whoever sent it for a new one.")
    return await _clip(site, found.cameras[number - 1], found)


async def _clip(site: Site, camera: CameraId, found: Share) -> FileResponse:
    if camera not in {each.id for each in site.doors.cameras.all()}:
        raise Denied(404, "This footage is no longer kept.")
    try:
        path = await site.clips.clip(camera, Stream.MAIN, found.start_us, found.end_us)
    except Unsupported:
        raise Denied(404, "This footage is no longer kept.") from None
    name = clip_name(camera, found.start_us)
    return FileResponse(path, media_type="video/mp4", filename=name, content_disposition_type="inline", headers=_UNSEEN)


_OVER = (
    "<h1>This link is over</h1>"
    "<p>It has expired, or whoever sent it has ended it. Ask them for a new one if you still need it.</p>"
)


def _shown(found: Share, token: str, names: dict[CameraId, str], zone: tzinfo) -> str:
    start, end = to_datetime(found.start_us, zone), to_datetime(found.end_us, zone)
    until = to_datetime(found.expires_us, zone)
    said = f"{start:%A, %d %B %Y}, {start:%H:%M:%S} \N{EN DASH} {end:%H:%M:%S} ({start:%Z})"
    parts = [f"<h1>Shared footage</h1><p>{escape(said)}</p>"]
    for number, camera in enumerate(found.cameras, start=1):
        name = escape(names.get(camera, camera))
        address = f"/s/{token}/{number}.mp4"
        parts.append(
            f"<section><h2>{name}</h2>"
            f'<video controls playsinline preload="metadata" src="{address}" aria-label="{name}"></video>'
            f'<p><a href="{address}" download>Download</a></p></section>'
        )
    parts.append(f"<p class='note'>This link opens until {escape(f'{until:%d %B %Y, %H:%M}')}.</p>")
    return "".join(parts)


def _document(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="dark light">'
        f'<title>{title}</title><link rel="icon" href="/hearth.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/shared.css">'
        f"</head><body><main>{content}</main></body></html>"
    )
