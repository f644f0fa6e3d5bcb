"""A line to a server that is late, cut, reset or dead, as told: what passes is untouched unless a Fate says otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum


class Way(StrEnum):
    """What becomes of a connection after so many bytes in one direction."""

    RESET_UP = "reset-up"
    RESET_DOWN = "reset-down"
    HALF_CLOSE = "half-close"
    """The client's end of what it says arrives early; the answer may still come."""
    STALL_UP = "stall-up"
    STALL_DOWN = "stall-down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    way: Way
    after_bytes: int = 0


@dataclass(slots=True)
class ScriptedProxy:
    """Forwards to `host:port` on an address of its own; `down` and `up` are a network that goes away and comes back.

    Each new connection takes the next of `fates`, None for none. `late_s` holds up every piece of both directions."""

    host: str
    port: int
    fates: deque[Fate | None] = field(default_factory=deque)
    late_s: float = 0.0
    own_port: int = 0
    connections: int = 0
    up_bytes: int = 0
    struck: list[Way] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def up(self) -> int:
        """Listen, on the port it had before; return it."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.own_port)
            self.own_port = self._server.sockets[0].getsockname()[1]
        return self.own_port

    async def down(self) -> None:
        """Refuse every connection and reset those there are."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await self.cut()
            await server.wait_closed()

    async def cut(self) -> None:
        """Reset the connections there are; new ones are taken."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        fate = self.fates.popleft() if self.fates else None
        far_writer: asyncio.StreamWriter | None = None
        pipes: list[asyncio.Task[None]] = []
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
            pipes.append(asyncio.create_task(self._pass(reader, far_writer, fate, upwards=True)))
            pipes.append(asyncio.create_task(self._pass(far_reader, writer, fate, upwards=False)))
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):  # `down` cancels, and nobody awaits what a server started
            pass
        finally:
            for pipe in pipes:
                pipe.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*pipes, return_exceptions=True)
            for one in (writer, far_writer):
                if one is not None:
                    _reset(one)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: Fate | None, *, upwards: bool
    ) -> None:
        if fate is not None and (fate.way in {Way.RESET_DOWN, Way.STALL_DOWN}) is upwards:
            fate = None
        passed = 0
        while data := await reader.read(65_536):
            if self.late_s:
                await asyncio.sleep(self.late_s)
            self.up_bytes += len(data) * upwards
            struck = fate is not None and passed + len(data) > fate.after_bytes
            writer.write(data[: fate.after_bytes - passed] if struck and fate is not None else data)
            await writer.drain()
            passed += len(data)
            if struck and fate is not None:
                self.struck.append(fate.way)
                if fate.way is Way.HALF_CLOSE:
                    break
                if fate.way in {Way.STALL_UP, Way.STALL_DOWN}:
                    while await reader.read(65_536):
                        pass
                return
        with contextlib.suppress(OSError):
            writer.write_eof()
        if upwards:
            await asyncio.Event().wait()  # the answer is still on its way; the other direction ends the connection


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
