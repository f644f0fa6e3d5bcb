"""From where somebody asks: the address, its network, the browser by name, and whether that is at home."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from hearthwatch.web.way import way_of

UNKNOWN = "unknown"
THIS_MACHINE = "this machine"
_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_PLAIN = re.compile(r"[^A-Za-z0-9 ._-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`certain` is False where a proxy stands between that nobody declared: whoever is behind it is anywhere."""

    address: str
    browser: str
    certain: bool = True

    @property
    def network(self) -> str:
        """The neighbourhood of the address: what a router or a provider gives to the same people again."""
        return network_of(self.address)


def place_of(scope: Scope) -> Place:
    """Return from where a request comes that passed the gate."""
    way = way_of(scope)
    headers = Headers(scope=scope)
    certain = way.is_proxied or not (way.is_hidden or "x-forwarded-for" in headers or "forwarded" in headers)
    return Place(address=way.client or UNKNOWN, browser=browser_name(headers.get("user-agent", "")), certain=certain)


def network_of(address: str) -> str:
    """Return the /24 of an IPv4 address and the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return UNKNOWN
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_loopback:
        return THIS_MACHINE
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))


def is_private(address: str) -> bool:
    """Tell whether an address is one of this machine or of networks that nobody routes (RFC 1918, link-local, ULA)."""
    try:
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_loopback or any(found.version == net.version and found in net for net in _PRIVATE)


_PRIVATE = tuple(
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)


def browser_name(user_agent: str) -> str:
    """Return browser and system as a person calls them, without versions, which change by themselves."""
    text = user_agent[:512]
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    browser = next((name for mark, name in _BROWSERS if mark in text), "")
    if browser:
        return f"{browser} on {system}" if system else browser
    product = _PLAIN.sub("", text.split("/", 1)[0]).strip()[:40]
    return product or "an unnamed program"
