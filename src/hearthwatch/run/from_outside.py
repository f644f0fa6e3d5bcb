"""Whether the page is open to the internet, as far as can be seen from within: own addresses, and what the router tells."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from hearthwatch.kit.address import AddressV6, own_addresses, own_addresses_v6
from hearthwatch.kit.neighbours import KernelNeighbours
from hearthwatch.run.ways_in import INTERFACES, outside
from hearthwatch.vendors.router import Router, ask_router
from hearthwatch.web.welcome_doors import FromOutside, Opening, RouterSays

_EVERYWHERE = ipaddress.ip_network("0.0.0.0/0")


async def from_outside(ports: Collection[int]) -> FromOutside:
    """Ask this machine and its router."""
    gateway = next((each.gateway for each in KernelNeighbours().routes() if each.gateway and each.network == _EVERYWHERE), "")
    return await seen(ports, gateway, own_addresses(), own_addresses_v6())


async def seen(
    ports: Collection[int],
    gateway: str,
    addresses: dict[str, str],
    newer: Collection[AddressV6],
    *,
    ask: Callable[[str], Awaitable[Router]] = ask_router,
    interfaces: Path = INTERFACES,
) -> FromOutside:
    """Put together what the page shows; `addresses` are those of each interface by IPv4, `newer` those by IPv6."""
    router = await ask(gateway) if gateway else Router()
    ours = {*addresses.values(), *(str(each.address) for each in newer)}
    here = [each for each in router.mappings if each.inside in ours]
    ways = outside(0, addresses, interfaces)
    public = [each for each in addresses.values() if ipaddress.ip_address(each).is_global]
    public += [str(each.address) for each in newer if each.address.is_global]
    return FromOutside(
        public=tuple(dict.fromkeys(public)),
        says=_says(gateway, router),
        router=router.name,
        outer=router.outer,
        outer_is_private=bool(router.outer) and not ipaddress.ip_address(router.outer).is_global,
        opens=router.opens,
        openings=tuple(
            Opening(
                protocol=each.protocol,
                outer_port=each.outer_port,
                inner_port=each.inner_port,
                what=each.what,
                is_page=each.protocol == "TCP" and each.inner_port in ports,
            )
            for each in here
        ),
        others=len(router.mappings) - len(here),
        tailscale=bool(ways.tailscale),
        wireguard=ways.has_wireguard,
    )


def _says(gateway: str, router: Router) -> RouterSays:
    if not gateway:
        return RouterSays.NONE
    if not router.lists:
        return RouterSays.SILENT
    return RouterSays.ALL if router.is_whole else RouterSays.SOME
