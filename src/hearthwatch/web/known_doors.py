"""The door onto who the cameras are and whether they still are where they were; answered from memory."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.known import DoorState


class KnownDoor(Protocol):
    def states(self) -> Sequence[DoorState]:
        """Return how each camera's own door is."""
        ...

    def accept(self, camera: CameraId) -> Awaitable[None]:
        """Take whoever answers in the place of `camera` for it from now on. Raises Unsupported, StorageFailed."""
        ...
