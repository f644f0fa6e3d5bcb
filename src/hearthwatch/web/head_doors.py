"""The door to the cameras' moving heads: held moves that always end, and presets."""

from __future__ import annotations

from typing import Protocol

from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import PtzMove, Reach


class HeadDoor(Protocol):
    """Raises, each: Unsupported, Unreachable, Refused, BadReply."""

    async def reach(self, camera: CameraId) -> Reach:
        """Return how the camera moves; an empty Reach for one that stands still or whose own door is not watched."""
        ...

    async def move(self, camera: CameraId, move: PtzMove, speed_frac: float, hold: str) -> None:
        """Move for as long as this is said again and again, and stop by itself a moment after the last time. `hold` names what
        holds it, such as one press of a button: once stopped, that one moves nothing any more."""
        ...

    async def stop(self, camera: CameraId, hold: str) -> None:
        """Stop now, and see to it that the camera really does. An empty `hold` ends whichever there is."""
        ...

    async def goto_preset(self, camera: CameraId, preset: int) -> None: ...
