"""The door to shared footage: links that show a range of some cameras to whoever has them, until they expire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.web.shares import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShare:
    """`token` is the secret part of the link; it is not kept and so cannot be shown again."""

    share: Share
    token: str


class ShareDoor(Protocol):
    async def make(self, cameras: Sequence[CameraId], start_us: WallUs, end_us: WallUs, *, lasts_us: int, who: str) -> NewShare:
        """Make a link. Raises Unsupported when there are too many already, StorageFailed."""
        ...

    async def living(self) -> Sequence[Share]:
        """Return the links that still open, newest first."""
        ...

    async def opened(self, token: str, *, counts: bool) -> Share | None:
        """Return what a link shows, None for one that is over or never was; `counts` as a use of it."""
        ...

    async def revoke(self, key: int, who: str) -> Share | None:
        """End a link at once; None when no such link opens any more."""
        ...
