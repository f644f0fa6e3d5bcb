"""The cameras' moving heads: whoever holds a move keeps saying so, and every move ends in a stop the camera has taken."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, HearthwatchError, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs
from hearthwatch.vendors.capability import Doorkeeper, Ptz, PtzMove, Reach

log = logging.getLogger(__name__)

HOLD_S = 1.2
"""How long a move goes on unless it is said again: longer than the page's beat with a hiccup of the network, and no more."""
_REACH_S = 300.0
_STOP_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
_ENDED_HOLDS = 64
_CLOSE_S = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    move: PtzMove
    speed_frac: float
    hold: str


class HeadDesk:
    """Implements HeadDoor. Used on the house's loop; `await close`: it stops what still moves.

    `moving` is a file that names the cameras that move, for a house that is killed meanwhile: the next one stops them."""

    def __init__(
        self, doors: Doorkeeper, clock: Clock, channel: Callable[[CameraId], int], moving: Path, *, hold_s: float = HOLD_S
    ) -> None:
        self._file = moving
        self._taken_up = False
        self._doors = doors
        self._clock = clock
        self._channel = channel
        self._hold_s = hold_s
        self._heads: dict[CameraId, _Head] = {}
        self._reaches: dict[CameraId, tuple[Reach, MonoNs]] = {}

    def take_up(self) -> None:
        """Stop what a former house left moving; returns at once. For when the cameras' doors are known."""
        if self._taken_up:
            return
        self._taken_up = True
        try:
            left = self._file.read_text().split()
        except OSError:
            return
        for camera in self._doors.cameras:
            if camera in left:
                log.warning("%s may have been moving when Hearthwatch ended: it is stopped", camera)
                self._head(camera).stop_what_was_left()

    def _note(self) -> None:
        moving = [camera for camera, head in self._heads.items() if head.is_moving]
        try:
            self._file.write_text("\n".join(moving))  # not synced: against our own end, not the machine's
        except OSError as error:
            log.warning("what moves could not be noted: %s", error)

    async def reach(self, camera: CameraId) -> Reach:
        """See HeadDoor. What a camera said holds for some minutes: every question writes into its log."""
        if camera not in self._doors.cameras:
            return Reach()
        known = self._reaches.get(camera)
        if known is not None and self._clock.mono_ns() < known[1]:
            return known[0]
        try:
            client = await self._doors.client(camera)
            found = await client.reach(self._channel(camera)) if isinstance(client, Ptz) else Reach()
        except Unsupported:
            found = Reach()
        self._reaches[camera] = found, MonoNs(self._clock.mono_ns() + round(_REACH_S * NS_PER_S))
        return found

    async def move(self, camera: CameraId, move: PtzMove, speed_frac: float, hold: str) -> None:
        """See HeadDoor."""
        await self._head(camera).move(_Wanted(move=move, speed_frac=speed_frac, hold=hold))

    async def stop(self, camera: CameraId, hold: str) -> None:
        """See HeadDoor. Returns when the camera has taken it."""
        await self._head(camera).stop(hold)

    async def goto_preset(self, camera: CameraId, preset: int) -> None:
        """See HeadDoor."""
        head = self._head(camera)
        await head.stop("")
        await (await head.client()).goto_preset(preset, self._channel(camera))

    def _head(self, camera: CameraId) -> _Head:
        return self._heads.setdefault(camera, _Head(self._doors, camera, self._channel, self._hold_s, self._note))

    async def close(self) -> None:
        """Stop whatever moves, before the cameras' doors are closed."""
        for head in self._heads.values():
            head.let_go()
        moving = [head.moving for head in self._heads.values() if head.moving is not None]
        if moving:
            await asyncio.wait(moving, timeout=_CLOSE_S)


