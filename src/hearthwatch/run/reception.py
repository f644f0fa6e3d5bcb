"""The reception: the page, the control door and MQTT, through which people and machines ask the house and tell it."""

from __future__ import annotations

import functools
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import Policy
from hearthwatch.alerts.remote import HouseActions
from hearthwatch.detect.store import Store as ModelStore
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.access_desk import AccessDesk
from hearthwatch.run.actions_desk import ActionsDesk
from hearthwatch.run.arming_desk import ArmingDesk
from hearthwatch.run.backup_desk import BackupDesk
from hearthwatch.run.camera_doors import CameraDoors
from hearthwatch.run.camera_setup import CameraSetup
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.run.cases import Cases
from hearthwatch.run.channels import Channels
from hearthwatch.run.compile import hand_placed_models
from hearthwatch.run.config import Config
from hearthwatch.run.config_desk import ConfigDesk
from hearthwatch.run.connectivity_desk import ConnectivityDesk
from hearthwatch.run.control import ControlDoor
from hearthwatch.run.control_actions import ActionsClerk
from hearthwatch.run.control_arming import ArmingClerk
from hearthwatch.run.control_audit import AuditClerk
from hearthwatch.run.control_cameras import CamerasClerk
from hearthwatch.run.control_copies import CopiesClerk
from hearthwatch.run.control_fleet import FleetClerk
from hearthwatch.run.control_offsite import OffsiteClerk
from hearthwatch.run.control_people import PeopleClerk
from hearthwatch.run.control_remedies import RemedyClerk
from hearthwatch.run.control_telegram import TelegramClerk
from hearthwatch.run.fleet_desk import FleetDesk
from hearthwatch.run.footage_now import FootageNow
from hearthwatch.run.house_doors import Alerts, Events, Footage
from hearthwatch.run.house_now import DetectorNowDoor, Health, HouseNowDoor
from hearthwatch.run.house_page_desk import HousePageDesk
from hearthwatch.run.hub_target import HubOffer
from hearthwatch.run.leaving_desk import LeavingDesk
from hearthwatch.run.libraries import of_sqlite
from hearthwatch.run.lines import RecorderLine
from hearthwatch.run.login_doors import Logins
from hearthwatch.run.machine_desk import MachineDesk
from hearthwatch.run.mqtt_desk import MqttDesk
from hearthwatch.run.offsite_desk import OffsiteDesk
from hearthwatch.run.offsite_elsewhere import ElsewhereDesk, HouseFiles
from hearthwatch.run.pins import Pins
from hearthwatch.run.plan import HousePlan
from hearthwatch.run.presence_desk import PeopleOfThePage, PresenceDesk
from hearthwatch.run.push_desk import PushDesk
from hearthwatch.run.relay_desk import RelayDesk
from hearthwatch.run.release_desk import ReleaseDesk
from hearthwatch.run.review_desk import ReviewDesk
from hearthwatch.run.sensors import Sensors
from hearthwatch.run.shares_desk import SharesDesk
from hearthwatch.run.status import status
from hearthwatch.run.steward import Steward
from hearthwatch.run.telegram_desk import TelegramDesk
from hearthwatch.run.thumbs import Thumbs
from hearthwatch.run.timelapse import Timelapses
from hearthwatch.run.timeline_desk import TimelineDesk
from hearthwatch.run.welcome_desk import WelcomeDesk
from hearthwatch.web.app import create_app
from hearthwatch.web.auth import Auth
from hearthwatch.web.changes import Changes
from hearthwatch.web.claim import ClaimCode
from hearthwatch.web.doors import Doors
from hearthwatch.web.passwords import Hasher
from hearthwatch.web.reach import Reach
from hearthwatch.web.relay.shared import SharedPictures
from hearthwatch.web.serve import serve

log = logging.getLogger(__name__)


