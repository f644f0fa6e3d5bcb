"""The RTSP side of an emulated camera: GStreamer's server, whose password is that of the camera's account, always.

When the password changes the server is started anew on its port: whoever watched is thrown out and must come with the new one.
It is gone while the camera is, and silent while that is stalled.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hearthwatch.bench.rtsp_server import Mount, RtspServer
from tests.devices.camera_web import EmulatedCamera


@dataclass(kw_only=True)
class CameraVideo:
    """`async with video.running()`: serves `mounts` to `user` of `camera`. `restarts` counts changes of the password."""

    camera: EmulatedCamera
    user: str
    mounts: Sequence[Mount]
    port: int = 0
    restarts: int = 0
    _server: RtspServer | None = None
    _password: str = ""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def url(self, path: str) -> str:
        return f"rtsp://{self.camera.host}:{self.port}{path}"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Any]:
        await self._start()
        self.camera.attach(self)
        try:
            yield self
        finally:
            async with self._turn:
                await self._stop()

    async def _start(self) -> None:
        account = self.camera.state.account(self.user)
        self._password = account.password if account is not None else "nobody-knows-this"
        self._server = RtspServer(list(self.mounts), user=self.user, password=self._password, address=self.camera.host)
        self._server.port = self.port
        await asyncio.to_thread(self._server.start)
        self.port = self._server.port
        self.camera.on_video(self.port)

    async def _stop(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            await asyncio.to_thread(server.kill)

    async def follow(self) -> None:
        """Take the account's password of now."""
        async with self._turn:
            account = self.camera.state.account(self.user)
            if self._server is None or (account is not None and account.password == self._password):
                return
            await self._stop()
            await self._start()
            self.restarts += 1

    async def go(self) -> None:
        """Be gone as the camera is."""
        async with self._turn:
            await self._stop()

    async def come(self) -> None:
        async with self._turn:
            if self._server is None:
                await self._start()

    def freeze(self, *, on: bool) -> None:
        """Keep connections open and silent."""
        if self._server is not None:
            (self._server.pause if on else self._server.resume)()
