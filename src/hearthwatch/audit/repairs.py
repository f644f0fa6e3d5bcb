"""Doing one remedy to a camera: with its own client, read back where the camera lets it, told in the owner's words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from hearthwatch.audit.house import Keyring, LastGood, Premises
from hearthwatch.audit.password_change import PasswordChange, prove
from hearthwatch.audit.possible import Possible, named, network_change, possible
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.repair_access import AccessRepairs
from hearthwatch.audit.repair_device import DeviceRepairs
from hearthwatch.audit.restart import Restart
from hearthwatch.audit.result import Result
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import Doorkeeper
from hearthwatch.vendors.device import Access


class Repairs:
    """One remedy at a time for each camera: the caller sees to that."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        keyring: Keyring,
        premises: Premises,
        restart: Restart,
        last_good: LastGood | None = None,
    ) -> None:
        self._doorkeeper = doorkeeper
        self._premises = premises
        self.passwords = PasswordChange(doorkeeper, keyring, premises)
        self._access = access = AccessRepairs(doorkeeper, premises, self.passwords)
        self._device = device = DeviceRepairs(doorkeeper, keyring, premises, restart, last_good)
        self._doing: Mapping[RemedyKind, Callable[[Remedy], Awaitable[Result]]] = {
            RemedyKind.CHANGE_PASSWORD: access.change_password,
            RemedyKind.RENAME_USER: access.rename_user,
            RemedyKind.REMOVE_ACCOUNT: access.remove_account,
            RemedyKind.END_SESSION: access.end_session,
            RemedyKind.BLOCK_ADDRESS: access.block,
            RemedyKind.UNBLOCK_ADDRESS: access.unblock,
            RemedyKind.REBOOT: device.reboot,
            RemedyKind.SWITCH_OFF: device.switch_off,
            RemedyKind.SWITCH_ON: device.switch_on,
            RemedyKind.SERVICE_OFF: device.switch_service,
            RemedyKind.SERVICE_ON: device.switch_service,
            RemedyKind.SET_CLOCK: device.set_clock,
            RemedyKind.USE_NTP: device.use_ntp,
            RemedyKind.RESTORE_SETTINGS: device.restore,
            RemedyKind.CHANGE_NETWORK: device.change_network,
            RemedyKind.UPLOAD_FIRMWARE: device.upload_firmware,
        }

    async def possible(self, camera: CameraId) -> Possible:
        """Return what can be tried. Raises Unreachable, Refused and BadReply as `Doorkeeper.client`."""
        options = self._premises.power(camera)
        client, why = None, ""
        try:
            client = await self._doorkeeper.client(camera)
        except Unsupported as error:
            why = str(error)
        found = possible(client, has_off_switch=bool(options.off_url), has_on_switch=bool(options.on_url))
        return replace(found, why_not={kind: no and (why or named(no, camera)) for kind, no in found.why_not.items()})

    async def do(self, remedy: Remedy) -> Result:
        """Do it. Raises Unsupported when there is no way and nothing was changed; any other kit error when it failed."""
        return await self._doing[remedy.kind](remedy)

    async def resume(self, remedy: Remedy) -> Result | None:
        """Find out what came of a remedy that was broken off and let our own side follow; None when that is not known.

        Raises Unreachable when the camera does not answer. Passwords are settled by `Unsettled` before.
        """
        camera = remedy.camera
        if remedy.kind is RemedyKind.CHANGE_PASSWORD:
            return Result(text=await self.passwords.told(camera, remedy.subject), verified=False)
        if remedy.kind is RemedyKind.RENAME_USER and self._premises.password_names(camera, remedy.subject):
            now = self._premises.access(camera)
            if await self._answers(replace(now, user=remedy.value)):
                return await self._access.renamed(remedy)
        elif remedy.kind is RemedyKind.CHANGE_NETWORK:
            now = self._premises.access(camera)
            after = network_change(remedy.value).follow(now)
            if after != now and not await self._answers(now) and await self._answers(after):
                return await self._device.moved(remedy, now, after)
        return None

    async def _answers(self, access: Access) -> bool:
        try:
            async with self._premises.visit(access) as client:
                await prove(client)
        except (Refused, Unreachable, BadReply, Unsupported):
            return False
        return True
