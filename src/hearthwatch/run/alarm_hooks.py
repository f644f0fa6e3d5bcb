"""Calls of the cameras, checked: the secret word, the camera's own address, and not more often than makes sense."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress

from hearthwatch.kit.address import resolve
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.vendors.alarm_hub import AlarmHub
from hearthwatch.vendors.capability import Doorkeeper

_PURPOSE = "hook"
_EVERY_S = 0.25
_PLACE_S = 60.0


class AlarmHooks:
    """Implements HookDoor. Used on the house's loop."""

    def __init__(self, keeper: Doorkeeper, hub: AlarmHub, secrets: Secrets, clock: Clock) -> None:
        self._keeper = keeper
        self._hub = hub
        self._secrets = secrets
        self._clock = clock
        self._words: dict[CameraId, str] = {}
        self._called_ns: dict[CameraId, MonoNs] = {}
        self._places: dict[CameraId, tuple[str, str, MonoNs]] = {}

    async def word(self, camera: CameraId) -> str:
        """See HookDoor. It holds as long as the house has its key."""
        if camera not in self._keeper.cameras:
            raise Unsupported("the own door of this camera is not watched, so it cannot be asked what it has to tell")
        if camera not in self._words:
            (mark,) = await asyncio.to_thread(self._secrets.marks, [camera], _PURPOSE)
            self._words[camera] = mark.rpartition(":")[2]
        return self._words[camera]

    async def knock(self, camera: CameraId, word: str, address: str) -> bool:
        """See HookDoor."""
        if camera not in self._keeper.cameras:
            return False
        right = await self.word(camera)
        if not hmac.compare_digest(right.encode(), word.encode(errors="replace")):
            return False
        now_ns = self._clock.mono_ns()
        caller = _plain(address)
        if not caller or caller != await self._place(camera, now_ns):
            return False
        if camera in self._called_ns and now_ns - self._called_ns[camera] < _EVERY_S * NS_PER_S:
            return True  # it was just asked
        self._called_ns[camera] = now_ns
        self._hub.poke(camera)
        return True

    async def _place(self, camera: CameraId, now_ns: MonoNs) -> str:
        """Return the address the camera has, as its name leads to it; "" when it cannot be told."""
        access = self._keeper.access(camera)
        host, place, until_ns = self._places.get(camera, ("", "", MonoNs(0)))
        if host != access.host or now_ns >= until_ns:
            try:
                ip, _port = await asyncio.to_thread(resolve, access.host, access.port or 80, access.allow_loopback)
            except HearthwatchError:
                ip = ""
            place = _plain(ip)
            self._places[camera] = access.host, place, MonoNs(now_ns + round(_PLACE_S * NS_PER_S))
        return place


def _plain(address: str) -> str:
    """Return an address in its usual spelling, "" for none."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)
