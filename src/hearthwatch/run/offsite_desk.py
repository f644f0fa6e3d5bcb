"""Copies elsewhere, at work in the house: couriers for the targets there are, and what comes into their queues."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hmac
import logging
import secrets as chance
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.event import Event
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health.board import Board
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.retry import keep_running_async
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, to_datetime
from hearthwatch.logins.login import Login
from hearthwatch.offsite import ledger
from hearthwatch.offsite.courier import Courier
from hearthwatch.offsite.far_ends import open_target
from hearthwatch.offsite.pace import Throttle, limit_at, parse_limit
from hearthwatch.offsite.pack import Packing
from hearthwatch.offsite.upload import TRAIL, OffsiteOptions, PieceKind, Target, TargetId, TargetOptions
from hearthwatch.run.config import Config, Record
from hearthwatch.run.failsafe import FailSafe
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.hub_target import way_to_hub
from hearthwatch.run.lines import RecorderLine
from hearthwatch.run.offsite_checks import Checks
from hearthwatch.run.offsite_contents import HouseContents
from hearthwatch.run.offsite_keep import KeepNotes
from hearthwatch.run.offsite_plan import targets
from hearthwatch.run.offsite_pursuit import Pursuits
from hearthwatch.run.offsite_scan import Scanner
from hearthwatch.run.offsite_trail import TrailCopies
from hearthwatch.run.zone import zone_of
from hearthwatch.web.changes import Changes
from hearthwatch.web.offsite_doors import CameraSafe, OffsiteNow, TargetNow

log = logging.getLogger(__name__)

_TICK_S = 0.5
_SCAN_TICKS = 6
_AGAIN_TICKS = 7200
"""Once an hour the whole index is read: what was missed is found without a restart."""
_FOLLOW_S = 5.0
_CATCH_UP_US = 7 * 86_400 * US_PER_S
_CATCH_UP_EVENTS = 2000
_POWER = "power"
_EMPTY = OffsiteNow(targets=(), cameras=(), emergency=None)


class HouseParts(Protocol):
    """What of the house the copies need."""

    @property
    def clock(self) -> Clock: ...

    board: Board
    outbox: Outbox
    changes: Changes
    recorder: RecorderLine
    footage: Footage
    config: Config


class OffsiteDesk:
    """Implements OffsiteDoor. Used on the house's loop; `tasks` are kept running by the house."""

    def __init__(
        self,
        house: HouseParts,
        secrets: Secrets,
        data_folder: Path,
        *,
        db: Db,
        reader: Engine,
        files: EventFiles,
        ids: Callable[[], str],
    ) -> None:
        self._house = house
        self._secrets = secrets
        self._db = db
        self._reader = reader
        self._clock = house.clock
        self._spool = data_folder / "offsite"
        self._hub = way_to_hub(data_folder, lambda: house.config, house.clock)
        self._contents = HouseContents(house.footage, files, reader, lambda name: self._targets()[name].sealed)
        self._pursuits = Pursuits(self._targets)
        self._trail = TrailCopies(self._targets, db=db, clock=house.clock)
        self._scanner = Scanner(house.footage, house.recorder, self._targets, db=db, clock=house.clock)
        self.failsafe = FailSafe(
            house.footage,
            self._pursuits,
            self._targets,
            cameras=self._recorded,
            minutes=lambda: house.config.offsite.emergency_minutes,
            home=lambda: house.config.home.name,
            db=db,
            clock=house.clock,
            ids=ids,
            tell=functools.partial(house.outbox.record, None),
            hurry=self._hurry,
        )
        self.remark = self.failsafe.remark
        self._checks = Checks(db, house.clock, house.board, self._scanner, self._open)
        self._keep_notes = KeepNotes(db, self._targets, self._open, self._spool)
        self._couriers: dict[TargetId, Courier] = {}
        self._safe: dict[CameraId, WallUs] = {}
        self._now = _EMPTY
        self._wake = asyncio.Event()

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (
            ("copies", self.run),
            ("what is worth a copy", self._follow),
            ("checks of copies", self._checks.run),
            ("what is kept elsewhere", self._keep_notes.run),
        )

    def _targets(self) -> Mapping[TargetId, TargetOptions]:
        return targets(self._house.config)

    def _recorded(self) -> dict[CameraId, str]:
        cameras = self._house.config.cameras.items()
        return {name: one.name or name for name, one in cameras if one.enabled and one.record is not Record.NEVER}

    def _open(self, name: TargetId) -> Target:
        return open_target(name, self._targets()[name], self._secrets.get, self._clock, hub=self._hub)

    def _hurry(self) -> None:
        for courier in self._couriers.values():
            courier.wake()

    async def run(self) -> None:
        """Work until cancelled: couriers for the targets there are, anew when their settings change."""
        await self._load()
        while True:
            options = self._house.config.offsite
            self._checks.targets = self._targets()
            self._couriers = {name: self._courier(name, one) for name, one in self._targets().items()}
            async with asyncio.TaskGroup() as work:
                tasks = [
                    work.create_task(keep_running_async(f"copies to {name}", courier.run, clock=self._clock))
                    for name, courier in self._couriers.items()
                ]
                await self._tend(options)
                for task in tasks:
                    task.cancel()

    def _courier(self, name: TargetId, options: TargetOptions) -> Courier:
        limits = [parse_limit(text) for text in options.limits]

        def bit_s() -> float | None:
            local = to_datetime(self._clock.wall_us(), zone_of(self._house.config))
            return limit_at(limits, options.limit_mbit_s * 1e6, local.hour * 60 + local.minute)

        def packing() -> Packing:
            return Packing(
                target=name,
                sealed=options.sealed,
                recipients=self._house.config.offsite.recipients,
                folder=self._spool,
                zone=zone_of(self._house.config),
                is_free=functools.partial(self._is_free, name),
                chance=chance.token_bytes,
            )

        return Courier(
            name,
            lambda: self._open(name),
            self._contents,
            packing,
            db=self._db,
            clock=self._clock,
            health=self._house.board,
            throttle=Throttle(bit_s, self._clock),
            on_proved=self._proved,
        )

    def _is_free(self, target: TargetId, name: str) -> bool:
        with self._reader.connect() as connection:
            return not ledger.knows(connection, target, name)

    async def _load(self) -> None:
        """Take up what a former house left. Raises StorageFailed."""
        await asyncio.to_thread(self._spool.mkdir, parents=True, exist_ok=True, mode=0o700)
        needed = await self._db.run(ledger.spooled)
        await asyncio.to_thread(_tidy, self._spool, needed)
        self._safe = await self._db.run(ledger.safe_until)
        since_us = WallUs(self._clock.wall_us() - _CATCH_UP_US)
        events = await self._db.run(
            lambda connection: event_ledger.recent(connection, since_us=since_us, limit=_CATCH_UP_EVENTS)
        )
        for event in reversed(events):
            await self._hear_event(event)

    async def _tend(self, options: OffsiteOptions) -> None:
        """Fill the queues until the settings change."""
        ticks = 0
        while self._house.config.offsite is options or self._house.config.offsite == options:
            if ticks % _AGAIN_TICKS == 0:
                self._scanner.start_over()
            try:
                await self._tick(scan=ticks % _SCAN_TICKS == 0)
            except StorageFailed as error:
                log.info("the queue of copies waits: %s", error)
            ticks += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._wake.wait()
            self._wake.clear()

    async def _tick(self, *, scan: bool) -> None:
        await self.failsafe.outages(self._house.board.snapshot())
        due = list(self._pursuits.due(self._clock.wall_us()))
        if due:
            now_us = self._clock.wall_us()
            await self._db.run(lambda connection: ledger.want(connection, due, now_us))
            self._hurry()
        if scan:
            if await self._trail.want() + await self._scanner.scan():
                self._hurry()
            await self._count()

    async def _count(self) -> None:
        found = []
        for name, options in self._targets().items():
            count = await self._db.run(functools.partial(ledger.count, target=name))
            courier = self._couriers[name].now
            self._checks.counted(name, count, courier)
            found.append(
                TargetNow(
                    name=name,
                    kind=options.kind,
                    sealed=options.sealed,
                    proved=courier.proved,
                    proved_us=courier.proved_us,
                    waiting=count.waiting,
                    waiting_bytes=count.waiting_bytes,
                    waiting_events=count.waiting_events,
                    sending="" if courier.sending == TRAIL else courier.sending,
                    error=courier.error,
                )
            )
        self._now = OffsiteNow(
            targets=tuple(found),
            cameras=tuple(CameraSafe(camera=name, until_us=self._safe.get(name)) for name in self._recorded()),
            emergency=await self.failsafe.count(),
        )

    async def _proved(self, queued: ledger.Queued) -> None:
        piece = queued.upload.piece
        if piece.kind not in {PieceKind.PICTURE, PieceKind.TRAIL}:
            self._safe[piece.camera] = max(self._safe.get(piece.camera, WallUs(0)), piece.end_us)
        await self._scanner.proved(queued)

    async def _follow(self) -> None:
        """Hear what happens; what is missed here the next start finds in the ledgers."""
        async for batch in self._house.changes.follow(_FOLLOW_S):
            for change in batch.changes:
                try:
                    if isinstance(change, Event):
                        await self._hear_event(change)
                    elif isinstance(change, Login):
                        await self.failsafe.login(change)
                except StorageFailed as error:
                    log.info("the queue of copies waits: %s", error)

    async def _hear_event(self, event: Event) -> None:
        if not self._targets():
            return
        now_us = self._clock.wall_us()
        storage = self._house.config.storage
        pre_us = round(storage.pre_roll_s * US_PER_S)
        self._pursuits.event(event, pre_us, now_us)
        end_us = now_us if event.end_us is None else event.end_us
        self._scanner.touch(
            event.camera, WallUs(event.start_us - pre_us), WallUs(end_us + round(storage.post_roll_s * US_PER_S))
        )
        pictures = list(self._pursuits.picture(event))
        if pictures:
            await self._db.run(lambda connection: ledger.want(connection, pictures, now_us))
            self._hurry()
        self._wake.set()

    def now(self) -> OffsiteNow:
        """See OffsiteDoor."""
        return self._now

    async def power_word(self) -> str:
        """See OffsiteDoor. It holds as long as the house has its key."""
        (mark,) = await asyncio.to_thread(self._secrets.marks, [_POWER], "hook")
        return mark.rpartition(":")[2]

    async def power(self, word: str) -> bool:
        """See OffsiteDoor."""
        if not hmac.compare_digest((await self.power_word()).encode(), word.encode(errors="replace")):
            return False
        await self.failsafe.flush("The power fails.", key=(_POWER, ""))
        return True

    async def flush(self, cause: str, who: str) -> bool:
        """See OffsiteDoor."""
        return await self.failsafe.flush(f"{cause} ({who})" if who else cause, key=("asked", cause))


def _tidy(folder: Path, needed: set[str]) -> None:
    """Remove what is left of pieces that were packed and are not waiting any more."""
    for path in folder.iterdir():
        if path.is_file() and path.name not in needed:
            with contextlib.suppress(OSError):
                path.unlink()
