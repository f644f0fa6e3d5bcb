"""Finding ONVIF cameras in the network (WS-Discovery): a question to all, and what comes back.

Whoever is in the network can answer anything: an answer is believed only as to the address it came from.
"""

from __future__ import annotations

import asyncio
import random
import socket
import uuid
from dataclasses import dataclass

from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.vendors.onvif_reply import scope_of
from hearthwatch.vendors.onvif_services import split
from hearthwatch.vendors.onvif_xml import Element, parse

GROUP = ("239.255.255.250", 3702)
TYPES = ("dn:NetworkVideoTransmitter", "tds:Device")
"""Cameras answer to the one, the other or both."""
_ANY = "0.0.0.0"  # noqa: S104 - to ask from; nothing is served
_MAX_DATAGRAM_BYTES = 16_384
_MAX_FOUND = 256
_MAX_BYTES = 32 * 1024 * 1024
_MAX_ANSWERS = 128
"""Of one source, each once: a recorder may answer for all its cameras."""
_MAX_MATCHES = 8
_MAX_SCOPES = 64
_HEARD_BYTES = 4 * 1024 * 1024
"""What may wait in the kernel until it is read, where the system grants it: with its usual 208 KiB eighty answers of a liar
push out the camera's."""
_MAX_CHARS = 200
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCamera:
    """A device that answered. `host` is where its answer came from; `endpoint` is its lasting name, unless it lies.

    `port` and `tls` of its ONVIF door as it says; name, hardware and scopes are hearsay."""

    host: str
    port: int
    tls: bool
    endpoint: str
    name: str
    hardware: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Who answered a call, and how many answers were nonsense or named other addresses only."""

    cameras: tuple[FoundCamera, ...] = ()
    ignored: int = 0


def probe(types: str, message_id: uuid.UUID) -> bytes:
    """Return the question for devices of `types`."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        f'xmlns:a="{_ADDRESSING}" xmlns:d="{_DISCOVERY}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" '
        'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header>'
        f"<a:Action>{_DISCOVERY}/Probe</a:Action><a:MessageID>uuid:{message_id}</a:MessageID>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>"
        f"<s:Body><d:Probe><d:Types>{types}</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def probe_matches(datagram: bytes, source: str) -> tuple[FoundCamera, ...]:
    """Return the devices in one answer that came from the address `source`; one that names only other addresses is left out.

    Raises BadReply for what is no answer."""
    if len(datagram) > _MAX_DATAGRAM_BYTES:
        raise BadReply(f"the answer has more than {_MAX_DATAGRAM_BYTES} bytes")
    body = parse(datagram).find("Body")
    matches = body.find("ProbeMatches") if body else None
    if matches is None:
        raise BadReply("the answer names no devices")
    found = (_camera(one, source) for one in matches.all("ProbeMatch")[:_MAX_MATCHES])
    return tuple(one for one in found if one is not None)


def _camera(match: Element, source: str) -> FoundCamera | None:
    doors = [
        parts for text in addresses(match) if (parts := split(text)) and parts[0] in {"http", "https"} and parts[1] == source
    ]
    if not doors:
        return None
    scheme, _, port, _ = min(doors, key=lambda parts: parts[0] == "https")  # the certificates of cameras prove nothing
    scopes = tuple(scope_of(text) for text in match.said("Scopes").split()[:_MAX_SCOPES])
    return FoundCamera(
        host=source,
        port=port or (443 if scheme == "https" else 80),
        tls=scheme == "https",
        endpoint=match.said("EndpointReference", "Address")[:_MAX_CHARS],
        name=_scope(scopes, "name/"),
        hardware=_scope(scopes, "hardware/"),
        scopes=scopes,
    )


def addresses(match: Element) -> tuple[str, ...]:
    """Return every address a device says it has, believed or not."""
    return tuple(match.said("XAddrs").split()[:16])


def _scope(scopes: tuple[str, ...], beginning: str) -> str:
    return next((one.removeprefix(beginning) for one in scopes if one.startswith(beginning)), "")


class _Ear(asyncio.DatagramProtocol):
    """Keeps what comes and reads it afterwards: while it read, somebody's flood of answers would push out those of cameras."""

    def __init__(self) -> None:
        self._heard: dict[str, list[bytes]] = {}
        self._ignored = self._bytes = 0

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        kept = self._heard.setdefault(str(addr[0]), [])
        if len(kept) >= _MAX_ANSWERS or len(data) > _MAX_DATAGRAM_BYTES or self._bytes + len(data) > _MAX_BYTES:
            self._ignored += 1
        elif data not in kept:
            kept.append(data)
            self._bytes += len(data)

    def answers(self) -> Answers:
        found: dict[tuple[str, str], FoundCamera] = {}
        for source, datagrams in self._heard.items():
            for datagram in datagrams:
                try:
                    cameras = probe_matches(datagram, source)
                except BadReply:
                    cameras = ()
                self._ignored += not cameras
                for one in cameras:
                    if len(found) < _MAX_FOUND:
                        found.setdefault((one.host, one.endpoint), one)
        return Answers(cameras=tuple(sorted(found.values(), key=lambda one: (one.host, one.endpoint))), ignored=self._ignored)


async def discover(
    *, rng: random.Random, wait_s: float = 3.0, local_address: str = _ANY, group: tuple[str, int] = GROUP
) -> tuple[FoundCamera, ...]:
    """As `call`, without a word about nonsense."""
    answers = await call(rng=rng, wait_s=wait_s, local_address=local_address, group=group)
    return answers.cameras


async def call(
    *, rng: random.Random, wait_s: float = 3.0, local_address: str = _ANY, group: tuple[str, int] = GROUP
) -> Answers:
    """Ask all devices of the network that `local_address` of this machine is in, and return who answered within `wait_s`.

    The question is asked twice: it may get lost. Raises Unreachable when this machine is in no network."""
    loop = asyncio.get_running_loop()
    try:
        transport, ear = await loop.create_datagram_endpoint(_Ear, local_addr=(local_address, 0))
    except OSError as error:
        raise Unreachable(f"cannot look for cameras from {local_address} ({error.strerror})") from error
    try:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _HEARD_BYTES)
        for _ in range(2):
            for types in TYPES:
                transport.sendto(probe(types, uuid.UUID(int=rng.getrandbits(128), version=4)), group)
            await asyncio.sleep(wait_s / 2)
    finally:
        transport.close()
    return ear.answers()
