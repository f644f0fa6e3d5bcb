"""Sensors beside the cameras: what triggers one opens an event and has a burst of pictures taken, and its light shows it."""

from __future__ import annotations

import asyncio
import functools
import hmac
import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Protocol

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.arming.arming import Mode
from hearthwatch.events.alarms import Sensed, SensedPhase
from hearthwatch.events.album import packed
from hearthwatch.events.event import EventId, EventKind
from hearthwatch.events.report import Report
from hearthwatch.feeds.sensor import NO_PIN, Light, TriggerOptions
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run.burst import moments
from hearthwatch.run.config import Config
from hearthwatch.web.doors import CameraNow, CameraState

log = logging.getLogger(__name__)

_PURPOSE = "trigger"
_TICK_S = 1.0
_SHOWS_S = 5.0
_EVENT_S = 5.0
_AT_ONCE = 3
_REMEMBERED = 64
_OLD_S = 10.0
"""A pulse that took longer to come here is no news."""


class Bursts(Protocol):
    """Where the pictures come from; see PictureDesk."""

    def burst(self, camera: CameraId, due: Sequence[WallUs]) -> AsyncGenerator[bytes]: ...


class TriggerDesk:
    """Implements TriggerDoor. Used on the house's loop."""

    def __init__(
        self,
        pictures: Bursts,
        secrets: Secrets,
        *,
        config: Callable[[], Config],
        report: Callable[[Report], None],
        outbox: Outbox,
        stored: Callable[[EventId], Awaitable[None]],
        is_private: Callable[[CameraId], bool],
        mode: Callable[[], Mode],
        cameras: Callable[[], Sequence[CameraNow]],
        show: Callable[[CameraId, Light], None],
        clock: Clock,
        ids: Callable[[], str],
    ) -> None:
        """`report` takes what becomes an event, `stored` hears of events that got a picture, `show` sets a camera's light."""
        self._pictures = pictures
        self._secrets = secrets
        self._config = config
        self._report = report
        self._outbox = outbox
        self._stored = stored
        self._is_private = is_private
        self._mode = mode
        self._cameras = cameras
        self._show = show
        self._clock = clock
        self._ids = ids
        self._last_ns: dict[CameraId, MonoNs] = {}
        self._became: dict[CameraId, asyncio.Future[EventId | None]] = {}
        self._words: dict[CameraId, str] = {}
        self._had_burst: deque[EventId] = deque(maxlen=_REMEMBERED)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._bursts: set[asyncio.Task[None]] = set()

    def options(self, camera: CameraId) -> TriggerOptions | None:
        """Return the trigger of a camera that has one, None for one that has none or is switched off."""
        found = self._config().cameras.get(camera)
        return found.trigger if found is not None and found.enabled and found.trigger.is_on else None

    def pulsed(self, camera: CameraId, at_ns: MonoNs) -> None:
        """A pulse of the sensor at a pin of this machine, which began at `at_ns`."""
        options = self.options(camera)
        if options is not None and options.pin != NO_PIN:
            self._trigger(camera, options, at_ns, f"the sensor at GPIO {options.pin}")

    def called(self, camera: CameraId, via: str) -> bool:
        """Somebody elsewhere says that the camera is triggered, `via` webhook or MQTT; False for a camera that may not be."""
        options = self.options(camera)
        allowed = options is not None and {"webhook": options.webhook, "mqtt": options.mqtt}.get(via, False)
        if options is None or not allowed:
            return False
        self._trigger(camera, options, self._clock.mono_ns(), f"a call by {'MQTT' if via == 'mqtt' else 'web'}")
        return True

    def _trigger(self, camera: CameraId, options: TriggerOptions, at_ns: MonoNs, detail: str) -> None:
        age_ns = self._clock.mono_ns() - at_ns
        last_ns = self._last_ns.get(camera)
        held = last_ns is not None and at_ns - last_ns < options.hold_off_s * NS_PER_S
        if held or age_ns > _OLD_S * NS_PER_S or self._is_private(camera):
            return
        self._last_ns[camera] = at_ns
        at_us = WallUs(self._clock.wall_us() - age_ns // 1000)
        became = self._became[camera] = asyncio.get_running_loop().create_future()
        sensed = Sensed(
            source="trigger",
            kind=EventKind.SENSOR,
            labels=(options.label,),
            phase=SensedPhase.BEGAN,
            at_once=True,
            box=None,
            detail=detail,
            received_ns=at_ns,
        )
        self._report(
            Report(
                id=EventId(self._ids()),
                camera=camera,
                sensed=sensed,
                start_us=at_us,
                end_us=at_us,
                told=functools.partial(_settle, became),
            )
        )
        task = asyncio.create_task(self._burst(camera, options, at_us, became), name=f"burst of {camera}")
        self._bursts.add(task)
        task.add_done_callback(self._bursts.discard)
        self._light(camera, options)

    async def _burst(
        self, camera: CameraId, options: TriggerOptions, at_us: WallUs, became: asyncio.Future[EventId | None]
    ) -> None:
        """The first picture is the event's; all of them go together once the last is taken."""
        taken: list[bytes] = []
        event: EventId | None = None
        try:
            async with (
                self._room,
                aclosing(self._pictures.burst(camera, moments(at_us, options.pictures, options.every_s))) as burst,
            ):
                async for jpeg in burst:
                    taken.append(jpeg)
                    if len(taken) == 1:
                        event = await self._event(became)
                        if event is None:
                            return
                        await self._keep(event, Part.PICTURE, jpeg)
        except HearthwatchError as error:
            log.warning("the burst of %s has %d of %d pictures: %s", camera, len(taken), options.pictures, error)
        if event is not None:
            await self._keep(event, Part.ALBUM, packed(taken))

    async def _event(self, became: asyncio.Future[EventId | None]) -> EventId | None:
        """Return the event the pictures belong to; None where there is none, or it has its burst already."""
        try:
            async with asyncio.timeout(_EVENT_S):
                event = await asyncio.shield(became)
        except TimeoutError:
            log.warning("pictures of a burst belong to no event")
            return None
        if event is None or event in self._had_burst:
            return None
        self._had_burst.append(event)
        return event

    async def _keep(self, event: EventId, part: Part, data: bytes) -> None:
        await self._outbox.attach(event, part, data)
        await self._stored(event)

    async def run(self) -> None:
        """Keep the lights up to date, until cancelled."""
        while True:
            for name, camera in self._config().cameras.items():
                if camera.trigger.led_pin != NO_PIN:
                    self._light(name, camera.trigger)
            await asyncio.sleep(_TICK_S)

    def _light(self, camera: CameraId, options: TriggerOptions) -> None:
        if options.led_pin == NO_PIN:
            return
        last_ns = self._last_ns.get(camera)
        just_now = last_ns is not None and self._clock.mono_ns() - last_ns < _SHOWS_S * NS_PER_S
        now = next((one for one in self._cameras() if one.id == camera), None)
        self._show(camera, light_of(now, self._mode(), just_now=just_now))

    async def word(self, camera: CameraId) -> str:
        """See TriggerDoor. It holds as long as the house has its key."""
        options = self.options(camera)
        if options is None or not options.webhook:
            raise Unsupported(f"this camera has no trigger for a web address: set camera.{camera}.trigger.webhook = true")
        if camera not in self._words:
            (mark,) = await asyncio.to_thread(functools.partial(self._secrets.marks, [camera], _PURPOSE))
            self._words[camera] = mark.rpartition(":")[2]
        return self._words[camera]

    async def call(self, camera: CameraId, word: str) -> bool:
        """See TriggerDoor."""
        options = self.options(camera)
        if options is None or not options.webhook:
            return False
        right = await self.word(camera)
        if not hmac.compare_digest(right.encode(), word.encode(errors="replace")):
            return False
        if not self.called(camera, "webhook"):
            return False
        became = self._became.get(camera)
        if became is not None:
            try:
                async with asyncio.timeout(_EVENT_S):
                    await asyncio.shield(became)
            except TimeoutError:
                self._last_ns.pop(camera, None)
                raise Unreachable("the house could not take note of this call: call again") from None
        return True


def _settle(became: asyncio.Future[EventId | None], event: EventId | None) -> None:
    if not became.done():
        became.set_result(event)


def light_of(camera: CameraNow | None, mode: Mode, *, just_now: bool) -> Light:
    """Return what a camera's status light shows."""
    if just_now:
        return Light.FAST
    if camera is None or camera.state is CameraState.PRIVATE:
        return Light.OFF
    if camera.state is not CameraState.LIVE:
        return Light.SLOW
    return Light.ON if mode in {Mode.AWAY, Mode.HOME} else Light.WINK
