"""What a camera that can be put right has whatever its family: each wish handed on to the part that knows the family's way."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from hearthwatch.kit.secrets import Secret
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Access
from hearthwatch.vendors.network import Network, NetworkChange
from hearthwatch.vendors.switches import Switches
from hearthwatch.vendors.way_in import Mover


class Fixes(Protocol):
    """What a family's fixes can do in any case; as the capabilities of these names say."""

    async def change_password(self, user: str, new: Secret) -> None: ...

    async def remove_account(self, user: str) -> None: ...

    async def network(self) -> Network: ...

    async def write_network(self, change: NetworkChange, now: Network, wanted: Network) -> None: ...

    async def upload_firmware(self, image: Path) -> None: ...

    async def reboot(self) -> None: ...


class RenamingFixes(Fixes, Protocol):
    async def rename_account(self, user: str, new: str) -> None: ...


class BarringFixes(Fixes, Protocol):
    async def blocked(self) -> tuple[str, ...]: ...

    async def block(self, address: str) -> None: ...

    async def unblock(self, address: str) -> None: ...


class Mendable:
    """Fix, AccountRemoval, NetworkControl and FirmwareUpload of a client that sets these three."""

    _fixes: Fixes
    _mover: Mover
    _switches: Switches

    @property
    def services(self) -> frozenset[Service]:
        """See Fix."""
        return self._switches.services

    async def is_on(self, service: Service) -> bool:
        """See Fix."""
        return await self._switches.is_on(service)

    async def switch(self, service: Service, *, on: bool) -> None:
        """See Fix."""
        await self._switches.switch(service, on=on)

    async def change_password(self, user: str, new: Secret) -> None:
        """See Fix."""
        await self._fixes.change_password(user, new)

    async def remove_account(self, user: str) -> None:
        """See AccountRemoval."""
        await self._fixes.remove_account(user)

    async def network(self) -> Network:
        """See NetworkControl."""
        return await self._fixes.network()

    async def change_network(self, change: NetworkChange) -> Access:
        """See NetworkControl."""
        return await self._mover.move(change, lambda now, wanted: self._fixes.write_network(change, now, wanted))

    async def upload_firmware(self, image: Path) -> None:
        """See FirmwareUpload."""
        await self._fixes.upload_firmware(image)

    async def reboot(self) -> None:
        """See Fix."""
        await self._fixes.reboot()


class Renames:
    """AccountRename."""

    _fixes: RenamingFixes

    async def rename_account(self, user: str, new: str) -> None:
        """See AccountRename."""
        await self._fixes.rename_account(user, new)


class Bars:
    """Firewall."""

    _fixes: BarringFixes

    async def blocked(self) -> tuple[str, ...]:
        """See Firewall."""
        return await self._fixes.blocked()

    async def block(self, address: str) -> None:
        """See Firewall."""
        await self._fixes.block(address)

    async def unblock(self, address: str) -> None:
        """See Firewall."""
        await self._fixes.unblock(address)
