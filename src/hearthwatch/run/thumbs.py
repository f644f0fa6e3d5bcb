"""Thumbnails of footage: key frames made small by a job in the looker's box, kept on disk while there is room for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.feeds.packet import Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, Unreachable
from hearthwatch.kit.files import storage_failed, write_atomic
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.replay import replay
from hearthwatch.recording.segment import Span
from hearthwatch.recording.selection import NoFootage, select_footage
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.job_messages import FromJob, WantJpeg
from hearthwatch.run.jobs import job
from hearthwatch.run.messages import Begin, Media

log = logging.getLogger(__name__)

GRID_US = 10 * US_PER_S
"""Moments closer than this share a picture."""
_WIDTH_PX = 320
_MAX_BYTES = 256 << 20
_MOST_WISHES = 24
_IDLE_S = 20.0
_BEGIN_S = 60.0
_JOB_S = 10.0
_TIDY_EVERY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    camera: CameraId
    cell: int
    answer: asyncio.Future[bytes | None]

    @property
    def span(self) -> Span:
        start_us = WallUs(self.cell * GRID_US)
        return Span(camera=self.camera, stream=Stream.MAIN, start_us=start_us, end_us=WallUs(start_us + GRID_US))


class Thumbs:
    """`run` makes them, the newest wish first: who drags on does not want the earlier ones any more. One job serves all, and
    ends when nobody asks."""

    def __init__(self, folder: Path, footage: Footage, *, max_bytes: int = _MAX_BYTES) -> None:
        self._folder = folder
        self._footage = footage
        self._max_bytes = max_bytes
        self._wishes: deque[_Wish] = deque()
        self._awaited: dict[tuple[CameraId, int], _Wish] = {}
        self._unmakeable: set[tuple[CameraId, int]] = set()
        self._wished = asyncio.Event()

    async def thumb(self, camera: CameraId, at_us: WallUs) -> bytes | None:
        """See TimelineDoor."""
        cell = at_us // GRID_US
        key = (camera, cell)
        if key in self._unmakeable:
            return None
        found = await asyncio.to_thread(self._kept, camera, cell)
        if found is not None:
            return found
        wish = self._awaited.get(key)
        if wish is None:
            wish = _Wish(camera=camera, cell=cell, answer=asyncio.get_running_loop().create_future())
            self._awaited[key] = wish
            self._wishes.append(wish)
            while len(self._wishes) > _MOST_WISHES:
                self._answer(self._wishes.popleft(), Unreachable("too many pictures were asked for at once"))
            self._wished.set()
        return await asyncio.shield(wish.answer)

    async def run(self) -> None:
        """Work until cancelled."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            while True:
                await self._wished.wait()
                try:
                    async with job() as channel:
                        await self._serve(channel)
                except HearthwatchError as error:
                    log.warning("the job that makes small pictures ended: %s", error)
        finally:
            for wish in tuple(self._awaited.values()):
                self._answer(wish, Unreachable("Hearthwatch is stopping"))

    async def _serve(self, channel: Channel[FromJob]) -> None:
        await self._begun(channel)
        made = 0
        while True:
            while not self._wishes:
                self._wished.clear()
                try:
                    async with asyncio.timeout(_IDLE_S):
                        await self._wished.wait()
                except TimeoutError:
                    return
            wish = self._wishes.pop()
            try:
                async with asyncio.timeout(_JOB_S):
                    jpeg = await self._made(wish, channel)
            except NoFootage:
                self._answer(wish, None)
                continue
            except StorageFailed as error:
                self._answer(wish, error)
                continue
            except TimeoutError as error:
                self._answer(wish, None)
                raise Unreachable(f"a picture of {wish.camera} took longer than {_JOB_S:.0f} s") from error
            except Unreachable:
                self._unmakeable.add((wish.camera, wish.cell))  # what makes the box crash once would do so again
                self._answer(wish, None)
                raise
            if not jpeg:
                self._unmakeable.add((wish.camera, wish.cell))
            self._answer(wish, jpeg or None)
            made += 1
            if made % _TIDY_EVERY == 1:
                await asyncio.to_thread(self._tidy)

    async def _begun(self, channel: Channel[FromJob]) -> None:
        """Wait until the job has loaded what it needs: on a busy Pi that takes seconds, which are not the picture's."""

        def ask() -> None:
            channel.send(WantJpeg(max_width_px=_WIDTH_PX))
            channel.receive()

        try:
            async with asyncio.timeout(_BEGIN_S):
                await asyncio.to_thread(ask)
        except TimeoutError as error:
            raise Unreachable(f"the job did not begin in {_BEGIN_S:.0f} s") from error

    def _answer(self, wish: _Wish, answer: bytes | HearthwatchError | None) -> None:
        self._awaited.pop((wish.camera, wish.cell), None)
        if wish.answer.done():
            return
        if isinstance(answer, HearthwatchError):
            wish.answer.set_exception(answer)
            wish.answer.exception()  # whoever asked may have left
        else:
            wish.answer.set_result(answer)

    async def _made(self, wish: _Wish, channel: Channel[FromJob]) -> bytes:
        info, packet = await asyncio.to_thread(self._key_frame, wish.span)
        run = Run(id=RunId("thumb"), camera=wish.camera, stream=Stream.MAIN, start_us=packet.wall_us)

        def ask() -> bytes:
            channel.send(Begin(run=run, info=info))
            channel.send(Media(packet=packet))
            channel.send(WantJpeg(max_width_px=_WIDTH_PX))
            return channel.receive().jpeg

        jpeg = await asyncio.to_thread(ask)
        if jpeg:
            with contextlib.suppress(StorageFailed):  # it is shown all the same
                await asyncio.to_thread(self._keep, wish, jpeg)
        return jpeg

    def _key_frame(self, span: Span) -> tuple[StreamInfo, Packet]:
        chosen = select_footage(self._footage.index, self._footage.folder, span, unchanged=True)
        packet = next((each for each in replay(chosen, span) if each.is_key), None)
        if packet is None:
            raise NoFootage(f"no key frame of {span.camera} is there")
        return chosen.info, packet

    def _path(self, camera: CameraId, cell: int) -> Path:
        return self._folder / camera / f"{cell}.jpg"

    def _kept(self, camera: CameraId, cell: int) -> bytes | None:
        """A picture is shown for as long as the footage it was made of is there."""
        path = self._path(camera, cell)
        if not path.exists():
            return None
        start_us = WallUs(cell * GRID_US)
        if not self._footage.segments(camera, Stream.MAIN, start_us, WallUs(start_us + GRID_US)):
            path.unlink(missing_ok=True)
            return None
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data

    def _keep(self, wish: _Wish, jpeg: bytes) -> None:
        path = self._path(wish.camera, wish.cell)
        try:
            path.parent.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise storage_failed(error, f"writing {path}") from error
        write_atomic(path, jpeg)

    def _tidy(self) -> None:
        """Drop what was not looked at for longest until the rest fits."""
        found = []
        for path in self._folder.glob("*/*.jpg"):
            with contextlib.suppress(OSError):
                known = path.stat()
                found.append((known.st_mtime, known.st_size, path))
        over = sum(size for _at, size, _path in found) - self._max_bytes
        for _at, size, path in sorted(found):
            if over <= 0:
                return
            path.unlink(missing_ok=True)
            over -= size
