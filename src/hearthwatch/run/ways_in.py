"""By which addresses this house can be reached: those at home, and those of a private network laid over the internet."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path

from hearthwatch.kit.address import own_addresses
from hearthwatch.web.welcome_doors import Outside

_TAILSCALE = ipaddress.ip_network("100.64.0.0/10")
INTERFACES = Path("/sys/class/net")


def outside(https_port: int, addresses: Mapping[str, str] | None = None, interfaces: Path = INTERFACES) -> Outside:
    """Return the ways in. The rest is for tests: the address of each network interface, and the kernel's list of them."""
    found = own_addresses() if addresses is None else addresses
    over = {name for name, address in found.items() if name.startswith("tailscale") or _is_in_tailscale(address)}
    tunnels = {name for name in found if _is_wireguard(interfaces / name)} - over
    return Outside(
        home=tuple(each for name, each in found.items() if name not in over | tunnels and _is_home(each)),
        tailscale=tuple(each for name, each in found.items() if name in over),
        has_wireguard=bool(tunnels),
        https_port=https_port,
    )


def _is_in_tailscale(address: str) -> bool:
    return ipaddress.ip_address(address) in _TAILSCALE


def _is_home(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return ip.is_private and not ip.is_loopback


def _is_wireguard(interface: Path) -> bool:
    try:
        return "DEVTYPE=wireguard" in (interface / "uevent").read_text()
    except OSError:
        return False
