"""Fail-safe: when a camera dies, is covered or tampered with, when a stranger gets in, or when the power fails, the last
minutes of every camera go to the front of every queue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from hearthwatch.alerts import failsafe_alerts
from hearthwatch.alerts.alert import Alert
from hearthwatch.feeds.packet import Stream
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.logins.login import Login, Verdict
from hearthwatch.offsite import ledger
from hearthwatch.offsite.ledger import Wanted
from hearthwatch.offsite.upload import Priority, TargetId, TargetOptions
from hearthwatch.recording.segment import SegmentState
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.offsite_pursuit import Pursuits
from hearthwatch.run.offsite_scan import wanted_of
from hearthwatch.web.offsite_doors import EmergencyNow

log = logging.getLogger(__name__)

FAULTS = frozenset(
    {
        Fault.CAMERA_UNREACHABLE,
        Fault.CAMERA_REFUSED,
        Fault.CAMERA_COVERED,
        Fault.CAMERA_BLURRED,
        Fault.CAMERA_TURNED,
        Fault.CAMERA_FROZEN,
        Fault.CAMERA_STRANGER,
        Fault.CAMERA_TAMPERED,
        Fault.CAMERA_VIDEO_LOST,
        Fault.CAMERA_NETWORK_LOST,
    }
)
"""What an intruder does to a camera."""
INTRUSIONS = frozenset(
    {
        Verdict.OUTSIDE,
        Verdict.UNKNOWN_USER,
        Verdict.OUR_ACCOUNT,
        Verdict.ACCOUNT_ADDED,
        Verdict.PASSWORD_CHANGED,
        Verdict.LOG_CLEARED,
        Verdict.SETTINGS_CHANGED,
    }
)
"""Who got in at a camera's own door; a wrong password did not."""
_AGAIN_US = 300 * US_PER_S
_FRESH_US = 120 * US_PER_S
_GOES_ON_US = 60 * US_PER_S


class FailSafe:
    """Used on the house's loop."""

    def __init__(
        self,
        footage: Footage,
        pursuits: Pursuits,
        targets: Callable[[], Mapping[TargetId, TargetOptions]],
        *,
        cameras: Callable[[], Mapping[CameraId, str]],
        minutes: Callable[[], float],
        home: Callable[[], str],
        db: Db,
        clock: Clock,
        ids: Callable[[], str],
        tell: Callable[[Alert], Awaitable[None]],
        hurry: Callable[[], None],
    ) -> None:
        """`cameras` are those that are recorded, with the names a person reads; `hurry` has the couriers look at once."""
        self._footage = footage
        self._pursuits = pursuits
        self._targets = targets
        self._cameras = cameras
        self._minutes = minutes
        self._home = home
        self._db = db
        self._clock = clock
        self._ids = ids
        self._tell = tell
        self._hurry = hurry
        self._started_us = clock.wall_us()
        self._done: dict[tuple[str, str], WallUs] = {}
        self.last: EmergencyNow | None = None

    async def outages(self, lasting: Sequence[Outage]) -> None:
        """Look at what is wrong now; the owner is told of the fault itself, with `remark`."""
        for outage in lasting:
            if outage.camera is None or outage.fault not in FAULTS or outage.start_us < self._started_us - _FRESH_US:
                continue
            name = self._cameras().get(outage.camera, outage.camera)
            await self.flush(f"Something is wrong with {name}.", key=(outage.fault, outage.camera), told=True)

    async def login(self, login: Login) -> None:
        """Somebody did something at a camera's own door; the owner is told of it as of every log-in."""
        if login.verdict not in INTRUSIONS or login.at_us < self._clock.wall_us() - _FRESH_US:
            return
        name = self._cameras().get(login.camera, login.camera)
        await self.flush(f"A stranger got in at the door of {name}.", key=("login", login.camera))

    def remark(self, outage: Outage) -> str:
        """Return what the alert of an outage says of it beside, "" for nothing."""
        done_us = self._done.get((outage.fault, outage.camera or ""), 0)
        if outage.end_us is not None or done_us < outage.start_us - _FRESH_US or not self._targets():
            return ""
        others = [name for camera, name in self._cameras().items() if camera != outage.camera]
        return failsafe_alerts.saving(others or list(self._cameras().values()), list(self._targets()), self._minutes())

    async def flush(self, cause: str, *, key: tuple[str, str], told: bool = False) -> bool:
        """Bring the last minutes of every camera to safety first; False when that was just done for the same reason.

        `told`: another alert tells of it."""
        now_us = self._clock.wall_us()
        if now_us - self._done.get(key, 0) < _AGAIN_US:
            return False
        self._done[key] = now_us
        targets, minutes = self._targets(), self._minutes()
        self.last = EmergencyNow(cause=cause, at_us=now_us, left=0)
        if targets:
            log.warning("fail-safe: %s the last %g minutes of every camera go first", cause, minutes)
            await self._save(now_us, round(minutes * 60 * US_PER_S))
        if not told:
            names = list(self._cameras().values())
            await self._tell(
                failsafe_alerts.began(
                    id_=self._ids(),
                    home=self._home(),
                    cause=cause,
                    cameras=names,
                    targets=list(targets),
                    minutes=minutes,
                    now_us=now_us,
                )
            )
        return True

    async def _save(self, now_us: WallUs, back_us: int) -> None:
        name = f"emergency/{now_us}"
        from_us = WallUs(now_us - back_us)
        try:
            wanted, running = await asyncio.to_thread(self._last, from_us, now_us)
        except StorageFailed as error:
            log.warning("fail-safe: the last minutes cannot be looked up: %s", error)
            wanted, running = [], {}
        for camera in self._cameras():
            start_us = max(from_us, running.get(camera, from_us))
            self._pursuits.emergency(camera, name, WallUs(start_us), now_us, _GOES_ON_US)
        await self._db.run(lambda connection: ledger.want(connection, wanted, now_us))
        self._hurry()

    def _last(self, from_us: WallUs, now_us: WallUs) -> tuple[list[Wanted], dict[CameraId, WallUs]]:
        """Return the finished files of the last minutes, and since when the running file of each camera runs."""
        wanted: list[Wanted] = []
        running: dict[CameraId, WallUs] = {}
        for camera in self._cameras():
            for segment in self._footage.index.segments(camera, Stream.MAIN, from_us, now_us):
                if segment.state is SegmentState.COMPLETE:
                    wanted += wanted_of(segment, self._targets(), Priority.FAILSAFE)
                    running.setdefault(camera, segment.end_us)
                    running[camera] = max(running[camera], segment.end_us)
                else:
                    running[camera] = segment.start_us
        return wanted, running

    async def count(self) -> EmergencyNow | None:
        """Return how the last emergency stands. Raises StorageFailed."""
        if self.last is None:
            return None
        targets = tuple(self._targets())
        left = await self._db.run(lambda connection: ledger.emergency_left(connection, targets))
        return EmergencyNow(cause=self.last.cause, at_us=self.last.at_us, left=left)
