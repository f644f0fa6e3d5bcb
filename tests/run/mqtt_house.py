"""As much of a house as the MQTT desk needs, around a real outbox and a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from tests.alerts.house import BERLIN
from tests.alerts.house import House as AlertHouse
from tests.devices.mosquitto import Mosquitto

from hearthwatch.alerts.alert import Alert, AlertId, Severity
from hearthwatch.alerts.dispatch import Dispatcher
from hearthwatch.alerts.remote import CameraBrief, HouseBrief
from hearthwatch.arming.arming import Acknowledged, ArmState, Cause, Mode
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.event import Event
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.presence.presence import PersonId, Presence
from hearthwatch.run.config import Config, parse
from hearthwatch.run.mqtt_desk import MqttDesk
from hearthwatch.web.changes import Changes
from hearthwatch.web.doors import AlertNow, CameraNow, CameraState

JPEG = b"\xff\xd8\xff\xe0 a picture of the moment \xff\xd9"


@dataclass
class Arming:
    """An ArmingDoor that does as it is told."""

    changed: Callable[[ArmState], None]
    state: ArmState = field(
        default_factory=lambda: ArmState(
            number=1, mode=Mode.DISARMED, since_us=WallUs(1), at_us=WallUs(1), cause=Cause.START, planned_us=WallUs(0)
        )
    )
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def wish(self, mode: Mode, *, who: str, via: str, until_us: WallUs | None = None) -> Acknowledged:
        if self.state.mode is Mode.DISABLED:
            raise Unsupported("Intrusion alerts are disabled.")
        return self._go(mode, who, via)

    async def enable(self, *, who: str, via: str) -> Acknowledged:
        return self._go(Mode.HOME, who, via)

    def _go(self, mode: Mode, who: str, via: str) -> Acknowledged:
        self.asked.append((mode.value, who, via))
        self.state = replace(self.state, number=self.state.number + 1, mode=mode, cause=Cause.PERSON, who=who, via=via)
        self.changed(self.state)
        return Acknowledged(state=self.state, stored=True)


@dataclass
class Actions:
    """HouseActions, as far as MQTT goes."""

    arming: Arming
    cameras: Callable[[], tuple[CameraNow, ...]]
    snoozed: dict[CameraId, WallUs] = field(default_factory=dict)
    blind: bool = False

    def status(self) -> HouseBrief:
        briefs = tuple(
            CameraBrief(
                id=camera.id,
                name=camera.name,
                live=camera.state is CameraState.LIVE,
                state=camera.state.value,
                quiet_until_us=self.snoozed.get(camera.id, WallUs(0)),
            )
            for camera in self.cameras()
        )
        return HouseBrief(cameras=briefs, outages=())

    async def snooze(self, camera: CameraId | None, until_us: WallUs, *, who: str, via: str) -> None:
        assert camera is not None
        self.snoozed[camera] = until_us

    async def snapshot(self, camera: CameraId) -> bytes:
        if self.blind:
            raise Unreachable("the camera gives no picture at the moment")
        return JPEG


@dataclass
class Cameras:
    """A CameraDoor over the configuration."""

    config: Callable[[], Config]
    moving: set[str] = field(default_factory=set)

    def all(self) -> tuple[CameraNow, ...]:
        return tuple(
            CameraNow(
                id=name,
                name=camera.name or name,
                state=CameraState.LIVE,
                cause="",
                since_us=WallUs(0),
                streams=(),
                motion_frac=0.5 if name in self.moving else 0.0,
            )
            for name, camera in self.config().cameras.items()
        )


class Channels:
    """Only what others offer."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher

    async def offer(self, whose, others) -> None:
        await self.dispatcher.set_channels(others)


