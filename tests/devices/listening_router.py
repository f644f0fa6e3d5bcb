"""The router of a home that writes down whom the house wants to reach; answers nothing. Run as a program in its namespace."""

from __future__ import annotations

import socket
import struct
import sys

_ETH_IP, _UDP, _TCP = 0x0800, 17, 6
_OF_THE_LINK = {1, 2, 58}  # ICMP and IGMP: what a kernel says by itself


def asked_name(payload: bytes) -> str:
    """Return the name that a question to a name server is about."""
    labels, at = [], 12
    while at < len(payload) and payload[at]:
        labels.append(payload[at + 1 : at + 1 + payload[at]].decode("ascii", "replace"))
        at += 1 + payload[at]
    return ".".join(labels)


def told(frame: bytes) -> str:
    """Return one line about a frame of the house: `tcp 10.0.0.1 443`, `dns example.org`; empty for what is none of anybody."""
    if len(frame) < 34 or struct.unpack("!H", frame[12:14])[0] != _ETH_IP:
        return ""
    head = (frame[14] & 0x0F) * 4
    protocol, target, rest = frame[23], socket.inet_ntoa(frame[30:34]), frame[14 + head :]
    if protocol in _OF_THE_LINK or len(rest) < 8:
        return ""
    port = struct.unpack("!H", rest[2:4])[0]
    if protocol == _UDP and port == 53:
        return f"dns {asked_name(rest[8:])}"
    return f"{ {_TCP: 'tcp', _UDP: 'udp'}.get(protocol, protocol) } {target} {port}"


def main(interface: str, house: str) -> None:
    listening = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    listening.bind((interface, 0))
    print("ready", flush=True)
    mine = bytes.fromhex(house.replace(":", ""))
    while True:
        frame = listening.recv(65_535)
        if frame[6:12] == mine and (line := told(frame)):
            print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
