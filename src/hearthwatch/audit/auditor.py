"""The auditor: looks at every camera once a day and when asked, keeps the report, tells what is new, and mends what can be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol

from hearthwatch.audit import checks, ledger, password_strength
from hearthwatch.audit.cves import Rule
from hearthwatch.audit.evidence import Evidence
from hearthwatch.audit.finding import AuditOptions, Finding, FindingState, Mended, Report, score, short
from hearthwatch.audit.gather import Prober, gather, password_facts
from hearthwatch.audit.remedy import Remedy
from hearthwatch.audit.trail import Entry
from hearthwatch.audit.view import family_of
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, Unsupported
from hearthwatch.kit.units import US_PER_S, CameraId
from hearthwatch.vendors.capability import Doorkeeper
from hearthwatch.vendors.device import Access, Vendor

log = logging.getLogger(__name__)

_LOOK_S = 300.0
_FIRST_S = 45.0
_AT_ONCE = 2
_AGAIN_US = 3600 * US_PER_S
"""A camera that did not answer is looked at again after this."""


class Repairer(Protocol):
    """Who carries remedies out and writes them down: `desk.RepairDesk`."""

    async def do(self, remedy: Remedy, who: str) -> Entry: ...


class Home(Protocol):
    """What an audit must know of the house. Implemented in `run/`."""

    @property
    def options(self) -> AuditOptions: ...

    def names(self, camera: CameraId) -> tuple[str, ...]:
        """Return what the camera is called."""
        ...

    def utc_offset_us(self) -> int:
        """Return how far the clocks of the home are before universal time now."""
        ...

    async def known_weaknesses(self) -> Sequence[Rule]:
        """Return the table of what is publicly known of firmware."""
        ...

    def vendor(self, camera: CameraId) -> Vendor:
        """Return its family, AUTO while that is not found out. Raises Unsupported for a camera that is not watched."""
        ...


class Auditor:
    """For one event loop."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        prober: Prober,
        repairer: Repairer,
        home: Home,
        *,
        db: Db,
        clock: Clock,
        tell: Callable[[Sequence[Finding], Report], Awaitable[None]],
    ) -> None:
        """`tell` gets the new serious findings and the report they are in; telling the same twice must be a repeat."""
        self._doorkeeper = doorkeeper
        self._prober = prober
        self._repairer = repairer
        self._home = home
        self._db = db
        self._clock = clock
        self._tell = tell
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._locks: dict[CameraId, asyncio.Lock] = {}

    async def run(self) -> None:
        """Audit what is due until cancelled."""
        await self.tell_news()
        await asyncio.sleep(_FIRST_S)
        while True:
            if self._home.options.every_h:
                await self.run_due()
            await asyncio.sleep(_LOOK_S)

    async def run_due(self) -> None:
        """Audit the cameras whose last audit is too long ago."""
        now_us = self._clock.wall_us()
        every_us = round(self._home.options.every_h * 3600 * US_PER_S)
        cameras = self._doorkeeper.cameras
        await self._db.run(lambda connection: ledger.forget_others(connection, cameras))
        last = {report.camera: report for report in await self._db.run(ledger.all_reports)}
        due = []
        for camera in cameras:
            report = last.get(camera)
            wait_us = min(_AGAIN_US, every_us) if report and report.trouble else every_us
            if report is None or not 0 <= now_us - report.at_us < wait_us:
                due.append(camera)
        await asyncio.gather(*(self.audit(camera) for camera in due))

    async def audit(self, camera: CameraId) -> Report:
        """Look at one camera now and return the report. Raises Unsupported for one that is not watched, StorageFailed."""
        async with self._locks.setdefault(camera, asyncio.Lock()), self._turn:
            report = await self._look(camera)
            await self._db.run(lambda connection: ledger.save(connection, report))
        await self.tell_news()
        return await self._last(camera)

    async def reports(self) -> tuple[Report, ...]:
        """Return the last report of every camera there is one of."""
        return await self._db.run(ledger.all_reports)

    async def _last(self, camera: CameraId) -> Report:
        for report in await self.reports():
            if report.camera == camera:
                return report
        raise Unsupported(f"{camera} was not audited yet")

    async def apply(self, camera: CameraId, who: str) -> tuple[tuple[Mended, ...], Report]:
        """Audit, carry out what needs no decision of the owner's, audit again; what is done is what the second one finds."""
        before = await self.audit(camera)
        tried: list[tuple[Finding, str]] = []
        done: set[Remedy] = set()
        for finding in before.findings:
            if not finding.is_automatic or finding.accepted:
                continue
            assert finding.remedy is not None
            if finding.remedy in done:  # two findings may have one remedy
                tried.append((finding, "Done with another."))
                continue
            done.add(finding.remedy)
            tried.append((finding, await self._mend(finding.remedy, who)))
        if not tried:
            return (), before
        after = await self.audit(camera)
        open_now = {one.key for one in after.findings if one.state is not FindingState.OK}
        mended = tuple(
            Mended(finding=finding, done=not after.trouble and finding.key not in open_now, text=text)
            for finding, text in tried
        )
        return mended, after

    async def _mend(self, remedy: Remedy, who: str) -> str:
        try:
            return (await self._repairer.do(remedy, who)).text
        except StorageFailed:
            raise
        except HearthwatchError as error:
            return str(error)

    async def accept(self, camera: CameraId, key: str, *, who: str, accepted: bool) -> Report:
        """Take note that the owner knows of a finding, or no longer does. Raises Unsupported for one that is not there."""
        report = await self._last(camera)
        if key not in {one.key for one in report.findings}:
            raise Unsupported(f"the last audit of {camera} has no finding {key[:60]!r}")
        now_us = self._clock.wall_us()
        if accepted:
            await self._db.run(lambda connection: ledger.accept(connection, camera, key, who=who, at_us=now_us))
        else:
            await self._db.run(lambda connection: ledger.unaccept(connection, camera, key))
        return await self._last(camera)

    async def _look(self, camera: CameraId) -> Report:
        access = self._doorkeeper.access(camera)
        shared_with = self._shared(access)
        names = (camera, *self._home.names(camera))
        at_us = self._clock.wall_us()
        try:
            client = await self._doorkeeper.client(camera)
            evidence = await gather(
                client,
                self._prober,
                access=self._doorkeeper.access(camera),
                vendor=self._home.vendor(camera),
                names=names,
                shared_with=shared_with,
                at_us=at_us,
                utc_offset_us=self._home.utc_offset_us(),
                time_server=self._home.options.time_server,
                table=await self._home.known_weaknesses(),
            )
        except HearthwatchError as error:
            log.info("%s could not be audited: %s", camera, error)
            return self._without(access, names, shared_with, short(str(error), 300))
        findings = checks.findings(evidence)
        return Report(camera=camera, at_us=at_us, findings=findings, score=score(findings))

    def _shared(self, access: Access) -> tuple[CameraId, ...]:
        """Return the other devices with the same password; the channels of one recorder are one device."""
        doors = {one: self._doorkeeper.access(one) for one in self._doorkeeper.cameras}
        found = password_strength.shared({one: door.password for one, door in doors.items()})
        here = (access.host, access.port)
        return tuple(one for one in found.get(access.camera, ()) if (doors[one].host, doors[one].port) != here)

    def _without(self, access: Access, names: tuple[str, ...], shared_with: tuple[CameraId, ...], trouble: str) -> Report:
        at_us = self._clock.wall_us()
        vendor = self._home.vendor(access.camera)
        evidence = Evidence(
            camera=access.camera,
            at_us=at_us,
            vendor=vendor,
            user=access.user,
            tls=access.tls,
            password=password_facts(access, names, shared_with, family_of(vendor)),
        )
        findings = tuple(replace(one, remedy=None) for one in checks.stored_password(evidence))
        return Report(camera=access.camera, at_us=at_us, findings=findings, score=None, trouble=trouble)

    async def tell_news(self) -> None:
        """Tell of serious findings that nobody was told of, also those that a former house found."""
        for news in await self._db.run(ledger.untold):
            report = next((one for one in await self.reports() if one.camera == news.camera), None)
            found = [one for one in report.findings if one.key in news.keys] if report else []
            if report is not None and found:
                await self._tell(found, replace(report, at_us=news.since_us))
            told = news
            await self._db.run(lambda connection, told=told: ledger.set_told(connection, told))  # type: ignore[misc]
