"""The alert policy as the configuration has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.run.config import Config


def policy_of(config: Config, zone: tzinfo, ids: Callable[[], str]) -> Policy:
    """Return the policy of the house."""
    cameras = {
        name: CameraAlerts(name=camera.name or name, options=camera.alerts, modes=camera.modes)
        for name, camera in config.cameras.items()
    }
    return Policy(home=config.home.name, zone=zone, cameras=cameras, ids=ids)
