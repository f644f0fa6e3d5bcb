"""Whether credentials may go to what answers at a camera's address: only to the device that is known to be the camera."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hearthwatch.kit.address import resolve
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.neighbours import Neighbours
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.vendors.detection import Detector
from hearthwatch.vendors.device import Access, Vendor
from hearthwatch.vendors.known import KnownCamera, Match, match_shown

_ASK_AGAIN_S = 60.0

_Place = tuple[str, str]
"""An IP address and the MAC that answers there, "" where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turned:
    """Turned away at this place; not looked at again before `until_ns`."""

    place: _Place
    until_ns: MonoNs
    why: str


class Admission:
    """What it learns by `learn` and `forget` is kept by whoever calls them. `gate` is asked before every connection."""

    def __init__(self, detector: Detector, neighbours: Neighbours, clock: Clock) -> None:
        self._detector = detector
        self._neighbours = neighbours
        self._clock = clock
        self._known: dict[CameraId, KnownCamera] = {}
        self._checked: dict[CameraId, _Place] = {}
        self._turned: dict[CameraId, _Turned] = {}
        self._barred: dict[CameraId, str] = {}

    def learn(self, known: KnownCamera) -> None:
        """From now on this is who `known.camera` is."""
        self._known[known.camera] = known
        self._turned.pop(known.camera, None)

    def forget(self, camera: CameraId) -> None:
        """Whoever answers next is taken for `camera`."""
        self._known.pop(camera, None)
        self._checked.pop(camera, None)
        self._turned.pop(camera, None)
        self._barred.pop(camera, None)

    def known(self, camera: CameraId) -> KnownCamera | None:
        return self._known.get(camera)

    def stranger(self, camera: CameraId) -> str:
        """Return why what answers was turned away last, "" when it was not."""
        turned = self._turned.get(camera)
        return self._barred.get(camera) or (turned.why if turned else "")

    def link_mac(self, ip: str) -> str:
        """Return the MAC at `ip` as the network sees it, "" when it is not known."""
        return self._neighbours.macs().get(ip, "")

    def gate(self, camera: CameraId, ip: str) -> None:
        """See device.Gate. Quick: looks at the neighbour table only."""
        known = self._known.get(camera)
        if known is None:
            return
        self._check_barred(camera)
        if not self._is_fine(known, (ip, self.link_mac(ip))):
            raise Unreachable(
                self.stranger(camera) or f"it is not certain that the device at {ip} is {camera}: to be looked at"
            )

    def _check_barred(self, camera: CameraId) -> None:
        if camera in self._barred:
            raise Unreachable(self._barred[camera])

    def _is_fine(self, known: KnownCamera, place: _Place) -> bool:
        if self._checked.get(known.camera) == place:
            return True
        match match_shown(known, place[1], None):
            case Match.SAME:
                return True
            case Match.UNCLEAR:
                return place[0] == known.ip and known.camera not in self._turned
            case Match.OTHER:
                return False

    async def admit(self, access: Access, vendor: Vendor) -> None:
        """Look at who answers, without credentials, where `gate` would not do. Raises Unreachable for another device or
        when nothing answers, Unsupported for an address that no camera may have."""
        known = self._known.get(access.camera)
        if known is None:
            return
        self._check_barred(access.camera)
        ip, _ = await asyncio.to_thread(resolve, access.host, access.port, access.allow_loopback)
        place = (ip, self.link_mac(ip))
        if known.link_mac and not place[1]:
            await self._detector.answers(access.host, access.port, allow_loopback=access.allow_loopback)
            place = (ip, self.link_mac(ip))
        if self._is_fine(known, place):
            self._turned.pop(access.camera, None)
            return
        turned = self._turned.get(access.camera)
        if turned is not None and turned.place == place and self._clock.mono_ns() < turned.until_ns:
            raise Unreachable(turned.why)
        await self._look(known, access, vendor, place)

    async def _look(self, known: KnownCamera, access: Access, vendor: Vendor, place: _Place) -> None:
        seen = await self._detector.fingerprint(access, vendor)
        verdict = Match.OTHER if seen is None else match_shown(known, place[1], seen)
        named = verdict is Match.UNCLEAR and access.host != known.host and not place[1]
        if verdict is Match.SAME or named:  # an address behind a router that the owner wrote down is his word
            self._checked[access.camera] = place
            self._turned.pop(access.camera, None)
            return
        self._turn_away(known, place)

    def _turn_away(self, known: KnownCamera, place: _Place) -> None:
        ip, mac = place
        who = f"MAC {mac}" if mac else "its MAC is not known"
        was = known.link_mac or known.mac or known.serial
        why = f"another device answers at {ip} ({who}; the camera is {was}): no password was sent to it"
        until_ns = MonoNs(self._clock.mono_ns() + round(_ASK_AGAIN_S * NS_PER_S))
        self._turned[known.camera] = _Turned(place=place, until_ns=until_ns, why=why)
        raise Unreachable(why)

    def bar(self, camera: CameraId, why: str) -> None:
        """What took our credentials says itself that it is another device: nothing goes there until `forget`."""
        self._barred[camera] = why
