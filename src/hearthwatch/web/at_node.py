"""`/at/NODE/api/v1/…`: the hub's page asks a node's own application, over the line which that node opened.

A node may be stolen, and its answers come under the hub's own address: nothing of it that a browser would run or take for a
page is handed on. So the page's scripts are always the hub's; from the node come data, pictures and footage.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response, WebSocket, WebSocketDisconnect
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from hearthwatch.fleet.asker import Asker, Question
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import US_PER_S, to_datetime
from hearthwatch.web.api_remedies import MAX_FIRMWARE_BYTES
from hearthwatch.web.auth import Denied, Permission, Session
from hearthwatch.web.fleet_doors import HubDoor, NodeNow
from hearthwatch.web.gate import is_private_way, needs
from hearthwatch.web.place import place_of
from hearthwatch.web.problem import MEDIA_TYPE, answered, problem
from hearthwatch.web.site import PersonDep, Site, SiteDep
from hearthwatch.web.site_roles import SiteRole

log = logging.getLogger(__name__)

router = APIRouter()

AskedNode = Annotated[str, Path(pattern=r"^[a-z2-7]{8}$")]

_ASKED = (
    "accept",
    "accept-encoding",
    "accept-language",
    "content-length",
    "content-type",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "range",
    "user-agent",
)
"""Headers that the node gets: none that says who asks, which the line says itself."""

_ANSWERED = frozenset(
    {
        b"accept-ranges",
        b"cache-control",
        b"content-disposition",
        b"content-encoding",
        b"content-length",
        b"content-range",
        b"content-type",
        b"etag",
        b"last-modified",
        b"retry-after",
        b"vary",
    }
)
"""Headers of the node that a browser gets: no cookie, no redirection, no policy."""

_TYPES = frozenset(
    {
        "application/json",
        "application/octet-stream",
        "application/zip",
        "audio/mp4",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/event-stream",
        "text/plain",
        "video/mp4",
        MEDIA_TYPE,
    }
)
_FRAMES = "multipart/x-mixed-replace"
"""Pictures one after another in one answer; some browsers would show pages that way, too: it is for pictures' places."""

_POLICY = b"default-src 'none'; sandbox; frame-ancestors 'none'"


