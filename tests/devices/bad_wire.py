"""A TCP proxy that cuts, stalls and corrupts what goes through it, as told or by seeded chance."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    CUT = "cut"
    STALL = "stall"
    CORRUPT = "corrupt"


@dataclass(slots=True)
class BadWire:
    """Forwards to `host:port`. Each connection takes the next of `fates`: (what, after how many bytes up); None is harmless.

    One that ends before its fate was due leaves it to the next connection. When they are used up, `rng` strikes each connection
    by chance after a mean of `mean_bytes`, where that is set. A corrupted connection goes on with one bit of one byte turned;
    a stalled one is silent until it is closed.
    """

    host: str
    port: int
    fates: deque[tuple[Fate, int] | None] = field(default_factory=deque)
    rng: random.Random | None = None
    mean_bytes: int = 0
    up_bytes: int = 0
    struck: list[Fate] = field(default_factory=list)
    connections: int = 0
    address: tuple[str, int] = ("", 0)
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

    def _by_chance(self) -> tuple[Fate, int] | None:
        if self.rng is not None and self.mean_bytes:
            return self.rng.choice(list(Fate)), round(self.rng.expovariate(1 / self.mean_bytes))
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        is_told = bool(self.fates)
        fate = self.fates.popleft() if is_told else self._by_chance()
        due = [] if fate is None else [fate]
        far_writer = None
        pipes: list[asyncio.Task[None]] = []
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
            pipes = [asyncio.create_task(self._up(reader, far_writer, due)), asyncio.create_task(_pipe(far_reader, writer))]
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):  # asyncio's own server complains of a cancelled handler
            pass
        finally:
            for pipe in pipes:
                pipe.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*pipes, return_exceptions=True)
            if is_told:  # one drawn by chance goes: put back, it would come sooner than after the mean
                self.fates.extendleft(due)
            for one in (writer, far_writer):
                if one is not None:
                    one.transport.abort()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, due: list[tuple[Fate, int]]) -> None:
        """Forward until the fate in `due` strikes, which takes it out."""
        passed = 0
        while data := await reader.read(16_384):
            self.up_bytes += len(data)
            if due and passed + len(data) > due[0][1]:
                what, after_bytes = due.pop()
                self.struck.append(what)
                if what is Fate.CUT:
                    return
                if what is Fate.STALL:
                    while await reader.read(16_384):
                        pass
                    return
                at = max(0, after_bytes - passed)
                data = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
            passed += len(data)
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
        await asyncio.Event().wait()  # the answer is still on its way; the other direction ends the connection


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
