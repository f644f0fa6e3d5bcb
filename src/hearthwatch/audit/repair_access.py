"""Repairs of who gets in: passwords, accounts, visits, addresses."""

from __future__ import annotations

import ipaddress

from hearthwatch.audit.house import Premises
from hearthwatch.audit.password_change import PasswordChange
from hearthwatch.audit.possible import no_way
from hearthwatch.audit.remedy import Remedy
from hearthwatch.audit.result import Result
from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.units import CameraId
from hearthwatch.vendors.capability import (
    AccountRemoval,
    AccountRename,
    Accounts,
    Doorkeeper,
    Firewall,
    SessionControl,
    Sessions,
)


class AccessRepairs:
    """Each method does one kind of remedy; see `Repairs.do`."""

    def __init__(self, doorkeeper: Doorkeeper, premises: Premises, passwords: PasswordChange) -> None:
        self._doorkeeper = doorkeeper
        self._premises = premises
        self._passwords = passwords

    async def change_password(self, remedy: Remedy) -> Result:
        changed = await self._passwords.change(remedy.camera, remedy.subject)
        text = f"The password of {changed.user} was changed and works."
        if not changed.is_ours:
            text = f"The camera took a new password for {changed.user}."
        return Result(text=text, verified=changed.is_ours, secret=changed.secret, password=changed.password)

    async def rename_user(self, remedy: Remedy) -> Result:
        camera, user, new = remedy.camera, remedy.subject, remedy.value
        if not user or not new or user == new:
            raise Unsupported("say which account shall be renamed, and how")
        client = await self._doorkeeper.client(camera)
        if not isinstance(client, AccountRename):
            raise no_way(remedy, client)
        await client.rename_account(user, new)
        return await self.renamed(remedy)

    async def renamed(self, remedy: Remedy) -> Result:
        camera, user, new = remedy.camera, remedy.subject, remedy.value
        if self._premises.password_names(camera, user):
            await self._premises.rename_user(camera, user, new)
            await self._premises.take_over()
        names = await self._account_names(camera)
        verified = names is not None and new in names and user not in names
        return Result(text=f"The account {user} is called {new} now, with the password it had.", verified=verified)

    async def _account_names(self, camera: CameraId) -> frozenset[str] | None:
        client = await self._doorkeeper.client(camera)
        if not isinstance(client, Accounts):
            return None
        return frozenset(account.name for account in await client.accounts())

    async def remove_account(self, remedy: Remedy) -> Result:
        camera, user = remedy.camera, remedy.subject
        if self._premises.password_names(camera, user):
            raise Unsupported(f"Hearthwatch itself logs in as {user}: it is not removed")
        client = await self._doorkeeper.client(camera)
        if not isinstance(client, AccountRemoval):
            raise no_way(remedy, client)
        await client.remove_account(user)
        names = await self._account_names(camera)
        if names is not None and user in names:
            raise BadReply(f"the camera said yes, but the account {user} is still there")
        return Result(text=f"The account {user} is gone.", verified=names is not None)

    async def end_session(self, remedy: Remedy) -> Result:
        client = await self._doorkeeper.client(remedy.camera)
        if not (isinstance(client, SessionControl) and isinstance(client, Sessions)):
            raise no_way(remedy, client)
        ours = (self._premises.access(remedy.camera).user, await self._premises.our_address(remedy.camera))
        found = [
            one
            for one in await client.sessions()
            if remedy.subject in {one.id, one.address, one.user} and (one.user, one.address) != ours
        ]
        if not found:
            return Result(text=f"Nobody is logged in as {remedy.subject} any more.", verified=True)
        for session in found:
            await client.end_session(session)
        ended = {session.id for session in found}
        if any(one.id in ended for one in await client.sessions()):
            raise BadReply("the camera said yes, but that visit goes on: change the password, then restart the camera")
        return Result(text=f"The visit of {found[0].user or remedy.subject} is over. Change the password, too.", verified=True)

    async def block(self, remedy: Remedy) -> Result:
        address = _ipv4(remedy.subject)
        client = await self._doorkeeper.client(remedy.camera)
        if not isinstance(client, Firewall):
            raise no_way(remedy, client)
        if address == await self._premises.our_address(remedy.camera):
            raise Unsupported(f"{address} is this very machine: the camera would shut out Hearthwatch")
        await client.block(address)
        if address not in await client.blocked():
            raise BadReply(f"the camera said yes, but {address} is not on its list")
        return Result(text=f"The camera answers {address} no more.", verified=True)

    async def unblock(self, remedy: Remedy) -> Result:
        address = _ipv4(remedy.subject)
        client = await self._doorkeeper.client(remedy.camera)
        if not isinstance(client, Firewall):
            raise no_way(remedy, client)
        await client.unblock(address)
        if address in await client.blocked():
            raise BadReply(f"the camera said yes, but {address} is still on its list")
        return Result(text=f"The camera answers {address} again.", verified=True)


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise Unsupported(f"{text[:60]!r} is no IPv4 address, and cameras block no other: block it in your router") from None
