"""The Track: the same thing over time, and the zones it may be in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NewType

from hearthwatch.frames.geometry import Box, Point
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

TrackId = NewType("TrackId", str)


class TrackState(StrEnum):
    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    STILL = "still"
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One visitor of one camera. `best_*` describe its best picture so far; `decided_ns` is the receive time of the packet
    whose picture confirmed it; `moved` tells whether it ever changed its place, so that what is parked stays quiet."""

    id: TrackId
    camera: CameraId
    label: str
    state: TrackState
    box: Box
    score: float
    first_us: WallUs
    last_us: WallUs
    best_us: WallUs
    best_score: float
    best_box: Box
    zones: frozenset[str]
    entered_zones: frozenset[str]
    moved: bool
    first_ns: MonoNs
    decided_ns: MonoNs


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneOptions:
    """Section `[camera.NAME.zones.ZONE]`. Change: live."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    points: tuple[Point, ...]
    """Corners, 0..1 of the picture, at least three."""
    labels: tuple[str, ...] = ()
    """Labels that count in this zone; empty means all labels of the camera."""
