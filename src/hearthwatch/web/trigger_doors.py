"""The door through which a sensor elsewhere triggers a camera: a secret address, and nothing it sends is read."""

from __future__ import annotations

from typing import Protocol

from hearthwatch.feeds.sensor import TriggerOptions
from hearthwatch.kit.units import CameraId


class TriggerDoor(Protocol):
    def options(self, camera: CameraId) -> TriggerOptions | None:
        """Return the camera's trigger, None where it has none."""
        ...

    async def word(self, camera: CameraId) -> str:
        """Return the secret word of the address that triggers it. Raises Unsupported where that is not switched on,
        StorageFailed."""
        ...

    async def call(self, camera: CameraId, word: str) -> bool:
        """Trigger the camera; return once that is written down, or held where the disk takes nothing.
        False for a wrong word and a camera that cannot be triggered alike. Raises Unreachable where it was not taken."""
        ...