@router.api_route("/at/{node}/api/v1/{path:path}", methods=["GET", "POST", "PUT", "DELETE"], include_in_schema=False)
@needs(Permission.OWN, body_bytes=MAX_FIRMWARE_BYTES)
async def asked_node(node: AskedNode, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Whatever this path is at the node, with the rights that the person has at its site."""
    found, role = await look_up(site, person, NodeId(node))
    asker = _asker(request.scope, site, person, role)
    return _FromNode(_question(request.scope, "http", asker), found, site, person)


@router.websocket("/at/{node}/api/v1/{path:path}")
@needs(Permission.OWN)
async def talked_to_node(node: AskedNode, websocket: WebSocket, site: SiteDep, person: PersonDep) -> None:
    """The node's live pictures."""
    found, role = await look_up(site, person, NodeId(node))
    question = _question(websocket.scope, "websocket", _asker(websocket.scope, site, person, role))
    said: list[str] = []

    async def send(message: Message) -> None:
        said.append(message["type"])
        await websocket.send(message)

    try:
        asking = _hub(site).ask(found.node.id, question, websocket.receive, send)
        if not await _while_allowed(site, person, asking):
            await websocket.close(code=4401, reason="logged out")
    except WebSocketDisconnect:
        return
    except Unreachable as error:
        log.info("%s: %s", found.node.name, error)
        if "websocket.close" not in said:
            await websocket.close(code=1013, reason="not connected")


async def look_up(site: Site, person: Session, node: NodeId) -> tuple[NodeNow, SiteRole]:
    """Return a node and what the person is at its site. Raises Denied: to who is nothing there, it does not exist."""
    found = await _hub(site).node(node)
    role = await site.auth.site_roles.of(person.user, found.node.site) if found is not None else None
    if found is None or role is None:
        raise Denied(404, "There is no such house.", "Maybe it was taken off the hub, or you were given nothing to do there.")
    return found, role


def away(now: NodeNow, clock: Clock) -> str:
    """Say since when a node is not connected."""
    heard_us = now.node.heard_us
    if not heard_us:
        return f"{now.node.name} has not been connected yet."
    at = to_datetime(heard_us)
    when = f"{at:%H:%M}" if clock.wall_us() - heard_us < 12 * 3600 * US_PER_S else f"{at:%Y-%m-%d %H:%M}"
    return f"{now.node.name} is not connected since {when} UTC; what arrived is shown."


class _FromNode(Response):
    """Hands on the answer as it comes."""

    def __init__(self, question: Question, node: NodeNow, site: Site, person: Session) -> None:
        super().__init__()
        self._question = question
        self._node = node
        self._site = site
        self._person = person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sieve = _Sieve(send, Headers(scope=scope))
        asking = _hub(self._site).ask(self._node.node.id, self._question, receive, sieve.send)
        try:
            await _while_allowed(self._site, self._person, asking)
        except Unreachable as error:
            log.info("%s: %s", self._node.node.name, error)
            if not sieve.is_begun:
                hint = "Its own page at its own address may still answer, if you are there."
                await answered(problem(503, away(self._node, self._site.clock), hint))(scope, receive, send)
        except _Unfit as error:
            log.warning("%s: %s", self._node.node.name, error)
            await answered(problem(502, f"{self._node.node.name} answered what the hub does not hand on."))(
                scope, receive, send
            )


class _Unfit(Exception):
    """The node's answer is nothing that a browser should get under the hub's address."""


class _Sieve:
    def __init__(self, send: Send, asked: Headers) -> None:
        self._send = send
        self._is_picture = asked.get("sec-fetch-dest", "image") == "image"
        self.is_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": self._sifted(message)}
            self.is_begun = True
        await self._send(message)

    def _sifted(self, message: Message) -> list[tuple[bytes, bytes]]:
        status = message["status"]
        if 300 <= status < 304 or 304 < status < 400 or status == 401:
            raise _Unfit(f"an answer {status}")
        found = [
            (name, value)
            for name, value in message["headers"]
            if name in _ANSWERED and b"\r" not in value and b"\n" not in value
        ]
        headers = MutableHeaders(raw=found)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if not kind:
            headers["content-type"] = "application/octet-stream"
        elif kind not in _TYPES and not (kind == _FRAMES and self._is_picture):
            raise _Unfit(f"an answer of the type {kind[:60]!r}")
        return [*headers.raw, (b"content-security-policy", _POLICY)]


async def _while_allowed(site: Site, person: Session, asking: Awaitable[None]) -> bool:
    """Wait for the answer, but no longer than the person may ask; False when they were logged out."""
    answering = asyncio.ensure_future(asking)
    ended = asyncio.create_task(site.auth.ended(person))
    try:
        await asyncio.wait({answering, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            return False
        answering.result()
        return True
    finally:
        for task in (answering, ended):
            task.cancel()
        await asyncio.gather(answering, ended, return_exceptions=True)


def _hub(site: Site) -> HubDoor:
    if site.doors.fleet.hub is None:
        raise Denied(404, "This house is no hub.", "docs/nodes.md says how it becomes one.")
    return site.doors.fleet.hub


def _asker(scope: Scope, site: Site, person: Session, role: SiteRole) -> Asker:
    place = place_of(scope)
    # who is an owner only there needs a second factor from outside just as one of the hub does
    site.auth.check_place(replace(person, user=replace(person.user, role=role.role)), place)
    proved_us = site.clock.wall_us() - person.proved_us
    return Asker(
        name=person.user.name,
        role=role.role,
        cameras=None if role.cameras is None else tuple(sorted(role.cameras)),
        address=place.address,
        private=is_private_way(scope),
        proved_s=proved_us / US_PER_S if person.proved_us and proved_us >= 0 else None,
    )


def _question(scope: Scope, kind: Literal["http", "websocket"], asker: Asker) -> Question:
    headers = Headers(scope=scope)
    told = tuple((name, headers[name]) for name in _ASKED if name in headers)
    path, query = scope["path"].split("/", 3)[3], scope["query_string"].decode("latin-1")
    if len(path) > 4000 or len(query) > 8000 or any(len(value) > 4000 for _, value in told):
        raise Denied(414, "This address is too long.")
    return Question(
        kind=kind,
        method=scope.get("method", "GET"),
        path=f"/{path}",
        query=query,
        headers=told,
        has_body=headers.get("content-length", "0") != "0",
        asker=asker,
    )
