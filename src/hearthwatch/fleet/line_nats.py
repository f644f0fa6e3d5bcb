"""Lines over core NATS, which promises neither that a message comes nor that anybody waits for a slow reader.

So each frame is a kind, the number of messages before it, how many bytes of messages its sender has read and perhaps a message.
A gap in the numbers, or seconds without any frame, end the line; nobody sends more than a window ahead of what was read.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from hearthwatch.fleet.bus import Line
from hearthwatch.fleet.line_way import MAX_MESSAGE_BYTES, WINDOW_BYTES, Way
from hearthwatch.fleet.nats_client import nats_errors
from hearthwatch.fleet.nats_config import line_subjects
from hearthwatch.fleet.node import NodeId, node_id
from hearthwatch.kit.errors import HearthwatchError, Refused, Unreachable

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

_HEAD = struct.Struct(">BQQ")
_PATIENCE_S = 5.0
_SESSION_BYTES = 12
_PENDING_BYTES = 4 * WINDOW_BYTES
_CREDIT_BYTES = WINDOW_BYTES // 4

Answer = Callable[[NodeId, Line], Awaitable[None]]


class _Kind(IntEnum):
    MESSAGE = 0
    HERE = 1
    END = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How often an end says that it is there, and after how long without a word it counts as gone."""

    beat_s: float = 2.0
    gone_s: float = 8.0