class Reception:
    """Put together from the house's parts; `tasks` are kept running by the house."""

    def __init__(
        self,
        plan: HousePlan,
        secrets: Secrets,
        actions: HouseActions,
        *,
        outbox: Outbox,
        config: Callable[[], Config],
        policy: Callable[[], Policy],
        db: DbThread,
        reader: Engine,
        clock: Clock,
        changes: Changes,
        board: Board,
        cameras: CamerasNow,
        recorder: RecorderLine,
        footage: Footage,
        footage_now: FootageNow,
        events: Events,
        channels: Channels,
        arming: ArmingDesk,
        presence: PresenceDesk,
        offsite: OffsiteDesk,
        camera_doors: CameraDoors,
        sensors: Sensors,
        fleet: FleetDesk,
        restart_looker: Callable[[], None],
        heartbeat: Callable[[], str],
    ) -> None:
        if known := of_sqlite(sqlite3.sqlite_version_info):
            log.warning("%s", known)
        self._plan = plan
        self._data = Path(plan.data_folder)
        self._config = config
        self._db = db
        self._clock = clock
        self._changes = changes
        self._house_now = HouseNowDoor(
            config(),
            footage=footage_now,
            footage_folder=Path(plan.footage_folder),
            channels=channels,
            clock=clock,
            port=plan.port,
            heartbeat=heartbeat,
            watches_doors=lambda: bool(camera_doors.doorman.cameras),
            hub=lambda: fleet.leads_to,
        )
        models = ModelStore(folder=self._data / "models", hand_placed=hand_placed_models())
        detector = DetectorNowDoor(cameras, models, restart_looker)
        self._timelapses = Timelapses(self._data / "timelapse", footage, clock, config)
        self._hub_copies = HubOffer(self._data, Path(plan.config_path), config)
        self._backups = BackupDesk(self._data, Path(plan.config_path), config=config, health=board, clock=clock)
        self._thumbs = Thumbs(self._data / "thumbs", footage)
        self._releases = ReleaseDesk(clock, config=config, config_path=Path(plan.config_path), data_folder=self._data)
        pins = Pins(db, recorder, lambda: footage.index, clock)
        logins, copies = camera_doors.logins, camera_doors.copies
        phones = TelegramDesk(channels)
        self._secrets = secrets
        self._access = AccessDesk(outbox, db, clock, changes, logins.news.known_name)
        self._reach = Reach(tell=functools.partial(_tell_certificate, board))
        self.push = PushDesk(
            secrets,
            offer=functools.partial(channels.offer, "push"),
            outbox=outbox,
            config=config,
            db=db,
            clock=clock,
            forget=board.forget,
            ids=Ulids(clock),
        )
        self.connection = ConnectivityDesk(
            secrets,
            config=config,
            board=board,
            outbox=outbox,
            policy=policy,
            db=db,
            clock=clock,
            hurry=channels.hurry,
        )
        self.actions = ActionsDesk(
            secrets,
            doors=camera_doors.doorman,
            publish=lambda topic, payload: self.mqtt.publish(topic, payload),  # noqa: PLW0108 it is made below
            config=config,
            mode=arming.mode,
            db=db,
            reader=reader,
            clock=clock,
            health=board,
        )
        pictures = SharedPictures(sensors.pictures, recorder.hub, cameras, clock)
        self.relay = RelayDesk(
            pictures,
            recorder.hub,
            cameras,
            camera_doors.doorman,
            secrets,
            config=config,
            data_folder=self._data,
            clock=clock,
        )
        self._doors = Doors(
            fleet=fleet,
            relay=self.relay,
            cameras=cameras,
            camera_setup=CameraSetup(
                camera_doors.doorman,
                secrets,
                config_path=Path(plan.config_path),
                clock=clock,
                ids=Ulids(clock),
                known=camera_doors.watch.known,
                take_over=camera_doors.take_over,
                look=camera_doors.watch.look,
                forget=camera_doors.watch.forget,
            ),
            live=recorder.hub,
            footage=footage,
            timelapses=self._timelapses,
            config=ConfigDesk(Path(plan.config_path), secrets, config=config, take_over=camera_doors.take_over),
            welcome=WelcomeDesk(plan, secrets, config=config, clock=clock),
            timeline=TimelineDesk(
                Path(plan.index_path),
                footage.folder,
                self._thumbs,
                reader=reader,
                armed=lambda: arming.state,
                config=config,
                clock=clock,
            ),
            shares=SharesDesk(db, clock),
            push=self.push,
            leaving=LeavingDesk(
                secrets,
                config=config,
                config_path=Path(plan.config_path),
                people=phones.people,
                renewals=(channels.enrolments.renew, self.push.renew),
                take_over=camera_doors.take_over,
                db=db,
                clock=clock,
            ),
            cases=Cases(footage, reader, clock, config),
            keeper=pins,
            events=events,
            review=ReviewDesk(reader, db, changes, config=config, config_path=Path(plan.config_path)),
            alerts=Alerts(reader),
            actions=self.actions,
            arming=arming,
            remote=actions,
            telegram=phones,
            people=PeopleOfThePage(presence),
            health=Health(board, reader, db.commits),
            pictures=pictures,
            detector=detector,
            house=self._house_now,
            house_page=HousePageDesk(
                reader,
                clock,
                config=config,
                config_path=Path(plan.config_path),
                house=self._house_now.now,
                person=channels.person,
                releases=self._releases,
            ),
            machine=MachineDesk(Path(plan.footage_folder), config=config, db=db, clock=clock),
            known=camera_doors.watch,
            hooks=camera_doors.hooks,
            heads=camera_doors.heads,
            triggers=sensors.desk,
            logins=Logins(reader, logins.watch, lambda: config().home.networks, logins.news.known_name),
            copies=copies,
            remedies=camera_doors.remedies,
            audit=camera_doors.audit,
            porch=camera_doors.porch,
            offsite=offsite,
            elsewhere=ElsewhereDesk(
                reader, footage.segments, config, clock, HouseFiles(data=self._data, config=Path(plan.config_path))
            ),
        )
        steward = Steward(
            db,
            pins,
            CamerasClerk(camera_doors.watch),
            CopiesClerk(copies.shelf, copies),
            clock,
            actions=ActionsClerk(self.actions),
            arming=ArmingClerk(arming.keeper),
            telegram=TelegramClerk(db, clock, phones),
            people=PeopleClerk(db, presence),
            audit=AuditClerk(camera_doors.audit),
            remedies=RemedyClerk(camera_doors.remedies),
            offsite=OffsiteClerk(offsite),
            fleet=FleetClerk(fleet, lambda: config().hub.site),
            status=functools.partial(
                status,
                arming=arming.keeper,
                clock=clock,
                cameras=cameras,
                board=board,
                detector=detector,
                house=self._house_now,
                footage=footage,
                offsite=offsite,
            ),
            new_model=restart_looker,
        )
        self._control = ControlDoor(self._data, steward.answer)
        self.mqtt = MqttDesk(
            secrets,
            actions,
            config=config,
            channels=channels,
            outbox=outbox,
            cameras=cameras,
            presences=presence.presences,
            changes=changes,
            db=db,
            files=EventFiles(self._data),
            health=board,
            clock=clock,
            ids=Ulids(clock),
            trigger=lambda camera: sensors.desk.called(camera, "mqtt"),
        )

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        return (
            ("page", self._serve),
            ("control door", self._control.run),
            ("timelapses", self._timelapses.run),
            ("small pictures", self._thumbs.run),
            ("push", self.push.run),
            *self._releases.tasks,
            *self._backups.tasks,
            *self._hub_copies.tasks,
            *self.connection.tasks,
            *self.actions.tasks,
            *self.mqtt.tasks,
            *self._access.tasks,
            *self.relay.tasks,
        )

    async def load(self) -> None:
        """Take up what a former house left on, and at the broker. Raises StorageFailed."""
        await self.actions.load()
        await self.mqtt.load()
        await self.mqtt.renew(self._config())
        await self.push.load()

    async def renew(self, config: Config) -> None:
        """Go on with a changed configuration."""
        self._house_now.renew(config)
        self.actions.renew()
        await self.relay.renew()
        await self.mqtt.renew(config)
        await self.push.renew()

    async def close(self) -> None:
        """Let go of what is switched on and of what is being made."""
        await self.actions.close()
        await self.push.close()

    async def _serve(self) -> None:
        options = replace(self._config().web, port=self._plan.port)  # the one the command line asked for
        claim = ClaimCode(self._clock, lambda code: _say(f"To claim this house, enter the code  {code}  on its page."))
        auth = Auth(
            self._db,
            self._clock,
            claim,
            Hasher(),
            sealer=self._secrets,
            home=self._doors.logins.is_home,
            news=self._access.arrived,
        )
        app = create_app(
            self._doors,
            options,
            auth=auth,
            clock=self._clock,
            changes=self._changes,
            clip_folder=self._data / "watching",
            reach=self._reach,
        )
        self._doors.fleet.serve(app)
        await serve(app, options, auth=auth, clock=self._clock, data_folder=self._data, say=_say, reach=self._reach)


def _tell_certificate(health: HealthSink, text: str) -> None:
    if text:
        health.failed(Fault.CERTIFICATE_WRONG, "page", text)
    else:
        health.recovered(Fault.CERTIFICATE_WRONG, "page")


def _say(line: str) -> None:
    """Print a line for the owner at the console, beside the log."""
    print(line, flush=True)  # noqa: T201 the claim code and the address belong on the console
