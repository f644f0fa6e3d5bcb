"""The node's end of a line: the hub's requests are put to the node's own application, in its process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Message

from hearthwatch.fleet import line_frames as frames
from hearthwatch.fleet.asker import SCOPE_KEY
from hearthwatch.fleet.bus import Line
from hearthwatch.fleet.line_frames import Ask, Body, End, Head, Said
from hearthwatch.fleet.line_stream import Stream, Wire
from hearthwatch.kit.errors import BadReply, Unreachable

log = logging.getLogger(__name__)

_LEAVE_S = 5.0
"""So long an application may take to notice that nobody listens any more."""


async def answer(line: Line, app: ASGIApp) -> None:
    """Answer the hub until the line ends. A hub that breaks the rules is hung up on."""
    end = _NodeEnd(Wire(line), app)
    try:
        async for message in line:
            end.arrived(message)
    except BadReply as error:
        log.warning("the hub is hung up on: %s", error)
    finally:
        await end.close()
        await line.close()


class _NodeEnd:
    def __init__(self, wire: Wire, app: ASGIApp) -> None:
        self._wire = wire
        self._app = app
        self._streams: dict[int, Stream] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def arrived(self, message: bytes) -> None:
        """Raises BadReply."""
        frame = frames.decode(message)
        if isinstance(frame, Ask):
            if frame.stream in self._streams:
                raise BadReply("the hub opened a stream twice")
            if len(self._streams) >= 2 * frames.MOST_STREAMS:  # what the hub is done with may still be ending here
                raise BadReply(f"the hub asked for more than {frames.MOST_STREAMS} things at once")
            stream = Stream(frame.stream, self._wire)
            self._streams[frame.stream] = stream
            task = asyncio.create_task(self._serve(frame, stream), name=f"line {frame.stream}")
            self._tasks[frame.stream] = task
            return
        found = self._streams.get(frame.stream)
        if found is None:
            return  # the rest of what we were done with already
        if isinstance(frame, Head):
            raise BadReply("the hub answered, where it asks")
        found.arrived(frame)

    async def close(self) -> None:
        """Have every application know that nobody listens; end those that do not notice."""
        for stream in self._streams.values():
            stream.broke()
        tasks = list(self._tasks.values())
        if tasks:
            _, slow = await asyncio.wait(tasks, timeout=_LEAVE_S)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)

    async def _serve(self, ask: Ask, stream: Stream) -> None:
        call = _Call(ask, stream)
        code = 1000
        try:
            await self._app(_scope(ask), call.receive, call.send)
        except Unreachable:
            code = 1001
        except OSError:
            code = 1001  # what ASGI has an application see when nobody listens any more
        except Exception:
            log.exception("an answer to the hub failed")
            code = 1011
        finally:
            with contextlib.suppress(Unreachable):
                if not call.is_over:
                    await stream.put(End(ask.stream, 1011 if code == 1000 else code))
            del self._streams[ask.stream]
            del self._tasks[ask.stream]


class _Call:
    """One request, as the application sees it. `is_over`: the answer is complete, or the other end said that it is done."""

    def __init__(self, ask: Ask, stream: Stream) -> None:
        self._ask = ask
        self._stream = stream
        self._more = True
        self._connected = False
        self._is_open = False
        self.is_over = False

    async def receive(self) -> Message:
        if self._ask.kind == "websocket":
            return await self._hear()
        if not self._more:
            await self._gone()
            return {"type": "http.disconnect"}
        if not self._ask.more:
            self._more = False
            return {"type": "http.request", "body": b"", "more_body": False}
        try:
            frame = await self._stream.get()
        except Unreachable:
            return {"type": "http.disconnect"}
        if not isinstance(frame, Body):
            return {"type": "http.disconnect"}
        self._more = not frame.last
        return {"type": "http.request", "body": frame.data, "more_body": self._more}

    async def send(self, message: Message) -> None:
        """Raises OSError once nobody listens, as ASGI has it."""
        try:
            if self._ask.kind == "websocket":
                await self._say(message)
            else:
                await self._reply(message)
        except Unreachable as error:
            raise OSError("nobody listens any more") from error

    async def _gone(self) -> None:
        with contextlib.suppress(Unreachable):
            while not isinstance(await self._stream.get(), End):
                pass

    async def _reply(self, message: Message) -> None:
        number = self._ask.stream
        if message["type"] == "http.response.start":
            await self._stream.put(Head(number, message["status"], _told(message.get("headers", ()))))
        elif message["type"] == "http.response.body":
            more = message.get("more_body", False)
            found = frames.pieces(bytes(message.get("body", b"")))
            for piece in found[:-1]:
                await self._stream.put(Body(number, piece, last=False))
            if found[-1] or not more:
                await self._stream.put(Body(number, found[-1], last=not more))
            self.is_over = not more

    async def _hear(self) -> Message:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        try:
            whole = await self._message()
        except Unreachable:
            return {"type": "websocket.disconnect", "code": 1006, "reason": ""}
        if isinstance(whole, End):
            return {"type": "websocket.disconnect", "code": whole.code, "reason": whole.reason}
        if whole.text:
            return {"type": "websocket.receive", "text": whole.data.decode("utf-8", "replace")}
        return {"type": "websocket.receive", "bytes": whole.data}

    async def _message(self) -> Said | End:
        """Return the next whole message."""
        parts: list[bytes] = []
        while isinstance(frame := await self._stream.get(), Said):
            parts.append(frame.data)
            if frame.last:
                return Said(frame.stream, b"".join(parts), text=frame.text, last=True)
            if sum(map(len, parts)) > frames.WINDOW_BYTES:
                return End(frame.stream, 1009)
        return frame if isinstance(frame, End) else End(frame.stream, 1002)

    async def _say(self, message: Message) -> None:
        number = self._ask.stream
        if message["type"] == "websocket.accept":
            self._is_open = True
            await self._stream.put(Head(number, 101))
        elif message["type"] == "websocket.send":
            text = message.get("text")
            data = text.encode() if text is not None else bytes(message.get("bytes") or b"")
            found = frames.pieces(data)
            for piece in found[:-1]:
                await self._stream.put(Said(number, piece, text=text is not None, last=False))
            await self._stream.put(Said(number, found[-1], text=text is not None, last=True))
        elif message["type"] == "websocket.close":
            self.is_over = True
            if not self._is_open:
                await self._stream.put(Head(number, 403))
            code, reason = message.get("code", 1000), message.get("reason") or ""
            await self._stream.put(End(number, code if 1000 <= code <= 4999 else 1000, reason[:120]))


def _told(headers: Any) -> tuple[tuple[str, str], ...]:
    return tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in headers)


def _scope(ask: Ask) -> dict[str, Any]:
    """The request as a server would have given it, with who asks in the place that no server writes."""
    safe = "https" if ask.asker.private else "http"
    scope: dict[str, Any] = {
        "type": ask.kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": safe if ask.kind == "http" else safe.replace("http", "ws"),
        "path": ask.path,
        "raw_path": quote(ask.path).encode(),
        "query_string": ask.query.encode("latin-1", "replace"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in ask.headers
        ],
        "client": (ask.asker.address, 0),
        "server": ("hub", 0),
        "extensions": {},
        SCOPE_KEY: ask.asker,
    }
    if ask.kind == "http":
        scope["method"] = ask.method
    else:
        scope["subprotocols"] = []
    return scope
