"""The door onto the devices that are notified by push."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.kit.units import WallUs
from hearthwatch.web.accounts import User

NAME_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDeviceNow:
    """`mark` is the start of the SHA-256 of its address, by which a browser knows itself; `sent_us` is None at first."""

    id: str
    user_id: int
    user: str
    name: str
    mark: str
    added_us: WallUs
    sent_us: WallUs | None


class PushDoor(Protocol):
    async def key(self) -> str:
        """Return this house's public key, as browsers want it for a subscription. Raises Unsupported where push is off,
        StorageFailed."""
        ...

    async def devices(self) -> Sequence[PushDeviceNow]:
        """Return all devices, the oldest first."""
        ...

    async def add(self, user: User, name: str, endpoint: str, p256dh: bytes, auth: bytes) -> PushDeviceNow:
        """Notify this one, too. Raises Unsupported when its address may not be used, or the person has too many."""
        ...

    async def remove(self, device_id: str) -> None:
        """Notify this one no more."""
        ...

    async def test(self, device_id: str) -> None:
        """Send it something harmless. Raises Unsupported when it is not there, and what push services say."""
        ...
