"""Looking for cameras in the home networks, for the set-up: without credentials, bounded in addresses and time."""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from hearthwatch.kit.neighbours import KernelNeighbours
from hearthwatch.run.config import Config
from hearthwatch.vendors.detection import Detector
from hearthwatch.vendors.onvif_discovery import discover
from hearthwatch.vendors.whereabouts import Sighting, Whereabouts


async def find_cameras(home: Sequence[str]) -> tuple[Sighting, ...]:
    """Return the cameras that answer now, those that are configured too. Raises Unreachable without any network."""
    rng = random.Random()  # noqa: S311 - message numbers, not secrets
    places = Whereabouts(Detector(rng=rng), KernelNeighbours(), discover=functools.partial(discover, rng=rng))
    return await places.survey(home)


def configured(config: Config) -> Mapping[str, str]:
    """Return the camera at each host that the configuration names."""
    found: dict[str, str] = {}
    for name, camera in config.cameras.items():
        addresses = (camera.main, camera.sub, camera.snapshot)
        for host in (camera.door.host, *(urlsplit(address).hostname for address in addresses)):
            if host:
                found.setdefault(host, name)
    return found
