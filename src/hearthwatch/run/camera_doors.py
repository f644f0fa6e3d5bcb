"""Everything that watches the cameras' own doors, put together: the doorman and those who ask him for a client."""

from __future__ import annotations

import functools
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.events.alarms import Heard
from hearthwatch.events.event import EventId
from hearthwatch.events.report import Report
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.logins.login import Login, Verdict
from hearthwatch.run.alarm_desk import AlarmDesk
from hearthwatch.run.alarm_hooks import AlarmHooks
from hearthwatch.run.alarm_pictures import AlarmPictures
from hearthwatch.run.audit_desk import AuditDesk
from hearthwatch.run.camera_clocks import CameraClocks
from hearthwatch.run.camera_watch import CameraWatch
from hearthwatch.run.card_fetching import CardFetching
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.run.copies_desk import CopiesDesk
from hearthwatch.run.follower import Follower
from hearthwatch.run.head_desk import HeadDesk
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.imports import Imports
from hearthwatch.run.lines import RecorderLine
from hearthwatch.run.login_desk import LoginDesk
from hearthwatch.run.outage_news import OutageNews
from hearthwatch.run.porch_accounts import inbox_folder
from hearthwatch.run.porch_desk import PorchDesk
from hearthwatch.run.porch_now import PorchLine
from hearthwatch.run.premises import HousePremises
from hearthwatch.run.remedies import Remedies
from hearthwatch.vendors.alarm_hub import AlarmHub
from hearthwatch.vendors.device import Access, LoginAction, Vendor
from hearthwatch.vendors.doorman import Door, Doorman
from hearthwatch.vendors.onvif_discovery import discover
from hearthwatch.vendors.whereabouts import Whereabouts
from hearthwatch.web.doors import PictureDoor

_NETWORK = frozenset({"rtsp", "rtsps", "http", "https"})
_NO_SECRET = Secret("")
_HARMLESS = frozenset({LoginAction.LOGOUT, LoginAction.DENIED, LoginAction.LOCKED, LoginAction.LOG_GAP})

Work = Callable[[], Awaitable[None]]


def door_of(name: CameraId, camera: CameraOptions, secrets: Secrets) -> Door | None:
    """Return the door of a camera that has one to watch."""
    options = camera.door
    stream = urlsplit(camera.main or camera.snapshot)
    host = options.host or (stream.hostname or "" if stream.scheme in _NETWORK else "")
    if not camera.enabled or not host or options.vendor is Vendor.NONE:
        return None
    if options.vendor is Vendor.AUTO and camera.allow_loopback and not options.port:
        return None  # this machine's own ports are not tried out
    password = secrets.get(f"camera.{name}.door.password") or secrets.get(f"camera.{name}.password")
    access = Access(
        camera=name,
        host=host,
        port=options.port,
        tls=options.tls,
        user=options.user or camera.user,
        password=password or _NO_SECRET,
        allow_loopback=camera.allow_loopback,
    )
    return Door(vendor=options.vendor, access=access)


def _channel(config: Callable[[], Config], camera: CameraId) -> int:
    options = config().cameras.get(camera)
    return max(0, options.alarms.channel - 1) if options is not None else 0


