"""The bus over HTTPS: letters are posted to the node port and answered once they are kept; a line is a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearthwatch.fleet.bus import Keep, Line
from hearthwatch.fleet.hub_link import MAX_MESSAGE_BYTES, HubLink
from hearthwatch.fleet.letter import MAX_BODY_BYTES, Letter, Received
from hearthwatch.fleet.letter_wire import MOST_LETTERS, letters_from, packed
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable
from hearthwatch.kit.late import late

if TYPE_CHECKING:
    import aiohttp
    from aiohttp import web

    from hearthwatch.fleet import node_port
else:
    aiohttp, web = late("aiohttp"), late("aiohttp.web")
    node_port = late("hearthwatch.fleet.node_port")

_POST_BYTES = 4 * 1024 * 1024
MAX_POST_BYTES = _POST_BYTES + MAX_BODY_BYTES
_MOST_AT_ONCE = 2000
"""Letters of several nodes that are kept in one step."""
_WAITING_POSTS = 64
_KEPT_S = 20.0
_SEND_S = 60.0
_ALIVE_S = 20.0


def _parts(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Return the letters in parts that may be posted, in their order."""
    parts: list[list[Letter]] = []
    size = _POST_BYTES
    for letter in letters:
        cost = len(letter.body) + len(letter.key.encode()) + 128
        if size + cost > _POST_BYTES or len(parts[-1]) == MOST_LETTERS:
            parts.append([])
            size = 0
        parts[-1].append(letter)
        size += cost
    return parts


class HttpsPostbox:
    """A Postbox."""

    def __init__(self, link: HubLink) -> None:
        self._link = link

    async def post(self, letters: Sequence[Letter]) -> None:
        """See Postbox. Raises BadReply for a hub that does not know such letters."""
        for part in _parts(letters):
            await self._link.call("POST", "/letters", data=packed(part))

    async def close(self) -> None:
        """The connection is its maker's."""


async def dial(link: HubLink) -> Line:
    """Open a line; a Dial once its link is bound."""
    return WebSocketLine(await link.line())


class WebSocketLine:
    """A Line over an open WebSocket, at either end."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse | web.WebSocketResponse) -> None:
        self._socket = socket

    async def send(self, message: bytes) -> None:
        """See Line."""
        if len(message) > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message has {MAX_MESSAGE_BYTES} bytes at most")
        if self._socket.closed:
            raise Unreachable("the line is broken")
        try:
            async with asyncio.timeout(_SEND_S):
                await self._socket.send_bytes(message)
        except (OSError, RuntimeError, TimeoutError, aiohttp.ClientError) as error:
            raise Unreachable("the line is broken") from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """See Line."""
        while not self._socket.closed:
            try:
                message = await self._socket.receive()
            except (OSError, RuntimeError, aiohttp.ClientError):
                return
            if message.type is not aiohttp.WSMsgType.BINARY:
                return
            yield message.data

    async def close(self) -> None:
        """See Line."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError, aiohttp.ClientError):
            await self._socket.close()


@dataclass(frozen=True, slots=True)
class _Post:
    received: list[Received]
    kept: asyncio.Future[None]


class HttpsMailroom:
    """A Mailroom: `take` is for the node port. Letters of all nodes are kept together, as many as wait."""

    def __init__(self) -> None:
        self._posts: asyncio.Queue[_Post] = asyncio.Queue(_WAITING_POSTS)
        self._is_open = False

    async def take(self, request: web.Request, node: NodeId) -> web.StreamResponse:
        """Answer once the letters in the request are kept. Raises BadReply and Unreachable, for the node."""
        data = await node_port.small_body(request, MAX_POST_BYTES)
        received = [Received(node=node, letter=letter) for letter in letters_from(data)]
        await self.put(received)
        return web.Response(status=204)

    async def put(self, received: list[Received]) -> None:
        """Return once these are kept. Raises Unreachable when that fails or takes too long."""
        if not received:
            return
        if not self._is_open:
            raise Unreachable("the hub is just starting, or its ledger cannot be written: it takes no letters now")
        post = _Post(received, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(_KEPT_S):
                await self._posts.put(post)
                await post.kept
        except TimeoutError:
            raise Unreachable("the hub is too busy to keep letters now") from None
        finally:
            post.kept.cancel()

    async def run(self, keep: Keep) -> None:
        """See Mailroom. What cannot be kept goes back to its sender, who posts it again."""
        self._is_open = True
        try:
            while True:
                posts = [await self._posts.get()]
                count = len(posts[0].received)
                while not self._posts.empty() and count < _MOST_AT_ONCE:
                    posts.append(self._posts.get_nowait())
                    count += len(posts[-1].received)
                posts = [post for post in posts if not post.kept.done()]
                await self._keep(posts, keep)
        finally:
            self._is_open = False
            while not self._posts.empty():
                _fail(self._posts.get_nowait(), "the hub is ending")

    async def _keep(self, posts: list[_Post], keep: Keep) -> None:
        try:
            if posts:
                await keep([one for post in posts for one in post.received])
        except HearthwatchError as error:
            for post in posts:
                _fail(post, str(error))
        except BaseException:
            for post in posts:
                _fail(post, "the hub cannot keep letters now")
            raise
        else:
            for post in posts:
                if not post.kept.done():
                    post.kept.set_result(None)


def _fail(post: _Post, why: str) -> None:
    if not post.kept.done():
        post.kept.set_exception(Unreachable(why))


Answer = Callable[[NodeId, Line], Awaitable[None]]


class HttpsSwitchboard:
    """A Switchboard: `open` is for the node port."""

    def __init__(self) -> None:
        self._answer: Answer | None = None
        self._lines: dict[NodeId, WebSocketLine] = {}

    async def open(self, request: web.Request, node: NodeId) -> web.StreamResponse:
        """Answer a node's line until it ends. Raises Unreachable while nobody answers lines."""
        answer = self._answer
        if answer is None:
            raise Unreachable("the hub is just starting")
        socket = web.WebSocketResponse(heartbeat=_ALIVE_S, max_msg_size=MAX_MESSAGE_BYTES + 1, timeout=2.0, compress=False)
        if not socket.can_prepare(request):
            raise BadReply("a line is opened as a WebSocket")
        await socket.prepare(request)
        line = WebSocketLine(socket)
        before, self._lines[node] = self._lines.get(node), line
        if before is not None:
            await before.close()
        try:
            await answer(node, line)
        finally:
            if self._lines.get(node) is line:
                del self._lines[node]
            await line.close()
        return socket

    async def run(self, answer: Answer) -> None:
        """See Switchboard."""
        self._answer = answer
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._answer = None
            lines, self._lines = list(self._lines.values()), {}
            for line in lines:
                await line.close()
