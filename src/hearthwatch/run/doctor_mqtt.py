"""The doctor's check of the MQTT broker: does it let us in, and does anybody read our password on the way?"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator

from hearthwatch.alerts.mqtt_client import ask
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.check import Check, fail, ok, warn
from hearthwatch.run.config import Config

_SUBJECT = "MQTT"


def mqtt(config: Config, secrets: Secrets) -> Iterator[Check]:
    """Yield how the broker takes us; nothing where there is none. Raises StorageFailed."""
    options = config.mqtt
    if not options.host:
        return
    found = secrets.get("mqtt.password")
    password = found.reveal() if found else ""
    if options.user and not password:
        yield warn(_SUBJECT, f"logs in as {options.user} without a password: hearthwatch secrets set mqtt.password")
    if not options.user:
        yield warn(_SUBJECT, "logs in without a name: give the broker a user for this house, and set mqtt.user")
    if not options.tls and not _is_here(options.host):
        yield warn(_SUBJECT, f"password and alerts go to {options.host} in clear: set mqtt.tls, if the broker can")
    if options.commands and secrets.get("mqtt.code") is None:
        yield warn(
            _SUBJECT,
            "whoever may write to the broker can disarm the house: allow only Home Assistant to write "
            f"{options.topic}/set/#, or set a code: hearthwatch secrets set mqtt.code",
        )
    try:
        asyncio.run(ask(options, password))
    except HearthwatchError as error:
        yield fail(_SUBJECT, str(error))
        return
    yield ok(_SUBJECT, f"the broker at {options.host}:{options.port} lets us in")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
