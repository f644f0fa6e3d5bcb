"""Which addresses may be a push service's. A browser names its own; somebody who is logged in could name any."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

MAX_CHARS = 1024
_TEREDO = ipaddress.ip_network("2001::/32")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def endpoint_fault(endpoint: str, services: Collection[str] = ()) -> str:
    """Return why `endpoint` is no address to send to, empty when it is one. `services` are origins the owner vouches for.

    What a name leads to is looked at when it is connected to."""
    if len(endpoint) > MAX_CHARS or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        return "its address is too long or has characters in it that no address has"
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return "its address is none"
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        return "its address is none of a push service"
    vouched = origin(parts) in {origin(urlsplit(each)) for each in services}
    return "" if vouched else _fault_outside(parts.scheme, parts.hostname, port)


def _fault_outside(scheme: str, host: str, port: int | None) -> str:
    if scheme != "https":
        return "it has no encrypted address (https)"
    if port not in {None, 443}:
        return "it answers at an unusual port; a service of your own can be named in alerts.push.services"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return ""
    return "" if is_public(host) else "its address is not on the Internet"


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port."""
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def is_public(text: str) -> bool:
    """Tell whether an IP address belongs to the Internet at large, also inside of a translated one."""
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TEREDO:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(ip.packed[12:]) if ip in _NAT64 else None)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast
