"""The probe that needs no privileges: a byte by UDP makes the kernel ask a phone for its address, and its table tells who
answered. What answers nothing else answers that, sleeping phones too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, MonoNs, WallUs
from hearthwatch.presence.neighbour_table import Neighbour
from hearthwatch.presence.newcomers import Stranger
from hearthwatch.presence.presence import Asked, Device, DeviceId, Means, Sighting

_SWEEP_S = 120.0
"""So long is everybody at home left alone after all were asked, unless somebody is searched for."""
_SEARCH_S = 25.0
_MAX_ADDRESSES = 8
"""Of one device: the newest; a phone has a few IPv6 addresses of a day each."""
_LOOK_S = 0.5
_PATIENCE_S = 9.0
"""The kernel waits 5 s before it asks one it knew, and asks three times a second apart."""
_MAX_STRANGERS = 1024


class Network(Protocol):
    """The home network as this machine is in it."""

    async def table(self) -> Sequence[Neighbour]:
        """Return the kernel's table. Raises Unreachable."""
        ...

    async def poke(self, addresses: Sequence[str]) -> None:
        """Send each address a byte. Raises Unreachable."""
        ...

    def everywhere(self) -> Sequence[str]:
        """Return every address a device of the home network may have, empty when there are too many or none."""
        ...

    def is_up(self) -> bool:
        """Tell whether we are connected to the home network."""
        ...

    def gateways(self) -> Sequence[str]:
        """Return the routers of the home network, who answer whenever it works."""
        ...


class NeighbourProbe:
    """Implements Probe. On one event loop."""

    def __init__(self, network: Network, clock: Clock, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """`pause` waits for a number of seconds."""
        self._network = network
        self._clock = clock
        self._pause = pause
        self._addresses: dict[bytes, dict[str, None]] = {}
        self._swept_ns: MonoNs | None = None
        self._strangers: dict[bytes, Stranger] = {}

    def hint(self, mac: bytes, ip: str) -> None:
        """Remember where a device may be found."""
        known = self._addresses.setdefault(mac, {})
        known.pop(ip, None)
        known[ip] = None
        while len(known) > _MAX_ADDRESSES:
            del known[next(iter(known))]

    def addresses(self, mac: bytes) -> tuple[str, ...]:
        """Return where a device was found, the newest last."""
        return tuple(self._addresses.get(mac, ()))

    @property
    def strangers(self) -> Mapping[bytes, Stranger]:
        """The neighbours that are nobody's, by their MAC."""
        return self._strangers

    async def look(self, devices: Sequence[Device]) -> Sequence[Sighting]:
        """See Probe."""
        return self._read(devices, await self._network.table())

    async def ask(self, devices: Sequence[Device], thorough: Collection[DeviceId]) -> Asked:
        """See Probe."""
        began_ns = self._clock.mono_ns()
        wanted = {device.mac.packed: device for device in devices if device.mac is not None}
        gateways = self._network.gateways()
        if not wanted or not self._network.is_up():
            return Asked(sightings=(), asked=frozenset(), alive=self._network.is_up())
        trusted = {one.mac for one in await self._network.table() if one.has_answered}
        targets = [ip for mac in wanted for ip in self.addresses(mac)]
        everywhere: Sequence[str] = ()
        if self._must_sweep(any(device.id in thorough for device in devices)):
            self._swept_ns = began_ns
            everywhere = self._network.everywhere()
        await self._network.poke(list(dict.fromkeys((*gateways, *targets, *everywhere))))
        newest: dict[DeviceId, Sighting] = {}
        alive = not gateways
        for _turn in range(round(_PATIENCE_S / _LOOK_S)):
            table = await self._network.table()
            for sighting in self._read(devices, table):
                newest[sighting.device] = sighting
            # the kernel does not ask a router again that answered within the last half minute
            alive = alive or any(one.has_answered for one in table if one.ip in gateways)
            answered = {device for device, one in newest.items() if one.at_ns >= began_ns}
            open_ = {device.id for device in wanted.values()} - answered
            asking = any(one.is_being_asked and (one.ip in gateways or one.ip in targets or one.mac is None) for one in table)
            if (not open_ or not asking) and alive:
                break
            await self._pause(_LOOK_S)
        asked = {device.id for mac, device in wanted.items() if mac not in trusted and (everywhere or self.addresses(mac))}
        return Asked(sightings=tuple(newest.values()), asked=frozenset(asked), alive=alive and self._network.is_up())

    def _must_sweep(self, searching: bool) -> bool:
        if self._swept_ns is None:
            return True
        return (self._clock.mono_ns() - self._swept_ns) / NS_PER_S >= (_SEARCH_S if searching else _SWEEP_S)

    def _read(self, devices: Sequence[Device], table: Sequence[Neighbour]) -> list[Sighting]:
        now_ns, now_us = self._clock.mono_ns(), self._clock.wall_us()
        by_mac = {device.mac.packed: device for device in devices if device.mac is not None}
        newest: dict[DeviceId, Sighting] = {}
        for one in table:
            if one.mac is None:
                continue
            device = by_mac.get(one.mac)
            if device is not None:
                self.hint(one.mac, one.ip)
            if not one.has_answered or one.confirmed_ns is None:
                continue
            if device is None:
                self._note_stranger(one.mac, MonoNs(now_ns - one.confirmed_ns))
                continue
            at_ns = MonoNs(now_ns - one.confirmed_ns)
            if device.id not in newest or newest[device.id].at_ns < at_ns:
                at_us = WallUs(now_us - one.confirmed_ns // 1000)
                newest[device.id] = Sighting(device=device.id, means=Means.NEIGHBOUR, at_ns=at_ns, at_us=at_us)
        return list(newest.values())

    def _note_stranger(self, mac: bytes, at_ns: MonoNs) -> None:
        known = self._strangers.pop(mac, None)
        self._strangers[mac] = Stranger(mac=mac, first_ns=known.first_ns if known else at_ns, last_ns=at_ns)
        while len(self._strangers) > _MAX_STRANGERS:
            del self._strangers[next(iter(self._strangers))]
