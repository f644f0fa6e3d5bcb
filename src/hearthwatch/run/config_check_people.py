"""What types cannot say of `[people.NAME]` and `[presence]`: names, how many, and what an interface is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hearthwatch.presence.presence import MAX_DEVICES, MAX_PEOPLE, NAME_PATTERN
from hearthwatch.run.config_faults import Faults

_NAME = re.compile(NAME_PATTERN)
_INTERFACE = re.compile(r"[^\s/:]{1,15}")


def people_faults(faults: Faults, document: Mapping[str, Any]) -> None:
    """Tell what is wrong with people, their devices and the interfaces beyond types."""
    people = document.get("people")
    if isinstance(people, Mapping):
        if len(people) > MAX_PEOPLE:
            faults.add(("people",), f"{len(people)} people are too many: {MAX_PEOPLE} at most")
        for name, person in people.items():
            _name_fault(faults, ("people", name), name, "person")
            _device_faults(faults, name, person.get("devices") if isinstance(person, Mapping) else None)
    presence = document.get("presence")
    if not isinstance(presence, Mapping):
        return
    for key in ("arp_interface", "monitor_interface"):
        value = presence.get(key, "")
        if isinstance(value, str) and value and not _INTERFACE.fullmatch(value):
            faults.add(("presence", key), f"{value!r} is no name of a network interface (`ip link` names those there are)")
    leases = presence.get("leases")
    for place, path in enumerate(leases if isinstance(leases, list) else ()):
        if isinstance(path, str) and not path.startswith("/"):
            faults.add(("presence", "leases", place), "give the whole path, beginning with /")


def _device_faults(faults: Faults, person: str, devices: object) -> None:
    if not isinstance(devices, list):
        return
    path = ("people", person, "devices")
    if len(devices) > MAX_DEVICES:
        faults.add(path, f"{len(devices)} devices are too many: {MAX_DEVICES} at most")
    for place, device in enumerate(devices):
        if isinstance(device, str):
            _name_fault(faults, (*path, place), device, "device")
            if device in devices[:place]:
                faults.add((*path, place), f"{device} stands here twice")


def _name_fault(faults: Faults, path: tuple[str | int, ...], name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        faults.add(path, f"{name!r} cannot name a {what}: use 1 to 32 of a-z, 0-9 and '-'")
