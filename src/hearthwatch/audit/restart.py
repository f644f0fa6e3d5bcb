"""Waiting for a camera to go and to come back: after a restart, a new firmware, or a switch in its power line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.files import safe_join
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import Doorkeeper, FirmwareUpload

_GO_S = (*[0.2] * 25, *[1.0] * 15)  # some are back within the second
_BACK_TRIES = 60
_BACK_S = 3.0


class Restart:
    """`firmware_folder` holds what was uploaded for cameras; `pause` is for tests."""

    def __init__(
        self, doorkeeper: Doorkeeper, firmware_folder: Path, *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        self._doorkeeper = doorkeeper
        self._folder = firmware_folder
        self._pause = pause

    async def wait(self, camera: CameraId) -> bool:
        """Return True once the camera was gone and answers again; False when it was not seen to do so in three minutes."""
        return await self.is_gone(camera) and await self.is_back(camera)

    async def is_gone(self, camera: CameraId) -> bool:
        """Return True as soon as the camera answers no more, False when it still does after 20 s."""
        for wait_s in _GO_S:
            if not await self._answers(camera):
                return True
            await self._pause(wait_s)
        return False

    async def is_back(self, camera: CameraId) -> bool:
        """Return True as soon as the camera answers, False when it does not for three minutes."""
        for _ in range(_BACK_TRIES):
            if await self._answers(camera):
                return True
            await self._pause(_BACK_S)
        return False

    async def _answers(self, camera: CameraId) -> bool:
        try:
            client = await self._doorkeeper.client(camera)
            await client.identity()
        except Unreachable:
            return False
        except HearthwatchError:  # it answers, if only to say no
            return True
        return True

    async def upload(self, camera: CameraId, file_name: str) -> tuple[str, str]:
        """Install the uploaded file; return the firmware before and, once the camera is back, after. Raises kit errors."""
        client = await self._doorkeeper.client(camera)
        if not isinstance(client, FirmwareUpload):
            raise Unsupported("This camera takes no firmware from here: upload the maker's file on the camera's own page.")
        try:
            image = safe_join(self._folder, file_name)
        except ValueError as error:
            raise Unsupported(f"there is no uploaded file {file_name[:60]!r}") from error
        if not await asyncio.to_thread(image.is_file):
            raise Unsupported(f"there is no uploaded file {file_name[:60]!r}: upload it first")
        before = (await client.identity()).firmware
        await client.upload_firmware(image)
        if not await self.wait(camera):
            raise BadReply("the camera took the file, but was not seen to restart: leave it plugged in and look again later")
        again = await self._doorkeeper.client(camera)
        return before, (await again.identity()).firmware
