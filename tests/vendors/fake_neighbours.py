"""A home network to order: who has which MAC, and who answers only when poked. Loopback addresses stand for the home's."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hearthwatch.kit.neighbours import Network
from hearthwatch.vendors.mdns import Announced
from hearthwatch.vendors.onvif_discovery import Answers, FoundCamera


@dataclass(kw_only=True)
class FakeNeighbours:
    """Implements Neighbours."""

    table: dict[str, str] = field(default_factory=dict)
    asleep: dict[str, str] = field(default_factory=dict)
    poked: list[str] = field(default_factory=list)
    callers: list[FoundCamera] = field(default_factory=list)
    announced: list[Announced] = field(default_factory=list)
    nonsense: int = 0

    def macs(self) -> Mapping[str, str]:
        return dict(self.table)

    def networks(self) -> tuple[Network, ...]:
        return (ipaddress.IPv4Network("127.0.0.0/29"),)

    async def poke(self, addresses: Sequence[str]) -> None:
        self.poked += addresses
        self.table |= {ip: mac for ip, mac in self.asleep.items() if ip in addresses}

    async def discover(self) -> Sequence[FoundCamera]:
        """Who answers a call of WS-Discovery."""
        return self.callers

    async def call(self, networks: Sequence[Network]) -> Answers:
        """As `discover`, with what was nonsense."""
        return Answers(cameras=tuple(self.callers), ignored=self.nonsense)

    async def browse(self) -> Sequence[Announced]:
        """Who announces himself by mDNS."""
        return self.announced
