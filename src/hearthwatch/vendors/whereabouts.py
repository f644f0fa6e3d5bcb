"""Finding a camera again whose address changed: on the home networks only, bounded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.neighbours import Neighbours, addresses_of, at_home, network_of
from hearthwatch.vendors.detection import Detector
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.known import KnownCamera, Match, match_shown
from hearthwatch.vendors.onvif_discovery import FoundCamera

_MAX_HOSTS = 128

Discover = Callable[[], Awaitable[Sequence[FoundCamera]]]
"""Calls on the home network and returns who answered. Raises Unreachable when this machine is in none."""


class Whereabouts:
    """Looks around on the networks that this machine is in and that are home."""

    def __init__(self, detector: Detector, neighbours: Neighbours, *, discover: Discover) -> None:
        self._detector = detector
        self._neighbours = neighbours
        self._discover = discover

    async def find(self, known: KnownCamera, access: Access, home: Sequence[str], taken: frozenset[str]) -> str | None:
        """Return the address at which the camera answers now, None when it is not found. `taken` are other cameras'.

        It is known by its MAC in the network, else by what it shows to anybody. Nothing is sent but questions."""
        asked: set[str] = set()
        for others in (self._by_mac, self._by_poking, self._by_calling):
            for ip in await others(known, home):
                if ip in taken and not self._has_its_mac(known, ip):  # else two cameras have changed places
                    continue
                if ip not in asked and len(asked) < _MAX_HOSTS:
                    asked.add(ip)
                    if await self._is_it(known, access, ip):
                        return ip
        return None

    async def _by_mac(self, known: KnownCamera, home: Sequence[str]) -> Sequence[str]:
        return [ip for ip in self._living(home) if self._has_its_mac(known, ip)]

    def _has_its_mac(self, known: KnownCamera, ip: str) -> bool:
        return self._neighbours.macs().get(ip, "") in {known.mac, known.link_mac} - {""}

    async def _by_poking(self, known: KnownCamera, home: Sequence[str]) -> Sequence[str]:
        await self._poke(home)
        found = list(await self._by_mac(known, home))
        return found + self._living(home) if known.mark else found

    async def _by_calling(self, known: KnownCamera, home: Sequence[str]) -> Sequence[str]:
        called = list(await self._called(home))
        return [ip for ip in called if known.mark or self._has_its_mac(known, ip)]

    async def _is_it(self, known: KnownCamera, access: Access, ip: str) -> bool:
        try:
            seen = await self._detector.fingerprint(replace(access, host=ip), known.vendor)
        except (Unreachable, Unsupported):
            return False
        if seen is None:
            return False
        return match_shown(known, self._neighbours.macs().get(ip, ""), seen) is Match.SAME

    def _living(self, home: Sequence[str]) -> list[str]:
        return [ip for ip in self._neighbours.macs() if _is_at_home(ip, home)]

    async def _poke(self, home: Sequence[str]) -> None:
        addresses = list(addresses_of(at_home(self._neighbours.networks(), home)))
        if addresses:
            await self._neighbours.poke(addresses)

    async def _called(self, home: Sequence[str]) -> dict[str, FoundCamera]:
        return {one.host: one for one in await self._discover() if _is_at_home(one.host, home)}


def _is_at_home(ip: str, home: Sequence[str]) -> bool:
    here = network_of(ip)
    if here is None:
        return False
    return any(network is not None and here[0] in network for network in map(network_of, home))
