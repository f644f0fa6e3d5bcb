"""Looking for cameras on the home network, for the set-up: bounded in addresses and time, without credentials.

Three ways at once: a call to all (WS-Discovery), what devices announce of themselves (mDNS), and a look at the ports of every
address that lives. Only addresses that are at home are ever connected to, whatever an answer names.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hearthwatch.kit.errors import HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.neighbours import Neighbours, Network, at_home, network_of
from hearthwatch.vendors.detection import Detected, Detector
from hearthwatch.vendors.device import Vendor
from hearthwatch.vendors.onvif_discovery import Answers, FoundCamera

if TYPE_CHECKING:
    from hearthwatch.vendors.mdns import Announced

MAX_NETWORK = 1024
"""Addresses of a network that is searched address by address: a /22. Of a larger one only who answers a call is found."""
_MAX_HOSTS = 256
_AT_ONCE = 8
_BLOCK = 256

Discover = Callable[[Sequence[Network]], Awaitable[Answers]]
"""Calls on the networks given, each from this machine's own address in it."""
Browse = Callable[[], Awaitable["Sequence[Announced]"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A device of the home network, found without credentials. `mac` is "" where the network does not show it, `called` is
    what it answered to a call of WS-Discovery, `announced` the name it gives itself by mDNS."""

    detected: Detected
    mac: str
    called: FoundCamera | None = None
    announced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyNow:
    """How far the search is. `living` addresses answer at all, `looked` of them were looked at; `ignored` counts answers that
    were nonsense or named an address that is not at home."""

    networks: tuple[str, ...] = ()
    too_large: tuple[str, ...] = ()
    addresses: int = 0
    living: int = 0
    looked: int = 0
    ignored: int = 0
    found: tuple[Sighting, ...] = ()
    troubles: tuple[str, ...] = ()


@dataclass(slots=True)
class _Notes:
    """What is known so far, told whenever it grows."""

    tell: Callable[[SurveyNow], None]
    now: SurveyNow = field(default_factory=SurveyNow)

    def update(self, **changes: object) -> None:
        self.now = replace(self.now, **changes)  # type: ignore[arg-type]
        self.tell(self.now)


class Survey:
    """For one event loop. One search at a time."""

    def __init__(
        self,
        detector: Detector,
        neighbours: Neighbours,
        *,
        discover: Discover,
        browse: Browse,
        allow_loopback: bool = False,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._detector = detector
        self._neighbours = neighbours
        self._discover = discover
        self._browse = browse

    async def run(self, home: Sequence[str], tell: Callable[[SurveyNow], None] = lambda _: None) -> SurveyNow:
        """Look around on the networks that this machine is in and that are `home`; `tell` hears of every step."""
        notes = _Notes(tell)
        networks = at_home(self._neighbours.networks(), home)
        small = [one for one in networks if one.num_addresses <= MAX_NETWORK]
        large = tuple(str(one) for one in networks if one.num_addresses > MAX_NETWORK)
        notes.update(
            networks=tuple(str(one) for one in small), too_large=large, addresses=sum(one.num_addresses for one in small)
        )
        called, announced, living = await asyncio.gather(
            self._called(networks, home, notes), self._announced(home, notes), self._poked(small, home, notes)
        )
        hosts = tuple(dict.fromkeys((*called, *announced, *living)))[:_MAX_HOSTS]
        notes.update(living=len(hosts))
        turns = asyncio.Semaphore(_AT_ONCE)

        async def look(ip: str) -> None:
            async with turns:
                seen = await self.look(ip, called.get(ip), announced.get(ip, ""), allow_loopback=self._allow_loopback)
            found = notes.now.found if seen is None else tuple(sorted((*notes.now.found, seen), key=_place))
            notes.update(looked=notes.now.looked + 1, found=found)

        await asyncio.gather(*(look(ip) for ip in hosts))
        return notes.now

    async def look(
        self, host: str, called: FoundCamera | None = None, announced: str = "", *, port: int = 0, allow_loopback: bool = False
    ) -> Sighting | None:
        """Return what answers at one address, None when that is no camera as far as can be seen."""
        found = None
        with contextlib.suppress(Unreachable, Unsupported):
            found = await self._detector.detect(host, port=port, allow_loopback=allow_loopback)
        if called is not None and (found is None or found.fingerprint is None):
            with contextlib.suppress(Unreachable, Unsupported):
                found = await self._detector.detect(
                    host, vendor=Vendor.ONVIF, port=called.port, tls=called.tls, allow_loopback=allow_loopback
                )
        if found is None or (called is None and not found.looks_like_camera):
            return None
        return Sighting(detected=found, mac=self._neighbours.macs().get(host, ""), called=called, announced=announced)

    async def _called(self, networks: Sequence[Network], home: Sequence[str], notes: _Notes) -> dict[str, FoundCamera]:
        try:
            answers = await self._discover(networks)
        except HearthwatchError as error:
            notes.update(troubles=(*notes.now.troubles, str(error)))
            return {}
        found = {one.host: one for one in answers.cameras if is_at_home(one.host, home)}
        notes.update(ignored=notes.now.ignored + answers.ignored + len(answers.cameras) - len(found))
        return found

    async def _announced(self, home: Sequence[str], notes: _Notes) -> dict[str, str]:
        try:
            all_of_them = await self._browse()
        except HearthwatchError as error:
            notes.update(troubles=(*notes.now.troubles, str(error)))
            return {}
        found: dict[str, str] = {}
        for one in all_of_them:
            if is_at_home(one.host, home):
                found.setdefault(one.host, one.name)
        notes.update(ignored=notes.now.ignored + sum(not is_at_home(one.host, home) for one in all_of_them))
        return found

    async def _poked(self, networks: Iterable[Network], home: Sequence[str], notes: _Notes) -> list[str]:
        """Have the kernel ask for the MAC of every address, some hundred at a time: its table has no room for more."""
        living: dict[str, None] = dict.fromkeys(ip for ip in self._neighbours.macs() if is_at_home(ip, home))
        addresses = [str(address) for network in networks for address in network.hosts()][:MAX_NETWORK]
        for at in range(0, len(addresses), _BLOCK):
            try:
                await self._neighbours.poke(addresses[at : at + _BLOCK])
            except Unreachable as error:
                notes.update(troubles=(*notes.now.troubles, str(error)))
                break
            living.update(dict.fromkeys(ip for ip in self._neighbours.macs() if is_at_home(ip, home)))
            notes.update(living=len(living))
        return list(living)


def is_at_home(ip: str, home: Sequence[str]) -> bool:
    """Tell whether `ip` lies in one of the owner's networks and may be a device's address at all."""
    here = network_of(ip)
    if here is None or here.num_addresses != 1 or here.is_multicast or here.is_link_local:
        return False
    return any(network is not None and here[0] in network for network in map(network_of, home))


def _place(one: Sighting) -> tuple[int, bytes]:
    here = network_of(one.detected.host)
    return (0, b"") if here is None else (here.version, here.network_address.packed)
