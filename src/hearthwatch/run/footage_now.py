"""How much footage there is and how many days fit, looked up once a minute: the page asks more often than that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.forecast import Forecast, flows, forecast, room_bytes
from hearthwatch.recording.index import Total
from hearthwatch.recording.segment import KeepOptions, StorageOptions
from hearthwatch.run.house_doors import Footage

_EVERY_S = 60.0
_FIRST_S = 5.0
_DAY_US = 86_400 * US_PER_S
_ENOUGH_US = 3_600 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFootage:
    """One camera's footage; `bytes_per_day` is 0 until an hour is there to judge by."""

    oldest_us: WallUs
    size_bytes: int
    bytes_per_day: int


class FootageNow:
    """`run` refreshes; the rest answers from memory."""

    def __init__(self, footage: Footage, clock: Clock) -> None:
        self._footage = footage
        self._clock = clock
        self.cameras: dict[CameraId, CameraFootage] = {}
        self._totals: Sequence[Total] = ()

    @property
    def used_bytes(self) -> int:
        return sum(camera.size_bytes for camera in self.cameras.values())

    def forecast(
        self, options: StorageOptions, keep: Mapping[CameraId, KeepOptions], *, free: int, disk: int
    ) -> Forecast | None:
        """Return how many days will be there, None until there is an hour of footage to judge by."""
        totals, pinned = self._totals, dict.fromkeys(self.cameras, 0)
        for total in totals:
            pinned[total.camera] = pinned.get(total.camera, 0) + (total.size_bytes if total.pinned else 0)
        room = room_bytes(options, used=self.used_bytes, free=free, disk=disk, pinned=sum(pinned.values()))
        rates = flows(totals, options, keep=keep, now_us=self._clock.wall_us())
        return forecast(rates, options, keep=keep, room_bytes=room, pinned=pinned)

    async def run(self) -> None:
        """Refresh until cancelled."""
        await asyncio.sleep(_FIRST_S)
        while True:
            try:
                totals = await asyncio.to_thread(lambda: self._footage.index.totals(self._clock.wall_us()))
            except StorageFailed:
                totals = ()  # nothing is kept yet, or the disk is away: health says which
            self._totals = totals
            self.cameras = by_camera(totals, self._clock.wall_us())
            await asyncio.sleep(_EVERY_S)


def by_camera(totals: Sequence[Total], now_us: WallUs) -> dict[CameraId, CameraFootage]:
    """Return each camera's sums; the newest day's bytes are scaled up where less than a day is there."""
    found: dict[CameraId, CameraFootage] = {}
    for camera in {total.camera for total in totals}:
        own = [total for total in totals if total.camera == camera]
        oldest_us = min(total.oldest_us for total in own)
        covered_us = min(now_us - oldest_us, _DAY_US)
        newest_bytes = sum(total.newest_day_bytes for total in own)
        found[camera] = CameraFootage(
            oldest_us=oldest_us,
            size_bytes=sum(total.size_bytes for total in own),
            bytes_per_day=newest_bytes * _DAY_US // covered_us if covered_us >= _ENOUGH_US else 0,
        )
    return found
