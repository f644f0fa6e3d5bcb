"""The door to the copies of the cameras' settings, as the page and the command line ask at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hearthwatch.copies.copy import ConfigCopy, CopyId, Diff, Look, Outcome, RestoreAsk
from hearthwatch.kit.units import CameraId


class CopiesDoor(Protocol):
    """Every method raises kit errors: Unsupported for what there is not, StorageFailed, and what the camera's client raises."""

    @property
    def troubles(self) -> Mapping[CameraId, str]:
        """Why the last look at a camera's settings failed, for those where it did."""
        ...

    async def recent(self, *, camera: CameraId | None, before: CopyId | None, limit: int) -> tuple[ConfigCopy, ...]:
        """Return copies, newest first."""
        ...

    async def settings(self, copy: CopyId) -> tuple[ConfigCopy, Mapping[str, str], Diff]:
        """Return a copy, what is in it with secrets as `***`, and what is different from the one before."""
        ...

    async def diff(self, old: CopyId, new: CopyId) -> Diff: ...

    async def collect(self, camera: CameraId) -> Look:
        """Look at the camera's settings now."""
        ...

    async def restore(self, ask: RestoreAsk, *, apply: bool, who: str) -> Outcome:
        """`who` asks, for the audit trail: `page NAME` or `terminal`."""
        ...

    async def baseline(self, camera: CameraId, *, apply: bool, who: str) -> Outcome: ...
