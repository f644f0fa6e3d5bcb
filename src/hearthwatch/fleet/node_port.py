"""The port nodes come to: HTTPS with the certificate of each (TLS 1.3, no authority but the hub's own), and nothing for people.

Whoever comes is hostile until proved otherwise, and a node may be stolen: what it sends is bounded in size, number and time,
and it is named by its certificate, never by what it says. Only joining works without one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from hashlib import sha256
from typing import Protocol

import msgspec
from aiohttp import web

from hearthwatch.fleet.hub_link import PREFIX
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import (
    BadReply,
    ConfigFault,
    HearthwatchError,
    Refused,
    StorageFailed,
    StorageFault,
    Unreachable,
    Unsupported,
)

log = logging.getLogger(__name__)

Handle = Callable[[web.Request, NodeId], Awaitable[web.StreamResponse]]
"""Answers one request of a node. A HearthwatchError it raises is told to the node in its words."""

_MOST_PER_NODE = 32
_MOST_STRANGERS = 32
_HANDSHAKE_S = 10.0
_STRANGER_S = 30.0
_HEAD_BYTES = 8190
_MAX_BODY_BYTES = 64 * 1024
_KEEP_ALIVE_S = 75.0
_BODY_S = 60.0
"""Between two pieces of a body, and for the whole of a small one."""
_STATUS = {
    Refused: 403,
    BadReply: 400,
    Unsupported: 404,
    Unreachable: 503,
    StorageFailed: 503,
}


class Known(Protocol):
    """Who has which certificate."""

    def node_of(self, certificate_sha256: bytes) -> NodeId:
        """Return who was given that certificate. Raises Refused, for the node's owner, when it is not wanted (any more)."""
        ...

    def heard(self, node: NodeId) -> None:
        """Note that the node was here."""
        ...


