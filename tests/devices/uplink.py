"""A box behind a router with a line to the outside, in three network namespaces. Needs root and `ip`.

The box asks the router for names, as homes do. `10.78.0.2` is the box, `10.78.0.1` the router, `203.0.113.2` the outside.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_numbers = itertools.count()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Uplink:
    def __init__(self) -> None:
        prefix = f"u{os.getpid() % 10_000}x{next(_numbers)}"
        self.box, self.router, self.outside = (f"{prefix}{part}" for part in ("box", "rt", "out"))

    def open(self) -> None:
        etc = Path("/etc/netns") / self.box
        etc.mkdir(parents=True)
        (etc / "resolv.conf").write_text("nameserver 10.78.0.1\noptions timeout:1 attempts:1\n")
        for name in (self.box, self.router, self.outside):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("link", "add", "eth0", "netns", self.box, "type", "veth", "peer", "name", "lan", "netns", self.router)
        _ip("link", "add", "wan", "netns", self.router, "type", "veth", "peer", "name", "eth0", "netns", self.outside)
        addresses = {(self.box, "eth0"): "10.78.0.2", (self.router, "lan"): "10.78.0.1"}
        addresses |= {(self.router, "wan"): "203.0.113.1", (self.outside, "eth0"): "203.0.113.2"}
        for (name, link), address in addresses.items():
            _ip("-n", name, "addr", "add", f"{address}/24", "dev", link)
            _ip("-n", name, "link", "set", link, "up")
        _ip("-n", self.box, "route", "add", "default", "via", "10.78.0.1")
        _ip("-n", self.outside, "route", "add", "default", "via", "203.0.113.1")
        subprocess.run(
            self.command(self.router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"), check=True, capture_output=True
        )

    def cut(self) -> None:
        """The provider's line is dead; the router says so."""
        _ip("-n", self.router, "link", "set", "wan", "down")

    def mend(self) -> None:
        _ip("-n", self.router, "link", "set", "wan", "up")

    def unplug(self) -> None:
        """The router is off: the box keeps its cable and its route, and nobody answers."""
        _ip("-n", self.router, "addr", "del", "10.78.0.1/24", "dev", "lan")

    def plug(self) -> None:
        _ip("-n", self.router, "addr", "add", "10.78.0.1/24", "dev", "lan")

    def command(self, name: str, *words: str) -> list[str]:
        """Return the command line that runs `words` in the namespace `name`."""
        return ["ip", "netns", "exec", name, *words]

    def close(self) -> None:
        for name in (self.box, self.router, self.outside):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        shutil.rmtree(Path("/etc/netns") / self.box, ignore_errors=True)


@contextlib.contextmanager
def uplink() -> Iterator[Uplink]:
    """Yield a box, a router and the outside that are gone afterwards."""
    found = Uplink()
    try:
        found.open()
        yield found
    finally:
        found.close()
