"""The door to cases: footage of one moment in one zip file, for somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from hearthwatch.kit.units import CameraId, WallUs


class CaseDoor(Protocol):
    """Used from worker threads, two at a time."""

    def write(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, target: Path) -> None:
        """Write a zip with each camera's clip, a text for each, and the sums that prove them, to `target`.

        Raises Unsupported when none of them has footage in the range, StorageFailed, also when it would not leave room for
        recording."""
        ...
