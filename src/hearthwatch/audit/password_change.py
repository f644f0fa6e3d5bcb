"""Changing a password on a camera and here in one step, so that a way in is left wherever it breaks off.

The order: the new one is sealed under a pending name, the camera is told, it is tried there, it replaces the old one in one
write that also drops the pending name. Whatever is left pending is settled by trying both, each once at most.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from dataclasses import dataclass

from hearthwatch.audit import passwords
from hearthwatch.audit.house import Keyring, Premises
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, StorageFailed, Unsupported
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import Accounts, DeviceInfo, Doorkeeper, Fix

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """`secret` is the name under which the new password is kept, `is_ours` whether we log in with it."""

    user: str
    secret: str
    is_ours: bool
    password: Secret = dataclasses.field(repr=False)


class PasswordChange:
    """One change after the other for each camera: the caller sees to that."""

    def __init__(self, doorkeeper: Doorkeeper, keyring: Keyring, premises: Premises) -> None:
        self._doorkeeper = doorkeeper
        self._keyring = keyring
        self._premises = premises
        self._settled: dict[tuple[CameraId, str], str] = {}

    async def told(self, camera: CameraId, user: str) -> str:
        """Return what became of a change that a former house left half-way, once it was tried to settle it."""
        user = user or self._premises.access(camera).user
        if await asyncio.to_thread(self._keyring.get, passwords.pending_name(camera, user)) is not None:
            return f"It is not known yet which password of {user} holds; both are kept until the camera has answered."
        return self._settled.get((camera, user), f"The password of {user} that is kept here was not in doubt.")

    async def change(self, camera: CameraId, user: str) -> Changed:
        """Give `user` ("" for our own account) a new password that works on the camera and is kept here.

        Raises Unsupported when nothing was changed because there is no way; Refused, BadReply or Unreachable with what holds
        now in plain words: the old one, or not known yet and settled as soon as the camera answers.
        """
        client = await self._doorkeeper.client(camera)
        if not isinstance(client, Fix):
            raise Unsupported("this camera does not let its passwords be changed from here: use its own page or app")
        user = user or self._premises.access(camera).user
        if not user:
            raise Unsupported("no account of this camera is known here: set `user` in its part of the configuration first")
        pending = passwords.pending_name(camera, user)
        names = self._names(camera, user)
        given = [name for name in names if await asyncio.to_thread(self._keyring.is_given, name)]
        if given:
            raise Unsupported(
                f"our password comes from the systemd credential {given[0]}, which cannot be written from here: "
                "change it on the camera's own page and there"
            )
        if self._is_ours(camera, user) and await asyncio.to_thread(self._keyring.get, pending) is not None:
            settled = await self.settle(camera, user)
            if settled is not None:
                return settled
        new = passwords.new_password()
        await asyncio.to_thread(self._keyring.change, {pending: new.reveal()})
        try:
            await client.change_password(user, new)
        except Unsupported:
            await asyncio.to_thread(self._keyring.change, {pending: None})
            raise
        except (HearthwatchError, OSError) as error:
            return await self._after(camera, user, error)
        return await self._after(camera, user, None)

    async def _after(self, camera: CameraId, user: str, error: Exception | None) -> Changed:
        """The camera was told, and maybe took it."""
        if error is None and not self._is_ours(camera, user):
            return await self._keep(camera, user)
        try:
            settled = await self.settle(camera, user)
        except StorageFailed:
            raise
        except HearthwatchError as unknown:
            raise type(unknown)(
                f"it is not known yet whether the camera took the new password ({unknown}); both are kept, and Hearthwatch "
                "finds out as soon as the camera answers"
            ) from error
        if settled is None:
            why = f" ({error})" if error else ""
            raise BadReply(f"the camera did not take the new password{why}; the old one still works") from error
        return settled

    async def settle(self, camera: CameraId, user: str) -> Changed | None:
        """Find out what came of a change that was left half-way and make it whole: the new one, or None for the old one.

        Raises Unreachable when the camera does not answer, Refused when it lets us in with neither; both stay kept then.
        """
        pending = passwords.pending_name(camera, user)
        new = await asyncio.to_thread(self._keyring.get, pending)
        if new is None:
            return None
        if await self._works(camera, user, new):
            return await self._keep(camera, user)
        if self._is_ours(camera, user):
            old = await asyncio.to_thread(self._keyring.get, self._names(camera, user)[0])
            if old is None or not await self._works(camera, user, old):
                raise Refused(
                    "the camera takes neither the old nor the new password: it may have locked the account for a while, or "
                    f"somebody else changed it; the new one is kept as {pending}"
                )
        await asyncio.to_thread(self._keyring.change, {pending: None})
        self._settled[camera, user] = f"The camera kept the old password of {user}."
        return None

    async def _keep(self, camera: CameraId, user: str) -> Changed:
        """Replace the old one: it works on the camera."""
        names = self._names(camera, user)
        pending = passwords.pending_name(camera, user)
        new = await asyncio.to_thread(self._keyring.get, pending)
        assert new is not None
        swap: dict[str, str | None] = {name: new.reveal() for name in names}
        await asyncio.to_thread(self._keyring.change, {**swap, pending: None})
        self._settled[camera, user] = f"The new password of {user} works and is in use."
        is_ours = self._is_ours(camera, user)
        if is_ours:
            await self._premises.take_over()
        return Changed(user=user, secret=names[0], is_ours=is_ours, password=new)

    def _is_ours(self, camera: CameraId, user: str) -> bool:
        return bool(self._premises.password_names(camera, user))

    def _names(self, camera: CameraId, user: str) -> tuple[str, ...]:
        return self._premises.password_names(camera, user) or (passwords.account_name(camera, user),)

    async def _works(self, camera: CameraId, user: str, password: Secret) -> bool:
        """Log in once. Raises Unreachable and BadReply when that says nothing about the password."""
        access = dataclasses.replace(self._premises.access(camera), user=user, password=password)
        try:
            async with self._premises.visit(access) as client:
                await prove(client)
        except Refused as error:
            log.info("%s: a password was tried and not taken: %s", camera, error)
            return False
        return True


async def prove(client: DeviceInfo) -> None:
    """Ask something that is answered only after a log-in. Raises Refused when that fails."""
    if isinstance(client, Accounts):
        try:
            await client.accounts()
        except Unsupported:
            pass
        else:
            return
    await client.clock()
