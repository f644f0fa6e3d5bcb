"""A name server that knows one name: `python -m tests.devices.small_dns ADDRESS NAME ANSWER[,ANSWER…]`; RFC 1035, A records alone.

Of several answers each question gets the next: a name that leads to another place whenever somebody asks.
"""

from __future__ import annotations

import itertools
import socket
import struct
import sys


def is_asked(query: bytes, name: str) -> tuple[bool, int]:
    """Tell whether `query` is for `name`, and which type of record it wants."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels).lower() == name, struct.unpack_from("!H", query, at + 1)[0]


def answer(query: bytes, name: str, address: str) -> bytes:
    """Return the reply to `query`; another name than `name` does not exist, another type than A has no record."""
    known, kind = is_asked(query, name)
    end = query.index(b"\0", 12) + 5
    record = b""
    if known and kind == 1:
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
    flags = 0x8180 if known else 0x8183
    return query[:2] + struct.pack("!HHHHH", flags, 1, bool(record), 0, 0) + query[12:end] + record


def main() -> None:
    own, name, addresses = sys.argv[1:]
    turns = itertools.cycle(addresses.split(","))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((own, 53))
        print("ready", flush=True)
        while True:
            query, peer = sock.recvfrom(512)
            address = next(turns) if is_asked(query, name) == (True, 1) else ""
            sock.sendto(answer(query, name, address), peer)


if __name__ == "__main__":
    main()
