"""Our own side of the cameras, as repairs need it: passwords, configuration, and everything that logs in with them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

from hearthwatch.audit.power import PowerOptions
from hearthwatch.kit.address import address_towards
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run import config_follow
from hearthwatch.run.config import Config, load
from hearthwatch.vendors.capability import DeviceInfo
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.vendors.network import NetworkChange

log = logging.getLogger(__name__)

_NO_SECRET = Secret("")


class HousePremises:
    """Implements audit.house.Premises. `config` gives the configuration in force, `take_over` reads it and the secrets anew."""

    def __init__(
        self,
        doorman: Doorman,
        secrets: Secrets,
        *,
        config_path: Path,
        config: Callable[[], Config],
        name: Callable[[CameraId], str],
        take_over: Callable[[], Awaitable[None]],
    ) -> None:
        self._doorman = doorman
        self._secrets = secrets
        self._path = config_path
        self._config = config
        self._name = name
        self._take_over = take_over

    def name(self, camera: CameraId) -> str:
        """See Premises."""
        return self._name(camera)

    def password_names(self, camera: CameraId, user: str) -> tuple[str, ...]:
        """See Premises."""
        return config_follow.password_names(self._config(), frozenset(self._secrets.names()), camera, user)

    def access(self, camera: CameraId) -> Access:
        """See Premises."""
        access = self._doorman.access(camera)
        names = self.password_names(camera, access.user)
        password = self._secrets.get(names[0]) if names else None
        return replace(access, password=password or _NO_SECRET)

    async def our_address(self, camera: CameraId) -> str | None:
        """See Premises."""
        return await asyncio.to_thread(address_towards, self._doorman.access(camera).host)

    def power(self, camera: CameraId) -> PowerOptions:
        """See Premises."""
        found = self._config().cameras.get(camera)
        return found.power if found else PowerOptions()

    async def rename_user(self, camera: CameraId, user: str, new: str) -> None:
        """See Premises. Raises ConfigFault, StorageFailed."""
        await asyncio.to_thread(self._write, lambda config: config_follow.renamed_user(config, camera, user, new))

    async def follow(self, camera: CameraId, before: Access, after: Access, change: NetworkChange) -> None:
        """See Premises. Raises ConfigFault, StorageFailed."""
        await asyncio.to_thread(self._write, lambda config: config_follow.moved_device(config, camera, before, after, change))

    def _write(self, values: Callable[[Config], Mapping[config_follow.KeyPath, str | int]]) -> None:
        from hearthwatch.run.config_file import set_values  # megabytes of a TOML editor, for once in a while

        if found := values(load(self._path)):
            set_values(self._path, {**found})

    async def take_over(self) -> None:
        """See Premises."""
        try:
            await self._take_over()
        except HearthwatchError as error:
            log.warning("what changed with the camera is taken over later: %s", error)

    def visit(self, access: Access) -> AbstractAsyncContextManager[DeviceInfo]:
        """See Premises."""
        return self._doorman.visit(access)