class CameraDoors:
    """Used on the house's loop. `await load` and `renew` first; `tasks` are kept running by the house."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        config_path: Path,
        db: Db,
        clock: Clock,
        health: Board,
        outbox: Outbox,
        policy: Callable[[], Policy],
        ids: Callable[[], str],
        data_folder: Path,
        publish: Callable[[Login | Outage], None],
        reader: Engine,
        config: Callable[[], Config],
        take_over: Callable[[], Awaitable[None]],
        pictures: PictureDoor,
        heard: Callable[[Heard | Report], None],
        recorder: RecorderLine,
        footage: Footage,
        stored: Callable[[EventId], Awaitable[None]],
        is_private: Callable[[CameraId], bool],
    ) -> None:
        """`heard` takes the cameras' own alarms, `stored` hears of events that got a picture; `pictures` come from the
        recorder's streams."""
        self._secrets = secrets
        self.take_over = take_over
        rng = random.Random()  # noqa: S311 - client nonces, not secrets
        self.doorman = Doorman(
            clock=clock,
            rng=rng,
            why_held=self._why_held,
        )
        tell = functools.partial(outbox.record, None)
        self.watch = CameraWatch(
            self.doorman,
            Whereabouts(self.doorman.detector, self.doorman.neighbours, discover=functools.partial(discover, rng=rng)),
            follower=Follower(config_path, clock=clock, tell=tell, name=lambda camera: policy().name(camera), ids=ids),
            db=db,
            clock=clock,
            health=health,
            tell=tell,
            name=lambda camera: policy().name(camera),
            ids=ids,
        )
        self.copies = CopiesDesk(self.doorman, secrets, db=db, clock=clock, outbox=outbox, policy=policy, ids=ids)
        self.take_over = take_over
        premises = HousePremises(
            self.doorman,
            secrets,
            config_path=config_path,
            config=config,
            name=lambda camera: policy().name(camera),
            take_over=take_over,
        )
        self.remedies = Remedies(
            self.doorman,
            premises,
            secrets,
            copies=self.copies,
            data_folder=data_folder,
            db=db,
            reader=reader,
            clock=clock,
            outbox=outbox,
            ids=ids,
            expect_login=self._expect_login,
        )
        self.audit = AuditDesk(
            self.doorman,
            self.remedies.desk,
            config=config,
            data_folder=data_folder,
            db=db,
            clock=clock,
            outbox=outbox,
            policy=policy,
            ids=ids,
        )
        self.alarms = AlarmHub(self.doorman, clock=clock)
        self.hooks = AlarmHooks(self.doorman, self.alarms, secrets, clock)
        self.heads = HeadDesk(self.doorman, clock, functools.partial(_channel, config), data_folder / "moving")
        self.senses = AlarmDesk(self.alarms, board=health, clock=clock, events=heard)
        self.alarm_pictures = AlarmPictures(
            self.doorman,
            pictures,
            outbox=outbox,
            db=db,
            channel=lambda camera: max(0, config().cameras[camera].alarms.channel - 1),
            is_private=is_private,
            stored=stored,
        )
        self.clocks = CameraClocks(self.doorman, db, health=health, clock=clock)
        self.logins = LoginDesk(
            self.doorman,
            self.alarms,
            data_folder=data_folder,
            db=db,
            clock=clock,
            board=health,
            outbox=outbox,
            policy=policy,
            ids=ids,
            publish=functools.partial(self._heard, publish),
        )

        self.imports = Imports(recorder, ids)
        self.cards = CardFetching(
            self.doorman,
            footage,
            self.imports,
            board=health,
            clock=clock,
            folder=data_folder / "card",
            is_private=is_private,
        )
        self.outage_news = OutageNews(
            footage,
            outbox=outbox,
            policy=policy,
            clock=clock,
            config=config,
            has_card=self.cards.has_card,
            can_set_clock=self.clocks.can_set,
            publish=publish,
        )
        desk = PorchDesk(
            config,
            inbox_folder(data_folder),
            recorder=recorder,
            imports=self.imports,
            report=heard,
            tampering=self.senses.hear,
            is_private=is_private,
            footage=footage,
            outbox=outbox,
            stored=stored,
            db=db,
            clock=clock,
            ids=ids,
        )
        self.porch = PorchLine(
            desk,
            config=config,
            secrets=secrets,
            inbox=inbox_folder(data_folder),
            footage=footage,
            health=health,
            clock=clock,
        )

    @property
    def tasks(self) -> tuple[tuple[str, Work], ...]:
        return (
            ("alarms of cameras", self.alarms.run),
            ("cameras' own senses", self.senses.run),
            ("pictures of alarms", self.alarm_pictures.run),
            ("porch", self.porch.desk.run),
            ("cameras' clocks", self.clocks.run),
            ("cameras' cards", self.cards.run),
            *self.logins.tasks,
            ("camera watch", self.watch.run),
            ("damage control", self.remedies.run),
            ("copies of settings", self.copies.keeper.run),
            ("audit", self.audit.auditor.run),
        )

    def is_quiet(self, outage: Outage, told: Sequence[Outage]) -> bool:
        """Tell whether `outage` is no news: a refusal that our own repairs cause, or a clock that is being set."""
        is_refusal = outage.fault in {Fault.CAMERA_REFUSED, Fault.DOOR_REFUSED}
        if is_refusal and outage.camera is not None and self.remedies.desk.disturbs(outage.camera):
            return True
        return self.clocks.is_quiet(outage, told)

    def _expect_login(self, camera: CameraId, user: str) -> None:
        self.logins.watch.expect(camera, user)

    def _why_held(self, camera: CameraId) -> str:
        return self.remedies.why_held(camera)

    def _heard(self, publish: Callable[[Login], None], login: Login) -> None:
        """Who was in may have changed settings."""
        publish(login)
        if login.verdict is not Verdict.OWN and login.action not in _HARMLESS:
            self.copies.keeper.want(login.camera, f"login of {login.user}" if login.user else login.action.value)

    async def load(self) -> None:
        """Take up what a former house knew of the cameras. Raises StorageFailed."""
        self.senses.load()
        await self.watch.load()
        await self.remedies.load()

    async def renew(self, config: Config) -> None:
        """Go on with a changed configuration or changed secrets."""
        doors = {name: door_of(name, camera, self._secrets) for name, camera in config.cameras.items()}
        await self.doorman.renew({name: door for name, door in doors.items() if door is not None})
        self.watch.renew(config)
        await self.copies.renew(config)
        self.logins.renew(config)
        self.senses.renew(config)
        self.clocks.renew(config)
        self.cards.renew(config)
        self.alarms.renew()
        self.heads.take_up()

    async def close(self) -> None:
        """Log out everywhere."""
        await self.heads.close()
        await self.remedies.close()
        await self.logins.close()
        await self.doorman.close()
