"""The Track: the same thing over time, and the zones it may be in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NewType

from hearthwatch.detect.detection import LabelOptions
from hearthwatch.frames.geometry import Box, Point
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.motion.motion import MotionOptions, SightOptions

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionSpan:
    """Motion of at least the camera's `sensitivity_frac` that nobody could name; `end_us` None while it lasts."""

    camera: CameraId
    start_us: WallUs
    last_us: WallUs
    end_us: WallUs | None
    peak_frac: float
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeOptions:
    """All that one camera's looking needs to know, compiled from its configuration. Without `detect` nothing is named: the
    camera does that itself."""

    motion: MotionOptions
    labels: Mapping[str, LabelOptions]
    zones: Mapping[str, ZoneOptions]
    sight: SightOptions = SightOptions()
    detect: bool = True
