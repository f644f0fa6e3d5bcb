"""The door to the porch, as the page asks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hearthwatch.ingest.drop import Turned
from hearthwatch.kit.units import CameraId, WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class PorchAccountNow:
    """One camera's account. Counts are since the porch was opened; `kept_bytes` and `waiting_bytes` count to its quota."""

    camera: CameraId
    user: str
    has_password: bool
    networks: tuple[str, ...]
    taken: int
    taken_bytes: int
    last_us: WallUs
    turned: dict[Turned, int]
    last_turned: str
    last_turned_us: WallUs
    waiting: int
    waiting_bytes: int
    kept_bytes: int
    quota_bytes: int
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PorchNow:
    """A port is 0 where nothing listens; `error` says why something does not."""

    enabled: bool
    address: str
    smtp_port: int
    ftp_port: int
    error: str
    strangers: int
    accounts: tuple[PorchAccountNow, ...]


class PorchDoor(Protocol):
    def now(self) -> PorchNow:
        """Return how things stand; looks into the inbox and the index of footage. Raises StorageFailed."""
        ...
