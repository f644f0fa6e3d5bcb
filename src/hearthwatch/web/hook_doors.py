"""The door through which a camera says that it has something to tell: nothing it sends is believed, it is asked."""

from __future__ import annotations

from typing import Protocol

from hearthwatch.kit.units import CameraId


class HookDoor(Protocol):
    async def word(self, camera: CameraId) -> str:
        """Return the secret word of the camera's own address here. Raises Unsupported for one whose door is not watched,
        StorageFailed."""
        ...

    async def knock(self, camera: CameraId, word: str, address: str) -> bool:
        """Take a call from `address`; False for a wrong word, a wrong address and a camera that is none alike."""
        ...