class _Doorway(asyncio.Protocol):
    """One connection: of those who do not show soon that they are a node, few may stand here, and none for long."""

    def __init__(self, serve: Callable[[], asyncio.Protocol], doorways: dict[asyncio.BaseTransport, _Doorway]) -> None:
        self._inner = serve()
        self._doorways = doorways
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.is_known = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if sum(not doorway.is_known for doorway in self._doorways.values()) >= _MOST_STRANGERS:
            transport.abort()
            return
        self._transport = transport
        self._doorways[transport] = self
        self._timer = asyncio.get_running_loop().call_later(_STRANGER_S, self._look)
        self._inner.connection_made(transport)

    def _look(self) -> None:
        if not self.is_known:
            self.end()

    def end(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._transport is not None else None

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            del self._doorways[self._transport]
            self._inner.connection_lost(exc)


class NodePort:
    """`add` what it answers, then `run`."""

    def __init__(self, known: Known, clock: Clock) -> None:
        self._known = known
        self._clock = clock
        self._app = web.Application(client_max_size=_MAX_BODY_BYTES)
        self._transports: dict[NodeId, set[asyncio.Transport]] = defaultdict(set)
        self._doorways: dict[asyncio.BaseTransport, _Doorway] = {}
        self._busy: Counter[str] = Counter()
        self.port = 0
        """The one that is open, 0 while none is."""

    def add(self, method: str, path: str, handle: Handle, *, body_bytes: int = _MAX_BODY_BYTES) -> None:
        """Have `handle` answer `path` (below /fleet/v1, as aiohttp's router writes it) for nodes alone. A body longer than
        `body_bytes` is refused before it is read, where its length is given; who reads in pieces counts for themselves."""

        async def answer(request: web.Request) -> web.StreamResponse:
            node = self._known.node_of(_certificate(request))
            with self._place(request, str(node), _MOST_PER_NODE), self._open(request, node):
                self._known.heard(node)
                _check_length(request, body_bytes)
                return await handle(request, node)

        self._app.router.add_route(method, f"{PREFIX}{path}", _told(answer))

    def add_public(self, method: str, path: str, handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> None:
        """Have `handle` answer `path` for strangers, too."""

        async def answer(request: web.Request) -> web.StreamResponse:
            with self._place(request, "", _MOST_STRANGERS):
                _check_length(request, _MAX_BODY_BYTES)
                return await handle(request)

        self._app.router.add_route(method, f"{PREFIX}{path}", _told(answer))

    def cut(self, node: NodeId) -> int:
        """End everything the node has open, now; return how many connections that were."""
        found = self._transports.pop(node, set())
        for transport in found:
            transport.abort()
        return len(found)

    async def run(self, host: str, port: int, context: ssl.SSLContext) -> None:
        """Serve until cancelled. Raises ConfigFault when the port is taken or not allowed."""
        runner = web.AppRunner(
            self._app,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=_KEEP_ALIVE_S,
            max_line_size=_HEAD_BYTES,
            max_field_size=_HEAD_BYTES,
            shutdown_timeout=1.0,
        )
        await runner.setup()
        serving, server = runner.server, None
        assert serving is not None
        try:
            try:
                server = await asyncio.get_running_loop().create_server(
                    lambda: _Doorway(serving, self._doorways),
                    host,
                    port,
                    ssl=context,
                    backlog=64,
                    reuse_address=True,
                    ssl_handshake_timeout=_HANDSHAKE_S,
                )
            except OSError as error:
                raise ConfigFault(
                    f"hub.port: port {port} of {host} cannot be opened ({error.strerror or error}): "
                    "choose another one in [hub], or end what has it"
                ) from error
            self.port = server.sockets[0].getsockname()[1]
            log.info("nodes find this hub at port %d", self.port)
            await asyncio.get_running_loop().create_future()
        finally:
            self.port = 0
            if server is not None:
                server.close()
            for doorway in list(self._doorways.values()):
                doorway.end()
            await runner.cleanup()

    @contextlib.contextmanager
    def _place(self, request: web.Request, who: str, most: int) -> Iterator[None]:
        """Let nobody have more than so many requests at a time."""
        key = who or f"stranger {request.remote}"
        if self._busy[key] >= most or (not who and self._busy["strangers"] >= 2 * _MOST_STRANGERS):
            raise web.HTTPTooManyRequests
        self._busy[key] += 1
        self._busy["strangers"] += not who
        try:
            yield
        finally:
            self._busy["strangers"] -= not who
            self._busy[key] -= 1
            if not self._busy[key]:
                del self._busy[key]

    @contextlib.contextmanager
    def _open(self, request: web.Request, node: NodeId) -> Iterator[None]:
        transport = request.transport
        if transport is None:
            raise web.HTTPBadRequest
        if transport in self._doorways:
            self._doorways[transport].is_known = True
        mine = self._transports[node]
        mine.add(transport)
        try:
            yield
        finally:
            mine.discard(transport)
            if not mine and self._transports.get(node) is mine:
                del self._transports[node]


def port_context(hub_file: str, authority: bytes) -> ssl.SSLContext:
    """Return a context that shows the hub's certificate and asks for a node's. Raises StorageFailed."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.verify_mode = ssl.CERT_OPTIONAL  # who joins has none yet; every other route asks for one
    made.load_verify_locations(cadata=authority.decode())
    made.num_tickets = 0  # a session that is taken up again would not show its certificate
    try:
        made.load_cert_chain(hub_file)
    except OSError as error:
        raise StorageFailed(StorageFault.BROKEN, f"the hub's certificate {hub_file} cannot be used ({error})") from error
    return made


async def small_body(request: web.Request, limit_bytes: int = _MAX_BODY_BYTES) -> bytes:
    """Return a whole body. Raises BadReply for one that is too long, Unreachable for one that does not come."""
    body = bytearray()
    async for piece in body_pieces(request, limit_bytes):
        body += piece
    return bytes(body)


async def body_pieces(request: web.Request, limit_bytes: int) -> AsyncIterator[bytes]:
    """Yield a body as it comes. Raises BadReply when it is longer, Unreachable when it stalls or breaks off."""
    got = 0
    try:
        while True:
            async with asyncio.timeout(_BODY_S):
                piece = await request.content.readany()
            if not piece:
                return
            got += len(piece)
            if got > limit_bytes:
                raise BadReply(f"more than {limit_bytes} bytes came")
            yield piece
    except (TimeoutError, OSError, web.HTTPException, asyncio.IncompleteReadError) as error:
        raise Unreachable("the body broke off") from error


def _certificate(request: web.Request) -> bytes:
    """Return the SHA-256 of the certificate the peer proved to have. Raises Refused."""
    tls = request.transport.get_extra_info("ssl_object") if request.transport else None
    shown = tls.getpeercert(binary_form=True) if tls else None
    if not shown:
        raise web.HTTPUnauthorized(text="this is for machines that joined")
    return sha256(shown).digest()


def _check_length(request: web.Request, limit_bytes: int) -> None:
    if (request.content_length or 0) > limit_bytes:
        raise web.HTTPRequestEntityTooLarge(limit_bytes, request.content_length or 0)


def _told(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Say what goes wrong in words, and nothing of what a bug is."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await answer(request)
        except HearthwatchError as error:
            status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
            return problem(status, str(error))
        except web.HTTPException as error:
            return problem(error.status, error.reason or "")

    return answered


def problem(status: int, detail: str) -> web.Response:
    """Return an answer that says what is wrong; the connection of one that is refused ends with it."""
    made = web.Response(status=status, body=msgspec.json.encode({"detail": detail}), content_type="application/problem+json")
    if status in {401, 403, 413, 429}:
        made.force_close()
    return made