class _Head:
    """One camera's: a task moves it and stops it again, whatever becomes of whoever asked."""

    def __init__(
        self,
        doors: Doorkeeper,
        camera: CameraId,
        channel: Callable[[CameraId], int],
        hold_s: float,
        note: Callable[[], None],
    ) -> None:
        self._note = note
        self.is_moving = False
        self._doors = doors
        self._camera = camera
        self._channel = channel
        self._hold_s = hold_s
        self._wanted: _Wanted | None = None
        self._until_s = 0.0
        self._changed = asyncio.Event()
        self._ended: deque[str] = deque(maxlen=_ENDED_HOLDS)
        self._started: asyncio.Future[None] | None = None
        self.moving: asyncio.Task[None] | None = None

    async def client(self) -> Ptz:
        client = await self._doors.client(self._camera)
        if not isinstance(client, Ptz):
            raise Unsupported(f"{self._camera}: cameras of this make cannot be moved")
        return client

    async def move(self, wanted: _Wanted) -> None:
        """Return when the camera moves, at once when it did so before."""
        if wanted.hold and wanted.hold in self._ended:
            return  # said before the stop that overtook it on the way
        loop = asyncio.get_running_loop()
        self._until_s = loop.time() + self._hold_s
        if wanted == self._wanted:
            return
        self._settle(None)
        self._wanted = wanted
        self._started = started = loop.create_future()
        self._changed.set()
        if self.moving is None or self.moving.done():
            self.moving = asyncio.create_task(self._run(), name=f"moving {self._camera}")
        await asyncio.shield(started)

    async def stop(self, hold: str) -> None:
        if hold:
            self._ended.append(hold)
            if self._wanted is not None and self._wanted.hold != hold:
                return  # somebody else holds it meanwhile
        self.let_go()
        if self.moving is not None:
            await asyncio.shield(self.moving)

    def let_go(self) -> None:
        self._wanted = None
        self._changed.set()

    def _settle(self, error: HearthwatchError | None) -> None:
        started, self._started = self._started, None
        if started is None or started.done():
            return
        if error is None:
            started.set_result(None)
        else:
            started.set_exception(error)
            started.exception()  # whoever asked may be gone

    def stop_what_was_left(self) -> None:
        if self.moving is None:
            self.moving = asyncio.create_task(self._run(stop_first=True), name=f"stopping {self._camera}")

    async def _run(self, *, stop_first: bool = False) -> None:
        self.is_moving = True
        self._note()
        if stop_first:
            await self._stop()
        while (wanted := self._wanted) is not None:
            try:
                await self._start(wanted)
                await self._held(wanted)
            finally:
                await self._stop()
        self.is_moving = False
        self._note()
        self._settle(None)

    async def _start(self, wanted: _Wanted) -> None:
        error: HearthwatchError | None = None
        try:
            await (await self.client()).move(wanted.move, wanted.speed_frac, self._channel(self._camera))
        except HearthwatchError as failed:  # it may move all the same: only the answer got lost
            error = failed
        if self._wanted == wanted:
            self._settle(error)
            if error is not None:
                self._wanted = None

    async def _held(self, wanted: _Wanted) -> None:
        while self._wanted == wanted:
            self._changed.clear()
            try:
                async with asyncio.timeout_at(self._until_s):
                    await self._changed.wait()
            except TimeoutError:
                if self._wanted == wanted and asyncio.get_running_loop().time() >= self._until_s:
                    log.info("%s: nobody holds its move any more", self._camera)
                    self._wanted = None

    async def _stop(self) -> None:
        """Until the camera takes it, for some seconds; a camera that refuses our password is not asked again and again."""
        last: HearthwatchError | None = None
        for pause_s in (0.0, *_STOP_PAUSES_S):
            await asyncio.sleep(pause_s)
            try:
                await (await self.client()).stop(self._channel(self._camera))
            except (Unreachable, BadReply) as error:
                last = error
            except HearthwatchError as error:
                last = error
                break
            else:
                return
        log.error("%s may still be moving, it does not take the stop: %s", self._camera, last)
