"""The cameras' addresses for other software: `/cam/NAME/snapshot.jpg`, `/stream.mjpg`, `/ptz` and `/cgi/…`."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import Headers

from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.vendors.capability import PtzMove
from hearthwatch.web.doors import CameraNow, CameraState
from hearthwatch.web.gate import MAX_BODY_BYTES, TOKEN_HEADER, needs
from hearthwatch.web.person import Denied, Permission, Session
from hearthwatch.web.relay.cgi import parse_call
from hearthwatch.web.relay.doors import Unlisted
from hearthwatch.web.relay.guest import is_guest
from hearthwatch.web.relay.multipart import Multipart
from hearthwatch.web.site import CameraDep, PersonDep, Site, SiteDep

router = APIRouter(prefix="/cam", tags=["cameras elsewhere"])
log = logging.getLogger(__name__)

_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}
_SAYS_AGAIN_S = 0.5
_SHOWN_AS_IT_IS = ("text/plain", "application/json", "image/jpeg", "image/png", "text/xml", "application/xml")


def _shared(site: Site, camera: CameraNow) -> None:
    if not site.doors.relay.is_shared(camera.id):
        raise Denied(404, "This camera is not handed on to other software.", "See [camera.NAME.proxy] in the configuration.")


@router.get("/{camera}/snapshot.jpg", response_class=Response, responses=_JPEG)
@needs(Permission.LOOK)
async def snapshot(site: SiteDep, camera: CameraDep, request: Request) -> Response:
    """The newest picture."""
    _refuse_foreign(request.headers)
    _shared(site, camera)
    return Response(await site.doors.relay.snapshot(camera.id), media_type="image/jpeg")


@router.get("/{camera}/stream.mjpg", response_class=StreamingResponse)
@needs(Permission.LOOK)
async def stream(site: SiteDep, camera: CameraDep, person: PersonDep, request: Request) -> StreamingResponse:
    """Pictures as multipart/x-mixed-replace, as many as the reader takes: one upstream however many look."""
    _refuse_foreign(request.headers)
    _shared(site, camera)
    multipart = Multipart()
    pictures = site.doors.relay.mjpeg(camera.id)
    first = await anext(pictures)  # its errors are still an answer
    return StreamingResponse(_parts(site, multipart, first, pictures, person), media_type=multipart.media_type)


async def _parts(
    site: Site, multipart: Multipart, first: bytes, pictures: AsyncGenerator[bytes], person: Session
) -> AsyncGenerator[bytes]:
    ended = asyncio.create_task(_ended(site, person))
    try:
        async with aclosing(pictures):
            yield multipart.opening() + multipart.part(first)
            async for picture in pictures:
                if ended.done():
                    return
                yield multipart.part(picture)
    except HearthwatchError as error:  # the answer has begun: all that is left is to end it
        log.info("pictures for %s end: %s", person.who, error)
    finally:
        ended.cancel()


async def _ended(site: Site, person: Session) -> None:
    """Return once who looks may look no more."""
    if not is_guest(person):
        await site.auth.ended(person)
        return
    key = site.doors.relay.key()
    while not site.auth.stopping.is_set() and site.doors.relay.key() == key:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await site.auth.stopping.wait()


@router.get("/{camera}/ptz", status_code=204, response_class=Response, operation_id="cam_ptz_by_get")
@router.post("/{camera}/ptz", status_code=204, response_class=Response, operation_id="cam_ptz")
@needs(Permission.DECIDE, from_page=False, noted=True)
async def ptz(
    *,
    site: SiteDep,
    camera: CameraDep,
    person: PersonDep,
    request: Request,
    move: PtzMove | None = None,
    speed: Annotated[float, Query(gt=0, le=1)] = 0.5,
    for_s: Annotated[float, Query(gt=0, le=10)] = 0.5,
    preset: Annotated[int | None, Query(ge=0, le=999_999)] = None,
    stop: bool = False,
) -> Response:
    """Turn it: `move=left` (right, up, down, zoom-in, zoom-out) for `for_s` seconds, `preset=3`, or `stop=true`."""
    _check_own_will(request.headers, person)
    _shared(site, camera)
    if (move is not None) + (preset is not None) + stop != 1:
        raise Denied(422, "Say one of move, preset and stop.", "As in /cam/NAME/ptz?move=left&for_s=0.5")
    if camera.state is CameraState.PRIVATE and not stop:
        raise Denied(409, "The camera is private in the mode the house is in.", "It can be moved when it is not.")
    heads = site.doors.heads
    if preset is not None:
        await heads.goto_preset(camera.id, preset)
    elif move is None:
        await heads.stop(camera.id, "")
    else:
        left_s, hold = for_s, f"cam-{secrets.token_hex(6)}"
        while left_s > 0:  # it goes on for as long as it is said again
            await heads.move(camera.id, move, speed, hold)
            await asyncio.sleep(min(left_s, _SAYS_AGAIN_S))
            left_s -= _SAYS_AGAIN_S
        await heads.stop(camera.id, hold)
    return Response(status_code=204)


@router.get("/{camera}/cgi/{command:path}", response_class=Response, operation_id="cam_cgi_by_get")
@router.post("/{camera}/cgi/{command:path}", response_class=Response, operation_id="cam_cgi")
@needs(Permission.DECIDE, from_page=False, body_bytes=MAX_BODY_BYTES, noted=True)
async def cgi(site: SiteDep, camera: CameraDep, person: PersonDep, request: Request, command: str) -> Response:
    """One of the camera's own commands, as far as the configuration lists it; the log-in is added on the way."""
    _check_own_will(request.headers, person)
    _shared(site, camera)
    # as it came over the wire: what was decoded on the way here could hide a dot, a slash or a line's end
    raw_path = request.scope.get("raw_path", b"").decode("latin-1").removeprefix(f"/cam/{camera.id}/cgi")
    call = parse_call(request.method, raw_path, request.scope["query_string"].decode("latin-1"))
    if call is None or raw_path != f"/{command}":
        raise Denied(400, "This command cannot be handed on.", "Its address must be plain: no %, no .., no // and no # in it.")
    kind = request.headers.get("content-type", "application/x-www-form-urlencoded")
    try:
        reply = await site.doors.relay.call(camera.id, call, await request.body(), kind)
    except Unlisted as error:
        raise Denied(403, str(error)) from error
    shown = reply.content_type.partition(";")[0].strip().lower()
    # a camera's page must not become one of ours
    media_type = reply.content_type if shown in _SHOWN_AS_IT_IS else "text/plain; charset=utf-8"
    return Response(reply.body, status_code=reply.status, media_type=media_type)


def _refuse_foreign(headers: Headers) -> None:
    """A browser adds a user name and password, once given, to whatever any page asks of here."""
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Denied(403, "A page from elsewhere may not use the cameras.")


def _check_own_will(headers: Headers, person: Session) -> None:
    """Programs mean what they send; a browser's request counts only if this house's own page sent it."""
    _refuse_foreign(headers)
    if not person.is_program and not hmac.compare_digest(headers.get(TOKEN_HEADER, ""), person.csrf):
        raise Denied(
            403, "This address is for programs.", "Use a token or the proxy's password; the page has buttons of its own."
        )
