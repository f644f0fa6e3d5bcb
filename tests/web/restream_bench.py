"""The restream on a free port, and a reader of it that writes what it likes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.web.streams import Streams

from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.secrets import Secret
from hearthwatch.web.relay.options import RestreamOptions
from hearthwatch.web.relay.restream import Restream
from hearthwatch.web.relay.rtsp_login import Key

USER, PASSWORD = "viewer", "four lamps 7"


@contextlib.asynccontextmanager
async def restreaming(streams: Streams, **options: object) -> AsyncIterator[Restream]:
    """Serve `streams` until the block ends."""
    key = Key(user=USER, password=Secret(PASSWORD))
    server = Restream(streams.hub, streams, key=lambda: key, is_shared=lambda camera: camera != "hidden", clock=SystemClock())
    serving = asyncio.create_task(server.run(RestreamOptions(enabled=True, port=0, **options)))  # type: ignore[arg-type]
    try:
        while not server.port:
            await asyncio.sleep(0)
            if serving.done():
                serving.result()
        yield server
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@dataclass
class Reader:
    """One connection. `frames` are the interleaved frames that came between answers."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    port: int
    number: int = 0
    authorization: str = ""
    frames: list[tuple[int, bytes]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}{path}"

    async def ask(self, method: str, path: str = "/front", **fields: str) -> tuple[int, dict[str, str], bytes]:
        """Send a request and return status, fields and body; log in once asked, if `log_in` was called."""
        self.number += 1
        lines = [f"{method} {self.url(path)} RTSP/1.0", f"CSeq: {self.number}"]
        if self.authorization:
            lines.append(f"Authorization: {self.authorization}")
        lines += [f"{name}: {value}" for name, value in fields.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self.answer()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(60):
            while (first := await self.reader.readexactly(1)) == b"$":
                await self._frame()
            head = (first + await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        fields: dict[str, str] = {}
        for name, _, value in (line.partition(":") for line in lines):
            fields.setdefault(name.lower(), value.strip())
        body = await self.reader.readexactly(int(fields.get("content-length", "0")))
        return int(status.split()[1]), fields, body

    async def _frame(self) -> None:
        head = await self.reader.readexactly(3)
        self.frames.append((head[0], await self.reader.readexactly(int.from_bytes(head[1:], "big"))))

    async def frame(self) -> tuple[int, bytes]:
        async with asyncio.timeout(60):
            assert await self.reader.readexactly(1) == b"$"
            await self._frame()
        return self.frames[-1]

    async def digest(self, method: str, path: str, *, password: str = PASSWORD) -> str:
        """Return an answer to the challenge that `method` at `path` meets."""
        self.authorization = ""
        status, fields, _ = await self.ask(method, path)
        assert status == 401
        nonce = re.findall(r'nonce="([^"]+)"', fields["www-authenticate"])[0]
        ours = _md5(f"{USER}:Hearthwatch:{password}")
        response = _md5(f"{ours}:{nonce}:{_md5(f'{method}:{self.url(path)}')}")
        return f'Digest username="{USER}", realm="Hearthwatch", nonce="{nonce}", uri="{self.url(path)}", response="{response}"'


@contextlib.asynccontextmanager
async def connected(server: Restream) -> AsyncIterator[Reader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Reader(reader, writer, server.port)
    finally:
        writer.close()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
