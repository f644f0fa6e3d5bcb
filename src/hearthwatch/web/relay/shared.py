"""Pictures of the moment, made once however many look: one upstream a camera, and every viewer at its own pace."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from hearthwatch.feeds.packet import Codec, Packet, Stream
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError, Unreachable
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.web.doors import CameraDoor, CameraNow, CameraState, LiveDoor, LiveEnd, PictureDoor

log = logging.getLogger(__name__)

_FIRST_S = 8.0
_LINGER_S = 4.0
_FRESH_S = 1.0
_PRIVATE = "The camera is private in the mode the house is in: there is no picture."

Key = tuple[CameraId, Stream | None]
"""Stream None: pictures decoded for those who cannot play what the camera sends."""


@dataclass(slots=True, eq=False)
class _Flow:
    """One upstream. Viewers take `jpeg` when `number` has moved on; what they miss in between nobody sends them later."""

    jpeg: bytes = b""
    number: int = 0
    viewers: int = 0
    error: HearthwatchError | None = None
    is_over: bool = False
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def move(self) -> None:
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()


class SharedPictures:
    """Implements PictureDoor on top of another one; for one event loop. `close` it.

    A camera that sends JPEGs is shown as it sends them, without a decoder; of any other the other door makes pictures, once
    for all. What was made a second ago is a picture of this moment, too.
    """

    def __init__(self, pictures: PictureDoor, live: LiveDoor, cameras: CameraDoor, clock: Clock) -> None:
        self._pictures = pictures
        self._live = live
        self._cameras = cameras
        self._clock = clock
        self._flows: dict[Key, _Flow] = {}
        self._taking: dict[CameraId, asyncio.Task[bytes]] = {}
        self._taken: dict[CameraId, tuple[MonoNs, bytes]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def upstreams(self) -> int:
        """How many streams are read for viewers now."""
        return len(self._flows)

    async def snapshot(self, camera: CameraId) -> bytes:
        """See PictureDoor."""
        self._check(camera)
        at_ns, jpeg = self._taken.get(camera, (MonoNs(0), b""))
        if jpeg and self._clock.mono_ns() - at_ns < _FRESH_S * NS_PER_S:
            return jpeg
        taking = self._taking.get(camera)
        if taking is None:
            taking = self._taking[camera] = asyncio.create_task(self._take(camera))
            taking.add_done_callback(lambda _: self._taking.pop(camera, None))
        return await asyncio.shield(taking)

    async def _take(self, camera: CameraId) -> bytes:
        stream = self._jpeg_stream(camera, best=True)
        if stream is None:
            jpeg = await self._pictures.snapshot(camera)
        else:
            async with aclosing(self._watch((camera, stream))) as pictures:
                jpeg = await anext(pictures)
        self._taken[camera] = (self._clock.mono_ns(), jpeg)
        return jpeg

    def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        """See PictureDoor. Of a camera that sends JPEGs by several streams the small one, as a page needs no more."""
        return self._watch((camera, self._jpeg_stream(camera, best=False)))

    def best_mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        """As `mjpeg`, of the best there is: for other software."""
        return self._watch((camera, self._jpeg_stream(camera, best=True)))

    def _jpeg_stream(self, camera: CameraId, *, best: bool) -> Stream | None:
        now = self._now(camera)
        found = [stream.stream for stream in now.streams if stream.codec is Codec.MJPEG] if now else []
        for wanted in (Stream.MAIN, Stream.SUB) if best else (Stream.SUB, Stream.MAIN):
            if wanted in found:
                return wanted
        return None

    def _now(self, camera: CameraId) -> CameraNow | None:
        return next((one for one in self._cameras.all() if one.id == camera), None)

    def _check(self, camera: CameraId) -> None:
        now = self._now(camera)
        if now is not None and now.state is CameraState.PRIVATE:
            raise Unreachable(_PRIVATE)

    async def _watch(self, key: Key) -> AsyncGenerator[bytes]:
        self._check(key[0])
        flow = self._flows.get(key)
        if flow is None:
            flow = self._flows[key] = _Flow()
            flow.task = asyncio.create_task(self._run(key, flow))
        flow.viewers += 1
        seen = 0
        try:
            while True:
                if flow.number != seen:
                    seen = flow.number
                    yield flow.jpeg
                elif flow.is_over:
                    if flow.error is not None:
                        raise type(flow.error)(str(flow.error))
                    return
                else:
                    await flow.moved.wait()
        finally:
            flow.viewers -= 1
            if not flow.viewers and not flow.is_over:
                ending = asyncio.create_task(self._end_unless_watched(flow))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)

    async def _run(self, key: Key, flow: _Flow) -> None:
        camera, stream = key
        source: Callable[[], AsyncGenerator[bytes]]
        source = (lambda: self._pictures.mjpeg(camera)) if stream is None else (lambda: self._as_sent(camera, stream))
        try:
            async with aclosing(source()) as pictures:
                async for jpeg in pictures:
                    flow.jpeg = jpeg
                    flow.number += 1
                    flow.move()
        except HearthwatchError as error:
            flow.error = error
        finally:
            flow.is_over = True
            if self._flows.get(key) is flow:
                del self._flows[key]
            flow.move()

    async def _as_sent(self, camera: CameraId, stream: Stream) -> AsyncGenerator[bytes]:
        within_s: float | None = _FIRST_S
        async with aclosing(self._live.subscribe(camera, stream)) as items:
            while True:
                try:
                    async with asyncio.timeout(within_s):
                        item = await anext(items)
                except (TimeoutError, StopAsyncIteration):
                    raise Unreachable("the camera gives no picture at the moment") from None
                if isinstance(item, Packet):
                    within_s = None
                    yield item.data
                elif isinstance(item, LiveEnd):
                    self._check(camera)
                    raise Unreachable("the camera gives no picture at the moment")
                elif item.info.video.codec is not Codec.MJPEG:
                    raise Unreachable("the camera sends another kind of video now: ask again")

    async def _end_unless_watched(self, flow: _Flow) -> None:
        """Keep the upstream a moment: who asks again at once gets the next picture without a new start."""
        await asyncio.sleep(_LINGER_S)
        if not flow.viewers and flow.task is not None:
            flow.task.cancel()
            await asyncio.gather(flow.task, return_exceptions=True)

    async def close(self) -> None:
        """End everything that is read for viewers."""
        tasks = [*self._ending, *self._taking.values(), *(flow.task for flow in self._flows.values() if flow.task)]
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
