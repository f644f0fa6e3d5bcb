"""Whether copies are on time, and whether far ends still have what they had: what is lost is told and sent again."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping

from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.offsite import ledger
from hearthwatch.offsite.courier import CourierNow
from hearthwatch.offsite.ledger import Queued, TargetCount
from hearthwatch.offsite.pruning import may_be_gone, rules_of
from hearthwatch.offsite.upload import NotProved, Target, TargetId, TargetOptions
from hearthwatch.run.offsite_scan import Scanner

log = logging.getLogger(__name__)

_SAMPLE_EVERY_S = 600.0
_SAMPLE = 3
_BATCH = 500
_DAY_US = 86_400 * US_PER_S
_SAMPLE_AGAIN_US = 6 * 3600 * US_PER_S
_LATE_US = 900 * US_PER_S
_BEHIND_US = 12 * 3600 * US_PER_S


class Checks:
    """`counted` on each count of a queue; `run` looks at a few copies now and then. Used on the house's loop."""

    def __init__(
        self, db: Db, clock: Clock, health: HealthSink, scanner: Scanner, open_target: Callable[[TargetId], Target]
    ) -> None:
        self._db = db
        self._clock = clock
        self._health = health
        self._scanner = scanner
        self._open_target = open_target
        self._started_us = clock.wall_us()
        self._lost: dict[TargetId, set[int]] = {}
        self._put_only: set[TargetId] = set()
        self.targets: Mapping[TargetId, TargetOptions] = {}

    def counted(self, target: TargetId, count: TargetCount, courier: CourierNow) -> None:
        """Tell the owner when copies are late, and when they are on time again."""
        subject, now_us = f"backup {target}", self._clock.wall_us()
        why = late(count, max(self._started_us, courier.proved_us or WallUs(0)), now_us)
        if why:
            detail = f"{why} {courier.error}".strip()
            self._health.failed(Fault.BACKUP_LATE, subject, f"{detail} Nothing is deleted here before it is there.")
        else:
            self._health.recovered(Fault.BACKUP_LATE, subject)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(_SAMPLE_EVERY_S)
            await self._forget()
            for name in self.targets:
                if name not in self._put_only:
                    await self.sample(name, WallUs(self._clock.wall_us() - _SAMPLE_AGAIN_US), _SAMPLE)

    async def _forget(self) -> None:
        """Drop from the queue what no target keeps any longer; with one that keeps for good nothing goes."""
        days = [kept for one in self.targets.values() for kept in _days(one)]
        if not days or not all(days):
            return
        before_us = WallUs(self._clock.wall_us() - round(max(days) * _DAY_US))
        try:
            while await self._db.run(lambda connection: ledger.drop_before(connection, before_us, _BATCH)):
                pass
        except StorageFailed as error:
            log.info("the queue of copies keeps its old rows for now: %s", error)

    async def sample(self, name: TargetId, before_us: WallUs, limit: int) -> int:
        """Have a target prove the pieces that were looked at longest ago, before a moment; return how many it has lost."""
        target, lost = self._open_target(name), 0
        try:
            await self._recover(name)
            for queued in await self._db.run(lambda connection: ledger.sample(connection, name, before_us, limit)):
                upload = queued.upload
                try:
                    await target.prove(upload.name, queued.parcel_bytes, upload.sealed_sha256)
                except NotProved as error:
                    if not self._is_pruned(name, queued):
                        lost += 1
                        await self._refill(name, queued, str(error))
                        continue
                now_us = self._clock.wall_us()
                await self._db.run(functools.partial(ledger.checked, upload=upload.id, now_us=now_us))
        except Unsupported:
            self._put_only.add(name)
            log.info("%s cannot be asked what it has: its credentials only put, so a loss there is not noticed", name)
        except (StorageFailed, HearthwatchError) as error:
            log.info("copies at %s are not checked now: %s", name, error)
        finally:
            await target.close()
        return lost

    def _is_pruned(self, name: TargetId, queued: Queued) -> bool:
        """Tell whether the far end's own rules took a piece: that is no loss."""
        options, upload = self.targets.get(name), queued.upload
        return options is not None and may_be_gone(upload.name, upload.piece, rules_of(options), self._clock.wall_us())

    async def _refill(self, name: TargetId, queued: Queued, why: str) -> None:
        now_us, upload = self._clock.wall_us(), queued.upload
        await self._scanner.lost(queued)
        await self._db.run(lambda connection: ledger.lost(connection, upload.id, now_us))
        self._lost.setdefault(name, set()).add(upload.id)
        self._health.failed(
            Fault.BACKUP_LOST,
            f"backup {name}",
            f"{why} {len(self._lost[name])} of its pieces are missing or altered. What is still here is sent again; look who "
            "can delete there, and keep its password or key from others.",
        )

    async def _recover(self, name: TargetId) -> None:
        lost = self._lost.get(name)
        if not lost:
            return
        waiting = await self._db.run(lambda connection: ledger.waiting(connection, lost))
        if not waiting:
            del self._lost[name]
            self._health.recovered(Fault.BACKUP_LOST, f"backup {name}")


def _days(options: TargetOptions) -> tuple[float, ...]:
    return options.keep_continuous_days, options.keep_motion_days, options.keep_event_days


def late(count: TargetCount, since_us: WallUs, now_us: WallUs) -> str:
    """Return what is late, "" for nothing: nothing arrived for a quarter of an hour, or it falls behind by half a day."""
    if not count.waiting or count.oldest_us is None:
        return ""
    minutes = (now_us - since_us) // (60 * US_PER_S)
    if now_us - since_us > _LATE_US and now_us - count.oldest_us > _LATE_US:
        return f"{count.waiting} pieces wait, and nothing arrived there for {minutes} minutes."
    hours = (now_us - count.oldest_us) // (3600 * US_PER_S)
    if now_us - count.oldest_us > _BEHIND_US:
        return (
            f"The oldest footage that waits is {hours} hours old, and {count.waiting_bytes >> 20} MB wait: the line is too "
            "slow for what is recorded. Send less (`footage` of the target) or record less."
        )
    return ""
