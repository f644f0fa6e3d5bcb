"""ARP frames (RFC 826 on Ethernet): the question to one device alone, and its answer."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

_FRAME = struct.Struct("!6s6sHHHBBH6s4s6s4s")
ARP_BYTES = _FRAME.size
ETHERTYPE = 0x0806
_ETHERNET, _IPV4 = 1, 0x0800
_REQUEST, _REPLY = 1, 2
_NOBODY = bytes(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arp:
    """`is_answer` is a reply meant for us alone; anything else of that sender was overheard."""

    mac: bytes
    ip: str
    is_answer: bool


def question(*, device: bytes, ip: str, own_mac: bytes, own_ip: str) -> bytes:
    """Return the frame that asks `device`, and nobody else, whether it has `ip`.

    Sent to the device's own address it reaches a sleeping phone as any data does: the access point keeps it until the phone
    wakes. A broadcast would be lost on it, and wake everybody else's.
    """
    own, asked = ipaddress.IPv4Address(own_ip).packed, ipaddress.IPv4Address(ip).packed
    return _FRAME.pack(device, own_mac, ETHERTYPE, _ETHERNET, _IPV4, 6, 4, _REQUEST, own_mac, own, _NOBODY, asked)


def parse(frame: bytes, own_mac: bytes) -> Arp | None:
    """Return what an Ethernet frame with ARP says of its sender; None for what is no sound ARP of IPv4."""
    if len(frame) < ARP_BYTES:
        return None
    to, source, kind, hardware, protocol, mac_bytes, ip_bytes, operation, sender, ip, _target, _asked = _FRAME.unpack_from(
        frame
    )
    if (kind, hardware, protocol, mac_bytes, ip_bytes) != (ETHERTYPE, _ETHERNET, _IPV4, 6, 4):
        return None
    if operation not in {_REQUEST, _REPLY} or sender != source:  # somebody who answers for another is not there himself
        return None
    return Arp(mac=sender, ip=str(ipaddress.IPv4Address(ip)), is_answer=operation == _REPLY and to == own_mac)
