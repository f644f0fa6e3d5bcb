"""The watch of log-ins as the house has it: who is watched by the configuration, and where what it finds goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.audit.possible import possible
from hearthwatch.audit.remedy import RemedyKind
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault
from hearthwatch.kit.address import address_towards
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import CameraId
from hearthwatch.logins.login import Login, Trouble
from hearthwatch.logins.rounds import LoginWatch
from hearthwatch.logins.system_log import SystemLogs
from hearthwatch.logins.text_log import TextLogs
from hearthwatch.logins.verdict import networks
from hearthwatch.logins.watched import Watched
from hearthwatch.run.config import Config
from hearthwatch.run.login_news import LoginNews
from hearthwatch.run.syslog_sender import SyslogSender
from hearthwatch.vendors.alarm_hub import AlarmHub
from hearthwatch.vendors.capability import Doorkeeper
from hearthwatch.vendors.device import Access

_VIDEO_LOST = frozenset(
    {Fault.CAMERA_UNREACHABLE, Fault.CAMERA_REFUSED, Fault.CAMERA_BAD_REPLY, Fault.CAMERA_UNSUPPORTED, Fault.CAMERA_STRANGER}
)


_FAULTS = {
    Trouble.UNREACHABLE: Fault.DOOR_UNREACHABLE,
    Trouble.REFUSED: Fault.DOOR_REFUSED,
    Trouble.UNREADABLE: Fault.DOOR_UNREADABLE,
}


class _Troubles:
    """A TroubleSink: an outage of each, ended together."""

    def __init__(self, board: Board, door_opens: Callable[[], None]) -> None:
        self._board = board
        self._door_opens = door_opens

    def failed(self, camera: CameraId, trouble: Trouble, detail: str) -> None:
        self._board.failed(_FAULTS[trouble], camera, detail, camera=camera)

    def recovered(self, camera: CameraId) -> None:
        for fault in _FAULTS.values():
            self._board.recovered(fault, camera)
        self._door_opens()


class LoginDesk:
    """Used on the house's loop. `await renew` first; `tasks` are kept running by the house."""

    def __init__(
        self,
        keeper: Doorkeeper,
        hub: AlarmHub,
        *,
        data_folder: Path,
        db: Db,
        clock: Clock,
        board: Board,
        outbox: Outbox,
        policy: Callable[[], Policy],
        ids: Callable[[], str],
        publish: Callable[[Login], None],
    ) -> None:
        self._keeper = keeper
        self._board = board
        self._outbox = outbox
        self._data = data_folder
        self.news = LoginNews(
            db=db,
            clock=clock,
            record=self._record,
            amend=self._amend,
            ids=ids,
            name=lambda camera: policy().name(camera),
            zone=lambda: policy().zone,
            publish=self._publish_all(publish),
            able=self._able,
            visits=self._visits,
        )
        self.watch = LoginWatch(
            keeper,
            db=db,
            clock=clock,
            troubles=_Troubles(board, hub.renew),
            teller=self.news,
            source_of=_source_of,
            is_dark=self._is_dark,
            hears=hub.hears,
        )
        self._hub = hub
        hub.listen(self.watch)
        self.text_logs = TextLogs(db, lambda: policy().zone)
        self.syslog = SyslogSender(db)
        self.system_logs = SystemLogs(keeper, self.watch, db=db, clock=clock, kept=self.syslog.news)

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (
            ("log-ins", self.watch.run),
            ("news of log-ins", self.news.run),
            ("text logs", self.text_logs.run),
            ("camera logs", self.system_logs.run),
            ("syslog", self.syslog.run),
        )

    def renew(self, config: Config) -> None:
        """Go on with a changed configuration; the doorman has the changed doors already."""
        home = networks(config.home.networks)
        doors = {camera: self._keeper.access(camera) for camera in self._keeper.cameras}
        self.news.renew(home, {name: config.cameras[name].logins.digest for name in doors if name in config.cameras})
        watched: dict[CameraId, Watched] = {}
        for name, access in doors.items():
            camera = config.cameras.get(name)
            if camera is not None:
                own = frozenset(user for user in (access.user, camera.user) if user)
                watched[name] = Watched(options=camera.logins, own_users=own, home=home, access=access)
        self.watch.renew(watched)
        self.text_logs.renew({name: self._text_log(name, one.options.text_log) for name, one in watched.items()})
        self.system_logs.renew({name: config.cameras[name].logs for name in watched})
        self.syslog.renew(config.syslog)

    def _text_log(self, camera: CameraId, path: str) -> Path:
        return self._data / Path(path.replace("{camera}", camera)).expanduser()

    def _publish_all(self, publish: Callable[[Login], None]) -> Callable[[Login], None]:
        def tell(login: Login) -> None:
            publish(login)
            self.text_logs.news(login.camera)

        return tell

    async def close(self) -> None:
        await self.news.close()

    async def _record(self, alert: Alert) -> None:
        await self._outbox.record(None, alert)

    async def _amend(self, alert: Alert, again: bool) -> Alert | None:
        return await self._outbox.amend(alert, again=again)

    async def _able(self, camera: CameraId) -> Collection[RemedyKind]:
        """What can be done to the camera by its client; a smart plug is the business of who does it."""
        found = possible(await self._keeper.client(camera), has_off_switch=False, has_on_switch=False)
        return frozenset(kind for kind, why_not in found.why_not.items() if not why_not)

    def _visits(self, camera: CameraId) -> dict[tuple[str, str], str]:
        return self.watch.visits(camera)

    def _is_dark(self, camera: CameraId) -> bool:
        return any(outage.camera == camera and outage.fault in _VIDEO_LOST for outage in self._board.snapshot())


async def _source_of(access: Access) -> str | None:
    """Return the address the camera sees us come from."""
    return await asyncio.to_thread(address_towards, access.host)
