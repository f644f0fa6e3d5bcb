"""A hub and its sites in network namespaces of their own, each with a cable to one router that can be cut. Needs root, `ip`, `nft`.

Addresses: the hub is `10.83.0.2`, the sites `10.83.1.2`, `10.83.2.2` …; the router is `.1` of each.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

_numbers = itertools.count()
_CLONE_NEWNET = 0x40000000
HUB = "hub"


class Harm(StrEnum):
    """What may become of a cable: pulled (both ends see it), everything swallowed (nobody sees it), or 30 % swallowed."""

    PULLED = "pulled"
    SILENT = "silent"
    LOSSY = "lossy"


_LOST = {Harm.SILENT: "", Harm.LOSSY: "numgen random mod 100 < 30"}


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class SitesNet:
    def __init__(self, sites: Sequence[str]) -> None:
        self._prefix = f"s{os.getpid() % 100_000}x{next(_numbers)}"
        self._router = f"{self._prefix}rt"
        self.places = (HUB, *sites)
        self._harmed: dict[str, Harm] = {}

    def namespace(self, place: str) -> str:
        return f"{self._prefix}{place}"

    def address(self, place: str) -> str:
        return f"10.83.{self.places.index(place)}.2"

    def under(self, place: str) -> tuple[str, ...]:
        """Return the command that runs the command behind it at that place."""
        return ("ip", "netns", "exec", self.namespace(place))

    def pids(self, place: str) -> tuple[int, ...]:
        """Return the processes that are there."""
        said = subprocess.run(["ip", "netns", "pids", self.namespace(place)], check=True, capture_output=True, text=True)
        return tuple(int(word) for word in said.stdout.split())

    def socket_at(self, place: str, family: int, kind: int, protocol: int) -> socket.socket:
        """Return a socket of that place, for this process: what it connects to is there."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/proc/self/ns/net").open() as own, Path(f"/run/netns/{self.namespace(place)}").open() as there:
            if libc.setns(there.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "entering a network namespace")
            try:
                return socket.socket(family, kind, protocol)
            finally:
                assert libc.setns(own.fileno(), _CLONE_NEWNET) == 0

    def open(self) -> None:
        for name in (self._router, *map(self.namespace, self.places)):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        for number, place in enumerate(self.places):
            space = self.namespace(place)
            _ip("link", "add", "eth0", "netns", space, "type", "veth", "peer", "name", place, "netns", self._router)
            for name, link, host in ((space, "eth0", 2), (self._router, place, 1)):
                _ip("-n", name, "addr", "add", f"10.83.{number}.{host}/24", "dev", link)
                _ip("-n", name, "link", "set", link, "up")
            _ip("-n", space, "route", "add", "default", "via", f"10.83.{number}.1")
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
        subprocess.run(["ip", "netns", "exec", self._router, "sh", "-c", forward], check=True, capture_output=True)

    def harm(self, place: str, harm: Harm) -> None:
        """Do something to the cable of a place until `mend`."""
        self._harmed[place] = harm
        self._apply()

    def mend(self, *places: str) -> None:
        """Mend the cables of these places; without any, all."""
        for place in places or self.places:
            self._harmed.pop(place, None)
        self._apply()

    def _apply(self) -> None:
        for place in self.places:
            state = "down" if self._harmed.get(place) is Harm.PULLED else "up"
            _ip("-n", self._router, "link", "set", place, state)
        rules = [
            f"{end}name {place} {which} drop"
            for place, harm in self._harmed.items()
            if (which := _LOST.get(harm)) is not None
            for end in ("iif", "oif")
        ]
        chain = ["type filter hook forward priority 0;", *rules]
        lines = ["table ip sites", "delete table ip sites", "table ip sites {", "chain forward {", *chain, "}", "}", ""]
        command = ["ip", "netns", "exec", self._router, "nft", "-f", "-"]
        subprocess.run(command, input="\n".join(lines), check=True, capture_output=True, text=True)

    def close(self) -> None:
        for name in (self._router, *map(self.namespace, self.places)):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@contextlib.contextmanager
def sites_net(sites: Sequence[str]) -> Iterator[SitesNet]:
    """Yield places that are gone afterwards."""
    found = SitesNet(sites)
    try:
        found.open()
        yield found
    finally:
        found.close()
