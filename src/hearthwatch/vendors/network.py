"""How a camera stands in the network, and what of it can be changed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, fields, replace

from hearthwatch.kit.errors import Unsupported
from hearthwatch.vendors.device import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the camera says of its own address and ports. Empty text and 0: it does not say, or has none."""

    is_dhcp: bool | None = None
    """Whether a DHCP server gives it its address; None when it does not say."""
    address: str = ""
    netmask: str = ""
    gateway: str = ""
    dns: tuple[str, ...] = ()
    http_port: int = 0
    https_port: int = 0
    rtsp_port: int = 0
    media_port: int = 0
    """The port of the vendor's own protocol."""
    onvif_port: int = 0

    def check(self) -> None:
        """Raises Unsupported, in words for the owner, when a fixed address leads nowhere: the camera would be lost."""
        if not (self.address and self.netmask and self.gateway):
            raise Unsupported("give the address, the netmask and the gateway together: the camera does not tell them all")
        try:
            own = ipaddress.IPv4Interface(f"{self.address}/{self.netmask}")
        except ValueError:
            raise Unsupported(f"{self.netmask} is no netmask such as 255.255.255.0") from None
        if ipaddress.IPv4Address(self.gateway) not in own.network:
            raise Unsupported(f"{self.address} and the gateway {self.gateway} are not in the same network ({own.network})")
        if own.ip == ipaddress.IPv4Address(self.gateway):
            raise Unsupported(f"{self.address} is the gateway's own address")
        if own.network.prefixlen < 31 and own.ip in {own.network.network_address, own.network.broadcast_address}:
            raise Unsupported(f"{self.address} is not the address of a device in {own.network}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChange:
    """What shall be otherwise; None stays as it is. `is_dhcp` True excludes `address`, `netmask` and `gateway`.

    An `address` given without `is_dhcp` is fixed: is_dhcp becomes False.
    """

    is_dhcp: bool | None = None
    address: str | None = None
    netmask: str | None = None
    gateway: str | None = None
    dns: tuple[str, ...] | None = None
    """One or two addresses."""
    http_port: int | None = None
    https_port: int | None = None
    rtsp_port: int | None = None
    media_port: int | None = None
    onvif_port: int | None = None

    def __post_init__(self) -> None:
        """Raises Unsupported, in words for the owner, for what no camera can be set to."""
        fixed = (self.address, self.netmask, self.gateway)
        if self.is_dhcp and any(fixed):
            raise Unsupported("a camera that gets its address from the router cannot have a fixed one, too: choose one")
        for text in (*(one for one in fixed if one is not None), *(self.dns or ())):
            ipv4_of(text)
        if self.dns is not None and not 1 <= len(self.dns) <= 2:
            raise Unsupported("give one or two DNS servers")
        for port in (self.http_port, self.https_port, self.rtsp_port, self.media_port, self.onvif_port):
            if port is not None and not 1 <= port <= 65_535:
                raise Unsupported(f"{port} is no port: they go from 1 to 65535")

    @property
    def names(self) -> tuple[str, ...]:
        """Which attributes shall be otherwise."""
        found = [one.name for one in fields(self) if getattr(self, one.name) is not None]
        return tuple(dict.fromkeys([*found, "is_dhcp"] if self.fixes_address else found))

    @property
    def fixes_address(self) -> bool:
        return bool(self.address or self.netmask or self.gateway)

    @property
    def touches_address(self) -> bool:
        return self.is_dhcp is not None or self.fixes_address or self.dns is not None

    def applied(self, now: Network) -> Network:
        """Return what the camera should say of itself afterwards."""
        given = {name: getattr(self, name) for name in self.names if name != "is_dhcp"}
        is_dhcp = False if self.fixes_address else self.is_dhcp
        return replace(now, **given, is_dhcp=now.is_dhcp if is_dhcp is None else is_dhcp)

    def follow(self, access: Access) -> Access:
        """Return how the camera is reached afterwards."""
        port = self.https_port if access.tls else self.http_port
        return replace(access, host=self.address or access.host, port=port or access.port)


def ipv4_of(text: str) -> str:
    """Return `text` if it is an IPv4 address, in its usual spelling; raises Unsupported in words for the owner."""
    try:
        return str(ipaddress.IPv4Address(text.strip()))
    except ValueError:
        raise Unsupported(f"{text[:45]!r} is no IPv4 address such as 192.168.1.20") from None
