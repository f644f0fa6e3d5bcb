"""How many days of footage will be there, of each camera and in all, and what takes it away first."""

from __future__ import annotations

from typing import Self

from fastapi import APIRouter

from hearthwatch.recording.forecast import CameraForecast, Forecast, Stay
from hearthwatch.web.auth import Permission
from hearthwatch.web.gate import needs
from hearthwatch.web.replies import Reply
from hearthwatch.web.site import SiteDep

router = APIRouter(prefix="/api/v1")


class StayReply(Reply):
    """`bound` is what takes this footage away first: `disk`, `rules` or `camera` (its own most of disk space)."""

    footage_class: str
    bytes_per_day: int
    days: float
    bound: str

    @classmethod
    def of(cls, stay: Stay) -> Self:
        days = round(stay.days, 2)
        return cls(footage_class=stay.footage_class, bytes_per_day=stay.bytes_per_day, days=days, bound=stay.bound)


class CameraForecastReply(Reply):
    camera: str
    days: float
    bound: str
    stays: list[StayReply]

    @classmethod
    def of(cls, found: CameraForecast) -> Self:
        stays = [StayReply.of(stay) for stay in found.stays]
        return cls(camera=found.camera, days=round(found.days, 2), bound=found.bound, stays=stays)


class ForecastReply(Reply):
    """Everything of the last `days` days will be there at today's rate; `disk_days` is what `room_bytes` alone would hold."""

    days: float
    bound: str
    disk_days: float
    room_bytes: int
    bytes_per_day: int
    cameras: list[CameraForecastReply]

    @classmethod
    def of(cls, found: Forecast) -> Self:
        return cls(
            days=round(found.days, 2),
            bound=found.bound,
            disk_days=round(found.disk_days, 2),
            room_bytes=found.room_bytes,
            bytes_per_day=found.bytes_per_day,
            cameras=[CameraForecastReply.of(camera) for camera in found.cameras],
        )


class StorageReply(Reply):
    """`forecast` is null until there is an hour of footage to judge by."""

    footage_folder: str
    footage_used_bytes: int
    footage_free_bytes: int
    forecast: ForecastReply | None


@router.get("/storage")
@needs(Permission.LOOK)
def storage(site: SiteDep) -> StorageReply:
    """How much footage there is, and how many days will be there."""
    now = site.doors.house.now()
    return StorageReply(
        footage_folder=now.footage_folder,
        footage_used_bytes=now.footage_used_bytes,
        footage_free_bytes=now.footage_free_bytes,
        forecast=ForecastReply.of(now.forecast) if now.forecast else None,
    )
