"""The people of the configuration with the addresses and keys of their devices, which are secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.presence.presence import Device, Mac, Person, PersonId, PersonOptions
from hearthwatch.run.config import Config
from hearthwatch.run.plan import ScoutDevice, ScoutPlan

log = logging.getLogger(__name__)

KINDS = ("mac", "ble", "ping")
"""What may be known of a device."""


def secret_of(person: str, device: str, kind: str) -> str:
    """Return the name of the secret that holds a device's `kind`."""
    return f"people.{person}.{device}.{kind}"


def secret_names(config: Config) -> Iterator[str]:
    """Yield the name of every secret a device may have."""
    for person, options in config.people.items():
        for device in options.devices:
            yield from (secret_of(person, device, kind) for kind in KINDS)


def people(config: Config, secrets: Secrets) -> tuple[Person, ...]:
    """Return everybody with their devices. Raises StorageFailed when the secrets cannot be read."""
    stored = frozenset(secrets.names()) if config.people else frozenset()
    return tuple(_person(who, options, secrets, stored) for who, options in config.people.items())


def _person(who: PersonId, options: PersonOptions, secrets: Secrets, stored: frozenset[str]) -> Person:
    def value(device: str, kind: str) -> Secret | None:
        name = secret_of(who, device, kind)
        return secrets.get(name) if name in stored else None

    devices = tuple(
        Device(
            person=who,
            name=device,
            mac=_mac(value(device, "mac"), secret_of(who, device, "mac")),
            ble=_mac(value(device, "ble"), secret_of(who, device, "ble")),
            ping=value(device, "ping"),
        )
        for device in options.devices
    )
    return Person(id=who, name=options.name or who, devices=devices)


def _mac(secret: Secret | None, name: str) -> Mac | None:
    if secret is None:
        return None
    try:
        return Mac(secret.reveal())
    except ValueError as error:
        log.warning("the secret %s is not used: %s", name, error)
        return None


def scout_plan(config: Config, secrets: Secrets) -> ScoutPlan | None:
    """Return what the scout is to do, None when there is nothing. Raises StorageFailed."""
    options = config.presence
    if not options.needs_scout or not config.people:
        return None
    devices = [device for person in people(config, secrets) for device in person.devices]
    wanted = tuple(
        ScoutDevice(
            id=device.id,
            mac=device.mac.packed if device.mac else b"",
            ble=device.ble.packed if device.ble and options.ble else b"",
        )
        for device in devices
        if device.mac or device.ble
    )
    if not wanted:
        return None
    return ScoutPlan(
        arp_interface=options.arp_interface, monitor_interface=options.monitor_interface, ble=options.ble, devices=wanted
    )
