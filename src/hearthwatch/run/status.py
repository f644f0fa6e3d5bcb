"""The Status: what a running house says of itself to the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearthwatch.arming.arming import ArmingDoor, ArmState
from hearthwatch.feeds.packet import Gap, Stream
from hearthwatch.health.outage import Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.forecast import Forecast
from hearthwatch.web.doors import CameraNow, DetectorNow
from hearthwatch.web.offsite_doors import OffsiteNow

if TYPE_CHECKING:  # the command line reads a Status without loading the house
    from hearthwatch.health.board import Board
    from hearthwatch.run.cameras_now import CamerasNow
    from hearthwatch.run.house_doors import Footage
    from hearthwatch.run.house_now import DetectorNowDoor, HouseNowDoor
    from hearthwatch.web.offsite_doors import OffsiteDoor

_DAY_US = 86_400 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class GapSum:
    """The holes in one camera's footage of the last 24 hours; `reason` is that of the newest."""

    camera: CameraId
    count: int
    lost_us: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`outages` is what is wrong now; bytes are of the footage disk; `channels` are the ways alerts take."""

    name: str
    version: str
    arming: ArmState
    now_us: WallUs
    started_us: WallUs
    cameras: tuple[CameraNow, ...]
    gaps: tuple[GapSum, ...]
    outages: tuple[Outage, ...]
    detector: DetectorNow
    channels: tuple[str, ...]
    footage_folder: str
    footage_used_bytes: int
    footage_free_bytes: int
    days_fit: float | None
    offsite: OffsiteNow | None = None
    forecast: Forecast | None = None


def status(
    *,
    arming: ArmingDoor,
    clock: Clock,
    cameras: CamerasNow,
    board: Board,
    detector: DetectorNowDoor,
    house: HouseNowDoor,
    footage: Footage,
    offsite: OffsiteDoor,
) -> Status:
    """Put the status together; reads the disk."""
    now_us = clock.wall_us()
    now, eyes = house.now(), cameras.all()
    return Status(
        name=now.name,
        version=now.version,
        arming=arming.state,
        now_us=now_us,
        started_us=now.started_us,
        cameras=eyes,
        gaps=tuple(_gaps([camera.id for camera in eyes], footage, now_us)),
        outages=board.snapshot(),
        detector=detector.now(),
        channels=now.channels,
        footage_folder=now.footage_folder,
        footage_used_bytes=now.footage_used_bytes,
        footage_free_bytes=now.footage_free_bytes,
        days_fit=now.days_fit,
        offsite=offsite.now(),
        forecast=now.forecast,
    )


def _gaps(cameras: Sequence[CameraId], footage: Footage, now_us: WallUs) -> Iterator[GapSum]:
    since_us = WallUs(now_us - _DAY_US)
    for camera in cameras:
        try:
            found = footage.gaps(camera, Stream.MAIN, since_us, now_us)
        except HearthwatchError:
            return
        if found:
            yield gap_sum(camera, found, since_us, now_us)


def gap_sum(camera: CameraId, gaps: Sequence[Gap], since_us: WallUs, now_us: WallUs) -> GapSum:
    """Add up the parts of `gaps` (oldest first, at least one) that lie in [since_us, now_us)."""
    lost = sum(max(0, min(now_us if gap.end_us is None else gap.end_us, now_us) - max(gap.start_us, since_us)) for gap in gaps)
    return GapSum(camera=camera, count=len(gaps), lost_us=lost, reason=gaps[-1].reason)
