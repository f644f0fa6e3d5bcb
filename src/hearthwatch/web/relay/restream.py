"""The restream: an RTSP server (RFC 2326, over TCP) of the packets the recorder has anyway; no camera sees another session."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections import Counter
from collections.abc import Callable

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import CameraId
from hearthwatch.web.doors import CameraDoor, CameraState, LiveDoor
from hearthwatch.web.relay.listening import listen_everywhere
from hearthwatch.web.relay.options import RestreamOptions
from hearthwatch.web.relay.restream_client import RestreamClient
from hearthwatch.web.relay.rtsp_login import Key, RtspLogin, Tries
from hearthwatch.web.relay.rtsp_request import MAX_HEAD_BYTES, place_of

log = logging.getLogger(__name__)

_LAST_S = 1.0


class Restream:
    """Serves the cameras that `is_shared` names, to who knows `key`. `run` it; `port` is where it listens."""

    def __init__(
        self,
        live: LiveDoor,
        cameras: CameraDoor,
        *,
        key: Callable[[], Key | None],
        is_shared: Callable[[CameraId], bool],
        clock: Clock,
    ) -> None:
        self.live = live
        self.clock = clock
        self._cameras = cameras
        self._key = key
        self._is_shared = is_shared
        self._tries = Tries(clock)
        self._open: Counter[str] = Counter()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0
        self.refused = 0
        """Connections turned away: too many, or too many wrong passwords."""

    @property
    def clients(self) -> int:
        return self._open.total()

    def knows(self, camera: CameraId) -> bool:
        return self._is_shared(camera) and any(one.id == camera for one in self._cameras.all())

    def is_private(self, camera: CameraId) -> bool:
        return any(one.id == camera and one.state is CameraState.PRIVATE for one in self._cameras.all())

    async def run(self, options: RestreamOptions) -> None:
        """Serve until cancelled. Raises ConfigFault when the port is taken."""
        listening = listen_everywhere(options.port, "restream.port")
        self.port = listening[0].getsockname()[1]

        async def admit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._admit(reader, writer, options)

        servers: list[asyncio.Server] = []
        try:
            servers += [await asyncio.start_server(admit, sock=sock, limit=MAX_HEAD_BYTES) for sock in listening]
            log.info("cameras are served by RTSP at port %d", self.port)
            await asyncio.Event().wait()
        finally:
            self.port = 0
            for server in servers:
                server.close()
            for sock in listening:
                sock.close()
            for task in list(self._serving):
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _admit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: RestreamOptions) -> None:
        task = asyncio.current_task()
        assert task is not None
        address = str(writer.get_extra_info("peername")[0])
        full = self._open.total() >= options.most or self._open[address] >= options.most_per_address
        if full or self._tries.are_too_many(address):
            self.refused += 1
            writer.transport.abort()
            return
        self._open[address] += 1
        self._serving.add(task)
        login = RtspLogin(
            key=self._key,
            allow_basic=options.basic or ipaddress.ip_address(address).is_loopback,
            means_same=lambda one, other: (place := place_of(one)) is not None and place == place_of(other),
        )
        try:
            with contextlib.suppress(ConnectionError, TimeoutError, asyncio.CancelledError):
                await RestreamClient(self, reader, writer, login=login, tries=self._tries, address=address).serve()
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
            self._serving.discard(task)
            await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Let the last answer go out; a reader that takes nothing is cut off."""
    writer.close()
    try:
        async with asyncio.timeout(_LAST_S):
            await writer.wait_closed()
    except (ConnectionError, TimeoutError, asyncio.CancelledError):
        writer.transport.abort()
