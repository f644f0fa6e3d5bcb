"""Following a camera to its new address: our configuration first, so that door and video go there, then the owner's notice."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from hearthwatch.alerts import camera_alerts
from hearthwatch.alerts.alert import Alert
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, StorageFailed
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import CameraOptions
from hearthwatch.vendors.known import KnownCamera

log = logging.getLogger(__name__)


class Follower:
    """Writes a new address into the configuration file, where the house takes it up as any change of the owner's."""

    def __init__(
        self,
        config_path: Path,
        *,
        clock: Clock,
        tell: Callable[[Alert], Awaitable[None]],
        name: Callable[[CameraId], str],
        ids: Callable[[], str],
    ) -> None:
        self._config_path = config_path
        self._clock = clock
        self._tell = tell
        self._name = name
        self._ids = ids

    async def follow(self, known: KnownCamera, options: CameraOptions, host: str, ip: str, link_mac: str) -> None:
        """The camera was at `host` and is at `ip` now, where the network shows `link_mac`. Done again, it is told once."""
        camera = known.camera
        values = moved_values(camera, options, host, ip)
        fault = ""
        if not values:
            fault = f"it names the camera {host}, and who keeps that name must let it lead to {ip}"
        else:
            from hearthwatch.run.config_file import set_values  # megabytes of a TOML editor, for once in a while

            try:
                await asyncio.to_thread(set_values, self._config_path, values)
            except (ConfigFault, StorageFailed) as error:
                fault = str(error)
        proof = f"MAC {link_mac}" if link_mac and link_mac in {known.mac, known.link_mac} else f"it shows {known.mark}"
        log.warning("camera %s moved from %s to %s (%s)%s", camera, host, ip, proof, f": {fault}" if fault else "")
        await self._tell(
            camera_alerts.moved(
                id_=self._ids(),
                camera=camera,
                name=self._name(camera),
                before=host,
                after=ip,
                proof=proof,
                fault=fault,
                now_us=self._clock.wall_us(),
                seen_us=known.last_us,
            )
        )


def moved_values(camera: CameraId, options: CameraOptions, host: str, ip: str) -> dict[tuple[str, ...], str]:
    """Return what must be written so that every address of the camera with `host` in it has `ip`; nothing for a host name."""
    if not _is_ip(host):
        return {}
    found: dict[tuple[str, ...], str] = {}
    for key, url in (("main", options.main), ("sub", options.sub), ("snapshot", options.snapshot)):
        parts = urlsplit(url)
        if url and parts.hostname == host:
            port = f":{parts.port}" if parts.port else ""
            found["camera", camera, key] = parts._replace(netloc=(f"[{ip}]" if ":" in ip else ip) + port).geturl()
    if options.door.host == host:
        found["camera", camera, "door", "host"] = ip
    return found


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
