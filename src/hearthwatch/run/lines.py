"""The house's ends of its links: to the recorder (live packets, keep, mark) and to the looker (tracks, pictures)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from hearthwatch.feeds.packet import Packet, Run, Stream, StreamInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import StorageFailed, StorageFault, Unreachable
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.segment import Copied, FootageClass, Origin
from hearthwatch.run.glance_messages import AskHub, HubSaid
from hearthwatch.run.messages import (
    Adopt,
    Begin,
    Done,
    End,
    Keep,
    LookerState,
    LookerToHouse,
    Mark,
    Media,
    Moved,
    Picture,
    RecorderState,
    RecorderToHouse,
    Seen,
    Subscribe,
    Unsubscribe,
)
from hearthwatch.run.proof_messages import Prove
from hearthwatch.run.taps import listen
from hearthwatch.web.fanout import LiveHub

_ANSWER_S = 10.0


class RecorderLine:
    """Implements FootageKeeper and ProofKeeper. Packets go to the live hub on the listening thread, states to `on_state` on
    the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_state: Callable[[RecorderState], None]) -> None:
        self._loop = loop
        self._on_state = on_state
        self._channel: Channel[Any] | None = None
        self._tokens = count(1)
        self._waiting: dict[int, asyncio.Future[Done]] = {}
        self._lock = threading.Lock()
        self.hub = LiveHub(self._demand)

    def connect(self, channel: Channel[Any]) -> None:
        """Use `channel` from now on; what viewers watch is asked for again."""
        with self._lock:
            old, self._channel = self._channel, channel
        if old is not None:
            old.close()
            self._loop.call_soon_threadsafe(self._give_up)
        listen("recorder", channel, self._receive)
        for camera, stream in self.hub.wanted():
            self._demand(camera, stream, True)

    @staticmethod
    def decodes() -> object:
        """The message types this end takes."""
        return RecorderToHouse

    def _receive(self, message: object) -> None:
        match message:
            case Media(packet=packet):
                self.hub.take(packet)
            case Begin(run=run, info=info):
                self.hub.begin(run, info)
            case End(gap=gap):
                self.hub.end(gap)
            case Done():
                self._loop.call_soon_threadsafe(self._done, message)
            case RecorderState():
                self._loop.call_soon_threadsafe(self._on_state, message)

    def _give_up(self) -> None:
        """What the former recorder was asked it will not answer any more."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Unreachable("the recorder was started anew"))

    def _done(self, done: Done) -> None:
        waiting = self._waiting.pop(done.token, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(done)

    def _demand(self, camera: CameraId, stream: Stream, wanted: bool) -> None:
        message = Subscribe(camera=camera, stream=stream) if wanted else Unsubscribe(camera=camera, stream=stream)
        channel = self._channel
        if channel is None:
            return
        try:
            channel.send(message)
        except Unreachable:
            return  # the recorder's next link asks for everything that is watched

    async def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, pinned: bool) -> int:
        """See FootageKeeper."""
        token = next(self._tokens)
        return await self._ask(Keep(token=token, camera=camera, start_us=start_us, end_us=end_us, pinned=pinned), token)

    async def mark(self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass) -> None:
        """See FootageKeeper."""
        token = next(self._tokens)
        await self._ask(Mark(token=token, camera=camera, start_us=start_us, end_us=end_us, footage_class=footage_class), token)

    async def adopt(self, run: Run, info: StreamInfo, origin: Origin, packets: tuple[Packet, ...], *, is_last: bool) -> int:
        """Hand over the next packets of footage from elsewhere (recording.adoption); return the milliseconds kept so far.

        The next come when these are on the disk. Raises StorageFailed."""
        token = next(self._tokens)
        message = Adopt(token=token, run=run, info=info, origin=origin, packets=packets, is_last=is_last)
        return await self._ask(message, token)

    async def prove(self, copied: tuple[Copied, ...], *, proved: bool) -> int:
        """See ProofKeeper."""
        token = next(self._tokens)
        return await self._ask(Prove(token=token, copied=copied, proved=proved), token)

    async def _ask(self, message: Keep | Mark | Adopt | Prove, token: int) -> int:
        channel = self._channel
        if channel is None:
            raise StorageFailed(StorageFault.MISSING, "the recorder is just being restarted: try again in a few seconds")
        waiting = self._waiting[token] = self._loop.create_future()
        try:
            if isinstance(message, Adopt):  # megabytes, of which a busy recorder takes some at a time
                await asyncio.to_thread(channel.send, message)
            else:
                channel.send(message)
            async with asyncio.timeout(_ANSWER_S):
                done = await waiting
        except (Unreachable, TimeoutError) as error:
            raise StorageFailed(StorageFault.MISSING, "the recorder did not answer: try again in a few seconds") from error
        finally:
            self._waiting.pop(token, None)
        if done.error:
            raise StorageFailed(StorageFault.BROKEN, done.error)
        return int(done.count)


class LookerLine:
    """Hands the looker's messages to the loop, in order. `on_glance` takes what the hub should look at; None: there is nobody
    for it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        on_state: Callable[[LookerState], None],
        on_finding: Callable[[Seen | Moved | Picture], None],
    ) -> None:
        self._loop = loop
        self._on_state = on_state
        self._on_finding = on_finding
        self._channel: Channel[Any] | None = None
        self.on_glance: Callable[[AskHub], None] | None = None

    def connect(self, channel: Channel[Any]) -> None:
        """Listen to `channel` until it ends."""
        self._channel = channel
        listen("looker", channel, self._receive)

    def say(self, message: HubSaid) -> None:
        """Tell the looker what became of a glance; one that was started anew does not wait for it."""
        channel = self._channel
        if channel is not None:
            with contextlib.suppress(Unreachable):
                channel.send(message)

    @staticmethod
    def decodes() -> object:
        """The message types this end takes."""
        return LookerToHouse

    def _receive(self, message: Seen | Moved | Picture | LookerState | AskHub) -> None:
        if isinstance(message, LookerState):
            self._loop.call_soon_threadsafe(self._on_state, message)
        elif isinstance(message, AskHub):
            if self.on_glance is not None:
                self._loop.call_soon_threadsafe(self.on_glance, message)
        else:
            self._loop.call_soon_threadsafe(self._on_finding, message)
