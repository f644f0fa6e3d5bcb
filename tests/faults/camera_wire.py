"""The cable to a camera: a TCP proxy that can be pulled out, left half open, or lose all that goes through it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Self

_CHUNK_BYTES = 65_536


@dataclass(slots=True)
class CameraWire:
    """Forwards `address:port`, which is kept, to the camera's port. `tries` are the log-ins that passed: requests with a
    password in them that began a stream."""

    far_port: int
    address: str = "127.0.0.1"
    port: int = 0
    tries: int = 0
    connections: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _swallowing: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        await self.plug()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pull()

    @property
    def url(self) -> str:
        return f"rtsp://{self.address}:{self.port}/main"

    async def plug(self) -> None:
        """Listen, again on the same port."""
        self._server = await asyncio.start_server(self._serve, self.address, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        """Reset what is open and refuse what comes: the camera is off, and the switch says so."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def swallow(self) -> None:
        """Let what is open now stay open and dead, as when a camera lost its power without a word; new ones work."""
        self._swallowing |= self._writers

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self._writers.add(writer)
        far: asyncio.StreamWriter | None = None
        pipes: list[asyncio.Task[None]] = []
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.far_port)
            pipes = [
                asyncio.create_task(self._pipe(reader, far, writer, counts=True)),
                asyncio.create_task(self._pipe(far_reader, writer, writer, counts=False)),
            ]
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):  # `pull` cancels, and nobody awaits what a server started
            pass
        finally:
            for pipe in pipes:
                pipe.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*pipes, return_exceptions=True)
            self._writers.discard(writer)
            self._swallowing.discard(writer)
            for one in (writer, far):
                if one is not None:
                    one.transport.abort()

    async def _pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, near: asyncio.StreamWriter, *, counts: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                if near in self._swallowing:
                    continue
                if counts and data.startswith(b"DESCRIBE") and b"Authorization:" in data:
                    self.tries += 1
                writer.write(data)
                await writer.drain()
        if near in self._swallowing and not counts:  # the far end gave up; the house must find out by itself
            await asyncio.Event().wait()
