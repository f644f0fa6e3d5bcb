"""Trying the ways out: names, TCP connections that carry nothing, and whether the router answers. No privileges needed."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from typing import Protocol

from hearthwatch.health.connectivity import Reached
from hearthwatch.kit.neighbours import KernelNeighbours
from hearthwatch.kit.traffic import TRAFFIC

_NAME_S = 12.0
_CONNECT_S = 10.0
"""A dead neighbour is found out by the kernel after 5 s of benefit of the doubt and three questions, a second each."""
_ROUTER_PORT = 53
_ADDRESSES = 4
_NO_ANSWER = frozenset({socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM})


class Reach(Protocol):
    """What can be tried. Nothing here raises: no answer is an answer."""

    async def resolve(self, host: str) -> Sequence[str] | None:
        """Return the addresses of `host`, none when the name server does not know it; None when it does not answer."""
        ...

    async def connect(self, address: str, port: int) -> Reached: ...

    def gateway(self) -> str:
        """Return the address of the default router, "" when there is none."""
        ...

    async def router_answers(self, gateway: str) -> bool: ...


class KernelReach:
    """Implements Reach with this machine's own network."""

    def __init__(self) -> None:
        self._neighbours = KernelNeighbours()
        self._answered: set[str] = set()

    async def resolve(self, host: str) -> Sequence[str] | None:
        """See Reach."""
        try:
            async with asyncio.timeout(_NAME_S):
                found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except TimeoutError:
            return None
        except socket.gaierror as error:
            return None if error.errno in _NO_ANSWER else ()
        except (OSError, ValueError):
            return ()
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))[:_ADDRESSES]

    async def connect(self, address: str, port: int) -> Reached:
        """See Reach."""
        TRAFFIC.sent("connectivity", 0)
        try:
            async with asyncio.timeout(_CONNECT_S):
                _reader, writer = await asyncio.open_connection(address, port)
        except ConnectionRefusedError:
            return Reached.REFUSED
        except (OSError, ValueError):
            return Reached.SILENT
        writer.close()
        return Reached.TAKEN

    def gateway(self) -> str:
        """See Reach. IPv4 only."""
        everywhere = ipaddress.IPv4Network("0.0.0.0/0")
        return next((one.gateway for one in self._neighbours.routes() if one.gateway and one.network == everywhere), "")

    async def router_answers(self, gateway: str) -> bool:
        """See Reach. Of one whose firewall drops the connection the kernel still learns the hardware address. What it learned
        stays good for up to 45 s, too long for a router that has taken or refused connections before."""
        reached = await self.connect(gateway, _ROUTER_PORT)
        if reached is not Reached.SILENT:
            self._answered.add(gateway)
            return True
        return gateway not in self._answered and gateway in self._neighbours.macs()
