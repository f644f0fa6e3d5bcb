"""A home network of network namespaces: the house behind a bridge, and hosts that are phones. Needs root and `ip`."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
from collections.abc import Iterator

_numbers = itertools.count()


def is_possible() -> bool:
    """Tell whether this machine lets us make network namespaces."""
    if os.geteuid() != 0:
        return False
    name = f"hwtry{os.getpid()}"
    try:
        made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    if made.returncode:
        return False
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return True


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Phone:
    """A host in a namespace of its own, with a cable to the bridge."""

    def __init__(self, lan: Lan, name: str, mac: str, ip: str) -> None:
        self.namespace, self._cable, self._lan, self.mac, self.ip = f"{lan.prefix}{name}", f"{lan.prefix}{name}", lan, mac, ip
        _ip("netns", "add", self.namespace)
        _ip("link", "add", self._cable, "netns", lan.house, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        _ip("-n", lan.house, "link", "set", self._cable, "master", "br0")
        _ip("-n", self.namespace, "link", "set", "eth0", "address", mac)
        _ip("-n", self.namespace, "addr", "add", f"{ip}/24", "dev", "eth0")

    def join(self) -> None:
        """Come home."""
        _ip("-n", self.namespace, "link", "set", "eth0", "up", "arp", "on")
        _ip("-n", self._lan.house, "link", "set", self._cable, "up")

    def leave(self) -> None:
        """Go out of reach."""
        _ip("-n", self._lan.house, "link", "set", self._cable, "down")

    def sleep(self) -> None:
        """Stay, but answer nothing."""
        _ip("-n", self.namespace, "link", "set", "eth0", "arp", "off")

    def wake(self) -> None:
        _ip("-n", self.namespace, "link", "set", "eth0", "arp", "on")

    def close(self) -> None:
        subprocess.run(["ip", "netns", "del", self.namespace], capture_output=True, check=False)


class Lan:
    """10.77.0.0/24 with the house at .1 on `br0`."""

    def __init__(self) -> None:
        self.prefix = f"h{os.getpid() % 10_000}x{next(_numbers)}"
        self.house = f"{self.prefix}hw"
        self._phones: list[Phone] = []

    def phone(self, name: str, mac: str, ip: str) -> Phone:
        """Return a phone that is away."""
        found = Phone(self, name, mac, ip)
        self._phones.append(found)
        return found

    def open(self) -> None:
        _ip("netns", "add", self.house)
        _ip("-n", self.house, "link", "set", "lo", "up")
        _ip("-n", self.house, "link", "add", "br0", "type", "bridge")
        _ip("-n", self.house, "addr", "add", "10.77.0.1/24", "dev", "br0")
        _ip("-n", self.house, "link", "set", "br0", "up")
        # a bridge has a carrier while one of its ports has one: the house's own desk
        _ip("-n", self.house, "link", "add", "desk", "type", "veth", "peer", "name", "deskpeer")
        _ip("-n", self.house, "link", "set", "desk", "master", "br0", "up")
        self.connect()

    def connect(self) -> None:
        _ip("-n", self.house, "link", "set", "deskpeer", "up")

    def disconnect(self) -> None:
        """The access point is off: every port is down, the house's own as well."""
        _ip("-n", self.house, "link", "set", "deskpeer", "down")

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs `words` in the house's namespace."""
        return ["ip", "netns", "exec", self.house, *words]

    def close(self) -> None:
        for phone in self._phones:
            phone.close()
        subprocess.run(["ip", "netns", "del", self.house], capture_output=True, check=False)


@contextlib.contextmanager
def lan() -> Iterator[Lan]:
    """Yield a home network that is gone afterwards."""
    found = Lan()
    try:
        found.open()
        yield found
    finally:
        found.close()
