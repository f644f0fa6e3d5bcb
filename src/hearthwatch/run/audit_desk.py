"""The audit in a running house: the auditor joined with configuration, doorman, alerts, page and command line."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from hearthwatch.alerts import audit_alerts
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.audit import cves
from hearthwatch.audit.auditor import Auditor, Repairer
from hearthwatch.audit.cves import Rule
from hearthwatch.audit.fence import Fenced, FenceKind, fence
from hearthwatch.audit.finding import AuditOptions, Finding, Mended, Report
from hearthwatch.kit.address import resolve
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import ConfigFault, HearthwatchError, Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId, to_datetime
from hearthwatch.logins.verdict import networks
from hearthwatch.run.config import Config
from hearthwatch.run.zone import zone_of
from hearthwatch.vendors.device import Vendor
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.vendors.probe import Probe

log = logging.getLogger(__name__)

TABLE = "cves.toml"
"""In the data folder: the owner's own table of known weaknesses."""
_MAX_TABLE_BYTES = 4 << 20


class AuditDesk:
    """Implements web.audit_doors.AuditDoor and audit.auditor.Home. `auditor.run` until cancelled."""

    def __init__(
        self,
        doorman: Doorman,
        repairer: Repairer,
        *,
        config: Callable[[], Config],
        data_folder: Path,
        db: Db,
        clock: Clock,
        outbox: Outbox,
        policy: Callable[[], Policy],
        ids: Callable[[], str],
    ) -> None:
        self._doorman = doorman
        self._config = config
        self._own_table = data_folder / TABLE
        self._clock = clock
        self._outbox = outbox
        self._policy = policy
        self._ids = ids
        probe = Probe(rng=random.Random())  # noqa: S311 - nonces of a client, not secrets
        self.auditor = Auditor(doorman, probe, repairer, self, db=db, clock=clock, tell=self._tell)

    async def _tell(self, found: Sequence[Finding], report: Report) -> None:
        name = self._policy().name(report.camera)
        await self._outbox.record(None, audit_alerts.weaknesses(id_=self._ids(), name=name, found=found, report=report))

    @property
    def options(self) -> AuditOptions:
        """See Home."""
        return self._config().audit

    def names(self, camera: CameraId) -> tuple[str, ...]:
        """See Home."""
        options = self._config().cameras.get(camera)
        return (options.name,) if options is not None and options.name else ()

    def utc_offset_us(self) -> int:
        """See Home."""
        offset = to_datetime(self._clock.wall_us(), zone_of(self._config())).utcoffset()
        return round(offset.total_seconds()) * US_PER_S if offset is not None else 0

    async def known_weaknesses(self) -> Sequence[Rule]:
        """See Home. The owner's own rows, if there are any, come before the shipped ones."""
        return await asyncio.to_thread(_table, self._own_table)

    def vendor(self, camera: CameraId) -> Vendor:
        """See Home."""
        return self._doorman.door(camera).vendor

    async def reports(self) -> tuple[Report, ...]:
        """See AuditDoor."""
        return await self.auditor.reports()

    async def audit(self, camera: CameraId) -> Report:
        """See AuditDoor."""
        return await self.auditor.audit(camera)

    async def apply(self, camera: CameraId, who: str) -> tuple[tuple[Mended, ...], Report]:
        """See AuditDoor."""
        return await self.auditor.apply(camera, who)

    async def accept(self, camera: CameraId, key: str, *, who: str, accepted: bool) -> Report:
        """See AuditDoor."""
        return await self.auditor.accept(camera, key, who=who, accepted=accepted)

    async def fence(self, kind: str) -> str:
        """See AuditDoor."""
        try:
            dialect = FenceKind(kind)
        except ValueError:
            raise Unsupported(f"{kind[:40]!r} is no router we write rules for: say {', '.join(FenceKind)}") from None
        places = [await self._place(camera) for camera in self._config().cameras]
        home = [str(network) for network in networks(self._config().home.networks)]
        return fence(dialect, [place for place in places if place is not None], home)

    async def _place(self, camera: CameraId) -> Fenced | None:
        """Where a camera is in the network; None for one that is not in it at all."""
        options = self._config().cameras[camera]
        stream = urlsplit(options.main or options.snapshot)
        host = options.door.host or (stream.hostname if stream.scheme in {"rtsp", "rtsps", "http", "https"} else "")
        if not host or options.allow_loopback:
            return None
        known = self._doorman.admission.known(camera)
        addresses = [known.ip] if known is not None and known.ip else []
        try:
            ip, _ = await asyncio.to_thread(resolve, host, 0, allow_loopback=False)
        except HearthwatchError:
            pass  # a name that is not known now: the fence says that the camera is outside
        else:
            addresses.append(ip)
        mac = (known.link_mac or known.mac) if known is not None else ""
        return Fenced(camera=camera, addresses=tuple(dict.fromkeys(addresses)), mac=mac)


def _table(path: Path) -> Sequence[Rule]:
    """Return the shipped table renewed by the file at `path`; a file that is wrong is said to be so and not used."""
    try:
        if path.stat().st_size > _MAX_TABLE_BYTES:
            raise ConfigFault(f"it is over {_MAX_TABLE_BYTES} bytes long")
        return cves.renewed(cves.rules(), cves.read(path.read_text("utf-8")))
    except FileNotFoundError:
        pass
    except (ConfigFault, OSError, UnicodeDecodeError) as error:
        log.warning("%s is not used: %s", path, error)
    return cves.rules()
