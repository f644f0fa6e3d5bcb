"""A name server that knows one name: `python -m tests.devices.small_dns ADDRESS NAME ANSWER`; RFC 1035, A records alone."""

from __future__ import annotations

import socket
import struct
import sys


def answer(query: bytes, name: str, address: str) -> bytes:
    """Return the reply to `query`; another name than `name` does not exist, another type than A has no record."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    kind = struct.unpack_from("!H", query, at + 1)[0]
    question = query[12 : at + 5]
    known = ".".join(labels).lower() == name
    record = b""
    if known and kind == 1:
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
    flags = 0x8180 if known else 0x8183
    return query[:2] + struct.pack("!HHHHH", flags, 1, bool(record), 0, 0) + question + record


def main() -> None:
    own, name, address = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((own, 53))
        print("ready", flush=True)
        while True:
            query, peer = sock.recvfrom(512)
            sock.sendto(answer(query, name, address), peer)


if __name__ == "__main__":
    main()
