"""The bus inside one process: for the hub's own house, which needs no network to tell itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from hearthwatch.fleet.bus import Keep, Line
from hearthwatch.fleet.letter import Letter, Received
from hearthwatch.fleet.line_way import Way
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.errors import HearthwatchError, Unreachable

_PATIENCE_S = 20.0

Answer = Callable[[NodeId, Line], Awaitable[None]]


class LocalBus:
    """Mailroom and Switchboard of a hub, and the ends of the houses in its process. Used on one loop."""

    def __init__(self, *, patience_s: float = _PATIENCE_S) -> None:
        self.mailroom = LocalMailroom(patience_s)
        self.switchboard = LocalSwitchboard()

    def postbox(self, node: NodeId) -> LocalPostbox:
        """Return the node's Postbox."""
        return LocalPostbox(self.mailroom, node)

    async def dial(self, node: NodeId) -> Line:
        """Open the node's line; a Dial once `node` is bound."""
        return self.switchboard.open(node)


class LocalPostbox:
    """A Postbox."""

    def __init__(self, mailroom: LocalMailroom, node: NodeId) -> None:
        self._mailroom = mailroom
        self._node = node

    async def post(self, letters: Sequence[Letter]) -> None:
        """See Postbox."""
        await self._mailroom.put([Received(node=self._node, letter=letter) for letter in letters])

    async def close(self) -> None:
        """Nothing is open."""


class LocalMailroom:
    """A Mailroom."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._posts: asyncio.Queue[tuple[list[Received], asyncio.Future[None]]] = asyncio.Queue(1)

    async def put(self, received: list[Received]) -> None:
        """Return once these are kept. Raises Unreachable when that fails or takes too long."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._patience_s):
                await self._posts.put((received, kept))
                await kept
        except TimeoutError:
            raise Unreachable("the hub takes no letters now") from None
        finally:
            kept.cancel()

    async def run(self, keep: Keep) -> None:
        """See Mailroom. What cannot be kept is for its sender to post again."""
        while True:
            received, kept = await self._posts.get()
            if kept.done():  # whoever posted it lost patience, and will post it again
                continue
            try:
                await keep(received)
            except HearthwatchError as error:
                _settle(kept, Unreachable(str(error)))
            except BaseException:
                _settle(kept, Unreachable("the hub cannot keep letters now"))
                raise
            else:
                _settle(kept, None)


def _settle(kept: asyncio.Future[None], error: Unreachable | None) -> None:
    if kept.done():
        return
    if error is None:
        kept.set_result(None)
    else:
        kept.set_exception(error)


class LocalSwitchboard:
    """A Switchboard."""

    def __init__(self) -> None:
        self._answer: Answer | None = None
        self._lines: dict[NodeId, LocalLine] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def open(self, node: NodeId) -> Line:
        """Return the node's end of a new line. Raises Unreachable while nobody answers."""
        if self._answer is None:
            raise Unreachable("the hub is just starting")
        self.cut(node)
        up, down = Way(), Way()
        line = LocalLine(sends=down, reads=up)
        self._lines[node] = line
        task = asyncio.create_task(self._serve(self._answer, node, line))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        return LocalLine(sends=up, reads=down)

    def cut(self, node: NodeId) -> None:
        """End the node's line, if it has one."""
        line = self._lines.pop(node, None)
        if line is not None:
            line.cut()

    async def run(self, answer: Answer) -> None:
        """See Switchboard."""
        self._answer = answer
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._answer = None
            for node in list(self._lines):
                self.cut(node)
            for task in list(self._answering):
                task.cancel()

    async def _serve(self, answer: Answer, node: NodeId, line: LocalLine) -> None:
        try:
            await answer(node, line)
        finally:
            line.cut()
            if self._lines.get(node) is line:
                del self._lines[node]


class LocalLine:
    """A Line."""

    def __init__(self, *, sends: Way, reads: Way) -> None:
        self._sends = sends
        self._reads = reads

    async def send(self, message: bytes) -> None:
        """See Line."""
        await self._sends.put(message)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """See Line."""
        while (message := await self._reads.get()) is not None:
            yield message

    async def close(self) -> None:
        """See Line."""
        self.cut()

    def cut(self) -> None:
        """End the line for both ends."""
        self._sends.end()
        self._reads.end()
