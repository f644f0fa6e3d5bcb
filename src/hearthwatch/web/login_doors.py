"""The door onto the cameras' log-ins and logs. Methods without `async` may read a database: call them from a worker thread."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import KeptLine, Login, LoginId, Verdict, WatchNow


class LoginDoor(Protocol):
    def logins(
        self,
        *,
        camera: CameraId | None,
        verdicts: Collection[Verdict],
        user: str | None,
        address: str | None,
        start_us: WallUs | None,
        end_us: WallUs | None,
        before: LoginId | None,
        limit: int,
    ) -> Sequence[Login]:
        """Return log-ins, newest first; `before` goes on after the last one of a page. No `verdicts` means all."""
        ...

    def own(self, camera: CameraId) -> Mapping[str, int]:
        """Return how often Hearthwatch itself logged in, by day."""
        ...

    def lines(
        self,
        *,
        camera: CameraId | None,
        search: str,
        start_us: WallUs | None,
        end_us: WallUs | None,
        before: int | None,
        limit: int,
    ) -> Sequence[KeptLine]:
        """Return lines of system logs, newest first."""
        ...

    def is_home(self, address: str | None) -> bool: ...

    def name_of(self, address: str | None) -> str:
        """Return the reverse name of an address as far as it is known; from memory."""
        ...

    def watched(self) -> Sequence[WatchNow]:
        """Return how each camera's door is watched; from memory."""
        ...
