"""The door to the audit of the cameras, as the page and the command line ask at it."""

from __future__ import annotations

from typing import Protocol

from hearthwatch.audit.finding import Mended, Report
from hearthwatch.kit.units import CameraId


class AuditDoor(Protocol):
    """Every method raises kit errors: Unsupported for what there is not, StorageFailed. A camera that does not answer is no
    error but a report that says so."""

    async def reports(self) -> tuple[Report, ...]:
        """Return the last report of each camera that was audited."""
        ...

    async def audit(self, camera: CameraId) -> Report:
        """Look at the camera now; may take a minute."""
        ...

    async def apply(self, camera: CameraId, who: str) -> tuple[tuple[Mended, ...], Report]:
        """Put right what can be without a decision of the owner's, and audit again; may take some minutes."""
        ...

    async def accept(self, camera: CameraId, key: str, *, who: str, accepted: bool) -> Report:
        """Note that the owner knows of a finding, or does not accept it any longer."""
        ...

    async def fence(self, kind: str) -> str:
        """Return rules for a router of that kind (`nftables`, `openwrt`, `vyos`) that keep the cameras off the Internet."""
        ...
