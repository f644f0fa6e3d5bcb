"""The home's router: which doors to the outside it says stand open (UPnP), and whether it opens some to any program that asks.

Only the router is asked, on the home network, and what it says is hearsay: whoever is in the network can answer in its place,
and what somebody entered by hand on its own page is missing from many routers' lists.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from hearthwatch.kit.address import source_address
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.late import late
from hearthwatch.vendors.onvif_xml import Element, parse

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = late("aiohttp")

SSDP = ("239.255.255.250", 1900)
NAT_PMP_PORT = 5351
_KINDS = ("urn:schemas-upnp-org:device:InternetGatewayDevice:1", "urn:schemas-upnp-org:device:InternetGatewayDevice:2")
_SERVICES = ("WANIPConnection", "WANPPPConnection")
_MOST = 128
_MOST_PLACES = 4
_MAX_BYTES = 256 * 1024
_MAX_CHARS = 80
_TIMEOUT_S = 4
_END = {"713", "714"}
"""SpecifiedArrayIndexInvalid and NoSuchEntryInArray: there are no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping:
    """Who knocks at `outer_port` outside comes to `inner_port` of `inside`; `what` is what whoever asked for it called it."""

    protocol: str
    outer_port: int
    inside: str
    inner_port: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """`lists`: it told its openings, all of them when `is_whole`. `opens`: any program may ask it for one. `outer` is its own
    address outside, empty when it does not tell."""

    name: str = ""
    outer: str = ""
    lists: bool = False
    is_whole: bool = False
    opens: bool = False
    mappings: tuple[PortMapping, ...] = ()


async def ask_router(
    gateway: str, *, wait_s: float = 2.0, ssdp: Sequence[tuple[str, int]] = (), nat_pmp_port: int = NAT_PMP_PORT
) -> Router:
    """Ask the router at `gateway`; one that says nothing is an empty Router. `ssdp` is where to call, for tests."""
    places = tuple(ssdp) or (SSDP, (gateway, SSDP[1]))
    locations, outer = await _call(gateway, places, nat_pmp_port, wait_s)
    for location in locations:
        try:
            found = await _read(gateway, location)
        except (BadReply, aiohttp.ClientError, TimeoutError, ValueError):
            continue
        if found is not None:
            return replace(found, outer=found.outer or outer or "", opens=True)
    return Router(outer=outer or "", opens=outer is not None)


class _Ear(asyncio.DatagramProtocol):
    """Hears answers of the router alone."""

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self.locations: list[str] = []
        self.outer: str | None = None

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        if str(addr[0]) != self._gateway:
            return
        if data[:2] in {b"\x00\x80", b"\x02\x80"}:
            # what speaks only the younger of the two protocols answers with an error, and speaks
            self.outer = str(ipaddress.IPv4Address(data[8:12])) if len(data) == 12 and data[:4] == b"\x00\x80\x00\x00" else ""
        elif (location := location_of(data)) and location not in self.locations and len(self.locations) < _MOST_PLACES:
            self.locations.append(location)


def location_of(datagram: bytes) -> str:
    """Return where an answer to the call says the router describes itself, empty when it says nothing of the kind."""
    lines = datagram[:4096].decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.1 200"):
        return ""
    heads = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return heads.get("location", "")


def search(kind: str) -> bytes:
    """Return the call for devices of `kind`."""
    lines = ("M-SEARCH * HTTP/1.1", "HOST: 239.255.255.250:1900", 'MAN: "ssdp:discover"', "MX: 1", f"ST: {kind}", "", "")
    return "\r\n".join(lines).encode()


async def _call(
    gateway: str, places: Sequence[tuple[str, int]], nat_pmp_port: int, wait_s: float
) -> tuple[list[str], str | None]:
    loop = asyncio.get_running_loop()
    own = source_address(gateway)
    if own is None:
        return [], None
    try:
        transport, ear = await loop.create_datagram_endpoint(lambda: _Ear(gateway), local_addr=(own, 0))
    except OSError:
        return [], None
    try:
        for _ in range(2):
            transport.sendto(b"\0\0", (gateway, nat_pmp_port))
            for place in places:
                for kind in _KINDS:
                    transport.sendto(search(kind), place)
            await asyncio.sleep(wait_s / 2)
    finally:
        transport.close()
    return ear.locations, ear.outer


