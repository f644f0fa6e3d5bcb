"""The alarms of all cameras: one stream each, however many listen, opened again whenever it breaks.

After a break nobody knows what ended or began meanwhile, and an end may get lost at any time: what is on is asked for. What is
over is told as such, what still lasts as STATE, and what lasts from before we listened as START.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from dataclasses import replace
from typing import Protocol

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Refused, Unsupported
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.vendors.capability import AlarmFeed, DeviceInfo, Doorkeeper, LastingAlarms, PolledAlarms
from hearthwatch.vendors.device import Access, AlarmPhase, AlarmSignal

_ASK_AFTER_S = 1.0
"""After a stream is opened: first the subscription, then the question, so that nothing falls between the two."""
_ASK_EVERY_S = 60.0
_MAX_ON = 256
_HEARS_AFTER_S = 20.0
"""Longer than any client waits for a camera that takes the connection and says nothing."""
_REFUSED_S = 600.0
"""Each try in vain may bring an account nearer to its lock. Whoever sees that the door opens again may `renew` before."""


class AlarmListener(Protocol):
    """Called on the hub's loop; must return at once."""

    def wants(self, camera: CameraId, client: DeviceInfo) -> bool:
        """Whether the alarms of this camera are of use; where nobody wants them no stream is opened."""
        ...

    def hear(self, camera: CameraId, signal: AlarmSignal) -> None: ...


class AlarmHub:
    """Used on one event loop. `listen` first; `renew` after every change of the doors; `run` keeps the streams open."""

    def __init__(self, keeper: Doorkeeper, *, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock
        self._listeners: list[AlarmListener] = []
        self._tasks: dict[CameraId, tuple[Access, asyncio.Task[None]]] = {}
        self._idle: set[CameraId] = set()
        self._since_ns: dict[CameraId, MonoNs] = {}
        self._poked: dict[CameraId, PolledAlarms] = {}
        self._on: dict[CameraId, dict[tuple[str, int], AlarmSignal]] = {}
        self._renewed = asyncio.Event()

    def listen(self, listener: AlarmListener) -> None:
        self._listeners.append(listener)

    def renew(self) -> None:
        """The doors may have changed, or what the listeners want."""
        self._renewed.set()

    def hears(self, camera: CameraId) -> bool:
        """Tell whether the camera's stream stands, as far as one can know of something silent."""
        since_ns = self._since_ns.get(camera)
        return since_ns is not None and self._clock.mono_ns() - since_ns >= _HEARS_AFTER_S * NS_PER_S

    def poke(self, camera: CameraId) -> None:
        """A camera that only tells when asked has something to tell, somebody says."""
        if camera in self._poked:
            self._poked[camera].poke()

    async def run(self) -> None:
        """Listen until cancelled."""
        try:
            while True:
                self._renewed.clear()
                self._reconcile()
                await self._renewed.wait()
        finally:
            tasks = [task for _access, task in self._tasks.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._tasks.clear()

    def _reconcile(self) -> None:
        doors = {camera: self._keeper.access(camera) for camera in self._keeper.cameras}
        for camera, (access, task) in list(self._tasks.items()):
            if doors.get(camera) != access or camera in self._idle or task.done():
                task.cancel()
                del self._tasks[camera]
        for camera, access in doors.items():
            if camera not in self._tasks:
                follow = functools.partial(self._follow, camera)
                running = keep_running_async(f"alarms of {camera}", follow, clock=self._clock, backoff=Backoff())
                self._tasks[camera] = access, asyncio.create_task(running, name=f"alarms of {camera}")

    async def _follow(self, camera: CameraId) -> None:
        """Pass on alarms until the stream ends. Without anybody who wants them: wait to be renewed."""
        self._idle.discard(camera)
        client = await self._client(camera)
        if client is None or not any(listener.wants(camera, client) for listener in self._listeners):
            self._idle.add(camera)
            await asyncio.Event().wait()
            return
        assert isinstance(client, AlarmFeed), "a listener wants alarms of a camera that sends none"
        asking = asyncio.create_task(self._keep_asking(camera, client))
        self._since_ns[camera] = self._clock.mono_ns()
        if isinstance(client, PolledAlarms):
            self._poked[camera] = client
        try:
            async with contextlib.aclosing(client.alarms()) as signals:
                async for signal in signals:
                    self._pass_on(camera, signal)
        except Refused:
            asking.cancel()
            del self._since_ns[camera]
            self._idle.add(camera)
            await asyncio.sleep(_REFUSED_S)
            raise
        finally:
            asking.cancel()
            self._since_ns.pop(camera, None)
            self._poked.pop(camera, None)

    async def _client(self, camera: CameraId) -> DeviceInfo | None:
        try:
            return await self._keeper.client(camera)
        except Unsupported:
            return None

    def _pass_on(self, camera: CameraId, signal: AlarmSignal) -> None:
        on = self._on.setdefault(camera, {})
        key = (signal.code, signal.channel)
        if signal.phase is AlarmPhase.START and len(on) < _MAX_ON:
            on[key] = signal
        elif signal.phase is AlarmPhase.STOP:
            on.pop(key, None)
        for listener in self._listeners:
            listener.hear(camera, signal)

    async def _keep_asking(self, camera: CameraId, client: AlarmFeed) -> None:
        await asyncio.sleep(_ASK_AFTER_S)
        if isinstance(client, LastingAlarms):
            with contextlib.suppress(HearthwatchError):
                for signal in await client.lasting():
                    if (signal.code, signal.channel) not in self._on.get(camera, {}):
                        self._pass_on(camera, signal)
        while True:
            for code in {code for code, _channel in self._on.get(camera, {})}:
                with contextlib.suppress(HearthwatchError):  # the stream itself says when the camera is gone
                    self._compare(camera, code, await client.active(code))
            await asyncio.sleep(_ASK_EVERY_S)

    def _compare(self, camera: CameraId, code: str, channels: tuple[int, ...]) -> None:
        for (known, channel), signal in list(self._on.get(camera, {}).items()):
            if known == code:
                phase = AlarmPhase.STATE if channel in channels else AlarmPhase.STOP
                self._pass_on(camera, replace(signal, phase=phase, at_us=None, local_us=None))
