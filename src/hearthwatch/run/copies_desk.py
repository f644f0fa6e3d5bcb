"""The desk of copies in a running house: keeper and writer joined with alerts, configuration, page and command line."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping

from hearthwatch.alerts import copy_alerts
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.audit import trail
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.trail import Entry, RepairState
from hearthwatch.copies.copy import ConfigCopy, CopyId, Diff, Drift, Look, Outcome, RestoreAsk
from hearthwatch.copies.keeper import CopyKeeper
from hearthwatch.copies.shelf import CopyShelf
from hearthwatch.copies.writer import CopyWriter
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, HearthwatchError, StorageFailed, Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.config import CameraOptions, Config
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
        self._db = db
        self._cameras: Mapping[CameraId, CameraOptions] = {}
        self.keeper = CopyKeeper(doors, db, secrets, clock=clock, ids=ids, tell=self._tell)
        self.writer = CopyWriter(self.keeper)
        self.shelf = CopyShelf(db, secrets)

    async def renew(self, config: Config) -> None:
        """Go on with a changed configuration."""
        self._cameras = config.cameras
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

    async def restore(self, ask: RestoreAsk, *, apply: bool, who: str) -> Outcome:
        """See CopiesDoor."""
        if not apply:
            return await self.writer.restore(ask, apply=False)
        camera = ask.camera or (await self.shelf.find(ask.copy)).camera
        return await self._in_the_trail(camera, ask.copy, "", who, self.writer.restore(ask, apply=True))

    async def baseline(self, camera: CameraId, *, apply: bool, who: str) -> Outcome:
        """See CopiesDoor."""
        options = self._cameras.get(camera)
        if options is None:
            raise Unsupported(f"there is no camera {camera}")
        work = self.writer.baseline(camera, options.baseline, options.name or camera, apply=apply)
        return await (self._in_the_trail(camera, "", "baseline", who, work) if apply else work)

    async def _in_the_trail(
        self, camera: CameraId, subject: str, value: str, who: str, work: Coroutine[None, None, Outcome]
    ) -> Outcome:
        """Write down who had a camera written to before it is, and how it ended."""
        now_us = self._clock.wall_us()
        entry = Entry(
            id=self._ids(),
            remedy=Remedy(kind=RemedyKind.RESTORE_SETTINGS, camera=camera, subject=subject, value=value),
            who=who,
            state=RepairState.RUNNING,
            verified=False,
            text="",
            asked_us=now_us,
            begun_us=now_us,
        )
        try:
            await self._db.run(lambda connection: trail.save(connection, entry))
        except StorageFailed:
            work.close()
            raise
        try:
            outcome = await work
        except HearthwatchError as error:
            await self._end(entry, RepairState.FAILED, str(error))
            raise
        await self._end(entry, RepairState.DONE if outcome.is_done else RepairState.FAILED, told(outcome))
        return outcome

    async def _end(self, entry: Entry, state: RepairState, text: str) -> None:
        now_us, verified = self._clock.wall_us(), state is RepairState.DONE
        await self._db.run(lambda connection: trail.end(connection, entry.id, state, text, verified=verified, now_us=now_us))


def told(outcome: Outcome) -> str:
    """Return in one line what came of writing to a camera."""
    if outcome.failures or not outcome.remaining.is_empty:
        said = [*outcome.failures, *(f"did not take: {line}" for line in outcome.remaining.headlines(5))]
        return f"not everything could be written: {'; '.join(said)}"
    count, left = len(outcome.proposal.keys), len(outcome.proposal.skipped)
    skipped = f"; {left} that cannot be written from here stay as they are" if left else ""
    if not count:
        return f"no setting had to be written{skipped}"
    return f"settings written and read back ({count}): {'; '.join(outcome.proposal.diff.headlines(5))}{skipped}"


class LastGoodSettings:
    """Implements audit.house.LastGood: what is done is in the trail of who asks."""

    def __init__(self, desk: CopiesDesk) -> None:
        self._desk = desk

    async def restore(self, camera: CameraId, copy: str) -> str:
        """See LastGood."""
        outcome = await self._desk.writer.restore(RestoreAsk(copy=CopyId(copy), camera=camera), apply=True)
        if not outcome.is_done:
            raise BadReply(f"{camera}: {told(outcome)}")
        return told(outcome)
