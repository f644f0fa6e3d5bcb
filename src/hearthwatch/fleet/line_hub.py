"""The hub's end of the lines: what a person asks of a node is put on its line, and the answer handed to them as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from starlette.types import Message, Receive, Send

from hearthwatch.fleet import line_frames as frames
from hearthwatch.fleet.asker import Question
from hearthwatch.fleet.bus import Line
from hearthwatch.fleet.line_frames import Ask, Body, Credit, End, Head, Said
from hearthwatch.fleet.line_stream import Stream, Wire
from hearthwatch.fleet.node import NodeId
from hearthwatch.kit.errors import BadReply, Unreachable

log = logging.getLogger(__name__)

HEAD_S = 120.0
"""So long a node may take until its answer begins: it may have to cut a long clip first."""


_SAYABLE = frozenset({1000, 1001, 1003, 1007, 1008, 1009, 1011, 1012, 1013})
"""What may stand in a closing frame; other codes only tell what happened without one."""


class Lines:
    """The lines that are open now, one for each node; `answer` is for a Switchboard."""

    def __init__(self) -> None:
        self._ends: dict[NodeId, _HubEnd] = {}

    @property
    def open(self) -> Mapping[NodeId, object]:
        """Return the nodes whose line is open, in the order they came."""
        return self._ends

    async def answer(self, node: NodeId, line: Line) -> None:
        """Use the line until it ends; a newer one of the same node takes its place."""
        end = _HubEnd(line)
        self._ends[node] = end
        try:
            await end.run()
        except BadReply as error:
            log.warning("node %s is hung up on: %s", node, error)
        finally:
            if self._ends.get(node) is end:
                del self._ends[node]
            end.broke()
            await line.close()

    async def cut(self, node: NodeId) -> None:
        """End the line of a node that is not wanted any more, with all that goes over it."""
        end = self._ends.pop(node, None)
        if end is not None:
            end.broke()
            await end.close()

    async def ask(self, node: NodeId, question: Question, receive: Receive, send: Send) -> None:
        """Hand on the node's answer as ASGI messages, until it is complete or whoever asked leaves.

        Raises Unreachable when there is no line, or it breaks before the answer is complete: whether it began, `send` knows."""
        end = self._ends.get(node)
        if end is None:
            raise Unreachable("there is no line to the node")
        await end.ask(question, receive, send)


class _HubEnd:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._wire = Wire(line)
        self._streams: dict[int, Stream] = {}
        self._last = 0
        self._is_broken = False

    async def run(self) -> None:
        """Take what comes until the line ends. Raises BadReply."""
        async for message in self._line:
            frame = frames.decode(message)
            if isinstance(frame, Ask):
                raise BadReply("the node asked, where it answers")
            stream = self._streams.get(frame.stream)
            if stream is not None:
                stream.arrived(frame)
            elif frame.stream > self._last:
                raise BadReply("the node answered what was never asked")
            elif not isinstance(frame, Head | Body | Said | Credit | End):
                raise BadReply("the node sent something else than an answer")

    def broke(self) -> None:
        self._is_broken = True
        for stream in self._streams.values():
            stream.broke()

    async def close(self) -> None:
        await self._line.close()

    async def ask(self, question: Question, receive: Receive, send: Send) -> None:
        if self._is_broken:
            raise Unreachable("there is no line to the node")
        if len(self._streams) >= frames.MOST_STREAMS:
            raise Unreachable(f"{frames.MOST_STREAMS} things are asked of this node already")
        self._last += 1
        stream = Stream(self._last, self._wire)
        self._streams[stream.number] = stream
        opening = Ask(
            stream.number,
            question.kind,
            question.method,
            question.path,
            question.query,
            question.headers,
            question.has_body,
            question.asker,
        )
        try:
            await self._wire.send(opening)
            await _Relay(stream, question, receive, send).run()
        finally:
            del self._streams[stream.number]


class _Relay:
    """One request on its way."""

    def __init__(self, stream: Stream, question: Question, receive: Receive, send: Send) -> None:
        self._stream = stream
        self._question = question
        self._receive = receive
        self._send = send
        self._is_done = False

    async def run(self) -> None:
        """Until the answer is complete, or whoever asked leaves. Raises Unreachable."""
        is_http = self._question.kind == "http"
        asking = asyncio.create_task(self._give() if is_http else self._listen())
        telling = asyncio.create_task(self._tell() if is_http else self._talk())
        try:
            await asyncio.wait({asking, telling}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
            elif error := asking.exception():
                # the node may answer before it has read all, or break off: what it still says counts
                if not isinstance(error, Unreachable):
                    raise error
                await telling
        finally:
            for task in (asking, telling):
                task.cancel()
            await asyncio.gather(asking, telling, return_exceptions=True)
            if not self._is_done:
                with contextlib.suppress(Unreachable):
                    await self._stream.put(End(self._stream.number, 1001))

    async def _give(self) -> None:
        """Send the request's body on, then wait until whoever asked leaves."""
        more = self._question.has_body
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                return
            if not more:
                continue
            more = message.get("more_body", False)
            found = frames.pieces(message.get("body", b""))
            for piece in found[:-1]:
                await self._stream.put(Body(self._stream.number, piece, last=False))
            await self._stream.put(Body(self._stream.number, found[-1], last=not more))

    async def _tell(self) -> None:
        head = await self._head()
        if not isinstance(head, Head) or head.status < 200:
            raise Unreachable("the node broke off before it answered")
        headers = [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in head.headers
        ]
        await self._send({"type": "http.response.start", "status": head.status, "headers": headers})
        while True:
            frame = await self._stream.get()
            if not isinstance(frame, Body):
                raise Unreachable("the node broke off in its answer")
            await self._send({"type": "http.response.body", "body": frame.data, "more_body": not frame.last})
            if frame.last:
                self._is_done = True
                return

    async def _listen(self) -> None:
        """Send what the browser says by its WebSocket on, until it leaves."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            if message["type"] != "websocket.receive":
                continue
            text = message.get("text")
            data = text.encode() if text is not None else bytes(message.get("bytes") or b"")
            found = frames.pieces(data)
            for at, piece in enumerate(found):
                last = at == len(found) - 1
                await self._stream.put(Said(self._stream.number, piece, text=text is not None, last=last))

    async def _talk(self) -> None:
        head = await self._head()
        if not isinstance(head, Head) or head.status != 101:
            self._is_done = isinstance(head, End)
            await self._send({"type": "websocket.close", "code": 1008, "reason": "The node does not take this connection."})
            return
        await self._send({"type": "websocket.accept"})
        parts: list[bytes] = []
        while True:
            frame = await self._stream.get()
            if isinstance(frame, End):
                self._is_done = True
                code = frame.code if frame.code >= 3000 or frame.code in _SAYABLE else 1011
                await self._send({"type": "websocket.close", "code": code, "reason": frame.reason})
                return
            if not isinstance(frame, Said):
                raise Unreachable("the node broke off")
            parts.append(frame.data)
            if sum(map(len, parts)) > frames.MAX_MESSAGE_BYTES:
                raise Unreachable("the node sent a message without end")
            if frame.last:
                await self._send(_said(b"".join(parts), text=frame.text))
                parts = []

    async def _head(self) -> Head | Body | Said | End:
        try:
            async with asyncio.timeout(HEAD_S):
                return await self._stream.get()
        except TimeoutError:
            raise Unreachable("the node took too long to answer") from None


def _said(data: bytes, *, text: bool) -> Message:
    if text:
        return {"type": "websocket.send", "text": data.decode("utf-8", "replace")}
    return {"type": "websocket.send", "bytes": data}
