"""What a looker reports, made by hand: tracks, nameless motion, pictures."""

from __future__ import annotations

from typing import Any

from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run.messages import Moved, Picture, Seen
from hearthwatch.tracks.track import MotionSpan, Track, TrackId, TrackState

FRONT = CameraId("front")
YARD = CameraId("yard")
BOX = Box(x0=0.4, y0=0.3, x1=0.5, y1=0.8)
BASE_US = 1_700_000_000 * US_PER_S
JPEG = b"\xff\xd8 a picture \xff\xd9"


def a_track(name: str = "t1", *, at_s: float = 0.0, **fields: Any) -> Track:
    """A confirmed person in the middle of the picture of `front`, last seen `at_s` after the fake clock's start."""
    at_us = WallUs(BASE_US + round(at_s * US_PER_S))
    given = {
        "id": TrackId(name),
        "camera": FRONT,
        "label": "person",
        "state": TrackState.CONFIRMED,
        "box": BOX,
        "score": 0.8,
        "first_us": at_us,
        "last_us": at_us,
        "best_us": at_us,
        "best_score": 0.8,
        "best_box": BOX,
        "zones": frozenset(),
        "entered_zones": frozenset(),
        "moved": True,
        "first_ns": MonoNs(1),
        "decided_ns": MonoNs(2),
    }
    return Track(**(given | fields))  # type: ignore[arg-type]


def seen(name: str = "t1", *, at_s: float = 0.0, **fields: Any) -> Seen:
    return Seen(track=a_track(name, at_s=at_s, **fields))


def moved(*, at_s: float = 0.0, camera: CameraId = FRONT, over: bool = False) -> Moved:
    at_us = WallUs(BASE_US + round(at_s * US_PER_S))
    return Moved(
        span=MotionSpan(camera=camera, start_us=at_us, last_us=at_us, end_us=at_us if over else None, peak_frac=0.1, box=BOX)
    )


def a_picture(name: str = "t1", jpeg: bytes = JPEG, *, camera: CameraId = FRONT) -> Picture:
    return Picture(camera=camera, track=name, at_us=WallUs(BASE_US), box=BOX, jpeg=jpeg)
