"""Footage from a file into the recorder's gaps: an import job reads it in its box, the recorder adopts what it says.

The door for every file of footage, whoever brings it: an upload, or what was fetched from a camera's card.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from hearthwatch.feeds.packet import Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.segment import Origin
from hearthwatch.run.job_messages import FromImport, Import, Imported, More, NotImported
from hearthwatch.run.lines import RecorderLine

_AT_ONCE = 1
_JOB_S = 600.0
_PICTURE_AT_US = 5 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a file held, [start_us, end_us), and how much of it was kept: nothing where we have our own footage.

    `picture` is a key frame from some way into it. `error` says why it ends before its end."""

    start_us: WallUs
    end_us: WallUs
    kept_us: int
    info: StreamInfo
    picture: Packet
    error: str


class Imports:
    """Used on the house's loop; one file after the other."""

    def __init__(self, recorder: RecorderLine, ids: Callable[[], str]) -> None:
        self._recorder = recorder
        self._ids = ids
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def bring(self, camera: CameraId, fd: int, origin: Origin, start: Callable[[int], WallUs]) -> Brought:
        """Read the clip in the descriptor `fd`, which is closed, and keep of it what fills gaps of the camera's main stream.

        `start` tells the wall time of its first picture when it gets its length in microseconds (0: not known). Raises
        BadReply for what cannot be read, Unreachable, StorageFailed; doing it again then doubles nothing.
        """
        async with self._turns, _job(fd) as channel:
            try:
                async with asyncio.timeout(_JOB_S):
                    return await self._bring(camera, channel, origin, start)
            except TimeoutError as error:
                raise BadReply("reading the clip takes for ever") from error

    async def _bring(
        self, camera: CameraId, channel: Channel[FromImport], origin: Origin, start: Callable[[int], WallUs]
    ) -> Brought:
        await _send(channel, Import(camera=camera))
        run: Run | None = None
        picture: Packet | None = None
        kept_ms = 0
        end_us = WallUs(0)
        while True:
            found = await _receive(channel)
            if run is None:
                if not found.packets:
                    raise BadReply(found.error or "the clip is empty")
                start_us = start(found.length_us)
                run = Run(id=RunId(self._ids()), camera=camera, stream=Stream.MAIN, start_us=start_us)
            packets = tuple(replace(one, camera=camera, wall_us=WallUs(run.start_us + one.wall_us)) for one in found.packets)
            kept_ms = await self._recorder.adopt(run, found.info, origin, packets, is_last=found.is_last)
            for packet in packets:
                end_us = max(end_us, packet.wall_us)
                wanted_us = run.start_us + min(_PICTURE_AT_US, found.length_us // 2)
                if packet.starts_gop and (picture is None or packet.wall_us <= wanted_us):
                    picture = packet
            if found.is_last:
                break
            await _send(channel, More())
        if picture is None:
            raise BadReply("the clip holds no whole picture")
        return Brought(
            start_us=run.start_us,
            end_us=max(end_us, WallUs(run.start_us + found.length_us)),
            kept_us=kept_ms * 1000,
            info=found.info,
            picture=picture,
            error=found.error,
        )


async def _send(channel: Channel[FromImport], message: object) -> None:
    await asyncio.to_thread(channel.send, message)


async def _receive(channel: Channel[FromImport]) -> Imported:
    try:
        message = await asyncio.to_thread(channel.receive)
    except Unreachable as error:  # it crashed: that is what the box is for
        raise BadReply("the clip cannot be read") from error
    if isinstance(message, NotImported):
        raise BadReply(message.error)
    return message


@asynccontextmanager
async def _job(fd: int) -> AsyncGenerator[Channel[FromImport]]:
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "hearthwatch.run.import_job",
                str(theirs.fileno()),
                str(fd),
                pass_fds=(theirs.fileno(), fd),
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"},
            )
    finally:
        os.close(fd)
    channel: Channel[FromImport] = Channel(ours, FromImport)
    try:
        yield channel
    finally:
        channel.close()
        if process.returncode is None:
            process.kill()
        await process.wait()
