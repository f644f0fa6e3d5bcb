"""The probe that reads DHCP servers' lease files: a renewed lease says who was there, and where it can be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import MonoNs, WallUs
from hearthwatch.presence.leases import Lease, read_leases
from hearthwatch.presence.presence import Asked, Device, DeviceId, Means, Sighting

_FRESH_US = 600 * 1_000_000
"""An older renewal is no sign of anybody's being there now."""


class LeaseProbe:
    """Implements Probe. `hint` is told where a device may be asked."""

    def __init__(self, paths: Callable[[], Sequence[str]], clock: Clock, hint: Callable[[bytes, str], None]) -> None:
        """`paths` returns `presence.leases` as they are now."""
        self._paths = paths
        self._clock = clock
        self._hint = hint
        self._read: dict[str, tuple[int, int, int]] = {}
        self._leases: dict[str, tuple[Lease, ...]] = {}
        self._expires: dict[tuple[str, bytes], WallUs | None] = {}
        self.troubles: dict[str, str] = {}

    async def look(self, devices: Sequence[Device]) -> Sequence[Sighting]:
        """See Probe. What cannot be read is in `troubles`, by its path."""
        by_mac = {device.mac.packed: device for device in devices if device.mac is not None}
        found: list[Sighting] = []
        self.troubles = {path: why for path, why in self.troubles.items() if path in self._paths()}
        for path in self._paths():
            try:
                changed = await asyncio.to_thread(self._changed, path)
            except StorageFailed as error:
                self.troubles[path] = str(error)
                continue
            self.troubles.pop(path, None)
            if changed:
                found += self._signs(path, by_mac)
        return found

    async def ask(self, devices: Sequence[Device], thorough: Collection[DeviceId]) -> Asked:
        """Nobody is asked by reading a file."""
        del devices, thorough
        return Asked(sightings=(), asked=frozenset(), alive=True)

    def _changed(self, path: str) -> bool:
        try:
            stat = Path(path).stat()
        except OSError:
            self._read.pop(path, None)  # read_leases says what is wrong with it
        else:
            mark = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if self._read.get(path) == mark:
                return False
            self._read[path] = mark
        self._leases[path] = read_leases(Path(path))
        return True

    def _signs(self, path: str, by_mac: dict[bytes, Device]) -> list[Sighting]:
        """dnsmasq does not say when a device was heard: its lease then ends later than before, which is seen from the second
        reading on."""
        now_ns, now_us = self._clock.mono_ns(), self._clock.wall_us()
        found = []
        for lease in self._leases[path]:
            device = by_mac.get(lease.mac)
            if device is None:
                continue
            self._hint(lease.mac, lease.ip)
            key = (path, lease.mac)
            was_known, before_us = key in self._expires, self._expires.get(key)
            self._expires[key] = lease.expires_us
            at_us = lease.renewed_us
            if at_us is None and was_known and before_us is not None and lease.expires_us is not None:
                at_us = now_us if lease.expires_us > before_us else None
            if at_us is not None and 0 <= now_us - at_us <= _FRESH_US:
                at_ns = MonoNs(now_ns - (now_us - at_us) * 1000)
                found.append(Sighting(device=device.id, means=Means.LEASE, at_ns=at_ns, at_us=at_us))
        return found
