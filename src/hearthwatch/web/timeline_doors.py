"""The doors to the timeline: all cameras' time at a glance, its small pictures, and playing from any moment of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from hearthwatch.arming.arming import Cause, Mode
from hearthwatch.events.lane import Mark
from hearthwatch.feeds.packet import Stream
from hearthwatch.health.outage import Outage
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.lane import Knock
from hearthwatch.offsite.lane import Held
from hearthwatch.recording.playback import Playback
from hearthwatch.recording.stretches import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLane:
    """What there is of one camera in a range, each kind oldest first. `elsewhere` is not here any more."""

    camera: CameraId
    kept: Kept
    elsewhere: tuple[Held, ...]
    marks: tuple[Mark, ...]
    knocks: tuple[Knock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """The house was in `mode`; `who` had it so where a person did."""

    start_us: WallUs
    end_us: WallUs
    mode: Mode
    cause: Cause
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """A range of time. `cell_us` is what was told apart: things closer to each other may have become one."""

    cell_us: int
    cameras: tuple[CameraLane, ...]
    arming: tuple[Armed, ...]
    outages: tuple[Outage, ...]


class TimelineDoor(Protocol):
    @property
    def zone(self) -> tzinfo:
        """The house's time zone."""
        ...

    def lanes(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, cells: int) -> Lanes:
        """Return what there is in `[start_us, end_us)`, told in about so many cells. Reads databases: call it from a thread.
        Raises StorageFailed."""
        ...

    def playback(self, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, *, keys_only: bool) -> Playback:
        """Return what there is to play. Reads the disk. Raises Unsupported where there is no footage, StorageFailed."""
        ...

    async def thumb(self, camera: CameraId, at_us: WallUs) -> bytes | None:
        """Return a small picture (JPEG) of about that moment, None where there is no footage or none can be made of it.
        Raises Unreachable while too many are asked for at once."""
        ...
