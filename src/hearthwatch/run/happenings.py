"""From what the looker sees to what people are told: rules, policy, outbox, and how long footage stays."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from hearthwatch.alerts.alert import Alert, Part
from hearthwatch.alerts.incident import Incidents
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import OF_THE_CAMERA, Policy
from hearthwatch.alerts.reminder import Reminders
from hearthwatch.alerts.snooze import Snoozes
from hearthwatch.arming.arming import Mode
from hearthwatch.events.alarms import Heard, sensed
from hearthwatch.events.event import Change, ChangeKind, Event, EventId
from hearthwatch.events.report import Report
from hearthwatch.events.rules import Rules
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import FootageClass, FootageKeeper
from hearthwatch.run.config import Config
from hearthwatch.run.entry_delay import EntryDelay
from hearthwatch.run.messages import Moved, Picture, Seen
from hearthwatch.run.mode_meaning import meaning
from hearthwatch.tracks.track import TrackId

log = logging.getLogger(__name__)

_EARLY_PICTURES = 32
_FLUSH_S = 1.0
_OPEN_MARK_US = 60 * US_PER_S

Clipper = Callable[[Event], object]


class Happenings:
    """One task takes findings in their order, so that an event never overtakes itself; another stores and sends pictures,
    so that no text waits for one. Used on the house's loop."""

    def __init__(
        self,
        config: Config,
        *,
        policy: Policy,
        outbox: Outbox,
        snoozes: Snoozes,
        mode: Callable[[], Mode],
        entry: EntryDelay,
        keeper: FootageKeeper,
        clock: Clock,
        ids: Callable[[], str],
        changed: Callable[[Event], None],
        stored: Callable[[EventId], Awaitable[None]],
        want_clip: Clipper,
        want_picture: Clipper,
        act: Callable[[Change], None],
    ) -> None:
        """`act` takes what may ask for an action; `want_picture` is asked for an event that nobody of ours has looked at."""
        self._outbox = outbox
        self._snoozes = snoozes
        self._mode = mode
        self._entry = entry
        entry.judge, entry.want_clip, entry.act = self._judge, want_clip, act
        self._keeper = keeper
        self._clock = clock
        self._ids = ids
        self._changed = changed
        self._stored = stored
        self._want_clip = want_clip
        self._want_picture = want_picture
        self._act = act
        self._findings: asyncio.Queue[Seen | Moved | Picture | Heard | Report] = asyncio.Queue()
        self._pictures: asyncio.Queue[tuple[EventId, bytes]] = asyncio.Queue()
        self._early: OrderedDict[TrackId, Picture] = OrderedDict()
        self._rules: dict[CameraId, Rules] = {}
        self._under_way: set[asyncio.Future[None]] = set()
        self._incidents = Incidents()
        self._reminders = Reminders()
        self._resumed: tuple[Event, ...] = ()
        self._config = config
        self._policy = policy
        self.renew(config, policy)

    def renew(self, config: Config, policy: Policy) -> None:
        """Go on with a changed configuration; open events go on, too."""
        self._config, self._policy = config, policy
        self._incidents.keep(config.cameras)
        for name, camera in config.cameras.items():
            rules = self._rules.get(name)
            if rules is None:
                self._rules[name] = Rules(
                    name,
                    camera.labels,
                    camera.events,
                    lambda: EventId(self._ids()),
                    zones=camera.zones,
                    alarms=camera.alarms,
                )
            else:
                rules.renew(camera.labels, camera.events, camera.zones, alarms=camera.alarms)

    def resume(self, left_open: tuple[Event, ...]) -> None:
        """Take up the events a former house left open."""
        now_us = self._clock.wall_us()
        for name, rules in self._rules.items():
            rules.resume([event for event in left_open if event.camera == name], now_us)
        self._resumed = left_open

    def looker_restarted(self) -> None:
        """Tracks will have new names."""
        for rules in self._rules.values():
            rules.abandon(self._clock.wall_us())

    def put(self, finding: Seen | Moved | Picture | Heard | Report) -> None:
        """Take one finding; returns at once."""
        self._findings.put_nowait(finding)

    async def run(self) -> None:
        """Work until cancelled; a finding that fails is one finding lost, and said."""
        while True:
            try:
                async with asyncio.timeout(_FLUSH_S):
                    finding = await self._findings.get()
            except TimeoutError:
                await self._flush()
                continue
            await self._take(finding)
            if self._findings.empty():
                await self._flush()

    async def run_pictures(self) -> None:
        """Work until cancelled."""
        while True:
            event, jpeg = await self._pictures.get()
            await self._outbox.attach(event, Part.PICTURE, jpeg)
            await self._stored(event)

    async def _take(self, finding: Seen | Moved | Picture | Heard | Report) -> None:
        match finding:
            case Seen(track=track) if track.camera in self._rules:
                rules = self._rules[track.camera]
                await self._follow(rules.track(track))
                early = self._early.pop(track.id, None)
                if early is not None:
                    self._attach(early, rules)
            case Picture(camera=camera) if camera in self._rules:
                self._attach(finding, self._rules[camera])
            case Moved(span=span) if span.camera in self._rules:
                await self._follow(self._rules[span.camera].motion(span))
            case Heard(camera=camera, signal=signal) if camera in self._rules:
                one = sensed(signal, self._config.cameras[camera].alarms) if camera in self._config.cameras else None
                private = self._is_private(camera)
                if private and one is not None and one.kind not in OF_THE_CAMERA:
                    return
                changes = self._rules[camera].sense(one, self._clock.wall_us()) if one is not None else ()
                await self._follow(changes)
                for change in changes:
                    if change.kind is ChangeKind.OPENED and not private:
                        self._want_picture(change.event)
            case Report(camera=camera) if camera in self._rules:
                await self._take_report(finding, self._rules[camera])
            case _:
                log.debug("a finding of a camera that is gone")

    def _is_private(self, camera: CameraId) -> bool:
        options = self._config.cameras.get(camera)
        return options is not None and meaning(options, self._mode()).private

    async def _take_report(self, report: Report, rules: Rules) -> None:
        """What is fresh may be part of what goes on; what is long over stands for itself."""
        if not report.is_fresh(self._clock.wall_us()):
            await self._follow((report.opened(),), is_now=False)
            report.told(report.id)
            return
        await self._follow(rules.sense(report.sensed, report.start_us))
        await self._follow(rules.sense(report.over, report.end_us))
        report.told(rules.event_of(TrackId(f"camera/{report.sensed.source}")))

    async def _flush(self) -> None:
        now_us = self._clock.wall_us()
        await self._take_up()
        for rules in tuple(self._rules.values()):
            await self._follow(rules.flush(now_us))
        await self._remind(now_us)

    async def _take_up(self) -> None:
        """Take up when a former house told last of what it left open."""
        resumed, self._resumed = self._resumed, ()
        for event in resumed if any(map(self._policy.remind_s, resumed)) else ():
            told = await self._outbox.about(event.id)
            if told:
                self._reminders.told(event, max(alert.at_us for alert in told))

    async def _remind(self, now_us: WallUs) -> None:
        """Tell again of who was told and stays, where the owner wants it."""
        for events in self._reminders.due(now_us, self._policy.remind_s):
            alert = self._policy.on_reminder(events, self._mode(), snoozed_until_us=self._snoozes.until_us, now_us=now_us)
            if alert is not None:
                await self._outbox.record(None, alert)

    async def _follow(self, changes: tuple[Change, ...], *, is_now: bool = True) -> None:
        for change in changes:
            alert = self._judge(change, self._mode())
            is_held = alert is not None and await self._entry.holds(change.event)
            self._reminders.follow(change)
            if alert is not None:
                self._reminders.told(change.event, self._clock.wall_us())
            if is_held:
                alert = None
            elif is_now and self._snoozes.until_us(change.event.camera) <= self._clock.wall_us():
                self._act(change)
            alert = await self._tell(change, alert)
            if change.kind is ChangeKind.OPENED:
                self._changed(change.event)
            else:  # the rules do not know that it has a picture, or that somebody has seen it; no alert waits for that
                self._later(self._stored(change.event.id))
            self._mark(change)
            if alert is not None and Part.CLIP in alert.parts:
                self._want_clip(change.event)

    async def _tell(self, change: Change, alert: Alert | None) -> Alert | None:
        """Record the change with its alert, or add it to what was told of the incident; return what was told anew."""
        if alert is None or change.event.kind in OF_THE_CAMERA:
            await self._outbox.record(change, alert)
            return alert
        event = change.event
        telling = self._incidents.take(
            alert,
            what=event.label or event.kind.value,
            name=self._policy.name(event.camera),
            window_s=self._config.alerts.incident_s,
            ways=frozenset(self._outbox.routes.for_text(alert)),
        )
        if telling.is_new:
            await self._outbox.record(change, alert)
            return alert
        await self._outbox.record(change, None)
        await self._outbox.amend(telling.alert, again=False)
        return None

    def _judge(self, change: Change, mode: Mode) -> Alert | None:
        return self._policy.on_event(
            change,
            mode,
            snoozed_until_us=self._snoozes.until_us(change.event.camera),
            now_us=self._clock.wall_us(),
            decided_ns=self._clock.mono_ns(),
        )

    def _attach(self, picture: Picture, rules: Rules) -> None:
        track = TrackId(picture.track)
        event = rules.event_of(track)
        if event is None:
            self._early[track] = picture
            while len(self._early) > _EARLY_PICTURES:
                self._early.popitem(last=False)
            return
        if rules.take_picture(track):
            self._pictures.put_nowait((event, picture.jpeg))

    def _mark(self, change: Change) -> None:
        """Have the recorder keep the event's footage longer; it may be away, and the event must not wait for it."""
        event = change.event
        if change.kind is ChangeKind.UPDATED:
            return
        pre_us = round(self._config.storage.pre_roll_s * US_PER_S)
        post_us = round(self._config.storage.post_roll_s * US_PER_S)
        end_us = event.end_us if event.end_us is not None else event.start_us + _OPEN_MARK_US
        footage_class = FootageClass.EVENT if event.label else FootageClass.MOTION
        self._later(self._mark_range(event.camera, WallUs(event.start_us - pre_us), WallUs(end_us + post_us), footage_class))

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _mark_range(self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass) -> None:
        try:
            await self._keeper.mark(camera, start_us, end_us, footage_class)
        except StorageFailed as error:
            log.info("the footage of an event of %s is not marked: %s", camera, error)
