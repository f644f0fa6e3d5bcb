"""What the page asks of the house about a camera's own door, and about what can be done to the camera."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.trail import Entry
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.vendors.capability import Service
from hearthwatch.vendors.device import Account, DeviceIdentity, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorNow:
    """A camera's own door at this moment. `why` says why it cannot be asked, "" when it can.

    `why_not` has every kind of remedy; empty text: it can be tried. None for sessions, accounts and blocked addresses: the
    camera does not tell them."""

    vendor: str
    host: str
    port: int
    why: str
    identity: DeviceIdentity | None
    why_not: Mapping[RemedyKind, str]
    services: frozenset[Service]
    sessions: tuple[Session, ...] | None
    accounts: tuple[Account, ...] | None
    blocked: tuple[str, ...] | None
    our_user: str


class RemedyDoor(Protocol):
    async def door(self, camera: CameraId) -> DoorNow:
        """Ask the camera. What it does not answer is missing and said in `why`; raises nothing for that."""
        ...

    async def ask(self, remedy: Remedy, who: str) -> Entry:
        """Return the question before `remedy`, or (IMPOSSIBLE) the plain statement that there is no way.

        Raises Unsupported for a remedy that makes no sense."""
        ...

    async def confirm(self, entry: str, who: str, *, wait_s: float) -> Entry:
        """Do it; RUNNING when it takes longer than `wait_s`. Raises Unsupported when there is no such open question."""
        ...

    async def decline(self, entry: str, who: str) -> bool: ...

    def take_password(self, entry: str) -> Secret | None:
        """Return, once, the password made up for that entry."""
        ...

    async def upload(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        """Keep a firmware file under `name` and return its bytes. Raises Unsupported for a bad name or too much."""
        ...

    def trail(self, *, camera: CameraId | None, before_us: WallUs | None, limit: int) -> Sequence[Entry]:
        """Return entries asked before `before_us`, newest first; from a worker thread."""
        ...

    def entry(self, entry: str) -> Entry | None: ...
