"""What is asked for by MQTT, done as a person's wish by the same actions as everything asked from afar; paced and counted."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection

from hearthwatch.alerts.alert import Alert
from hearthwatch.alerts.mqtt_alerts import wrong_codes
from hearthwatch.alerts.mqtt_commands import Quiet, SetMode, SetTelling, TakePicture, Trigger, parse
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.alerts.remote import HouseActions
from hearthwatch.arming.arming import Mode
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.logs import hide
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, MonoNs, WallUs

log = logging.getLogger(__name__)

WHO, VIA = "the smart home", "MQTT"
_QUIET_US = 3600 * US_PER_S
_MOST, _WITHIN_S = 10, 10
"""More commands than a household gives are a fault or an attack: each would be announced to everybody."""
_WRONG_CODES, _LOCKED_MINUTES = 5, 5

ShowPicture = Callable[[CameraId, bytes], Awaitable[None]]


class MqttOrders:
    """Used on the house's loop. `ignored` counts what was no command, or came too fast; `said` is what came of the last one."""

    def __init__(
        self,
        actions: HouseActions,
        *,
        clock: Clock,
        ids: Callable[[], str],
        tell: Callable[[Alert], Awaitable[None]],
        show_picture: ShowPicture,
        trigger: Callable[[CameraId], bool],
    ) -> None:
        """`trigger` has a camera take a burst; False where that is not switched on."""
        self._trigger = trigger
        self._actions = actions
        self._clock = clock
        self._ids = ids
        self._tell = tell
        self._show_picture = show_picture
        self._topics = Topics("")
        self._cameras: Collection[CameraId] = ()
        self._home = ""
        self._code = ""
        self._pictures = False
        self._recent_ns: deque[MonoNs] = deque(maxlen=_MOST)
        self._wrong = 0
        self._locked_ns = MonoNs(0)
        self._looking: dict[CameraId, asyncio.Task[None]] = {}
        self.ignored = 0
        self.said = ""

    def renew(self, topics: Topics, cameras: Collection[CameraId], *, home: str, code: str, pictures: bool) -> None:
        """Go on with a changed configuration. With a `code`, what cannot be asked for one is not obeyed."""
        if code:
            hide(code)
        self._topics, self._cameras, self._home, self._code, self._pictures = topics, cameras, home, code, pictures

    async def hear(self, topic: str, payload: bytes) -> None:
        """Take one message, whoever wrote it; raises nothing on purpose."""
        command = parse(topic, payload, self._topics, self._cameras)
        if isinstance(command, Trigger):  # it lessens no watch, paces itself, and must not use up what a person may ask for
            self.ignored += not self._trigger(command.camera)
            return
        if command is None or self._is_too_fast():
            self.ignored += 1
            return
        try:
            self.said = await self._do(command)
        except HearthwatchError as error:
            self.said = str(error)
        log.info("by MQTT: %s: %s", type(command).__name__, self.said)

    async def close(self) -> None:
        """End what is still going on."""
        for task in self._looking.values():
            task.cancel()
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    def _is_too_fast(self) -> bool:
        now_ns = self._clock.mono_ns()
        if len(self._recent_ns) == _MOST and now_ns - self._recent_ns[0] < _WITHIN_S * NS_PER_S:
            return True
        self._recent_ns.append(now_ns)
        return False

    async def _do(self, command: SetMode | SetTelling | Quiet | TakePicture) -> str:
        match command:
            case SetMode(mode=mode, code=code):
                refusal = await self._refused(code)
                if not refusal:
                    await self._actions.arming.wish(mode, who=WHO, via=VIA)
                return refusal or f"the house is set to {mode.value}"
            case TakePicture(camera=camera):
                return self._take_picture(camera)
            case _ if self._code:
                return "that needs a code, which a switch cannot ask for"
            case SetTelling(on=on):
                return await self._set_telling(on=on)
            case Quiet(camera=camera, on=on):
                until_us = WallUs(self._clock.wall_us() + _QUIET_US) if on else WallUs(0)
                await self._actions.snooze(camera, until_us, who=WHO, via=VIA)
                return f"{camera} is quiet for an hour" if on else f"{camera} is told of again"

    async def _set_telling(self, *, on: bool) -> str:
        """Only what was disabled is enabled: a house that somebody armed is not handed back by that."""
        arming = self._actions.arming
        if not on:
            await arming.wish(Mode.DISABLED, who=WHO, via=VIA)
        elif arming.state.mode is Mode.DISABLED:
            await arming.enable(who=WHO, via=VIA)
        return f"intrusion alerts are {'enabled' if on else 'disabled'}"

    async def _refused(self, code: str) -> str:
        """Check the code; return why it is not taken, "" when it is right or none is needed."""
        if not self._code:
            return ""
        now_ns = self._clock.mono_ns()
        if now_ns < self._locked_ns:
            return f"after too many wrong codes none is taken for {_LOCKED_MINUTES} minutes"
        if hmac.compare_digest(code.encode(errors="replace"), self._code.encode()):
            self._wrong = 0
            return ""
        self._wrong += 1
        if self._wrong >= _WRONG_CODES:
            self._wrong = 0
            self._locked_ns = MonoNs(now_ns + _LOCKED_MINUTES * 60 * NS_PER_S)
            now_us = self._clock.wall_us()
            await self._tell(
                wrong_codes(self._ids(), home=self._home, tries=_WRONG_CODES, wait_minutes=_LOCKED_MINUTES, at_us=now_us)
            )
        return "the code is wrong"

    def _take_picture(self, camera: CameraId) -> str:
        if not self._pictures:
            return "pictures are not shown here (mqtt.pictures)"
        if camera in self._looking:
            return f"the last picture of {camera} is still being taken"
        task = asyncio.create_task(self._look(camera), name=f"picture of {camera} for MQTT")
        self._looking[camera] = task
        task.add_done_callback(lambda _task: self._looking.pop(camera, None))
        return f"the picture of {camera} is on its way"

    async def _look(self, camera: CameraId) -> None:
        try:
            await self._show_picture(camera, await self._actions.snapshot(camera))
        except HearthwatchError as error:
            self.said = str(error)