class Health:
    """The board, as far as it is asked: what failed, what is over."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}
        self.told: list[str] = []
        self.news = asyncio.Event()

    def failed(self, fault, subject, detail, *, camera=None, since_ns=None) -> None:
        if self.open.get(subject) != detail:
            self.told.append(detail)
        self.open[subject] = detail
        self.news.set()

    def recovered(self, fault, subject) -> None:
        if self.open.pop(subject, None) is not None:
            self.told.append("over")
            self.news.set()

    def forget(self, gone) -> None:
        self.open.clear()

    async def until(self, happened: Callable[[list[str]], object]) -> None:
        while not happened(self.told):
            self.news.clear()
            await self.news.wait()


class House:
    """`async with`; `configure` changes what the file says."""

    def __init__(self, folder: Path, broker: Mosquitto, text: str = "", *, secrets: dict[str, str] | None = None) -> None:
        self.clock = SystemClock()
        self.broker = broker
        self.secrets = {"mqtt.password": "sesame", **(secrets or {})}
        self.inner = AlertHouse(folder, self.clock)
        self.health = Health()
        self.changes = Changes()
        self.config = self._parsed(text)
        self.cameras = Cameras(lambda: self.config)
        self.actions = Actions(Arming(self.changes.publish), self.cameras.all)
        self.people: tuple[Presence, ...] = (person("anna", home=True), person("bo", home=False))
        self.dispatcher = Dispatcher(self.inner.outbox, clock=self.clock, health=self.health, zone=BERLIN)
        self.desk = MqttDesk(
            self,
            self.actions,
            config=lambda: self.config,
            channels=Channels(self.dispatcher),
            outbox=self.inner.outbox,
            cameras=self.cameras,
            presences=lambda: self.people,
            changes=self.changes,
            db=self.inner.db,
            files=self.inner.files,
            health=self.health,
            clock=self.clock,
            ids=Ulids(self.clock),
            trigger=self._trigger,
        )
        self.triggered: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    def _trigger(self, camera: str) -> bool:
        self.triggered.put_nowait(camera)
        return True

    def get(self, name: str) -> Secret | None:
        """The Secrets of the desk."""
        return Secret(self.secrets[name]) if name in self.secrets else None

    def _parsed(self, text: str) -> Config:
        mqtt = "" if "[mqtt]" in text else "[mqtt]\n"
        text = mqtt + text
        where = f'host = "{self.broker.host}"\nport = {self.broker.port}\n'
        if "user = " not in text:
            where += 'user = "house"\n'
        if "[camera." not in text:
            text += '\n[camera.front]\nname = "Front door"\nmain = "rtsp://192.168.1.20/1"\n'
        return parse(text.replace("[mqtt]\n", f"[mqtt]\n{where}", 1))

    async def __aenter__(self) -> Self:
        await self.inner.outbox.load()
        await self.desk.load()
        await self.desk.renew(self.config)
        test = asyncio.current_task()
        self._tasks = [asyncio.create_task(work(), name=name) for name, work in self.desk.tasks]
        for task in self._tasks:
            task.add_done_callback(lambda task: task.cancelled() or test.cancel(f"{task.get_name()}: {task.exception()!r}"))
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        for name in [task.get_name() for task in self._tasks if task.done() and not task.cancelled()]:
            raise AssertionError(f"the task {name} has ended")
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.dispatcher.close()
        self.inner.close()

    async def configure(self, text: str) -> None:
        self.config = self._parsed(text)
        await self.desk.renew(self.config)

    async def alert(self, title: str, *, event: str = "", at_us: WallUs | None = None) -> None:
        now_us = at_us or self.clock.wall_us()
        alert = Alert(
            id=AlertId(f"alert-{title}"),
            event=event,
            camera=None,
            severity=Severity.URGENT,
            title=title,
            text="by hand",
            at_us=now_us,
            dedupe_key=title,
        )
        await self.inner.outbox.record(None, alert)
        self.changes.publish(AlertNow(alert=alert, deliveries=()))

    async def keep(self, event: Event, jpeg: bytes = b"") -> None:
        """Keep an event, and its picture, and tell of it."""
        if jpeg:
            self.inner.files.write_picture(event.id, jpeg)
        await self.inner.db.run(lambda connection: event_ledger.save(connection, event))
        self.changes.publish(event)


def person(name: str, *, home: bool) -> Presence:
    return Presence(
        person=PersonId(name),
        name=name.capitalize(),
        home=home,
        since_us=WallUs(0),
        seen=None,
        answered=None,
        known=True,
        devices=(),
    )
