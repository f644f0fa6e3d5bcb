"""The doorman: holds the one client of each camera, finds out whose it is, and opens a new one when its door changes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import DeviceInfo
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.reolink import ReolinkCamera


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One camera's own door. `access.port` 0: the vendor's usual one."""

    vendor: Vendor
    access: Access


Opener = Callable[..., DeviceInfo]

_OPENERS: Mapping[Vendor, Opener] = {
    Vendor.FOSCAM_MJPEG: FoscamMjpegCamera,
    Vendor.FOSCAM_HD: FoscamHdCamera,
    Vendor.DAHUA: DahuaCamera,
    Vendor.REOLINK: ReolinkCamera,
}


class Doorman:
    """Implements Doorkeeper. For one event loop; `close` it."""

    def __init__(self, *, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._doors: dict[CameraId, Door] = {}
        self._clients: dict[CameraId, DeviceInfo] = {}
        self._opening: dict[CameraId, asyncio.Lock] = {}

    @property
    def cameras(self) -> tuple[CameraId, ...]:
        """See Doorkeeper."""
        return tuple(self._doors)

    def access(self, camera: CameraId) -> Access:
        """See Doorkeeper."""
        return self._door(camera).access

    def _door(self, camera: CameraId) -> Door:
        door = self._doors.get(camera)
        if door is None:
            raise Unsupported(f"the own door of {camera} is not watched: see [camera.{camera}.door] in the configuration")
        return door

    async def client(self, camera: CameraId) -> DeviceInfo:
        """See Doorkeeper."""
        door = self._door(camera)
        async with self._opening.setdefault(camera, asyncio.Lock()):
            client = self._clients.get(camera)
            if client is None:
                opener = _OPENERS.get(door.vendor)
                if opener is None:
                    raise Unsupported(f"{camera}: name its vendor in [camera.{camera}.door]")
                client = self._clients[camera] = opener(door.access, clock=self._clock, rng=self._rng)
            return client

    async def renew(self, doors: Mapping[CameraId, Door]) -> None:
        """Watch exactly `doors` from now on; clients of those that changed are closed."""
        gone = [camera for camera, door in self._doors.items() if doors.get(camera) != door]
        self._doors = dict(doors)
        for camera in gone:
            client = self._clients.pop(camera, None)
            if client is not None:
                await client.close()

    async def close(self) -> None:
        """Log out everywhere."""
        await self.renew({})
