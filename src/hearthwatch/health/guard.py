"""The guard of the connection: looks every few minutes which ways out work, and reports what stays broken."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Sequence

from hearthwatch.health.connectivity import (
    REACHES,
    WAYS,
    ConnectivityOptions,
    Endpoint,
    Look,
    Mark,
    Named,
    Reached,
    RouterSign,
    Tried,
    Trouble,
    verdict,
)
from hearthwatch.health.outage import HealthSink
from hearthwatch.health.reach import Reach
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.neighbours import network_of
from hearthwatch.kit.units import MonoNs

_AGAIN_S = 20.0


class Guard:
    """`look` looks once; `run` keeps looking. Reads its options, endpoints and the home's networks anew each time."""

    def __init__(
        self,
        reach: Reach,
        *,
        options: Callable[[], ConnectivityOptions],
        endpoints: Callable[[], Sequence[Endpoint]],
        home: Callable[[], Sequence[str]],
        lasting: Callable[[], Iterable[Mark]],
        health: HealthSink,
        clock: Clock,
        repair: Callable[[Trouble], Awaitable[None]],
    ) -> None:
        """`lasting` are the outages that go on, those a former house left as well; `repair` is asked at each look from
        `restart_after` on."""
        self._reach = reach
        self._options = options
        self._endpoints = endpoints
        self._home = home
        self._lasting = lasting
        self._health = health
        self._clock = clock
        self._repair = repair
        self._missed: dict[Mark, tuple[int, MonoNs]] = {}
        self._addresses: dict[str, Sequence[str]] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            every_s = self._options().every_s
            is_well = await self.look()
            await asyncio.sleep(every_s if is_well else min(every_s, _AGAIN_S))

    async def look(self) -> bool:
        """Look once; True when all is well."""
        options, endpoints = self._options(), self._endpoints()
        if not options.enabled:
            self._recover({mark for mark in self._lasting() if mark[0] in REACHES})
            return True
        now_ns = self._clock.mono_ns()
        found = verdict(await self._try(endpoints))
        known = {one.mark for one in endpoints}
        gone = {mark for mark in self._lasting() if mark[0] in REACHES - WAYS and mark not in known}
        self._recover(found.well | gone)
        for trouble in found.troubles:
            count, since_ns = self._missed.get(trouble.mark, (0, now_ns))
            self._missed[trouble.mark] = (count + 1, since_ns)
            fault, subject = trouble.mark
            if count + 1 >= options.misses:
                self._health.failed(fault, subject, trouble.detail, since_ns=since_ns)
            if fault in WAYS and count + 1 >= max(options.restart_after, options.misses):
                await self._repair(trouble)
        return not found.troubles

    async def is_over(self, mark: Mark) -> bool:
        """Tell whether what was broken works by now: looks anew while it lasts. What is still broken counts as no look."""
        if mark in self._lasting() and self._options().enabled:
            self._recover(verdict(await self._try(self._endpoints())).well)
        return mark not in self._lasting()

    def _recover(self, well: Iterable[Mark]) -> None:
        lasting = frozenset(self._lasting())
        for mark in well:
            self._missed.pop(mark, None)
            if mark in lasting:
                self._health.recovered(*mark)

    async def _try(self, endpoints: Sequence[Endpoint]) -> Look:
        for host in self._addresses.keys() - {one.host for one in endpoints}:
            del self._addresses[host]
        gateway = self._reach.gateway()
        sign, *tried = await asyncio.gather(self._router(gateway), *map(self._try_one, endpoints))
        assert isinstance(sign, RouterSign)
        return Look(router=sign, gateway=gateway, tried=[one for one in tried if isinstance(one, Tried)])

    async def _router(self, gateway: str) -> RouterSign:
        if not gateway:
            return RouterSign.NONE
        return RouterSign.ANSWERS if await self._reach.router_answers(gateway) else RouterSign.SILENT

    async def _try_one(self, endpoint: Endpoint) -> Tried:
        """Where the name server is silent, the addresses it last gave are tried: that tells its silence from the internet's."""
        named = Named.NUMBERS
        addresses: Sequence[str] = (endpoint.host,)
        if not _is_address(endpoint.host):
            found = await self._reach.resolve(endpoint.host)
            named = Named.SILENT if found is None else Named.KNOWN if found else Named.UNKNOWN
            if found:
                self._addresses[endpoint.host] = found
            addresses = self._addresses.get(endpoint.host, ()) if named is not Named.UNKNOWN else ()
        reached: Reached | None = None
        for address in addresses:
            reached = await self._reach.connect(address, endpoint.port)
            if reached is not Reached.SILENT:
                break
        outside = not addresses or not all(self._is_home(address) for address in addresses)
        return Tried(endpoint=endpoint, named=named, reached=reached, outside=outside)

    def _is_home(self, address: str) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        networks = (network_of(text) for text in self._home())
        return ip.is_loopback or ip.is_link_local or any(one is not None and ip in one for one in networks)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