class NatsLine:
    """A Line; `open` it and `close` it."""

    def __init__(self, client: Client, *, sends: str, reads: str, pulse: Pulse) -> None:
        self._client = client
        self._sends = sends
        self._reads = reads
        self._pulse = pulse
        self._way = Way()
        self._next_in = self._next_out = 0
        self._sent_bytes = self._far_read_bytes = 0
        self._read_bytes = self._said_bytes = 0
        self._heard_at = 0.0
        self._sending = asyncio.Lock()
        self._far_read = asyncio.Event()
        self._answered = asyncio.Event()
        self._refused = False
        self._subscription: Subscription | None = None
        self._beating: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen, and say that this end is there. Raises Unreachable."""
        self._heard_at = asyncio.get_running_loop().time()
        with nats_errors("opening a line"):
            self._subscription = await self._client.subscribe(self._reads, cb=self._take, pending_bytes_limit=_PENDING_BYTES)
            await self._frame(_Kind.HERE)
        self._beating = asyncio.create_task(self._beat())

    async def answered(self) -> None:
        """Return once the other end said something. Raises Refused when it said no."""
        await self._answered.wait()
        if self._refused:
            raise Refused("the hub does not want this house any more")

    @property
    def is_ended(self) -> bool:
        return self._way.is_ended

    async def send(self, message: bytes) -> None:
        """See Line."""
        if len(message) > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message has {MAX_MESSAGE_BYTES} bytes at most")
        async with self._sending:
            while not self._way.is_ended and self._sent_bytes + len(message) - self._far_read_bytes > WINDOW_BYTES:
                self._far_read.clear()
                await self._far_read.wait()
            if self._way.is_ended:
                raise Unreachable("the line is broken")
            try:
                with nats_errors("sending over the line"):
                    await self._frame(_Kind.MESSAGE, message)
            except Unreachable:
                self._end()
                raise
            self._next_out += 1
            self._sent_bytes += len(message)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """See Line."""
        while (message := await self._way.get()) is not None:
            self._read_bytes += len(message)
            if self._read_bytes - self._said_bytes >= _CREDIT_BYTES and not self._way.is_ended:
                self._said_bytes = self._read_bytes
                await self.say(_Kind.HERE)
            yield message

    async def close(self) -> None:
        """See Line."""
        if not self._way.is_ended:
            await self.say(_Kind.END)
        self._end()
        if self._beating is not None:
            self._beating.cancel()
        if self._subscription is not None and not self._client.is_closed:
            with contextlib.suppress(Unreachable), nats_errors("closing a line"):
                await self._subscription.unsubscribe()

    async def say(self, kind: _Kind) -> None:
        """Send a frame without a message, if that can be."""
        with contextlib.suppress(Unreachable), nats_errors("speaking over the line"):
            await self._frame(kind)

    async def _frame(self, kind: _Kind, message: bytes = b"") -> None:
        await self._client.publish(self._sends, _HEAD.pack(kind, self._next_out, self._read_bytes) + message)

    async def _take(self, frame: Msg) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        if len(frame.data) < _HEAD.size:
            self._end()
            return
        kind, number, read_bytes = _HEAD.unpack_from(frame.data)
        message = frame.data[_HEAD.size :]
        self._far_read_bytes = max(self._far_read_bytes, min(read_bytes, self._sent_bytes))
        self._far_read.set()
        is_late = number > self._next_in  # what should have come before was lost on its way
        is_flood = self._way.unread_bytes + len(message) > WINDOW_BYTES
        if kind == _Kind.MESSAGE and number == self._next_in and not is_flood:
            self._next_in += 1
            self._way.put_now(message)
        elif kind != _Kind.HERE or is_late:
            self._refused = kind == _Kind.REFUSED
            self._end()
        self._answered.set()

    async def _beat(self) -> None:
        """Say that this end is there, and see when the other is not."""
        loop = asyncio.get_running_loop()
        while not self._way.is_ended:
            await asyncio.sleep(self._pulse.beat_s)
            if loop.time() - self._heard_at > self._pulse.gone_s or not self._client.is_connected:
                self._end()
                return
            await self.say(_Kind.HERE)

    def _end(self) -> None:
        self._way.end()
        self._far_read.set()
        self._answered.set()


class NatsDialer:
    """A node's way to open its line, over a connection to the server beside it, which stays its giver's."""

    def __init__(self, client: Client, node: NodeId, *, pulse: Pulse = Pulse(), patience_s: float = _PATIENCE_S) -> None:
        self._client = client
        self._node = node
        self._pulse = pulse
        self._patience_s = patience_s
        self._line: NatsLine | None = None

    async def dial(self) -> Line:
        """See Dial."""
        if self._line is not None:
            await self._line.close()
        knock, up, down = line_subjects(self._node)
        session = secrets.token_hex(_SESSION_BYTES)
        line = NatsLine(self._client, sends=f"{up}.{session}", reads=f"{down}.{session}", pulse=self._pulse)
        try:
            await line.open()
            with nats_errors("calling the hub"):
                await self._client.publish(knock, session.encode())
            async with asyncio.timeout(self._patience_s):
                await line.answered()
            if line.is_ended:
                raise Unreachable("the hub does not answer")
        except TimeoutError:
            await line.close()
            raise Unreachable("the hub does not answer") from None
        except HearthwatchError:
            await line.close()
            raise
        self._line = line
        return line


class NatsSwitchboard:
    """A Switchboard over a connection to the hub's server, which stays its giver's."""

    def __init__(self, client: Client, is_wanted: Callable[[NodeId], bool], *, pulse: Pulse = Pulse()) -> None:
        self._client = client
        self._is_wanted = is_wanted
        self._pulse = pulse
        self._lines: dict[NodeId, NatsLine] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self, answer: Answer) -> None:
        """See Switchboard. Raises Unreachable when the server is away from the start."""
        knocks: asyncio.Queue[Msg] = asyncio.Queue(1000)
        knock = line_subjects(NodeId("*"))[0]
        with nats_errors("waiting for lines"):
            subscription = await self._client.subscribe(knock, cb=knocks.put)
        try:
            while True:
                await self._open(await knocks.get(), answer)
        finally:
            for task in list(self._answering):
                task.cancel()
            for line in list(self._lines.values()):
                await line.close()
            if not self._client.is_closed:
                with contextlib.suppress(Unreachable), nats_errors("closing"):
                    await subscription.unsubscribe()

    async def cut(self, node: NodeId) -> None:
        """End the node's line at once, if it has one, and let it know when it is not wanted any more."""
        line = self._lines.pop(node, None)
        if line is not None:
            if not self._is_wanted(node):
                await line.say(_Kind.REFUSED)
            await line.close()

    async def _open(self, knock: Msg, answer: Answer) -> None:
        try:
            node = node_id(knock.subject.split(".")[2])
            session = bytes.fromhex(knock.data.decode("ascii")).hex()
        except (ValueError, IndexError):
            return
        if len(session) != 2 * _SESSION_BYTES:
            return
        _, up, down = line_subjects(node)
        line = NatsLine(self._client, sends=f"{down}.{session}", reads=f"{up}.{session}", pulse=self._pulse)
        if not self._is_wanted(node):
            await line.say(_Kind.REFUSED)
            return
        await self.cut(node)
        try:
            await line.open()
        except Unreachable:
            return
        self._lines[node] = line
        task = asyncio.create_task(self._serve(answer, node, line))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _serve(self, answer: Answer, node: NodeId, line: NatsLine) -> None:
        try:
            await answer(node, line)
        finally:
            if self._lines.get(node) is line:
                del self._lines[node]
            await line.close()
