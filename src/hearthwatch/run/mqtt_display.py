"""What stands at the broker, kept as the house is: announced, brought up to date as it changes, and taken away again."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version

from sqlalchemy import Connection

from hearthwatch.alerts import ledger
from hearthwatch.alerts.mqtt import MqttLink
from hearthwatch.alerts.mqtt_discovery import Code, Shown, ShownCamera, announcements
from hearthwatch.alerts.mqtt_states import CameraFacts, HouseFacts, states
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.alerts.remote import HouseActions
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.event import Event, EventId, EventKind
from hearthwatch.events.ledger import EventFiles
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed, Unreachable
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.presence.presence import Presence
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.web.changes import Changes
from hearthwatch.web.doors import AlertNow, CameraDoor, CameraNow, CameraState

log = logging.getLogger(__name__)

_KEPT = "mqtt.kept"
_EVERY_S = 1.0
_MOTION_HOLD_S = 5.0
_ALARM_HOLD_US = 60 * US_PER_S
_LOOK_BACK = 20
_UNNAMED = "motion"


class MqttDisplay:
    """Used on the house's loop: `load`, then `run`. What the broker was given is remembered in `house.db`, so that what is
    gone from the configuration is taken away there, too, even when that changed while we were off."""

    def __init__(
        self,
        actions: HouseActions,
        *,
        config: Callable[[], Config],
        cameras: CameraDoor,
        presences: Callable[[], Sequence[Presence]],
        changes: Changes,
        db: Db,
        files: EventFiles,
        clock: Clock,
        said: Callable[[], tuple[str, int]],
    ) -> None:
        """`said` is what came of the last command, and how many messages were ignored."""
        self._actions = actions
        self._config = config
        self._cameras = cameras
        self._presences = presences
        self._changes = changes
        self._db = db
        self._files = files
        self._clock = clock
        self._said = said
        self._link: MqttLink | None = None
        self._code = Code.NONE
        self._there: dict[str, bytes] = {}
        self._kept: frozenset[str] = frozenset()
        self._version = version("hearthwatch")
        self._announced: tuple[Shown, Topics, str] | None = None
        self._announcing: Mapping[str, bytes] = {}
        self._is_announced = False
        self._is_stale = True
        self._ended: set[EventId] = set()
        self._open: dict[EventId, Event] = {}
        self._alarms: dict[EventId, WallUs] = {}
        self._moved_ns: dict[CameraId, MonoNs] = {}
        self._pictured: dict[CameraId, Event] = {}
        self._pictures_there: dict[CameraId, Event] = {}

    def renew(self, link: MqttLink | None, code: Code) -> None:
        """Go on by another link, or none."""
        self._link, self._code = link, code
        self.anew()

    def anew(self) -> None:
        """Tell the broker everything again, and call the house `online` when it knows."""
        self._there, self._pictures_there = {}, {}
        self._is_announced, self._is_stale = False, True

    async def load(self) -> None:
        """Take up what a former house gave to the broker. Raises StorageFailed."""
        text = await self._db.run(lambda connection: ledger.state(connection, _KEPT))
        self._kept = frozenset(json.loads(text)) if text else frozenset()

    async def run(self) -> None:
        """Follow the house until cancelled."""
        async for batch in self._changes.follow(_EVERY_S):
            link = self._link
            self._is_stale = self._is_stale or batch.lost or link is None
            if link is None:
                continue
            try:
                if self._is_stale:
                    await self._catch_up()
                self._take(change for change in batch.changes if isinstance(change, Event))
                self._alarms |= {
                    EventId(change.alert.event): change.alert.at_us
                    for change in batch.changes
                    if isinstance(change, AlertNow) and change.alert.event
                }
                if link.is_up:
                    await self._show(link)
            except (Unreachable, StorageFailed) as error:
                log.debug("%s", error)
                continue
            for event in self._ended:
                self._open.pop(event, None)
            self._ended.clear()

    async def show_picture(self, camera: CameraId, jpeg: bytes) -> None:
        """Show a picture of the moment. Raises Unreachable."""
        if self._link is not None:
            await self._link.publish(self._topics.camera(camera, "picture"), jpeg, retain=True)

    @property
    def _topics(self) -> Topics:
        return Topics(self._config().mqtt.topic)

    async def _catch_up(self) -> None:
        """Read what goes on, and the newest picture of each camera. Raises StorageFailed."""

        def read(connection: Connection) -> tuple[tuple[Event, ...], dict[CameraId, Event]]:
            pictured: dict[CameraId, Event] = {}
            for camera in self._config().cameras:
                for event in event_ledger.recent(connection, camera=camera, limit=_LOOK_BACK):
                    if event.picture:
                        pictured[camera] = event
                        break
            return event_ledger.left_open(connection), pictured

        left_open, self._pictured = await self._db.run(read)
        self._open = {event.id: event for event in left_open}
        self._ended.clear()
        self._is_stale = False

    def _take(self, events: Iterable[Event]) -> None:
        """Take up changed events; one that is over is shown once more, so that none is too short to be seen."""
        for event in events:
            if event.end_us is None:
                self._open[event.id] = event
                self._ended.discard(event.id)
            elif event.id in self._open:
                self._ended.add(event.id)
            before = self._pictured.get(event.camera)
            if event.picture and (before is None or before.start_us <= event.start_us):
                self._pictured[event.camera] = event

    async def _show(self, link: MqttLink) -> None:
        """Bring the broker up to date. Raises Unreachable, StorageFailed."""
        options, topics, there = self._config().mqtt, self._topics, self._there
        wanted = {**self._announcements(), **states(self._facts(), topics)}
        pictures = self._picture_topics() if options.pictures else frozenset()
        await self._keep(self._kept | wanted.keys() | pictures)
        for topic, payload in wanted.items():
            if there.get(topic) != payload:
                await link.publish(topic, payload, retain=True)
                there[topic] = payload
        for topic in sorted(self._kept - wanted.keys() - pictures):
            await link.publish(topic, b"", retain=True)
            there.pop(topic, None)
        if there is not self._there:  # the broker was gone meanwhile and may have lost all of it
            return
        await self._keep(pictures | wanted.keys())
        if not self._is_announced:
            await link.publish(topics.status, b"online", retain=True)
            self._is_announced = True
        if options.pictures:
            await self._show_pictures(link)

    async def _keep(self, topics: frozenset[str]) -> None:
        """Remember before giving, forget after taking away: dying between loses nothing."""
        if topics == self._kept:
            return
        text = json.dumps(sorted(topics))
        await self._db.run(lambda connection: ledger.set_state(connection, _KEPT, text))
        self._kept = topics

    def _picture_topics(self) -> frozenset[str]:
        cameras = [name for name, camera in self._config().cameras.items() if camera.enabled]
        return frozenset(self._topics.camera(camera, what) for camera in cameras for what in ("picture", "event"))

    async def _show_pictures(self, link: MqttLink) -> None:
        shown = self._pictures_there
        for camera, event in list(self._pictured.items()):
            options = self._config().cameras.get(camera)
            if options is None or not options.enabled or shown.get(camera) == event:
                continue
            jpeg = await asyncio.to_thread(self._files.picture, event.id)
            if jpeg:
                for what in ("event", "picture"):
                    await link.publish(self._topics.camera(camera, what), jpeg, retain=True)
            shown[camera] = event

    def _announcements(self) -> Mapping[str, bytes]:
        """Made anew only when something of it has changed, for it is asked every second."""
        shown, prefix = self._shown(), self._config().mqtt.discovery
        if (shown, self._topics, prefix) != self._announced:
            self._announced = (shown, self._topics, prefix)
            self._announcing = announcements(shown, self._topics, prefix) if prefix else {}
        return self._announcing

    def _shown(self) -> Shown:
        config = self._config()
        cameras = tuple(
            ShownCamera(id=name, name=camera.name or name, labels=_labels(camera))
            for name, camera in config.cameras.items()
            if camera.enabled
        )
        people = tuple((one.person, one.name) for one in self._presences()) if config.mqtt.presence else ()
        return Shown(
            name=config.home.name,
            version=self._version,
            cameras=cameras,
            people=people,
            pictures=config.mqtt.pictures,
            alerts=config.mqtt.alerts,
            obeys=config.mqtt.commands,
            code=self._code,
        )

    def _facts(self) -> HouseFacts:
        config = self._config()
        said, ignored = self._said()
        brief = self._actions.status()
        briefs = {camera.id: camera for camera in brief.cameras}
        now = self._cameras.all()
        private = {camera.id for camera in now if camera.state is CameraState.PRIVATE}
        moving = self._moving(now)
        cameras = tuple(
            CameraFacts(
                id=name,
                live=briefs[name].live or name in private,
                state=briefs[name].state,
                motion=name in moving,
                labels=_labels(camera),
                seen=frozenset(event.label for event in self._open.values() if event.camera == name),
                tampered=any(event.kind is EventKind.TAMPER for event in self._open.values() if event.camera == name),
                quiet_until_us=briefs[name].quiet_until_us,
            )
            for name, camera in config.cameras.items()
            if camera.enabled and name in briefs
        )
        presences = self._presences() if config.mqtt.presence else ()
        return HouseFacts(
            arm=self._actions.arming.state,
            alarmed=self._is_alarmed(),
            cameras=cameras,
            people=tuple((one.person, one.home if one.known else None) for one in presences),
            outages=brief.outages,
            private=not config.mqtt.presence,
            said=said,
            ignored=ignored,
        )

    def _is_alarmed(self) -> bool:
        """Whether somebody who was told of is there, or was a minute ago: an alert may have waited for the entry delay."""
        now_us = self._clock.wall_us()
        self._alarms = {
            event: at_us for event, at_us in self._alarms.items() if event in self._open or abs(now_us - at_us) < _ALARM_HOLD_US
        }
        return bool(self._alarms)

    def _moving(self, now: Sequence[CameraNow]) -> frozenset[CameraId]:
        """What moves now or did a moment ago: a picture more or less at rest is no end."""
        now_ns = self._clock.mono_ns()
        for camera in now:
            if camera.motion_frac > camera.motion_limit_frac:
                self._moved_ns[camera.id] = now_ns
        held = {camera for camera, at_ns in self._moved_ns.items() if now_ns - at_ns < _MOTION_HOLD_S * NS_PER_S}
        return frozenset(held | {event.camera for event in self._open.values()})


def _labels(camera: CameraOptions) -> tuple[str, ...]:
    """The person, and what else is told of at this camera."""
    return tuple(dict.fromkeys(("person", *(label for label in camera.alerts.labels if label != _UNNAMED))))
