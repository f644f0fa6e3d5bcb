"""The port without a log-in: pictures and MJPEG on this machine alone, for software that knows none. Off unless asked for."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import CameraId
from hearthwatch.web.doors import CameraDoor
from hearthwatch.web.gate import is_loopback, split_host
from hearthwatch.web.problem import answered, problem
from hearthwatch.web.relay.doors import RelayDoor
from hearthwatch.web.relay.multipart import Multipart

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class OpenPort:
    """ASGI application: GET of two addresses a camera, nothing else."""

    def __init__(self, relay: RelayDoor, cameras: CameraDoor) -> None:
        self._relay = relay
        self._cameras = cameras

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, why = self._refusal(scope)
        if status:
            await _answer(status, why)(scope, receive, send)
            return
        camera, what = CameraId(scope["path"].split("/")[2]), scope["path"].split("/")[3]
        try:
            if what == "snapshot.jpg":
                jpeg = await self._relay.snapshot(camera)
                await Response(jpeg, media_type="image/jpeg", headers=_HEADERS)(scope, receive, send)
            else:
                await self._stream(camera, scope, receive, send)
        except HearthwatchError as error:
            await _answer(503, str(error))(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        """Other pages in a browser on this machine are strangers, too: they come under another name or say where from."""
        headers = Headers(scope=scope)
        client = scope.get("client")
        local = client is not None and is_loopback(client[0]) and is_loopback(split_host(headers.get("host", "")))
        if not local or headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} or "origin" in headers:
            return 403, "This port is for programs on this machine."
        if scope["method"] not in {"GET", "HEAD"}:
            return 405, "Pictures can only be looked at here."
        parts = scope["path"].split("/")
        if len(parts) != 4 or parts[:2] != ["", "cam"] or parts[3] not in {"snapshot.jpg", "stream.mjpg"}:
            return 403, "Here are only /cam/NAME/snapshot.jpg and /cam/NAME/stream.mjpg."
        if not any(one.id == parts[2] for one in self._cameras.all()) or not self._relay.is_shared(CameraId(parts[2])):
            return 404, "There is no such camera."
        return 0, ""

    async def _stream(self, camera: CameraId, scope: Scope, receive: Receive, send: Send) -> None:
        multipart = Multipart()
        pictures = self._relay.mjpeg(camera)
        first = await anext(pictures)
        answer = StreamingResponse(_parts(multipart, first, pictures), media_type=multipart.media_type, headers=_HEADERS)
        await answer(scope, receive, send)


async def _parts(multipart: Multipart, first: bytes, pictures: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(pictures):
        yield multipart.opening() + multipart.part(first)
        with contextlib.suppress(HearthwatchError):  # the camera went: the answer ends
            async for picture in pictures:
                yield multipart.part(picture)


def _answer(status: int, why: str) -> Response:
    return answered(problem(status, why), _HEADERS)
