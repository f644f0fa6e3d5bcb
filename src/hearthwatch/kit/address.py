"""Where a camera's name leads, and which addresses no camera may have: this machine, link-local and cloud metadata."""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.errors import Unreachable, Unsupported

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

_GET_ADDRESS = 0x8915
"""SIOCGIFADDR, netdevice(7)."""
_TEMPORARY, _UNUSABLE = 0x01, 0x20 | 0x40 | 0x08
"""IFA_F_TEMPORARY; IFA_F_DEPRECATED, IFA_F_TENTATIVE and IFA_F_DADFAILED of linux/if_addr.h."""
_METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "fd00:ec2::254")))
_WRAPPED = tuple(
    map(ipaddress.ip_network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)


def resolve(host: str, port: int, allow_loopback: bool) -> tuple[str, int]:
    """Return the (IP address, port) to connect to, fit for `socket.create_connection`; resolve once and connect to just that.

    Raises Unreachable when the name is not known, Unsupported when every address of it is one that no camera may have.
    Addresses of this machine count as loopback, whatever interface they belong to.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "not a valid name"
        raise Unreachable(
            f"the host name {host!r} cannot be resolved ({why}): check the spelling and the name server"
        ) from error
    faults: list[str] = []
    for _family, _kind, _protocol, _name, sockaddr in found:
        fault = _fault(str(sockaddr[0]), allow_loopback)
        if fault is None:
            return str(sockaddr[0]), port
        faults.append(fault)
    raise Unsupported(f"{host} is refused as a camera's address: {faults[0] if faults else 'it has none'}")


def _fault(text: str, allow_loopback: bool) -> str | None:
    ip = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip in _METADATA:
        return f"{ip} is a cloud provider's metadata service"
    if ip.is_unspecified or ip.is_multicast or ip == ipaddress.ip_address("255.255.255.255"):
        return f"{ip} is not the address of a device"
    if not ip.is_loopback and any(ip.version == 6 and ip in network for network in _WRAPPED):
        return f"{ip} hides another address in itself; give the camera's own"
    if ip.is_link_local:
        return f"{ip} is a link-local address; give the camera one by DHCP or by hand"
    if not allow_loopback and (ip.is_loopback or _is_ours(ip)):
        return f"{ip} is this machine; set allow_loopback = true for this camera if that is meant"
    return None


def _is_ours(ip: _Ip) -> bool:
    """Whether packets to `ip` would never leave this machine: then the route's source is the address itself."""
    return source_address(str(ip)) == str(ip)


def source_address(ip: str) -> str | None:
    """Return the address of ours that `ip` sees us come from, None when there is no way there. Sends nothing."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((ip, 9))
        return str(ipaddress.ip_address(probe.getsockname()[0].partition("%")[0]))
    return None


def reverse_name(ip: str) -> str:
    """Return the name of `ip`, empty when it has none; may take as long as name servers take."""
    try:
        return socket.gethostbyaddr(ip)[0]
    except (OSError, UnicodeError):
        return ""


def address_towards(host: str) -> str | None:
    """Return the address of this machine as `host` sees it (without a translator in between); None when no way leads there.

    Resolves the name, so it may take seconds: not on an event loop."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), 9, type=socket.SOCK_DGRAM)
    except (OSError, ValueError, OverflowError):
        return None
    return source_address(str(found[0][4][0]))


def own_addresses() -> dict[str, str]:
    """Return the IPv4 address of each network interface of this machine that has one. Sends nothing."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        for _number, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                reply = fcntl.ioctl(sock, _GET_ADDRESS, struct.pack("256s", name.encode()[:15]))
                found[name] = socket.inet_ntoa(reply[20:24])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressV6:
    """An IPv6 address of this machine; `is_temporary` when it is given up again by itself, so that nobody is known by it."""

    interface: str
    address: ipaddress.IPv6Address
    is_temporary: bool


def own_addresses_v6(table: Path = Path("/proc/net/if_inet6")) -> tuple[AddressV6, ...]:
    """Return the IPv6 addresses of this machine's interfaces, those in use. Sends nothing."""
    try:
        lines = table.read_text().splitlines()
    except OSError:
        return ()
    found: list[AddressV6] = []
    for line in lines:
        address, _index, _prefix, _scope, flags, interface = line.split()
        if int(flags, 16) & _UNUSABLE:
            continue
        found.append(
            AddressV6(
                interface=interface,
                address=ipaddress.IPv6Address(bytes.fromhex(address)),
                is_temporary=bool(int(flags, 16) & _TEMPORARY),
            )
        )
    return tuple(found)
