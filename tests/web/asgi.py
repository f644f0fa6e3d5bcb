"""Asking an application without a socket, also for what never ends: streams and WebSockets are left once they began."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Answer:
    """`status` of a WebSocket is 101 when it was accepted and 403 when not. `body` is empty for what is left as it begins."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> object:
        return json.loads(self.body)


async def ask(
    app: object,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes = b"",
    *,
    whole: bool = False,
    client: str = "127.0.0.1",
    scheme: str = "http",
    scope: dict[str, object] | None = None,
) -> Answer:
    """Ask and return what came back; answers below 400 are left once they begin, unless they are JSON that is
    wanted `whole`. `scope` is what a server adds to it by itself."""
    parts = urlsplit(url)
    is_websocket = method == "WEBSOCKET"
    asked: dict = (scope or {}) | {
        "type": "websocket" if is_websocket else "http",
        "method": method,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "http_version": "1.1",
        "scheme": scheme.replace("http", "ws") if is_websocket else scheme,
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
        "client": (client, 50_000),
        "server": ("127.0.0.1", 8080),
    }
    if body:
        asked["headers"].append((b"content-length", str(len(body)).encode()))
    found: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    answer = Answer(0)
    incoming = [{"type": "websocket.connect"} if is_websocket else {"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict:
        if incoming:
            return incoming.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict) -> None:
        kind = message["type"]
        done = kind in {"websocket.accept", "websocket.close", "websocket.http.response.start"}
        if kind == "websocket.accept":
            answer.status = 101
        elif done:
            answer.status = 403
        elif kind == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            done = answer.status < 400 and not (whole and "json" in answer.headers.get("content-type", ""))
        elif kind == "http.response.body":
            answer.body += message.get("body", b"")
            done = not message.get("more_body", False)
        if done and not found.done():
            found.set_result(answer)

    serving = asyncio.create_task(app(asked, receive, send))
    try:
        await asyncio.wait({serving, found}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        if serving.done() and not found.done():
            serving.result()
            raise AssertionError(f"{method} {url} was not answered")
        return await asyncio.wait_for(found, 1)
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await serving
