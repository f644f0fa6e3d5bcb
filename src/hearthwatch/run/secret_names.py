"""Which secrets Hearthwatch asks for, so that a misspelt or forgotten one is noticed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from hearthwatch.offsite.far_ends import secret_names as offsite_secrets
from hearthwatch.run.config import Config
from hearthwatch.run.house_secrets import DEFAULT_PASSWORD
from hearthwatch.run.people import secret_names as people_secrets

_OF_CAMERA = ("password", "door.password", "power.authorization", "porch.password")
_SERVICES = (
    "alerts.telegram.token",
    "alerts.email.password",
    "alerts.apprise.urls",
    "alerts.webhook.secret",
    "alerts.push.key",
    "heartbeat.url",
    "proxy.password",
    "restream.password",
    "mqtt.password",
    "mqtt.code",
    "backup.passphrase",
    "hub.database.password",
    "hub.bucket.secret_key",
)


def asked_for(config: Config) -> tuple[str, ...]:
    """Return the name of every secret that a house with this configuration looks up."""
    cameras = (f"camera.{camera}.{what}" for camera in config.cameras for what in _OF_CAMERA)
    actions = (f"action.{name}.authorization" for name, options in config.actions.items() if options.webhook.url)
    far_ends = (secret for name, options in config.offsite.targets.items() for secret in offsite_secrets(name, options))
    return (DEFAULT_PASSWORD, *cameras, *people_secrets(config), *far_ends, *actions, *_SERVICES)


def _is_kept(name: str, config: Config) -> bool:
    """What repairs keep of a camera: passwords made up for its accounts, and what it was before it was switched off."""
    head, _, rest = name.removeprefix("camera.").partition(".")
    return name.startswith("camera.") and head in config.cameras and rest.partition(".")[0] in {"pending", "account", "standby"}


def unused(names: Iterable[str], config: Config) -> tuple[str, ...]:
    """Return a line about each of `names` that nothing asks for, with the nearest name that something does ask for."""
    known = asked_for(config)
    lines = []
    for name in names:
        if name not in known and not _is_kept(name, config):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            lines.append(f"nothing asks for the secret {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return tuple(lines)
