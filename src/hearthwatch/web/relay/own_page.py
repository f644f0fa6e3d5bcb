"""A camera's own page for the owner, on a port of its own, so that its scripts have nothing of this house's page.

Why so, and what a hostile camera could still do: docs/decisions/0010-own-pages-on-own-ports.md.
"""

from __future__ import annotations

import html
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.logs import redact
from hearthwatch.kit.units import CameraId
from hearthwatch.web.gate import split_host
from hearthwatch.web.relay import rewrite
from hearthwatch.web.relay.doors import Answered, Asked
from hearthwatch.web.relay.stays import Stays

log = logging.getLogger(__name__)

ENTRY = "/hearthwatch-enter/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
_MAX_BODY_BYTES = 64 << 20
_MAX_TARGET = 8192
_NO_BODY = frozenset({204, 304})
_PLAIN = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}

Ask = Callable[[CameraId, Asked], AbstractAsyncContextManager[Answered]]


class OwnPage:
    """ASGI application: everything at its port is the page of one camera, for who stays there.

    `is_known` tells whether the machine is called by a name; `ask` hands a request on to the camera."""

    def __init__(self, camera: CameraId, stays: Stays, ask: Ask, is_known: Callable[[str], bool], *, https: bool) -> None:
        self._camera = camera
        self._stays = stays
        self._ask = ask
        self._is_known = is_known
        self._https = https

    @property
    def cookie_name(self) -> str:
        """Of each camera another: browsers give one port's cookies to all ports of a machine."""
        return f"{'__Host-' if self._https else ''}{rewrite.OWN_COOKIE}-page-{self._camera}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        target = _target(scope)
        if not self._is_known(split_host(headers.get("host", "").lower())):
            answer = _note(421, "Hearthwatch is not known under this name.")
        elif scope["path"].startswith(ENTRY) and scope["method"] == "GET":
            answer = self._entered(scope["path"].removeprefix(ENTRY), headers)
        elif not self._is_staying(headers):
            answer = _note(403, "This stay is over.", "Open the camera's own page again from its page in Hearthwatch.")
        elif scope["method"] not in _METHODS or target is None or "service-worker" in headers:
            answer = _note(403, "This is not handed on to the camera.")
        else:
            await self._hand_on(scope, receive, send, target, headers)
            return
        await answer(scope, receive, send)

    def _entered(self, ticket: str, headers: Headers) -> Response:
        cookie = self._stays.enter(self._camera, ticket) if len(ticket) < 128 else None
        if cookie is None:
            return _note(403, "This link has been used or is too old.", "Open the camera's own page again from Hearthwatch.")
        # not a redirect: what follows must come from this place, as every later request has to
        page = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>…</title>'
        # what another camera's page, or this one before, left behind here must not be there
        answer = HTMLResponse(page, headers={**_PLAIN, "Clear-Site-Data": '"storage"'})
        for name in rewrite.left_over(headers.get("cookie", "")):
            answer.headers.append("set-cookie", f"{name}=; Path=/; Max-Age=0")
        secure = "; Secure" if self._https else ""
        answer.headers.append("set-cookie", f"{self.cookie_name}={cookie}; Path=/; HttpOnly; SameSite=Strict{secure}")
        return answer

    def _is_staying(self, headers: Headers) -> bool:
        if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return False  # another page asks, of this machine or of the world: with the cookie, but not for the owner
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie_name)
        except CookieError:  # a camera's script may have set anything
            pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
            value = next((value for name, _, value in pairs if name == self.cookie_name), "")
        else:
            value = found.value if found else ""
        return self._stays.is_in(self._camera, value)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send, target: str, headers: Headers) -> None:
        try:
            body = await _body(scope, receive)
        except ClientDisconnect:
            return
        if body is None:
            await _note(413, "This is too much for one request.")(scope, receive, send)
            return
        asked = Asked(method=scope["method"], target=target, headers=tuple(headers.items()), body=body)
        async with AsyncExitStack() as stack:
            try:
                answered = await stack.enter_async_context(self._ask(self._camera, asked))
                answer = await self._answer(answered, scope, headers)
            except HearthwatchError as error:
                answer = _note(502, "The camera did not answer as it should.", redact(str(error)))
            await answer(scope, receive, send)

    async def _answer(self, answered: Answered, scope: Scope, headers: Headers) -> Response:
        passed = rewrite.answered_headers(answered.headers, answered.origins, https=self._https)
        location = answered.header("location")
        if location:
            inside = rewrite.inside_of(location, answered.origins)
            if inside is None:
                return _note(502, "The camera's page leads to another place, which is not followed.", location[:200])
            if inside == _target(scope) and "://" in location and not location.lower().startswith(answered.origins[0]):
                return _note(
                    502, "The camera wants to be spoken to by HTTPS.", f"Set tls = true in [camera.{self._camera}.door]."
                )
            passed.append(("location", inside))
        if scope["method"] == "HEAD" or answered.status in _NO_BODY:
            answer = Response(status_code=answered.status)
        elif rewrite.is_text(answered.header("content-type")) and not answered.header("content-encoding"):
            own_origin = f"{scope['scheme']}://{headers.get('host', '')}"
            answer = await _text(answered, own_origin)
        else:
            answer = StreamingResponse(_whole(answered), status_code=answered.status)
        for name, value in rewrite.HEADERS.items():
            answer.headers[name] = value
        for name, value in passed:
            answer.headers.append(name, value)
        return answer


def _target(scope: Scope) -> str | None:
    """Return path and query as they came; None for what has no place in a request line."""
    query = scope["query_string"]
    raw = scope.get("raw_path", b"") + (b"?" + query if query else b"")
    if len(raw) > _MAX_TARGET or not raw.startswith(b"/") or any(byte <= 0x20 or byte >= 0x7F or byte == 0x23 for byte in raw):
        return None
    return str(raw.decode("ascii"))


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    body = bytearray()
    async for chunk in Request(scope, receive).stream():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            return None
    return bytes(body)


async def _text(answered: Answered, own_origin: str) -> Response:
    text = bytearray()
    async for chunk in answered.chunks:
        text += chunk
        if len(text) > rewrite.MAX_TEXT_BYTES:
            return _note(502, "The camera sent a page without an end.")
    return Response(rewrite.inside_text(bytes(text), answered.origins, own_origin), status_code=answered.status)


async def _whole(answered: Answered) -> AsyncGenerator[bytes]:
    try:
        async for chunk in answered.chunks:
            yield chunk
    except HearthwatchError as error:  # the answer has begun: it ends early, which the browser sees
        log.info("a camera's own page broke off: %s", error)


def _note(status: int, text: str, more: str = "") -> Response:
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Hearthwatch</title><style>body{font:17px/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;"
        "padding:0 20px;color-scheme:light dark}</style>"
        f"<h1>{html.escape(text)}</h1><p>{html.escape(more)}</p>"
    )
    return HTMLResponse(body, status_code=status, headers=_PLAIN)
