"""A camera with a single channel, and the head that may move it."""

from __future__ import annotations

from typing import Protocol

from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.capability import PtzMove, Reach
from hearthwatch.vendors.http import CameraHttp


class Head(Protocol):
    """As Ptz says, of the only channel there is; its speed is a setting of the camera and stays as it is."""

    async def reach(self) -> Reach: ...

    async def move(self, move: PtzMove) -> None: ...

    async def stop(self) -> None: ...

    async def goto_preset(self, preset: int) -> None: ...


class OneChannel:
    """Ptz of a client that sets these two."""

    _http: CameraHttp
    _head: Head

    async def reach(self, channel: int = 0) -> Reach:
        """See Ptz."""
        self._one_channel(channel)
        return await self._head.reach()

    async def move(self, move: PtzMove, speed_frac: float, channel: int = 0) -> None:
        """See Ptz."""
        self._one_channel(channel)
        await self._head.move(move)

    async def stop(self, channel: int = 0) -> None:
        """See Ptz."""
        self._one_channel(channel)
        await self._head.stop()

    async def goto_preset(self, preset: int, channel: int = 0) -> None:
        """See Ptz."""
        self._one_channel(channel)
        await self._head.goto_preset(preset)

    def _one_channel(self, channel: int) -> None:
        if channel:
            raise Unsupported(f"{self._http.name}: this camera has one channel only")
