"""Packet sockets (packet(7)) with a filter in the kernel: opening one needs CAP_NET_RAW, using it does not."""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from collections.abc import Sequence

from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.presence.arp import ETHERTYPE
from hearthwatch.presence.packet_filter import arp_filter, wifi_filter

RADIOTAP = 803
"""ARPHRD_IEEE80211_RADIOTAP, Linux `linux/if_arp.h`."""
_ETHERNET = 1
_ATTACH_FILTER = 26
_ALL = 0x0003


def open_arp(interface: str, devices: Sequence[bytes]) -> tuple[socket.socket, bytes]:
    """Return a socket that receives ARP frames of `devices` alone, and the interface's own address.

    Raises Unsupported without the right or on an interface that is no Ethernet, Unreachable without the interface."""
    sock = _open(interface, ETHERTYPE, arp_filter(devices))
    _name, _protocol, _packet, hardware, mac = sock.getsockname()
    if hardware != _ETHERNET:
        sock.close()
        raise Unsupported(f"{interface} is no Ethernet or Wi-Fi interface: name another one in presence.arp_interface")
    return sock, bytes(mac)


def open_monitor(interface: str, devices: Sequence[bytes]) -> socket.socket:
    """Return a socket that receives the Wi-Fi frames of `devices` alone, with radiotap headers. Raises as `open_arp`."""
    sock = _open(interface, _ALL, wifi_filter(devices))
    if sock.getsockname()[3] != RADIOTAP:
        sock.close()
        raise Unsupported(
            f"{interface} is not in monitor mode: put it there (`iw dev {interface} set type monitor`), "
            "or name another one in presence.monitor_interface"
        )
    return sock


def _open(interface: str, protocol: int, program: bytes) -> socket.socket:
    try:
        # bound to no protocol at first, so that nothing comes in before the filter stands
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    except PermissionError as error:
        raise Unsupported(
            "the right to open packet sockets is missing: give the service AmbientCapabilities=CAP_NET_RAW, "
            "or the container cap_add: NET_RAW"
        ) from error
    except OSError as error:
        raise Unsupported(f"there are no packet sockets here ({error.strerror or error})") from error
    try:
        _attach(sock, program)
        sock.bind((interface, protocol))
    except OSError as error:
        sock.close()
        if error.errno in {errno.ENODEV, errno.ENXIO}:
            raise Unreachable(f"there is no network interface {interface} (`ip link` names those there are)") from error
        raise Unreachable(f"{interface} cannot be listened to ({error.strerror or error})") from error
    return sock


def _attach(sock: socket.socket, program: bytes) -> None:
    buffer = ctypes.create_string_buffer(program, len(program))
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(program) // 8, ctypes.addressof(buffer)))
