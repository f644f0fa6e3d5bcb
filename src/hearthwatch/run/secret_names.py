"""Which secrets Hearthwatch asks for, so that a misspelt or forgotten one is noticed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from hearthwatch.run.config import Config

_SERVICES = ("alerts.telegram.token", "alerts.email.password", "alerts.apprise.urls", "alerts.webhook.secret", "heartbeat.url")


def asked_for(config: Config) -> tuple[str, ...]:
    """Return the name of every secret that a house with this configuration looks up."""
    cameras = (name for camera in config.cameras for name in (f"camera.{camera}.password", f"camera.{camera}.door.password"))
    return (*cameras, *_SERVICES)


def unused(names: Iterable[str], config: Config) -> tuple[str, ...]:
    """Return a line about each of `names` that nothing asks for, with the nearest name that something does ask for."""
    known = asked_for(config)
    lines = []
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            lines.append(f"nothing asks for the secret {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return tuple(lines)
