"""The keeper of copies: looks at each camera's settings when it is time, stores what changed, and tells what nobody ordered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hearthwatch.copies import diff as differ
from hearthwatch.copies import ledger
from hearthwatch.copies.agenda import Agenda
from hearthwatch.copies.copy import ConfigCopy, CopiesOptions, CopyId, Diff, Drift, KeptSetting, Look, Topic
from hearthwatch.copies.expected import Expected
from hearthwatch.copies.families import family_of, section_of, service_keys, topic_keys
from hearthwatch.copies.flapping import Flapping
from hearthwatch.copies.sealing import Sealer, kept, opened, sealed
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Refused, StorageFailed, Unsupported
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs
from hearthwatch.vendors.capability import ConfigExport, DeviceInfo, Doorkeeper, Service
from hearthwatch.vendors.device import Setting, Vendor

log = logging.getLogger(__name__)

_AT_ONCE = 3
_START_S = 20.0
_STALE_US = 3600 * US_PER_S
_AGAIN_S = 600
_REFUSED_S = 6 * 3600.0
_UNSUPPORTED_S = 24 * 3600.0
_SHARE_GONE = 0.5

NO_EXPORT = "this camera does not tell its settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The newest copy of a camera with what is in it."""

    copy: ConfigCopy
    settings: tuple[KeptSetting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a camera's client just answered: in clear for sealing, and as it is kept."""

    client: DeviceInfo
    settings: tuple[Setting, ...]
    marked: tuple[KeptSetting, ...]

    @property
    def vendor(self) -> Vendor:
        return family_of(one.key for one in self.marked)


class CopyKeeper:
    """Used on one event loop. `renew` first; `run` until cancelled."""

    def __init__(
        self,
        doors: Doorkeeper,
        db: Db,
        sealer: Sealer,
        *,
        clock: Clock,
        ids: Callable[[], str],
        tell: Callable[[Drift], Awaitable[None]],
    ) -> None:
        """`tell` records the alert and must not raise."""
        self.doors = doors
        self.db = db
        self.sealer = sealer
        self._clock = clock
        self._ids = ids
        self._tell = tell
        self._options: Mapping[CameraId, CopiesOptions] = {}
        self._agenda = Agenda()
        self._expected = Expected()
        self._flapping = Flapping()
        self._doubtful: dict[CameraId, frozenset[str]] = {}
        self._troubles: dict[CameraId, str] = {}
        self._locks: dict[CameraId, asyncio.Lock] = {}
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    @property
    def troubles(self) -> Mapping[CameraId, str]:
        """Why the last look at a camera failed, for those where it did."""
        return dict(self._troubles)

    def lock(self, camera: CameraId) -> asyncio.Lock:
        """Return what is held while a camera's settings are compared or written."""
        return self._locks.setdefault(camera, asyncio.Lock())

    async def tell_untold(self) -> None:
        """Tell the drift that a former house stored and did not live to tell. Raises StorageFailed."""
        for copy in await self.db.run(ledger.untold):
            before = await self.last(copy.camera, copy.id)
            if before is None:
                continue
            old, new = await self.contents(before.id), await self.contents(copy.id)
            await self._tell_of(copy, before, await _differ(old, new, copy.vendor))

    async def renew(self, options: Mapping[CameraId, CopiesOptions]) -> None:
        """Look after exactly these cameras from now on."""
        before, self._options = self._options, {camera: some for camera, some in options.items() if some.enabled}
        self._agenda.keep(self._options)
        self._troubles = {camera: text for camera, text in self._troubles.items() if camera in self._options}
        now_ns, now_us = self._clock.mono_ns(), self._clock.wall_us()
        for camera in [camera for camera, some in self._options.items() if before.get(camera) != some]:
            last = None
            with contextlib.suppress(StorageFailed):  # a broken disk is told elsewhere, and stops nobody's configuration
                last = await self.last(camera)
            age_us = now_us - last.seen_us if last is not None else _STALE_US
            wait_s = _START_S if not 0 <= age_us < _STALE_US else self._every_s(camera) - age_us / US_PER_S
            self._agenda.set_regular(camera, MonoNs(now_ns + round(max(_START_S, wait_s) * NS_PER_S)))
        self._wake.set()

    def want(self, camera: CameraId, reason: str) -> None:
        """Look soon, once things have settled: somebody may have changed something. `reason` is kept with a new copy."""
        self._agenda.want(camera, reason, self._clock.mono_ns())
        self._wake.set()

    def expect(self, camera: CameraId, wanted: Mapping[str, str | None]) -> None:
        """Announce, before they are written, settings that we change ourselves; None where the value is not to be compared."""
        self._expected.add(camera, wanted, self._clock.mono_ns())

    def expect_service(self, camera: CameraId, service: Service) -> None:
        """Announce that `Fix.switch` is about to be called, and look afterwards."""
        self._expected.add_prefixes(camera, service_keys(service), self._clock.mono_ns())
        self.want(camera, f"{service} was switched from here")

    def expect_topic(self, camera: CameraId, topic: Topic) -> None:
        """Announce that something of that kind is about to be changed from here, and look afterwards."""
        self._expected.add_prefixes(camera, topic_keys(topic), self._clock.mono_ns())
        self.want(camera, f"{topic} changed from here")

    async def run(self) -> None:
        """Tell what is left to tell, then look when it is time, until cancelled. Raises StorageFailed."""
        await self.tell_untold()
        while True:
            await self.tick()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._agenda.next_s(self._clock.mono_ns())):
                    await self._wake.wait()

    async def tick(self) -> None:
        """Do every look that is due."""
        due = self._agenda.due(self._clock.mono_ns())
        await asyncio.gather(*(self._look(camera, reason) for camera, reason in due.items()))

    async def _look(self, camera: CameraId, reason: str) -> None:
        async with self._slots:
            try:
                await self.collect(camera, reason)
            except HearthwatchError as error:
                at_least_s = {Refused: _REFUSED_S, Unsupported: _UNSUPPORTED_S}.get(type(error), 0.0)
                first = self._agenda.failed(camera, self._clock.mono_ns(), at_least_s)
                level = logging.WARNING if first and not isinstance(error, Unsupported) else logging.DEBUG
                log.log(level, "the settings of %s could not be looked at, the last copy stays: %s", camera, error)

    async def collect(self, camera: CameraId, reason: str) -> Look:
        """Look now. Raises what the camera's client raises, Unsupported where there is nothing to fetch, StorageFailed."""
        async with self.lock(camera):
            return (await self.collect_locked(camera, reason))[0]

    async def collect_locked(self, camera: CameraId, reason: str) -> tuple[Look, Known]:
        """Do the same for who holds the camera's `lock`; return what is known then, too."""
        try:
            look, known = await self._collected(camera, reason)
        except HearthwatchError as error:
            self._troubles[camera] = str(error)
            raise
        self._troubles.pop(camera, None)
        self._agenda.looked(camera, MonoNs(self._clock.mono_ns() + round(self._every_s(camera) * NS_PER_S)))
        if look.is_doubtful:
            self._agenda.want_at(camera, reason, MonoNs(self._clock.mono_ns() + _AGAIN_S * NS_PER_S))
        return look, known

    async def _collected(self, camera: CameraId, reason: str) -> tuple[Look, Known]:
        client = await self.doors.client(camera)
        last = await self.newest(camera)
        read = await self.read(client)
        if last is None:
            copy = await self._stored(camera, reason, read, change_count=0, drift=False, quiet=True)
            return Look(copy=copy), Known(copy=copy, settings=read.marked)
        found = await _differ(last.settings, read.marked, read.vendor)
        if not found.is_empty:
            again = await self.read(client)
            running = {change.key for change in (await _differ(read.marked, again.marked, read.vendor)).changes}
            read = again
            changes = (await _differ(last.settings, read.marked, read.vendor)).changes
            found = Diff(changes=tuple(one for one in changes if one.key not in running))
        if found.is_empty:
            now_us = self._clock.wall_us()
            await self.db.run(lambda connection: ledger.set_seen(connection, last.copy.id, now_us))
            self._doubtful.pop(camera, None)
            return Look(copy=replace(last.copy, seen_us=now_us)), Known(copy=last.copy, settings=read.marked)
        if self._is_doubtful(camera, read, last.settings):
            return Look(copy=last.copy, diff=found, is_doubtful=True), last
        foreign = Diff(changes=self._expected.unexpected(camera, found.changes, self._clock.mono_ns()))
        self._expected.forget(camera, found.changes)
        drift = not foreign.is_empty
        now_ns = self._clock.mono_ns()
        quiet = self._flapping.is_known(camera, foreign.changes, now_ns)
        copy = await self._stored(camera, reason, read, change_count=len(found.changes), drift=drift, quiet=quiet)
        if not copy.told:
            self._flapping.tell(camera, foreign.changes, now_ns)
            await self._tell_of(copy, last.copy, foreign)
        return Look(copy=copy, diff=found), Known(copy=copy, settings=read.marked)

    async def _stored(
        self, camera: CameraId, reason: str, read: Reading, *, change_count: int, drift: bool, quiet: bool
    ) -> ConfigCopy:
        firmware = ""
        with contextlib.suppress(HearthwatchError):
            firmware = (await read.client.identity()).firmware
        now_us = self._clock.wall_us()
        copy = ConfigCopy(
            id=CopyId(self._ids()),
            camera=camera,
            vendor=read.vendor,
            firmware=firmware[:128],
            taken_us=now_us,
            seen_us=now_us,
            reason=reason[:128],
            drift=drift,
            told=quiet or not self._options.get(camera, CopiesOptions()).alert,
            setting_count=len(read.marked),
            change_count=change_count,
        )
        content = await asyncio.to_thread(sealed, self.sealer, read.settings, read.marked)
        await self.db.run(lambda connection: ledger.add(connection, copy, content))
        self._doubtful.pop(camera, None)
        return copy

    async def _tell_of(self, copy: ConfigCopy, before: ConfigCopy, found: Diff) -> None:
        good = await self.db.run(lambda connection: ledger.last_good(connection, copy.camera, copy.id))
        await self._tell(
            Drift(
                copy=copy,
                before_us=before.seen_us,
                good=(good or before).id,
                diff=found,
                old_firmware=before.firmware,
            )
        )
        await self.db.run(lambda connection: ledger.set_told(connection, copy.id))

    def _is_doubtful(self, camera: CameraId, read: Reading, before: Sequence[KeptSetting]) -> bool:
        """Whether much is gone, or a whole section is, for the first time: then it may be the answer that is not whole."""
        keys, present = {one.key for one in before}, frozenset(one.key for one in read.marked)
        sections = {section_of(read.vendor, key) for key in keys} - {section_of(read.vendor, key) for key in present}
        if not sections and len(keys & present) > len(keys) * _SHARE_GONE:
            return False
        seen_before = self._doubtful.get(camera) == present
        self._doubtful[camera] = present
        return not seen_before

    async def read(self, client: DeviceInfo) -> Reading:
        """Ask a camera for its settings. Raises what the client raises, Unsupported when it does not tell them."""
        if not isinstance(client, ConfigExport):
            raise Unsupported(NO_EXPORT)
        settings = await client.settings()
        marked = await asyncio.to_thread(kept, self.sealer, settings)
        return Reading(client=client, settings=settings, marked=marked)

    async def last(self, camera: CameraId, before: CopyId | None = None) -> ConfigCopy | None:
        """Return the newest copy of a camera, or the one just before `before`. Raises StorageFailed."""
        return await self.db.run(lambda connection: ledger.last(connection, camera, before))

    async def newest(self, camera: CameraId) -> Known | None:
        """Return the newest copy of a camera. Raises StorageFailed."""
        copy = await self.last(camera)
        return None if copy is None else Known(copy=copy, settings=await self.contents(copy.id))

    async def contents(self, copy: CopyId) -> tuple[KeptSetting, ...]:
        """Return what is in a copy. Raises Unsupported when there is no such copy, StorageFailed."""
        stored = await self.db.run(lambda connection: ledger.contents(connection, copy))
        if stored is None:
            raise Unsupported(f"there is no copy {copy}")
        return await asyncio.to_thread(opened, self.sealer, stored)

    def _every_s(self, camera: CameraId) -> float:
        return self._options.get(camera, CopiesOptions()).every_h * 3600


async def _differ(old: Sequence[KeptSetting], new: Sequence[KeptSetting], vendor: Vendor) -> Diff:
    """Compare away from the event loop: a camera may have, or claim to have, very many settings."""
    return await asyncio.to_thread(differ.diff, old, new, vendor)
