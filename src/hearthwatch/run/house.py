"""The house: events, alerts, health and the page, on one event loop; what it decides is in `house.db` before it is told."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.arming.arming import ArmState
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health.board import Board
from hearthwatch.health.heartbeat import Heartbeat
from hearthwatch.health.outage import Outage
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.db import open_reader
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.pool import started_pool
from hearthwatch.kit.retry import keep_running_async
from hearthwatch.kit.units import CameraId
from hearthwatch.run.alert_news import AlertNews
from hearthwatch.run.announce import Announcer
from hearthwatch.run.arming_desk import ArmingDesk
from hearthwatch.run.camera_doors import CameraDoors
from hearthwatch.run.cameras_now import CamerasNow
from hearthwatch.run.channels import Channels
from hearthwatch.run.child import Child, leave
from hearthwatch.run.clips import Clips
from hearthwatch.run.cold_pages import give_back
from hearthwatch.run.config import Config, load
from hearthwatch.run.event_news import EventNews
from hearthwatch.run.fleet_desk import FleetDesk
from hearthwatch.run.footage_now import FootageNow
from hearthwatch.run.guest_senses import GuestSenses
from hearthwatch.run.happenings import Happenings
from hearthwatch.run.house_db import Safekeeper, open_house_db
from hearthwatch.run.house_doors import Events, Footage
from hearthwatch.run.house_policy import policy_of
from hearthwatch.run.house_secrets import HouseSecrets
from hearthwatch.run.housekeeping import Housekeeping
from hearthwatch.run.lines import LookerLine, RecorderLine
from hearthwatch.run.messages import LookerState, RecorderState, Renew, Replace, Restarted, Role
from hearthwatch.run.offsite_desk import OffsiteDesk
from hearthwatch.run.pins import Pins
from hearthwatch.run.plan import HousePlan
from hearthwatch.run.porch_now import PorchLine
from hearthwatch.run.presence_desk import Household, PresenceDesk
from hearthwatch.run.reception import Reception
from hearthwatch.run.reload import Reloader
from hearthwatch.run.remote_house import RemoteHouse
from hearthwatch.run.scout_line import ScoutLine
from hearthwatch.run.sensors import Sensors
from hearthwatch.run.turning import Turning
from hearthwatch.run.watch import StateWatch
from hearthwatch.run.zone import zone_of
from hearthwatch.web.changes import Changes

log = logging.getLogger(__name__)


class House:
    """Wiring only: what is made here is made once, and `renew` carries a changed configuration to all of it."""

    def __init__(self, child: Child, plan: HousePlan, loop: asyncio.AbstractEventLoop) -> None:
        self._child = child
        self._plan = plan
        self._loop = loop
        self.clock = SystemClock()
        self.turning = Turning(self.clock)
        self._data = Path(plan.data_folder)
        self.config = load(Path(plan.config_path))
        self._secrets = HouseSecrets.open(self._data)
        self._zone = zone_of(self.config)
        opened = open_house_db(self._data, self.clock)
        self._db = DbThread(opened.engine, child.stop.set)
        reader = open_reader(self._data / "house.db")
        ids = Ulids(self.clock)
        self._ids = ids
        self._files = EventFiles(self._data)
        self.changes = Changes()
        self.board = Board(self._db, self.clock, self._tell_outage, self._is_quiet)
        self._safekeeper = Safekeeper(self._data, self.clock, self.board, opened.rescued, child.stop.set)
        self._news = AlertNews(self._db, self.changes.publish)
        self._tell_stored = EventNews(self._db, self.changes.publish).tell  # pages show an event as it is kept
        self.outbox = Outbox(self._db, self._files, self.clock, self.board, self._news.put)
        self.snoozes = Snoozes(self._db)
        self.policy = policy_of(self.config, self._zone, ids)
        self.presence = PresenceDesk(
            self._secrets,
            config=lambda: self.config,
            db=self._db,
            clock=self.clock,
            health=self.board,
            changed=self.changes.publish,
            tell=functools.partial(self.outbox.record, None),
            ids=ids,
            replace_scout=lambda: child.send(Replace(role=Role.SCOUT)),
        )
        self.arming = ArmingDesk(
            self._db,
            self.clock,
            self.outbox,
            Household(self.presence),
            files=self._files,
            reader=reader,
            config=lambda: self.config,
            zone=self._zone,
            ids=ids,
            publish=self._say_armed,
        )
        self.recorder = RecorderLine(loop, self._hear_recorder)
        self.footage = Footage(Path(plan.index_path), Path(plan.footage_folder))
        self._footage_now = FootageNow(self.footage, self.clock)
        self.cameras = CamerasNow(self.config, self._footage_now, self.clock, self.arming.mode)
        self._housekeeping = Housekeeping(self._db, self._files, self.clock, lambda: self.config)
        self.clips = Clips(self.footage, self.outbox, self.clock, lambda: self.config)
        self.watch = StateWatch(self.board, self.clock)
        self._events = Events(reader, self._files, self._db, loop)
        self.happenings = Happenings(
            self.config,
            policy=self.policy,
            outbox=self.outbox,
            snoozes=self.snoozes,
            mode=self.arming.mode,
            entry=self.arming.entry,
            keeper=self.recorder,
            clock=self.clock,
            ids=ids,
            changed=self.changes.publish,
            stored=self._tell_stored,
            want_clip=self.clips.later,
            act=lambda change: self._reception.actions.on_event(change),  # noqa: PLW0108 it is made below
            want_picture=lambda event: self.camera_doors.alarm_pictures.want(event),  # noqa: PLW0108 it is made below
        )
        self.looker = LookerLine(loop, on_state=self._hear_looker, on_finding=self.happenings.put)
        self.announcer = Announcer(self.cameras, self.outbox, self.clock, lambda: self.policy, plan.started_us)
        self._heartbeat = Heartbeat(
            self._heartbeat_address,
            lambda: self.config.heartbeat.every_s,
            well=self.watch.is_well,
            health=self.board,
        )
        self.sensors = Sensors(
            self._secrets,
            loop=loop,
            hub=self.recorder.hub,
            cameras=self.cameras,
            config=lambda: self.config,
            from_camera=lambda camera: self.camera_doors.alarm_pictures.from_camera(camera),  # noqa: PLW0108 it is made below
            report=self.happenings.put,
            outbox=self.outbox,
            stored=self._tell_stored,
            mode=self.arming.mode,
            health=self.board,
            clock=self.clock,
            ids=ids,
        )
        self.camera_doors = CameraDoors(
            self._secrets,
            config_path=Path(plan.config_path),
            db=self._db,
            clock=self.clock,
            health=self.board,
            outbox=self.outbox,
            policy=lambda: self.policy,
            ids=ids,
            data_folder=self._data,
            publish=self.changes.publish,
            reader=reader,
            config=lambda: self.config,
            take_over=lambda: self._reloader.now(),  # noqa: PLW0108 it is made below
            pictures=self.sensors.pictures,
            heard=self.happenings.put,
            recorder=self.recorder,
            footage=self.footage,
            stored=self._tell_stored,
            is_private=self.cameras.is_private,
        )
        self.remote = RemoteHouse(
            self.arming,
            self.cameras,
            board=self.board,
            snoozes=self.snoozes,
            picture=self.camera_doors.alarm_pictures.now,
            footage=self.footage,
            pins=Pins(self._db, self.recorder, lambda: self.footage.index, self.clock),
            config=lambda: self.config,
            db=self._db,
            clock=self.clock,
            stored=self._tell_stored,
        )
        self.channels = Channels(
            self._secrets,
            outbox=self.outbox,
            db=self._db,
            clock=self.clock,
            health=self.board,
            zone=self._zone,
            house=self.remote,
            ids=ids,
            remedies=self.camera_doors.remedies,
        )
        self.offsite = OffsiteDesk(self, self._secrets, self._data, db=self._db, reader=reader, files=self._files, ids=ids)
        self._fleet = FleetDesk(self, self._secrets, self._data, db=self._db)
        self._reception = Reception(
            plan,
            self._secrets,
            self.remote,
            outbox=self.outbox,
            config=lambda: self.config,
            policy=lambda: self.policy,
            db=self._db,
            reader=reader,
            clock=self.clock,
            changes=self.changes,
            board=self.board,
            cameras=self.cameras,
            recorder=self.recorder,
            footage=self.footage,
            footage_now=self._footage_now,
            events=self._events,
            channels=self.channels,
            arming=self.arming,
            presence=self.presence,
            offsite=self.offsite,
            camera_doors=self.camera_doors,
            sensors=self.sensors,
            fleet=self._fleet,
            restart_looker=lambda: child.send(Replace(role=Role.LOOKER)),
            heartbeat=self._heartbeat_address,
        )
        self._reloader = Reloader(
            plan,
            self._secrets,
            self.board,
            child.send,
            self._renew,
            strangers=lambda: self.camera_doors.watch.strangers,
            deaf=lambda: self.camera_doors.senses.deaf,
            mode=self.arming.mode,
        )

    def _say_armed(self, state: ArmState) -> None:
        self._reloader.mode_changed()
        self._reception.actions.on_mode(state.mode)
        self.changes.publish(state)

    def _heartbeat_address(self) -> str:
        found = self._secrets.get("heartbeat.url")
        return found.reveal() if found else ""

    async def _tell_outage(self, outage: Outage) -> None:
        await self.camera_doors.outage_news.tell(outage, self.offsite.remark(outage))
        self._reception.connection.told(outage)

    def _is_quiet(self, outage: Outage, told: Sequence[Outage]) -> bool:
        said_elsewhere = self._reception.connection.explains(outage, told) or self.channels.is_quiet(outage)
        return said_elsewhere or self.camera_doors.is_quiet(outage, told)

    def _hear_recorder(self, state: RecorderState) -> None:
        self.cameras.hear_recorder(state)
        self.watch.recorder(state, {name for name, camera in self.config.cameras.items() if camera.enabled})

    def _hear_looker(self, state: LookerState) -> None:
        self.cameras.hear_looker(state)
        self.watch.looker(state)

    async def _renew(self, config: Config) -> None:
        here = {name for name, camera in config.cameras.items() if camera.enabled}
        self.board.forget(lambda outage: outage.camera is not None and outage.camera not in here)
        self.config = config
        self._zone = zone_of(config)
        self.policy = policy_of(config, self._zone, self._ids)
        self.cameras.renew(config)
        self.happenings.renew(config, self.policy)
        await self.channels.renew(config.alerts, self._zone)
        await self._reception.renew(config)
        self.presence.renew(config)
        self.sensors.renew(config)
        await self.arming.renew(config, self._zone)
        await self.camera_doors.renew(config)

    def link(self, peer: Role, name: str, sock: socket.socket) -> None:
        """See child.Handlers."""
        if peer is Role.RECORDER:
            self.recorder.connect(Channel(sock, RecorderLine.decodes()))
        elif peer is Role.LOOKER:
            self.looker.connect(Channel(sock, LookerLine.decodes()))
        elif peer is Role.PORCH:
            self.camera_doors.porch.connect(Channel(sock, PorchLine.decodes()))
        elif peer is Role.SCOUT:
            self.presence.scout.connect(Channel(sock, ScoutLine.decodes()))
        elif peer is Role.GUEST:
            self.sensors.senses.connect(CameraId(name), Channel(sock, GuestSenses.decodes()))

    def renew(self, message: Renew) -> None:
        """It was this house that read the new configuration."""

    def restarted(self, message: Restarted) -> None:
        """See child.Handlers."""
        self._loop.call_soon_threadsafe(self._restarted, message)

    def _restarted(self, message: Restarted) -> None:
        if message.role is Role.LOOKER:
            self.happenings.looker_restarted()
        self.watch.restarted(message)

    async def run(self) -> None:
        """Take up what a former house left, then work until cancelled."""
        await self.board.load()
        await self.outbox.load()
        await self.snoozes.load()
        await self.presence.load()
        self.presence.renew(self.config)
        await self.arming.load()
        await self.channels.load()
        self.sensors.renew(self.config)
        left_open = await self._db.run(event_ledger.left_open)
        self.happenings.resume(left_open)
        await self.channels.renew(self.config.alerts, self._zone)
        await self._reception.load()
        await self.camera_doors.load()
        await self.camera_doors.renew(self.config)
        keep = functools.partial(keep_running_async, clock=self.clock)
        async with asyncio.TaskGroup() as tasks:
            for name, work in (
                ("events", self.happenings.run),
                ("pictures", self.happenings.run_pictures),
                ("alert news", self._news.run),
                ("footage", self._footage_now.run),
                ("housekeeping", self._housekeeping.run),
                ("health", self.board.run),
                ("copies of house.db", self._safekeeper.run),
                ("heartbeat", self._heartbeat.run),
                ("outbox", self.outbox.run),
                *self.presence.tasks,
                *self.arming.tasks,
                ("enrolments", self.channels.run),
                ("clips", self.clips.run),
                ("notice", self.announcer.run),
                ("configuration", self._reloader.run),
                *self._reception.tasks,
                *self.camera_doors.tasks,
                *self.offsite.tasks,
                *self.sensors.tasks,
                *self._fleet.tasks,
                ("turning", self.turning.run),
            ):
                tasks.create_task(keep(name, work), name=name)

    async def close(self) -> None:
        """Let go of everything in order."""
        await self._reception.close()
        await self.camera_doors.close()
        await self.channels.close()
        await self.outbox.close()
        self._db.close()


async def _run(child: Child, plan: HousePlan) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(started_pool("work"))  # no alert waits for a thread that the machine refuses
    house = House(child, plan, loop)
    working = asyncio.create_task(house.run(), name="house")
    serving = loop.run_in_executor(None, child.serve, house, lambda: house.turning.is_well() and not working.done(), give_back)
    await asyncio.wait({working, serving}, return_when=asyncio.FIRST_COMPLETED)
    if working.done() and not child.stop.is_set():
        child.stop.set()
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    await house.close()


def main() -> None:
    child = Child(sys.argv)
    start, _fds = child.start("house")
    plan = start.plan
    assert isinstance(plan, HousePlan)
    try:
        asyncio.run(_run(child, plan))
    except HearthwatchError as error:
        log.error("the house cannot run: %s", error)  # noqa: TRY400 the text says it all
        raise SystemExit(1) from None
    leave()


if __name__ == "__main__":
    main()
