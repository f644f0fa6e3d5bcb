"""The desk of copies in a running house: keeper and writer joined with alerts, configuration, page and command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hearthwatch.alerts import copy_alerts
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.copies.copy import ConfigCopy, CopyId, Diff, Drift, Look, Outcome, RestoreAsk
from hearthwatch.copies.keeper import CopyKeeper
from hearthwatch.copies.shelf import CopyShelf
from hearthwatch.copies.writer import CopyWriter
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import Config
from hearthwatch.vendors.capability import Doorkeeper


class CopiesDesk:
    """Implements web.copies_doors.CopiesDoor. `renew` first, then `keeper.run`."""

    def __init__(
        self,
        doors: Doorkeeper,
        secrets: Secrets,
        *,
        db: Db,
        clock: Clock,
        outbox: Outbox,
        policy: Callable[[], Policy],
        ids: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._outbox = outbox
        self._policy = policy
        self._ids = ids
        self._cameras: Config | None = None
        self.keeper = CopyKeeper(doors, db, secrets, clock=clock, ids=ids, tell=self._tell)
        self._writer = CopyWriter(self.keeper)
        self.shelf = CopyShelf(db, secrets)

    async def renew(self, config: Config) -> None:
        """Go on with a changed configuration. Raises StorageFailed."""
        self._cameras = config
        watched = set(self.keeper.doors.cameras)
        await self.keeper.renew({name: camera.copies for name, camera in config.cameras.items() if name in watched})

    async def _tell(self, found: Drift) -> None:
        policy = self._policy()
        alert = copy_alerts.drift(
            found, id_=self._ids(), name=policy.name(found.copy.camera), zone=policy.zone, now_us=self._clock.wall_us()
        )
        await self._outbox.record(None, alert)

    @property
    def troubles(self) -> Mapping[CameraId, str]:
        """See CopiesDoor."""
        return self.keeper.troubles

    async def recent(
        self, *, camera: CameraId | None = None, before: CopyId | None = None, limit: int = 100
    ) -> tuple[ConfigCopy, ...]:
        """See CopiesDoor."""
        return await self.shelf.recent(camera=camera, before=before, limit=limit)

    async def settings(self, copy: CopyId) -> tuple[ConfigCopy, Mapping[str, str], Diff]:
        """See CopiesDoor."""
        shown = await self.shelf.show(copy)
        return shown.copy, shown.settings, shown.diff

    async def diff(self, old: CopyId, new: CopyId) -> Diff:
        """See CopiesDoor."""
        return await self.shelf.diff(old, new)

    async def collect(self, camera: CameraId) -> Look:
        """See CopiesDoor."""
        return await self.keeper.collect(camera, "asked for")

    async def restore(self, ask: RestoreAsk, *, apply: bool) -> Outcome:
        """See CopiesDoor."""
        return await self._writer.restore(ask, apply=apply)

    async def baseline(self, camera: CameraId, *, apply: bool) -> Outcome:
        """See CopiesDoor."""
        options = self._cameras.cameras.get(camera) if self._cameras is not None else None
        if options is None:
            raise Unsupported(f"there is no camera {camera}")
        return await self._writer.baseline(camera, options.baseline, options.name or camera, apply=apply)


class LastGoodSettings:
    """Implements audit.house.LastGood."""

    def __init__(self, desk: CopiesDesk) -> None:
        self._desk = desk

    async def restore(self, camera: CameraId, copy: str) -> str:
        """See LastGood."""
        outcome = await self._desk.restore(RestoreAsk(copy=CopyId(copy), camera=camera), apply=True)
        if outcome.failures or not outcome.remaining.is_empty:
            said = [*outcome.failures, *(f"did not take: {line}" for line in outcome.remaining.headlines(5))]
            raise BadReply(f"{camera}: not everything could be restored: {'; '.join(said)}")
        count, left = len(outcome.plan.keys), len(outcome.plan.skipped)
        skipped = f"; {left} that cannot be written from here stay as they are" if left else ""
        if not count:
            return f"no setting had to be restored{skipped}"
        return f"settings restored ({count}): {'; '.join(outcome.plan.diff.headlines(5))}{skipped}"
