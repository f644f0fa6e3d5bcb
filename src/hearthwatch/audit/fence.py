"""Rules for a router that keep the cameras off the Internet, while the home and the time of day still reach them. Pure.

They are for the router that stands between cameras and Internet: this machine sees what passes only if it is that router.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import CameraId


class FenceKind(StrEnum):
    NFTABLES = "nftables"
    OPENWRT = "openwrt"
    VYOS = "vyos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """A camera as far as its place in the network is known: IP addresses, and its MAC or "" ."""

    camera: CameraId
    addresses: tuple[str, ...]
    mac: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """The same for all dialects: addresses and networks sorted by family, each once."""

    cameras: tuple[Fenced, ...]
    v4: tuple[str, ...]
    v6: tuple[str, ...]
    macs: tuple[str, ...]
    home4: tuple[str, ...]
    home6: tuple[str, ...]


_LOCAL = ("224.0.0.0/4", "169.254.0.0/16", "fe80::/10", "ff00::/8")
"""What does not leave the spot in any case."""


def fence(kind: FenceKind, cameras: Sequence[Fenced], networks: Iterable[str]) -> str:
    """Return the rules. `networks` belong to the home, as CIDR. Raises Unsupported when no camera's place is known."""
    ground = _ground(cameras, networks)
    if not (ground.v4 or ground.v6 or ground.macs):
        raise Unsupported("there is nothing to fence: no camera in the configuration has an address in the network")
    lines = {FenceKind.NFTABLES: _nftables, FenceKind.OPENWRT: _openwrt, FenceKind.VYOS: _vyos}[kind](ground)
    return "\n".join(lines) + "\n"


def _ground(cameras: Sequence[Fenced], networks: Iterable[str]) -> _Ground:
    ips = {ipaddress.ip_address(address.partition("%")[0]) for camera in cameras for address in camera.addresses}
    home = tuple(networks)
    return _Ground(
        cameras=tuple(cameras),
        v4=tuple(str(ip) for ip in sorted(ip for ip in ips if isinstance(ip, ipaddress.IPv4Address))),
        v6=tuple(str(ip) for ip in sorted(ip for ip in ips if isinstance(ip, ipaddress.IPv6Address))),
        macs=tuple(sorted({camera.mac.lower() for camera in cameras if camera.mac})),
        home4=_merged4(home),
        home6=_merged6(home),
    )


