"""Which MAC address answers at which IP address of the home network, as the kernel learned it; no privileges needed."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hearthwatch.kit.errors import Unreachable

MAX_ADDRESSES = 512
"""As many are poked at most: the kernel has room for 1024 neighbours, and a home network is no campus."""
_ARP = Path("/proc/net/arp")
_ROUTES = Path("/proc/net/route")
_MAX_CHARS = 1 << 20
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_COMPLETE = 0x2
_UP, _GATEWAY = 0x1, 0x2
_DISCARD_PORT = 9
_AT_ONCE = 64
_PAUSE_S = 0.05
_ANSWER_S = 1.5

Network = ipaddress.IPv4Network


class Neighbours(Protocol):
    """The neighbours on the networks this machine itself is in. Nothing is known of what lies behind a router."""

    def macs(self) -> Mapping[str, str]:
        """Return the MAC (lower case, with colons) of each IP address whose MAC the kernel knows now."""
        ...

    def networks(self) -> tuple[Network, ...]:
        """Return the IPv4 networks this machine is in, without those of this very machine."""
        ...

    async def poke(self, addresses: Sequence[str]) -> None:
        """Send each address a byte, so that the kernel asks for its MAC, and wait until the living had time to answer."""
        ...


class KernelNeighbours:
    """Implements Neighbours with the tables of Linux; where there are none, nobody is known."""

    def macs(self) -> Mapping[str, str]:
        """See Neighbours."""
        return arp_table(_text(_ARP))

    def networks(self) -> tuple[Network, ...]:
        """See Neighbours."""
        return own_networks(_text(_ROUTES))

    def routes(self) -> tuple[Route, ...]:
        """Return this machine's IPv4 routes."""
        return own_routes(_text(_ROUTES))

    async def poke(self, addresses: Sequence[str]) -> None:
        """See Neighbours; link-local IPv6 addresses have their interface's number behind a `%`."""
        newer = [address for address in addresses if ":" in address]
        async with _sender("0.0.0.0") as older, _sender("::" if newer else "0.0.0.0") as other:  # noqa: S104 - only sends
            for at in range(0, min(len(addresses), MAX_ADDRESSES), _AT_ONCE):
                for address in addresses[at : at + _AT_ONCE]:
                    if ":" in address:
                        ip, _, interface = address.partition("%")
                        other.sendto(b"\0", (ip, _DISCARD_PORT, 0, int(interface or 0)))
                    else:
                        older.sendto(b"\0", (address, _DISCARD_PORT))
                await asyncio.sleep(_PAUSE_S)
            await asyncio.sleep(_ANSWER_S)


@contextlib.asynccontextmanager
async def _sender(own: str) -> AsyncIterator[asyncio.DatagramTransport]:
    try:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(own, 0))
    except OSError as error:
        raise Unreachable(f"the home network cannot be reached ({error.strerror or error})") from error
    try:
        yield transport
    finally:
        transport.close()


def _text(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            return file.read(_MAX_CHARS)
    except OSError:
        return ""


def arp_table(text: str) -> dict[str, str]:
    """`/proc/net/arp`: address, hardware type, flags, MAC, mask, device. Entries still being asked for are left out."""
    found: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        columns = line.split()
        if len(columns) < 4:
            continue
        address, flags, mac = columns[0], _hex(columns[2]), columns[3].lower()
        if flags & _COMPLETE and _MAC.fullmatch(mac) and mac.strip("0:") and _is_address(address):
            found.setdefault(address, mac)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A line of the machine's own way table; `gateway` is empty for a network this machine itself is in."""

    interface: str
    network: Network
    gateway: str


def own_routes(text: str) -> tuple[Route, ...]:
    """`/proc/net/route`: the routes that are up. Numbers are hexadecimal, lowest byte first."""
    found: list[Route] = []
    for line in text.splitlines()[1:]:
        columns = line.split()
        if len(columns) < 8:
            continue
        flags, mask = _hex(columns[3]), _little(columns[7])
        prefix = mask.bit_count()
        if not flags & _UP or (0xFFFFFFFF << (32 - prefix)) & 0xFFFFFFFF != mask:
            continue
        gateway = str(ipaddress.IPv4Address(_little(columns[2]))) if flags & _GATEWAY else ""
        network = Network((_little(columns[1]) & mask, prefix))
        found.append(Route(interface=columns[0], network=network, gateway=gateway))
    return tuple(found)


def own_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of `/proc/net/route` that are reached without a gateway."""
    found = dict.fromkeys(route.network for route in own_routes(text) if not route.gateway and route.network.prefixlen)
    return tuple(network for network in found if not network.is_loopback and not network.is_link_local)


def at_home(networks: Iterable[Network], home: Sequence[str]) -> tuple[Network, ...]:
    """Return those of `networks` that lie within one of the owner's `home` networks (as `[home] networks` has them)."""
    ours = [one for text in home if isinstance(one := network_of(text), Network)]
    return tuple(network for network in networks if any(network.subnet_of(one) for one in ours))


def network_of(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the network `192.168.1.0/24`, or just `192.168.1`; None when it is none."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        numbers = text.removesuffix(".").split(".")
    if not 0 < len(numbers) < 4 or not all(re.fullmatch(r"[0-9]{1,3}", one) for one in numbers):
        return None
    try:
        return Network((".".join(numbers + ["0"] * (4 - len(numbers))), 8 * len(numbers)))
    except ValueError:
        return None


def addresses_of(networks: Iterable[Network]) -> Iterator[str]:
    """Yield the addresses of devices in `networks`, `MAX_ADDRESSES` in all; a network too large for that is left out."""
    left = MAX_ADDRESSES
    for network in networks:
        if network.num_addresses <= left:
            left -= network.num_addresses
            yield from (str(address) for address in network.hosts())


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _hex(text: str) -> int:
    return int(text, 16) if re.fullmatch(r"(?:0x)?[0-9a-fA-F]{1,8}", text) else 0


def _little(text: str) -> int:
    return int.from_bytes(bytes.fromhex(text), "little") if re.fullmatch(r"[0-9a-fA-F]{8}", text) else 0
