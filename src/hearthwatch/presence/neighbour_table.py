"""The kernel's neighbour table with its states, by netlink (rtnetlink(7)); no privileges needed, IPv4 and IPv6.

A REACHABLE neighbour has answered, and the kernel says how long ago. STALE means nothing: it only was there once.
Numbers: Linux `linux/netlink.h`, `linux/rtnetlink.h`, `linux/neighbour.h`.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag

from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import NS_PER_S

_HEAD = struct.Struct("=IHHII")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_ATTRIBUTE = struct.Struct("=HH")
_CACHE = struct.Struct("=IIII")
_DONE, _ERROR = 3, 2
_NEW_NEIGHBOUR, _GET_NEIGHBOUR = 28, 30
_REQUEST_DUMP = 0x1 | 0x300
_ATTRIBUTE_MASK = 0x3FFF
_NDA_DST, _NDA_LLADDR, _NDA_CACHEINFO = 1, 2, 3
_BUFFER_BYTES = 1 << 16
_MAX_MESSAGES = 4096
_TIMEOUT_S = 2.0
_MAC_BYTES = 6


class NudState(IntFlag):
    """Neighbour unreachability detection, RFC 4861 and `linux/neighbour.h`."""

    INCOMPLETE = 0x01
    REACHABLE = 0x02
    STALE = 0x04
    DELAY = 0x08
    PROBE = 0x10
    FAILED = 0x20
    NOARP = 0x40
    PERMANENT = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """`ip` has a `%INDEX` when it is link-local. `mac` is 6 bytes, None while unknown. `confirmed_ns` is how long ago its last
    answer came, None when the kernel does not say."""

    ip: str
    mac: bytes | None
    state: NudState
    interface: int
    confirmed_ns: int | None

    @property
    def has_answered(self) -> bool:
        """Whether `confirmed_ns` is the age of an answer; entries made by hand are always there."""
        return self.state is NudState.REACHABLE and self.mac is not None and self.confirmed_ns is not None

    @property
    def is_being_asked(self) -> bool:
        """Whether the kernel still waits for an answer."""
        return bool(self.state & (NudState.INCOMPLETE | NudState.DELAY | NudState.PROBE))


def read_table() -> tuple[Neighbour, ...]:
    """Return the whole table. Raises Unreachable where the kernel gives none."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as sock:
            sock.settimeout(_TIMEOUT_S)
            sock.bind((0, 0))
            sock.send(
                _HEAD.pack(_HEAD.size + _NEIGHBOUR.size, _GET_NEIGHBOUR, _REQUEST_DUMP, 1, 0) + _NEIGHBOUR.pack(0, 0, 0, 0, 0)
            )
            found: list[Neighbour] = []
            for _turn in range(_MAX_MESSAGES):
                entries, is_end = parse(sock.recv(_BUFFER_BYTES))
                found += entries
                if is_end:
                    break
    except OSError as error:
        raise Unreachable(f"the kernel does not tell who is on the network ({error.strerror or error})") from error
    return tuple(found)


def parse(data: bytes, ticks_per_s: int = os.sysconf("SC_CLK_TCK")) -> tuple[tuple[Neighbour, ...], bool]:
    """Return the neighbours in one netlink datagram, and whether the dump ends with it; what is malformed is left out."""
    found: list[Neighbour] = []
    at = 0
    while at + _HEAD.size <= len(data):
        length, kind, _flags, _sequence, _port = _HEAD.unpack_from(data, at)
        if kind in {_DONE, _ERROR} or length < _HEAD.size or at + length > len(data):
            return tuple(found), True
        if kind == _NEW_NEIGHBOUR:
            one = _neighbour(data[at + _HEAD.size : at + length], ticks_per_s)
            if one is not None:
                found.append(one)
        at += (length + 3) & ~3
    return tuple(found), False


def _neighbour(body: bytes, ticks_per_s: int) -> Neighbour | None:
    if len(body) < _NEIGHBOUR.size:
        return None
    _family, interface, state, _flags, _kind = _NEIGHBOUR.unpack_from(body)
    attributes = dict(_attributes(body[_NEIGHBOUR.size :]))
    ip = _address(attributes.get(_NDA_DST, b""), interface)
    if ip is None:
        return None
    mac = attributes.get(_NDA_LLADDR, b"")
    cache = attributes.get(_NDA_CACHEINFO, b"")
    confirmed_ns = _CACHE.unpack_from(cache)[0] * NS_PER_S // ticks_per_s if len(cache) >= _CACHE.size else None
    return Neighbour(
        ip=ip,
        mac=mac if len(mac) == _MAC_BYTES and any(mac) else None,
        state=NudState(state & 0xFF),
        interface=interface,
        confirmed_ns=confirmed_ns,
    )


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size or at + length > len(data):
            return
        yield kind & _ATTRIBUTE_MASK, data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3


def _address(data: bytes, interface: int) -> str | None:
    if len(data) not in {4, 16}:
        return None
    ip = ipaddress.ip_address(data)
    if ip.is_multicast or ip.is_unspecified:
        return None
    return f"{ip}%{interface}" if ip.version == 6 and ip.is_link_local else str(ip)
