"""The door to timelapses: a camera's day as a short film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from hearthwatch.kit.units import CameraId


@dataclass(frozen=True, slots=True, kw_only=True)
class Timelapse:
    """One camera's local day."""

    camera: CameraId
    day: date
    size_bytes: int
    path: Path


class TimelapseDoor(Protocol):
    """Reads the disk: used from worker threads."""

    def of(self, camera: CameraId) -> Sequence[Timelapse]:
        """Return the films there are of a camera, newest day first."""
        ...
