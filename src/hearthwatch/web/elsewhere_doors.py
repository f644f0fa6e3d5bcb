"""The door to footage that is no longer here but lies at a target."""

from __future__ import annotations

from typing import Protocol

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.offsite.elsewhere import Elsewhere, Whereabouts


class ElsewhereDoor(Protocol):
    def spans(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[Elsewhere, ...]:
        """Return what of the range is proved to be at some target and is not here, oldest first. Raises StorageFailed."""
        ...

    def whereabouts(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> Whereabouts:
        """Return the same with the ways to get at it. Raises StorageFailed."""
        ...
