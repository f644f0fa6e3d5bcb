"""What types cannot say of `[porch]` and `[camera.NAME.porch]`: an address to listen at, ports, user names, networks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from hearthwatch.run.config_faults import Faults
from hearthwatch.run.toml_lines import KeyPath

_USER = re.compile(r"[A-Za-z0-9._@-]{1,64}")


def porch_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with the porch beyond its types."""
    porch = document.get("porch")
    if isinstance(porch, Mapping):
        _listener_faults(faults, porch)
    cameras = document.get("camera")
    users: dict[str, str] = {}
    for name, camera in cameras.items() if isinstance(cameras, Mapping) else ():
        options = camera.get("porch") if isinstance(camera, Mapping) else None
        options = options if isinstance(options, Mapping) else {}
        path: KeyPath = ("camera", name, "porch")
        user = options.get("user") or name
        if not isinstance(user, str):
            continue
        if options.get("user") and not _USER.fullmatch(user):
            faults.add((*path, "user"), "must be 1 to 64 of letters, digits and . _ @ -")
        elif users.setdefault(user, name) != name:
            faults.add((*path, "user"), f"is the account of camera {users[user]} already: each camera has one of its own")
        networks = options.get("networks")
        for place, text in enumerate(networks if isinstance(networks, list) else ()):
            if isinstance(text, str) and not _is_network(text):
                faults.add((*path, "networks", place), 'is no address or network: write "192.168.1.20" or "192.168.1.0/24"')


def _listener_faults(faults: Faults, porch: Mapping[str, Any]) -> None:
    address = porch.get("address")
    if porch.get("enabled") is True and not address:
        faults.add(("porch",), "needs `address`: this machine's address in the cameras' network, as address = \"192.168.1.10\"")
    if isinstance(address, str) and address and not _is_address(address):
        faults.add(("porch", "address"), 'is no address of a machine: write one as "192.168.1.10"')
    smtp, ftp = porch.get("smtp_port", 2525), porch.get("ftp_port", 2121)
    if smtp and smtp == ftp:
        faults.add(("porch", "ftp_port"), "is the port for mails already")
    first, last = porch.get("passive_first_port", 52_100), porch.get("passive_last_port", 52_163)
    if isinstance(first, int) and isinstance(last, int):
        if last < first:
            faults.add(("porch", "passive_last_port"), "lies below passive_first_port")
        elif last - first > 1000:
            faults.add(("porch", "passive_last_port"), "leaves more than 1000 ports open: a few dozen are plenty")
        for key, port in (("smtp_port", smtp), ("ftp_port", ftp)):
            if isinstance(port, int) and first <= port <= last:
                faults.add(("porch", key), "is one of the ports of passive mode: choose another")


def _is_address(text: str) -> bool:
    try:
        return not ipaddress.ip_address(text).is_multicast
    except ValueError:
        return False


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
