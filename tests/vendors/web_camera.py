"""A camera's web server to order: bytes for each request, Digest or Basic at the door, and every misbehaviour a socket allows."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

REALM, NONCE, USER, PASSWORD = "Login to ND0218", "211955164", "watch", "pa ss&w+rd%"
DIGEST = f'Digest realm="{REALM}", qop="auth", nonce="{NONCE}", opaque="9a20"'
BASIC = f'Basic realm="{REALM}"'


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def reply(body: bytes, *, status: str = "200 OK", headers: tuple[str, ...] = (), length: int | None = None) -> bytes:
    """One HTTP answer; a wrong `length` is the test's wish."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass(kw_only=True)
class WebCamera:
    """Answers each request by `answer`, after the door let it in. Keeps what was asked."""

    answer: Answer
    challenges: tuple[str, ...] = ()
    password: str = PASSWORD
    requests: list[Request] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0
    connections: int = 0
    port: int = 0
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def targets(self) -> list[str]:
        """What was asked for and let in."""
        return [one.target for one in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while not writer.is_closing():
                    await self._one(reader, writer)
        finally:
            self.open_now -= 1
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(method=method, target=target, headers=headers, body=body)
        if self.challenges and not self._let_in(request):
            headers_401 = tuple(f"WWW-Authenticate: {one}" for one in self.challenges)
            writer.write(reply(b"", status="401 Unauthorized", headers=headers_401))
        else:
            self.requests.append(request)
            await self.answer(request, writer)
        await writer.drain()

    def _let_in(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        if given.startswith("Basic ") and BASIC in self.challenges:
            return given == "Basic " + base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        if not given.startswith("Digest "):
            return False
        said = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', given)}

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        proof = f"{md5(f'{USER}:{REALM}:{self.password}')}:{NONCE}:{said['nc']}:{said['cnonce']}:auth:"
        proof += md5(f"{request.method}:{request.target}")
        return said["uri"] == request.target and said["response"] == md5(proof) and said["nonce"] == NONCE


def saying(data: bytes, *, then_close: bool = False) -> Answer:
    """Answer every request with just these bytes."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if then_close:
            await writer.drain()
            writer.close()

    return answer


@contextlib.asynccontextmanager
async def running(camera: WebCamera, tls: ssl.SSLContext | None = None) -> AsyncIterator[WebCamera]:
    server = await asyncio.start_server(camera.serve, "127.0.0.1", 0, limit=1 << 20, ssl=tls)
    camera.port = server.sockets[0].getsockname()[1]
    try:
        yield camera
    finally:
        server.close()
        for task in camera.serving:
            task.cancel()
        await asyncio.gather(*camera.serving, return_exceptions=True)
        await server.wait_closed()
