"""Cameras without a stream: a picture now and then tells that they are well, and is what the page shows of them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.feeds.jpeg_poll import one_picture
from hearthwatch.feeds.source import Source
from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.run.cameras_now import StillNow
from hearthwatch.run.config import CameraOptions, Config
from hearthwatch.web.doors import CameraState

_EVERY_S = 60.0
_AGAIN_S = 15.0
_TICK_S = 1.0
_FRESH_S = 2.0
_WATCHED_EVERY_S = 10.0
_FAULTS = {
    Refused: (Fault.CAMERA_REFUSED, CameraState.REFUSED),
    BadReply: (Fault.CAMERA_BAD_REPLY, CameraState.LOST),
    Unsupported: (Fault.CAMERA_UNSUPPORTED, CameraState.UNSUPPORTED),
}
_UNREACHABLE = (Fault.CAMERA_UNREACHABLE, CameraState.LOST)


@dataclass(slots=True)
class _Camera:
    options: CameraOptions
    jpeg: bytes = b""
    taken_ns: MonoNs = MonoNs(0)
    next_ns: MonoNs = MonoNs(0)
    failures: int = 0
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


class StillCameras:
    """Used on the house's loop: `renew` with each configuration, `run`."""

    def __init__(
        self,
        *,
        source: Callable[[CameraId, CameraOptions], Source],
        still: Callable[[CameraId], Awaitable[bytes]],
        from_camera: Callable[[CameraId], Awaitable[bytes]],
        is_private: Callable[[CameraId], bool],
        told: Callable[[CameraId, StillNow], None],
        health: HealthSink,
        clock: Clock,
    ) -> None:
        """`source` says where an address of single pictures is, `still` takes one with a Pi camera, `from_camera` asks the
        camera's own door; `told` hears of every change."""
        self._source = source
        self._still = still
        self._from_camera = from_camera
        self._is_private = is_private
        self._told = told
        self._health = health
        self._clock = clock
        self._rng = random.Random()  # noqa: S311 client nonces
        self._stop = Stop()
        self._cameras: dict[CameraId, _Camera] = {}

    def renew(self, config: Config) -> None:
        """Go on with a changed configuration."""
        wanted = {name: camera for name, camera in config.cameras.items() if camera.enabled and not camera.main}
        for name in self._cameras.keys() - wanted.keys():
            del self._cameras[name]
        for name, options in wanted.items():
            known = self._cameras.get(name)
            if known is None or known.options.snapshot != options.snapshot:
                self._cameras[name] = _Camera(options)
            else:
                known.options = options

    def has(self, camera: CameraId) -> bool:
        return camera in self._cameras

    async def run(self) -> None:
        """Ask each for a picture now and then, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                now_ns = self._clock.mono_ns()
                for name, camera in self._cameras.items():
                    if now_ns >= camera.next_ns and not camera.busy.locked() and not self._is_private(name):
                        tasks.create_task(self._check(name))
                await asyncio.sleep(_TICK_S)

    async def _check(self, name: CameraId) -> None:
        try:
            await self.fetch(name)
        except HearthwatchError:
            return  # fetch told it

    async def fetch(self, name: CameraId) -> bytes:
        """Return a new picture. Raises Unreachable, Refused, BadReply or Unsupported."""
        camera = self._cameras.get(name)
        if camera is None:
            raise Unreachable("the camera is not connected")
        if self._is_private(name):
            raise Unreachable("The camera is private in the mode the house is in: there is no picture.")
        async with camera.busy:
            try:
                jpeg = await self._picture(name, camera.options)
                jpeg_size(jpeg)
            except HearthwatchError as error:
                self._failed(name, camera, error)
                raise
            self._works(name, camera, jpeg)
        return jpeg

    async def _picture(self, name: CameraId, options: CameraOptions) -> bytes:
        if options.snapshot.startswith("picamera://"):
            return await self._still(name)
        if options.snapshot:
            source = self._source(name, options)
            return await asyncio.to_thread(one_picture, source, clock=self._clock, rng=self._rng, stop=self._stop)
        jpeg = await self._from_camera(name)
        if not jpeg:
            raise Unreachable("its own door gives no picture: check its address, user and password, or set `snapshot`")
        return jpeg

    def _works(self, name: CameraId, camera: _Camera, jpeg: bytes) -> None:
        now_ns = self._clock.mono_ns()
        camera.jpeg, camera.taken_ns, camera.failures = jpeg, now_ns, 0
        camera.next_ns = MonoNs(now_ns + round((camera.options.poll_s or _EVERY_S) * NS_PER_S))
        for fault, _state in (*_FAULTS.values(), _UNREACHABLE):
            self._health.recovered(fault, name)
        self._told(name, StillNow(state=CameraState.LIVE, cause="", at_us=self._clock.wall_us()))

    def _failed(self, name: CameraId, camera: _Camera, error: HearthwatchError) -> None:
        """Once may be a lost packet."""
        camera.failures += 1
        camera.next_ns = MonoNs(self._clock.mono_ns() + round(_AGAIN_S * NS_PER_S))
        fault, state = next((both for kind, both in _FAULTS.items() if isinstance(error, kind)), _UNREACHABLE)
        if camera.failures > 1:
            since_ns = camera.taken_ns or None
            self._health.failed(fault, name, str(error), camera=name, since_ns=since_ns)
        self._told(name, StillNow(state=state, cause=str(error), at_us=self._clock.wall_us()))

    async def snapshot(self, name: CameraId) -> bytes:
        """Return a picture of this very moment, or of two seconds ago. Raises as `fetch` does."""
        camera = self._cameras.get(name)
        fresh_ns = self._clock.mono_ns() - round(_FRESH_S * NS_PER_S)
        if camera is not None and camera.taken_ns > fresh_ns and not self._is_private(name):
            return camera.jpeg
        return await self.fetch(name)

    async def watch(self, name: CameraId) -> AsyncGenerator[bytes]:
        """Yield the last picture, and a new one every ten seconds while somebody looks. Raises as `fetch` does."""
        camera = self._cameras.get(name)
        if camera is not None and camera.jpeg and not self._is_private(name):
            yield camera.jpeg
        while True:
            yield await self.snapshot(name)
            await asyncio.sleep(_WATCHED_EVERY_S)
