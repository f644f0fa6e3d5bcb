"""The doorman: holds the one client of each camera, finds out whose it is, and lets credentials go to the camera only."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.neighbours import KernelNeighbours, Neighbours
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.vendors.admission import Admission
from hearthwatch.vendors.capability import DeviceInfo
from hearthwatch.vendors.dahua import DahuaCamera
from hearthwatch.vendors.detection import Detector
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.foscam_hd import FoscamHdCamera
from hearthwatch.vendors.foscam_mjpeg import FoscamMjpegCamera
from hearthwatch.vendors.onvif import OnvifCamera
from hearthwatch.vendors.reolink import ReolinkCamera

_UNKNOWN_FAMILY_S = 86_400.0
_UNREACHABLE_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One camera's own door. `access.port` 0: the vendor's usual one."""

    vendor: Vendor
    access: Access

    @property
    def is_found_out(self) -> bool:
        """Whether both vendor and port are known."""
        return self.vendor is not Vendor.AUTO and self.access.port != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lost:
    """Whose camera it is was not found out; it is not tried again before `until_ns`."""

    until_ns: MonoNs
    kind: type[HearthwatchError]
    why: str


Opener = Callable[..., DeviceInfo]

_OPENERS: Mapping[Vendor, Opener] = {
    Vendor.FOSCAM_MJPEG: FoscamMjpegCamera,
    Vendor.FOSCAM_HD: FoscamHdCamera,
    Vendor.DAHUA: DahuaCamera,
    Vendor.REOLINK: ReolinkCamera,
    Vendor.ONVIF: OnvifCamera,
}


class Doorman:
    """Implements Doorkeeper. For one event loop; `close` it.

    Whose camera it is is found out once, when somebody first asks for its client; a camera of no known family is not asked
    again for a day, nor one that did not answer for some seconds, however many ask for it."""

    def __init__(
        self,
        *,
        clock: Clock,
        rng: random.Random,
        neighbours: Neighbours | None = None,
        detector: Detector | None = None,
        why_held: Callable[[CameraId], str] = lambda _: "",
    ) -> None:
        """`why_held` tells why nobody may log in to a camera just now, "" when everybody may."""
        self._why_held = why_held
        self._clock = clock
        self._rng = rng
        self.detector = detector or Detector(rng=rng)
        self.neighbours: Neighbours = neighbours or KernelNeighbours()
        self.admission = Admission(self.detector, self.neighbours, clock)
        self._doors: dict[CameraId, Door] = {}
        self._found: dict[CameraId, Door] = {}
        self._lost: dict[CameraId, _Lost] = {}
        self._clients: dict[CameraId, DeviceInfo] = {}
        self._opening: dict[CameraId, asyncio.Lock] = {}

    @property
    def cameras(self) -> tuple[CameraId, ...]:
        """See Doorkeeper."""
        return tuple(self._doors)

    def access(self, camera: CameraId) -> Access:
        """See Doorkeeper. The port is 0 while it is not found out."""
        return self.door(camera).access

    def door(self, camera: CameraId) -> Door:
        """Return the door as far as it is known. Raises Unsupported for a camera that is not watched."""
        door = self._found.get(camera) or self._doors.get(camera)
        if door is None:
            raise Unsupported(f"the own door of {camera} is not watched: see [camera.{camera}.door] in the configuration")
        return door

    async def client(self, camera: CameraId) -> DeviceInfo:
        """See Doorkeeper. Raises Unreachable also while another device answers in the camera's place."""
        self.door(camera)
        if why := self._why_held(camera):
            raise Unreachable(why)
        async with self._opening.setdefault(camera, asyncio.Lock()):
            door = self.door(camera)
            if not door.is_found_out:
                door = await self._find_out(camera, door)
            await self.admission.admit(door.access, door.vendor)
            client = self._clients.get(camera)
            if client is None and self.door(camera) == door:  # the configuration may have changed meanwhile
                client = self._clients[camera] = self._open(door)
            if client is None:
                raise Unreachable(f"{camera}: its door has just changed: ask again")
            return client

    def _open(self, door: Door) -> DeviceInfo:
        opener = _OPENERS.get(door.vendor)
        if opener is None:
            raise Unsupported(f"{door.access.camera}: there is no client for {door.vendor} cameras")
        return opener(replace(door.access, gate=self.admission.gate), clock=self._clock, rng=self._rng)

    async def _find_out(self, camera: CameraId, door: Door) -> Door:
        lost = self._lost.get(camera)
        if lost is not None and self._clock.mono_ns() < lost.until_ns:
            raise lost.kind(lost.why)
        access = door.access
        try:
            found = await self.detector.detect(
                access.host, vendor=door.vendor, port=access.port, tls=access.tls, allow_loopback=access.allow_loopback
            )
        except Unreachable as error:
            self._lose(camera, door, Unreachable, str(error), _UNREACHABLE_S)
            raise
        if found.fingerprint is None:
            why = f"{camera}: {access.host} is {found.why}: if you know better, write vendor and port in [camera.{camera}.door]"
            self._lose(camera, door, Unsupported, why, _UNKNOWN_FAMILY_S)
            raise Unsupported(why)
        found_door = Door(vendor=found.fingerprint.vendor, access=replace(access, port=found.port, tls=found.tls))
        if self._doors.get(camera) == door:
            self._found[camera] = found_door
            self._lost.pop(camera, None)
        return found_door

    def _lose(self, camera: CameraId, door: Door, kind: type[HearthwatchError], why: str, wait_s: float) -> None:
        if self._doors.get(camera) == door:
            until_ns = MonoNs(self._clock.mono_ns() + round(wait_s * NS_PER_S))
            self._lost[camera] = _Lost(until_ns=until_ns, kind=kind, why=why)

    @contextlib.asynccontextmanager
    async def guest(self, door: Door) -> AsyncIterator[DeviceInfo]:
        """Yield a client for a door that is not watched, whose vendor and port are known; for the set-up.

        Raises Unsupported where there is no client for its vendor."""
        client = self._open(door)
        try:
            yield client
        finally:
            await client.close()

    @contextlib.asynccontextmanager
    async def visit(self, access: Access) -> AsyncIterator[DeviceInfo]:
        """Yield a client beside the one that is held, which goes in by `access`: to try a password or an address once.

        Port 0 means the one known or found out. Raises as `client`."""
        door = self.door(access.camera)
        if not door.is_found_out:
            door = await self._find_out(access.camera, door)
        if not access.port:
            access = replace(access, port=door.access.port, tls=door.access.tls)
        await self.admission.admit(access, door.vendor)
        client = self._open(Door(vendor=door.vendor, access=access))
        try:
            yield client
        finally:
            await client.close()

    async def renew(self, doors: Mapping[CameraId, Door]) -> None:
        """Watch exactly `doors` from now on; clients of those that changed are closed."""
        gone = [camera for camera, door in self._doors.items() if doors.get(camera) != door]
        self._doors = dict(doors)
        for camera in gone:
            self._found.pop(camera, None)
            self._lost.pop(camera, None)
            client = self._clients.pop(camera, None)
            if client is not None:
                await client.close()

    async def close(self) -> None:
        """Log out everywhere."""
        await self.renew({})
