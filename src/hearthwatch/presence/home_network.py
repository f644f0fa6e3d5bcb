"""The home network as the kernel of this machine knows it: its routes, its neighbours, and whether the cable is in."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Callable, Sequence

from hearthwatch.kit.address import source_address
from hearthwatch.kit.neighbours import KernelNeighbours, Route, addresses_of, at_home
from hearthwatch.presence.neighbour_table import Neighbour, read_table

_GET_FLAGS = 0x8913
"""SIOCGIFFLAGS, netdevice(7)."""
_REQUEST = struct.Struct("16sh22x")
_UP, _RUNNING = 0x1, 0x40


class HomeNetwork:
    """Implements neighbour_probe.Network. `home` returns `home.networks` as they are now."""

    def __init__(self, home: Callable[[], Sequence[str]]) -> None:
        self._home = home
        self._neighbours = KernelNeighbours()

    async def table(self) -> Sequence[Neighbour]:
        """See Network."""
        return await asyncio.to_thread(read_table)

    async def poke(self, addresses: Sequence[str]) -> None:
        """See Network."""
        await self._neighbours.poke(addresses)

    def everywhere(self) -> Sequence[str]:
        """See Network."""
        return self.within(self._ours())

    def on(self, interface: str) -> tuple[Sequence[str], str]:
        """Return every address of the home network `interface` is in, and our own in it; empty where there is none."""
        ours = [route for route in self._ours() if route.interface == interface]
        found = self.within(ours)
        return found, (source_address(str(ours[0].network[1])) or "") if found else ""

    def within(self, routes: Sequence[Route]) -> Sequence[str]:
        """Return the addresses of devices behind `routes`."""
        return tuple(addresses_of(dict.fromkeys(route.network for route in routes)))

    def is_up(self) -> bool:
        """See Network."""
        return any(_is_running(interface) for interface in {route.interface for route in self._ours()})

    def gateways(self) -> Sequence[str]:
        """See Network."""
        ours = self._ours()
        routers = dict.fromkeys(route.gateway for route in self._neighbours.routes() if route.gateway)
        return tuple(router for router in routers if any(_holds(route, router) for route in ours))

    def _ours(self) -> list[Route]:
        routes = [route for route in self._neighbours.routes() if not route.gateway and route.network.prefixlen]
        home = set(at_home([route.network for route in routes], self._home()))
        return [route for route in routes if route.network in home]


def _holds(route: Route, router: str) -> bool:
    return ipaddress.IPv4Address(router) in route.network


def _is_running(interface: str) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        reply = fcntl.ioctl(sock, _GET_FLAGS, _REQUEST.pack(interface.encode()[:15], 0))
        flags = _REQUEST.unpack(reply)[1]
        return bool(flags & _UP and flags & _RUNNING)
    return False
