"""The machine for the page: how it is now, and starting it anew, which the owner has to allow in the file and in systemd."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hearthwatch.health import repair
from hearthwatch.health.repair import Systemctl, Units
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S
from hearthwatch.run import machine
from hearthwatch.run.config import Config
from hearthwatch.web.fleet_doors import Machine

UNIT = "reboot.target"
_EVERY_US = 15 * 60 * US_PER_S


class MachineDesk:
    """Implements web.machine_doors.MachineDoor."""

    def __init__(
        self, footage: Path, *, config: Callable[[], Config], db: Db, clock: Clock, units: Units | None = None
    ) -> None:
        self._footage = footage
        self._config = config
        self._db = db
        self._clock = clock
        self._units = units or Systemctl()

    def now(self) -> Machine:
        """See MachineDoor."""
        found = machine.condition(self._footage, self._clock)
        return Machine(
            at_us=self._clock.wall_us(),
            version=found.version,
            model=found.model,
            up_s=found.up_s,
            load=found.load,
            temperature_c=found.temperature_c,
            undervoltage=found.undervoltage,
            throttled=found.throttled,
            wifi_dbm=found.wifi_dbm,
            disk_free_bytes=found.disk_free_bytes,
            disk_bytes=found.disk_bytes,
            clock_kept=found.clock_kept,
        )

    def why_not(self) -> str:
        """See MachineDoor."""
        if not self._config().node.allow_reboot:
            return "Restarting the machine from this page is off: set allow_reboot in section [node]."
        return ""

    async def reboot(self) -> None:
        """See MachineDoor."""
        if reason := self.why_not():
            raise Unsupported(reason)
        now_us = self._clock.wall_us()
        if not await self._db.run(lambda c: repair.take(c, UNIT, now_us=now_us, every_us=_EVERY_US)):
            raise Unsupported("The machine was restarted a moment ago: wait a quarter of an hour.")
        await self._units.start(UNIT)
