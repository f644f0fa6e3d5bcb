"""The door to the copies elsewhere, as the page and the command line ask at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.offsite.upload import TargetId, TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetNow:
    """How far one target is. `error` is why nothing arrives there just now, "" while it answers; `waiting_events` counts what
    waits of events and emergencies."""

    name: TargetId
    kind: TargetKind
    sealed: bool
    proved: int
    proved_us: WallUs | None
    waiting: int
    waiting_bytes: int
    waiting_events: int
    sending: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSafe:
    """Up to when the footage of a camera is proved to be at some target; None: nothing of it is."""

    camera: CameraId
    until_us: WallUs | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyNow:
    """The last time every camera's last minutes went first: why, when, and how many pieces are still on their way."""

    cause: str
    at_us: WallUs
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsiteNow:
    """`cameras` are those that are recorded; empty `targets`: nothing is kept elsewhere."""

    targets: tuple[TargetNow, ...]
    cameras: tuple[CameraSafe, ...]
    emergency: EmergencyNow | None

    @property
    def safe_us(self) -> WallUs | None:
        """Up to when the footage of every camera is safe elsewhere."""
        found = [one.until_us for one in self.cameras]
        return min((one for one in found if one is not None), default=None) if None not in found else None


class OffsiteDoor(Protocol):
    def now(self) -> OffsiteNow:
        """Return how things stood a second ago, from memory."""
        ...

    async def power(self, word: str) -> bool:
        """The power fails, says who knows the secret word; False for a wrong one. Raises StorageFailed."""
        ...

    async def power_word(self) -> str:
        """Return the secret word. Raises StorageFailed."""
        ...

    async def flush(self, cause: str, who: str) -> bool:
        """Bring the last minutes of every camera to safety first; False when that was just done. Raises StorageFailed."""
        ...
