"""The way a request came: straight, or through a reverse proxy the owner named, whose word about the visitor is believed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Scope

from hearthwatch.kit.errors import ConfigFault
from hearthwatch.web.person import Denied

_KEY = "hearthwatch.way"
_FORWARDING = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-real-ip", "via")
_SECURE = {"http": False, "ws": False, "https": True, "wss": True}

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`peer` connected to us, `client` is the visitor as far as we can tell; they differ when `is_proxied`: through a proxy
    that is trusted. `is_hidden`: something that is not trusted forwarded the request, so nobody knows whose it is."""

    peer: str
    client: str
    is_proxied: bool = False
    is_hidden: bool = False


def way_of(scope: Scope) -> Way:
    """Return the way of a request that passed `Ways`; of any other, that it came straight."""
    client = scope.get("client")
    peer = client[0] if client else ""
    return cast("Way", scope.get(_KEY) or Way(peer=peer, client=peer))


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and networks as the owner wrote them. Raises ConfigFault."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            raise ConfigFault(
                f"web.trusted_proxies: {text!r} is neither an address nor a network: write it as 192.168.1.5 or 172.18.0.0/16"
            ) from None
    return tuple(found)


class Ways:
    """Finds out who asks. `behind_proxy`: plain HTTP is for the trusted proxies and for this machine alone."""

    def __init__(self, trusted: Iterable[str] = (), *, behind_proxy: bool = False) -> None:
        """Raises ConfigFault for a proxy that is neither an address nor a network."""
        self._trusted = networks(trusted)
        self._behind_proxy = behind_proxy

    def find(self, scope: Scope) -> Way:
        """Note the way in `scope` and put the visitor's address, scheme and host in the place of the proxy's. Raises Denied."""
        headers = Headers(scope=scope)
        client = scope.get("client")
        address = _address(client[0]) if client else None
        peer = str(address) if address else ""
        is_forwarded = any(name in headers for name in _FORWARDING)
        if address is None or not self._is_trusted(address):
            way = Way(peer=peer, client=peer, is_hidden=is_forwarded and address is not None and address.is_loopback)
        else:
            way = self._through_proxy(scope, headers, address) if is_forwarded else Way(peer=peer, client=peer)
        scope[_KEY] = way
        self._check(scope, way)
        return way

    def _is_trusted(self, address: Ip) -> bool:
        return any(address in network for network in self._trusted)

    def _through_proxy(self, scope: Scope, headers: Headers, peer: Ip) -> Way:
        """What a header held before the nearest trusted proxy added to it may be the visitor's own invention: read it from its
        end, and go on only as long as those named are trusted, too."""
        found = peer
        for text in reversed(_values(headers, "x-forwarded-for")):
            address = _address(text)
            if address is None:
                break
            found = address
            if not self._is_trusted(address):
                break
        said = _values(headers, "x-forwarded-proto")
        # a proxy that says nothing may have been asked in plain text: then no password may travel this way
        is_secure = _SECURE.get(said[-1].lower() if said else "http", False)
        if scope["type"] == "websocket":
            scope["scheme"] = "wss" if is_secure else "ws"
        else:
            scope["scheme"] = "https" if is_secure else "http"
        port = scope["client"][1] if found == peer else 0
        scope["client"] = (str(found), port)
        hosts = _values(headers, "x-forwarded-host")
        if hosts:
            changed = MutableHeaders(raw=list(scope["headers"]))
            changed["host"] = hosts[-1]
            scope["headers"] = changed.raw
        return Way(peer=str(peer), client=str(found), is_proxied=True)

    def _check(self, scope: Scope, way: Way) -> None:
        if not self._behind_proxy or scope["scheme"] in {"https", "wss"}:
            return
        address = _address(way.client)
        if way.is_proxied:
            raise Denied(
                403,
                "This page is not given out in plain text.",
                "Open it with https://. The reverse proxy says that it was asked without: have it set X-Forwarded-Proto.",
            )
        if way.is_hidden or address is None or not address.is_loopback:
            raise Denied(
                403,
                "Plain HTTP is for this house's reverse proxy alone.",
                "If you set up that proxy: name its address in web.trusted_proxies; it has to say X-Forwarded-For and -Proto.",
            )


def _values(headers: Headers, name: str) -> list[str]:
    return [part.strip() for value in headers.getlist(name) for part in value.split(",") if part.strip()]


def _address(text: str) -> Ip | None:
    """Return the address in `text`, which may have a port behind it; an IPv4 address in IPv6 clothes counts as what it is."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].split("]", 1)[0]
    elif text.count(":") == 1:
        text = text.split(":", 1)[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