async def _read(gateway: str, location: str) -> Router | None:
    """Return what the description at `location` leads to, None when it is none of the router's."""
    if not _is_at(location, gateway):
        return None
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:
        async with session.get(location, allow_redirects=False) as answer:
            root = parse(await _bounded(answer))
        device = root.find("device")
        if device is None:
            return None
        service = next((each for each in device.walk() if each.name == "service" and _kind_of(each)), None)
        name = " ".join(filter(None, (device.said("manufacturer"), device.said("friendlyName"))))[:_MAX_CHARS]
        if service is None:
            return Router(name=name)
        door = urljoin(location, service.said("controlURL"))
        if not _is_at(door, gateway):
            return Router(name=name)
        return await _listed(session, door, service.said("serviceType"), name)


async def _listed(session: aiohttp.ClientSession, door: str, kind: str, name: str) -> Router:
    address = await _ask(session, door, kind, "GetExternalIPAddress")
    mappings: list[PortMapping] = []
    is_whole = False
    for index in range(_MOST):
        reply = await _ask(
            session, door, kind, "GetGenericPortMappingEntry", f"<NewPortMappingIndex>{index}</NewPortMappingIndex>"
        )
        if isinstance(reply, str):
            is_whole = reply in _END
            break
        if (mapping := _mapping(reply)) is not None:
            mappings.append(mapping)
    outer = "" if isinstance(address, str) else _said(address, "NewExternalIPAddress")
    return Router(name=name, outer=_ip(outer), lists=is_whole or bool(mappings), is_whole=is_whole, mappings=tuple(mappings))


async def _ask(session: aiohttp.ClientSession, door: str, kind: str, action: str, inner: str = "") -> Element | str:
    """Return the answer, or the number of the fault the router answers with."""
    body = (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
        f'<u:{action} xmlns:u="{kind}">{inner}</u:{action}></s:Body></s:Envelope>'
    )
    headers = {"SOAPAction": f'"{kind}#{action}"', "Content-Type": 'text/xml; charset="utf-8"'}
    async with session.post(door, data=body.encode(), headers=headers, allow_redirects=False) as answer:
        root = parse(await _bounded(answer))
        if answer.status != 200:
            return _said(root, "errorCode") or str(answer.status)
        return root


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    data = await answer.content.read(_MAX_BYTES + 1)
    while not answer.content.at_eof() and len(data) <= _MAX_BYTES:
        data += await answer.content.read(_MAX_BYTES + 1 - len(data))
    if len(data) > _MAX_BYTES:
        raise BadReply("the router's answer is too long")
    return data


def _kind_of(service: Element) -> bool:
    kind = service.said("serviceType")
    return (
        kind.startswith("urn:schemas-upnp-org:service:")
        and kind.split(":")[3] in _SERVICES
        and '"' not in kind
        and "<" not in kind
    )


def _mapping(reply: Element) -> PortMapping | None:
    protocol, enabled = _said(reply, "NewProtocol").upper(), _said(reply, "NewEnabled")
    inside = _ip(_said(reply, "NewInternalClient"))
    try:
        outer, inner = int(_said(reply, "NewExternalPort")), int(_said(reply, "NewInternalPort"))
    except ValueError:
        return None
    if enabled == "0" or not inside or protocol not in {"TCP", "UDP"} or not (0 <= outer < 65_536 and 0 <= inner < 65_536):
        return None
    what = _said(reply, "NewPortMappingDescription")[:_MAX_CHARS]
    return PortMapping(protocol=protocol, outer_port=outer, inside=inside, inner_port=inner, what=what)


def _said(root: Element, name: str) -> str:
    return next((each.text for each in root.walk() if each.name == name), "")


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _is_at(url: str, gateway: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname == gateway and parts.username is None and port != 0