def _merged4(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the IPv4 networks of `texts`, none within another: nftables refuses overlaps."""
    found = (ipaddress.ip_network(text, strict=False) for text in texts)
    return tuple(
        str(one) for one in ipaddress.collapse_addresses(one for one in found if isinstance(one, ipaddress.IPv4Network))
    )


def _merged6(texts: Iterable[str]) -> tuple[str, ...]:
    found = (ipaddress.ip_network(text, strict=False) for text in texts)
    return tuple(
        str(one) for one in ipaddress.collapse_addresses(one for one in found if isinstance(one, ipaddress.IPv6Network))
    )


def _head(ground: _Ground, how: Sequence[str], *, by_mac: bool = True) -> Iterator[str]:
    yield "# Hearthwatch: keeps the cameras off the Internet. The home still reaches them, and they may ask for the time (NTP)."
    for line in how:
        yield f"# {line}"
    for camera in ground.cameras:
        places = ", ".join((*camera.addresses, *((camera.mac,) if camera.mac else ())))
        yield f"#   {camera.camera}: {places or 'its address is not known: it is NOT fenced'}"
    if not (by_mac and ground.macs):
        yield "# Give the cameras fixed addresses in the router: with another address a camera is outside the fence."


def _nftables(ground: _Ground) -> Iterator[str]:
    """One table of its own, loaded again as a whole. Its chain only drops; what the other tables say stays in force."""
    yield "#!/usr/sbin/nft -f"
    yield from _head(
        ground, ("On the router: save as /etc/nftables.d/hearthwatch.nft, then  nft -f /etc/nftables.d/hearthwatch.nft",)
    )
    yield "table inet hearthwatch_fence"
    yield "delete table inet hearthwatch_fence"
    yield "table inet hearthwatch_fence {"
    for name, kind, elements in (
        ("cameras4", "ipv4_addr", ground.v4),
        ("cameras6", "ipv6_addr", ground.v6),
        ("camera_macs", "ether_addr", ground.macs),
    ):
        yield from _set(name, kind, elements)
    yield from _set("home4", "ipv4_addr", _merged4((*ground.home4, *_LOCAL)), interval=True)
    yield from _set("home6", "ipv6_addr", _merged6((*ground.home6, *_LOCAL)), interval=True)
    yield "  chain from_camera {"
    yield "    ip daddr @home4 return"
    yield "    ip6 daddr @home6 return"
    yield "    udp dport 123 limit rate 30/minute burst 10 packets return"
    yield "    counter drop"
    yield "  }"
    yield "  chain to_camera {"
    yield "    ip saddr @home4 return"
    yield "    ip6 saddr @home6 return"
    yield "    udp sport 123 ct state established return"
    yield "    counter drop"
    yield "  }"
    yield "  chain forward {"
    yield "    type filter hook forward priority -5; policy accept;"
    yield "    ip saddr @cameras4 jump from_camera"
    yield "    ip6 saddr @cameras6 jump from_camera"
    yield "    ether saddr @camera_macs jump from_camera"
    yield "    ip daddr @cameras4 jump to_camera"
    yield "    ip6 daddr @cameras6 jump to_camera"
    yield "  }"
    yield "}"


def _set(name: str, kind: str, elements: Sequence[str], *, interval: bool = False) -> Iterator[str]:
    yield f"  set {name} {{"
    yield f"    type {kind}"
    if interval:
        yield "    flags interval"
    if elements:
        yield f"    elements = {{ {', '.join(elements)} }}"
    yield "  }"


def _openwrt(ground: _Ground) -> Iterator[str]:
    """Sections for /etc/config/firewall; they stand before the forwarding from lan to wan, and the first that fits counts."""
    yield from _head(
        ground,
        (
            "On the OpenWrt router: append this to /etc/config/firewall, then  /etc/init.d/firewall restart",
            "Cameras in a zone of another name than lan: change `option src` accordingly.",
        ),
    )
    for family, addresses in (("ipv4", ground.v4), ("ipv6", ground.v6)):
        if addresses:
            yield from _uci(
                "time", family=family, way=("lan", "wan"), target="ACCEPT", key="src_ip", values=addresses, ntp=True
            )
            yield from _uci("out", family=family, way=("lan", "wan"), target="REJECT", key="src_ip", values=addresses)
            yield from _uci("in", family=family, way=("wan", "lan"), target="DROP", key="dest_ip", values=addresses)
    if ground.macs:
        yield from _uci(
            "time-mac", family="any", way=("lan", "wan"), target="ACCEPT", key="src_mac", values=ground.macs, ntp=True
        )
        yield from _uci("out-mac", family="any", way=("lan", "wan"), target="REJECT", key="src_mac", values=ground.macs)


def _uci(
    name: str, *, family: str, way: tuple[str, str], target: str, key: str, values: Sequence[str], ntp: bool = False
) -> Iterator[str]:
    yield ""
    yield "config rule"
    yield f"\toption name 'hearthwatch-{name}-{family}'"
    yield f"\toption family '{family}'"
    yield f"\toption src '{way[0]}'"
    yield f"\toption dest '{way[1]}'"
    for value in values:
        yield f"\tlist {key} '{value}'"
    yield f"\toption proto '{'udp' if ntp else 'all'}'"
    if ntp:
        yield "\toption dest_port '123'"
    yield f"\toption target '{target}'"


def _vyos(ground: _Ground) -> Iterator[str]:
    """Commands of VyOS 1.4 and later; low rule numbers, for the first that fits counts."""
    yield from _head(
        ground,
        (
            "On the VyOS router: configure, paste this, then  commit ; save",
            "Rules 11 to 14 of the forward filter are taken for it: renumber them if yours stand there.",
        ),
        by_mac=False,
    )
    for family, group, network, addresses, home in (
        ("ipv4", "address-group", "network-group", ground.v4, ground.home4),
        ("ipv6", "ipv6-address-group", "ipv6-network-group", ground.v6, ground.home6),
    ):
        if not addresses:
            continue
        for address in addresses:
            yield f"set firewall group {group} HEARTHWATCH-CAMERAS address '{address}'"
        for one in home:
            yield f"set firewall group {network} HEARTHWATCH-HOME network '{one}'"
        rule = f"set firewall {family} forward filter rule"
        if home:
            yield f"{rule} 11 action 'accept'"
            yield f"{rule} 11 source group {group.removeprefix('ipv6-')} 'HEARTHWATCH-CAMERAS'"
            yield f"{rule} 11 destination group {network.removeprefix('ipv6-')} 'HEARTHWATCH-HOME'"
        yield f"{rule} 12 action 'accept'"
        yield f"{rule} 12 source group {group.removeprefix('ipv6-')} 'HEARTHWATCH-CAMERAS'"
        yield f"{rule} 12 protocol 'udp'"
        yield f"{rule} 12 destination port '123'"
        yield f"{rule} 13 action 'drop'"
        yield f"{rule} 13 source group {group.removeprefix('ipv6-')} 'HEARTHWATCH-CAMERAS'"
        yield f"{rule} 14 action 'drop'"
        yield f"{rule} 14 destination group {group.removeprefix('ipv6-')} 'HEARTHWATCH-CAMERAS'"
        if home:
            yield f"{rule} 14 source group {network.removeprefix('ipv6-')} '!HEARTHWATCH-HOME'"
        yield f"{rule} 14 state new"
