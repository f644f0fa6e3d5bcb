"""A TCP proxy as slow as a household's line: what goes up passes at so many bits a second, and its queue is short."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

_CHUNK_BYTES = 16 * 1024


@dataclass(slots=True)
class SlowWire:
    """Forwards to `host:port`; all connections share the line. Downwards nothing is held up."""

    host: str
    port: int
    bit_s: float
    up_bytes: int = 0
    address: tuple[str, int] = ("", 0)
    _free_s: float = 0.0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> tuple[str, int]:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = self._server.sockets[0].getsockname()
        return self.address

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        far_writer = None
        pipes: list[asyncio.Task[None]] = []
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
            pipes = [asyncio.create_task(self._up(reader, far_writer)), asyncio.create_task(_pipe(far_reader, writer))]
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):  # `stop` cancels, and nobody awaits what a server started
            pass
        finally:
            for pipe in pipes:
                pipe.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*pipes, return_exceptions=True)
            for one in (writer, far_writer):
                if one is not None:
                    one.transport.abort()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(_CHUNK_BYTES):
            now_s = loop.time()
            self._free_s = max(self._free_s, now_s) + len(data) * 8 / self.bit_s
            await asyncio.sleep(self._free_s - now_s)
            self.up_bytes += len(data)
            writer.write(data)
            await writer.drain()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
