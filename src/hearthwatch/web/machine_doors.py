"""The door onto the machine this house runs on: how it is, and starting it anew where the owner allowed that."""

from __future__ import annotations

from typing import Protocol

from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import WallUs
from hearthwatch.web.fleet_doors import Machine


class MachineDoor(Protocol):
    def now(self) -> Machine:
        """Look now."""
        ...

    def why_not(self) -> str:
        """Return why this page does not start the machine anew, in words; "" where it may."""
        ...

    async def reboot(self) -> None:
        """Start the machine anew. Raises Unsupported where it is not allowed or was done just now, Refused, Unreachable."""
        ...


class NoMachine:
    """The MachineDoor of tests and tools: it can tell nothing."""

    def now(self) -> Machine:
        """See MachineDoor."""
        return Machine(
            at_us=WallUs(0),
            version="",
            model="",
            up_s=None,
            load=None,
            temperature_c=None,
            undervoltage=None,
            throttled=None,
            wifi_dbm=None,
            disk_free_bytes=None,
            disk_bytes=None,
            clock_kept=None,
        )

    def why_not(self) -> str:
        """See MachineDoor."""
        return "Restarting the machine from this page is off: set allow_reboot in section [node]."

    async def reboot(self) -> None:
        raise Unsupported(self.why_not())
