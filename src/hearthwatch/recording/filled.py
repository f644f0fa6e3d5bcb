"""What a file of footage turned out to hold, and the columns of the index that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hearthwatch.kit.clock import UnsetClock
from hearthwatch.kit.units import WallUs
from hearthwatch.recording.segment import SegmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a closed or repaired file turned out to hold; `sha256` may be empty until it is computed."""

    start_us: WallUs
    duration_us: int
    size_bytes: int
    frames: int
    keyframes: int
    sha256: bytes
    state: SegmentState


def columns_of(filled: Filled) -> dict[str, Any]:
    return {
        "start_us": filled.start_us,
        "duration_us": filled.duration_us,
        "size_bytes": filled.size_bytes,
        "frames": filled.frames,
        "keyframes": filled.keyframes,
        "sha256": filled.sha256,
        "state": filled.state,
    }


def clock_columns(unset: UnsetClock | None) -> dict[str, Any]:
    """Return the columns that remember an unset clock, both null for one that was kept right."""
    return {"clock_boot": unset.boot if unset else None, "clock_us": unset.offset_us if unset else None}
