"""The house's ends of its links to the guests: pulses of their sensors, their lights, and single pictures of a Pi camera."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from itertools import count
from typing import Any

from hearthwatch.feeds.sensor import Light
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId, MonoNs
from hearthwatch.run.sensor_messages import GuestToHouse, Pulsed, SensorState, ShowLight, Still, WantStill
from hearthwatch.run.taps import listen

_STILL_S = 30.0


class GuestSenses:
    """Used on the house's loop; `connect` from the control thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, pulsed: Callable[[CameraId, MonoNs], None], health: HealthSink
    ) -> None:
        """`pulsed` hears of every pulse that counts, with when it began."""
        self._loop = loop
        self._pulsed = pulsed
        self._health = health
        self._channels: dict[CameraId, Channel[Any]] = {}
        self._lights: dict[CameraId, Light] = {}
        self._tokens = count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}

    @staticmethod
    def decodes() -> object:
        """The message types this end takes."""
        return GuestToHouse

    def connect(self, camera: CameraId, channel: Channel[Any]) -> None:
        """Use `channel` from now on; a new guest is told what its light shows."""
        self._loop.call_soon_threadsafe(self._connected, camera, channel)

        def hear(message: Pulsed | SensorState | Still) -> None:
            self._loop.call_soon_threadsafe(self._take, camera, message)

        listen(f"guest of {camera}", channel, hear)

    def _connected(self, camera: CameraId, channel: Channel[Any]) -> None:
        old = self._channels.get(camera)
        self._channels[camera] = channel
        if old is not None:
            old.close()
        if camera in self._lights:
            self._send(camera, ShowLight(light=self._lights[camera]))

    def _take(self, camera: CameraId, message: Pulsed | SensorState | Still) -> None:
        match message:
            case Pulsed(at_ns=at_ns):
                self._pulsed(camera, at_ns)
            case SensorState(error=""):
                self._health.recovered(Fault.SENSOR_LOST, camera)
            case SensorState(error=error):
                self._health.failed(Fault.SENSOR_LOST, camera, error, camera=camera)
            case Still(token=token, jpeg=jpeg, error=error):
                waiting = self._waiting.pop(token, None)
                if waiting is None or waiting.done():
                    return
                if error:
                    waiting.set_exception(Unreachable(error))
                else:
                    waiting.set_result(jpeg)

    def _send(self, camera: CameraId, message: object) -> bool:
        channel = self._channels.get(camera)
        if channel is None:
            return False
        try:
            channel.send(message)
        except Unreachable:
            return False
        return True

    def forget(self, kept: Collection[CameraId]) -> None:
        """Of a sensor that is configured no more nothing is amiss."""
        for camera in self._channels.keys() - set(kept):
            self._health.recovered(Fault.SENSOR_LOST, camera)

    def show(self, camera: CameraId, light: Light) -> None:
        """Let the camera's status light show that, also after its guest was started anew."""
        if self._lights.get(camera) is not light:
            self._lights[camera] = light
            self._send(camera, ShowLight(light=light))

    async def still(self, camera: CameraId) -> bytes:
        """Return a picture of a Pi camera that does not stream. Raises Unreachable."""
        token = next(self._tokens)
        waiting: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting[token] = waiting
        try:
            if not self._send(camera, WantStill(token=token)):
                raise Unreachable("the process that reads the camera is not running yet")
            async with asyncio.timeout(_STILL_S):
                return await waiting
        except TimeoutError as error:
            raise Unreachable(f"the camera gave no picture within {_STILL_S:.0f} s") from error
        finally:
            self._waiting.pop(token, None)
