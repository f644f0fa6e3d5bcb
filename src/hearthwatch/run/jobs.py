"""The house's pictures of the moment: it hands packets to a looker job and gets JPEGs back; it never decodes itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from hearthwatch.feeds.packet import Packet, Run, Stream, StreamInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.units import CameraId
from hearthwatch.run.job_messages import FromJob, WantJpeg
from hearthwatch.run.messages import Begin, Media
from hearthwatch.web.doors import CameraDoor, CameraState, Live, LiveStart
from hearthwatch.web.fanout import LiveHub

log = logging.getLogger(__name__)

ANSWER_S = 60.0
"""A picture takes milliseconds; on a small machine under load a start takes ten seconds. Longer is a loop without end."""
_END_S = 5.0
_FIRST_PACKET_S = 8.0
_GOP_PAUSE_S = 0.15
_MJPEG_EVERY_S = 0.2
_MJPEG_WIDTH_PX = 960
_SNAPSHOT_WIDTH_PX = 4096
_EVENT_WIDTH_PX = 1280


class Jobs:
    """Implements PictureDoor."""

    def __init__(self, hub: LiveHub, cameras: CameraDoor) -> None:
        self._hub = hub
        self._cameras = cameras

    async def snapshot(self, camera: CameraId) -> bytes:
        """See PictureDoor."""
        self._refuse_private(camera)
        live = self._hub.subscribe(camera, Stream.MAIN)
        try:
            async with job() as channel:
                await _until_still(live, channel)
                jpeg = await _jpeg(channel, _SNAPSHOT_WIDTH_PX)
        finally:
            await live.aclose()
        if not jpeg:
            raise Unreachable("the camera's picture could not be decoded")
        return jpeg

    async def mjpeg(self, camera: CameraId) -> AsyncGenerator[bytes]:
        """See PictureDoor."""
        self._refuse_private(camera)
        has_sub = any(stream.stream is Stream.SUB for now in self._cameras.all() if now.id == camera for stream in now.streams)
        live = self._hub.subscribe(camera, Stream.SUB if has_sub else Stream.MAIN)
        async with job() as channel:
            feeding = asyncio.create_task(_feed(live, channel))
            try:
                looks = 0
                while not feeding.done():
                    jpeg = await _jpeg(channel, _MJPEG_WIDTH_PX)
                    looks += 1
                    if jpeg:
                        yield jpeg
                    elif looks * _MJPEG_EVERY_S > _FIRST_PACKET_S:
                        raise Unreachable("the camera gives no picture at the moment")
                    await asyncio.sleep(_MJPEG_EVERY_S)
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
                await live.aclose()

    def _refuse_private(self, camera: CameraId) -> None:
        if any(now.id == camera and now.state is CameraState.PRIVATE for now in self._cameras.all()):
            raise Unreachable("The camera is private in the mode the house is in: there is no picture.")


async def still(run: Run, info: StreamInfo, packets: Sequence[Packet]) -> bytes:
    """Return the last picture of `packets` as a JPEG of our own making, empty where none comes out. Raises Unreachable."""
    async with job() as channel:
        await asyncio.to_thread(channel.send, Begin(run=run, info=info))
        for packet in packets:
            await asyncio.to_thread(channel.send, Media(packet=packet))
        return await _jpeg(channel, _EVENT_WIDTH_PX)


@asynccontextmanager
async def job() -> AsyncGenerator[Channel[FromJob]]:
    """Start a looker job (`run.job`) and end it with the block. One that is silent for too long when asked is Unreachable."""
    try:
        ours, process = await _started()
    except OSError as error:
        raise Unreachable("this machine has no room for another process at the moment") from error
    channel: Channel[FromJob] = Channel(ours, FromJob)
    try:
        yield channel
    finally:
        channel.close()
        await ended(process)


async def _started() -> tuple[socket.socket, asyncio.subprocess.Process]:
    ours, theirs = socket.socketpair()
    with theirs, contextlib.ExitStack() as undo:
        undo.callback(ours.close)
        ours.settimeout(ANSWER_S)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hearthwatch.run.job",
            str(theirs.fileno()),
            pass_fds=(theirs.fileno(),),
            stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"},
        )
        undo.pop_all()
    return ours, process


async def ended(process: asyncio.subprocess.Process) -> None:
    """Wait for a job whose line was closed; one that is lost in a picture hears nothing and is killed."""
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        log.warning("a job does not end and is killed")
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def send(channel: Channel[FromJob], item: Live) -> None:
    """Send the job what the stream gave."""
    if isinstance(item, Packet):
        await asyncio.to_thread(channel.send, Media(packet=item))
    elif isinstance(item, LiveStart):
        await asyncio.to_thread(channel.send, Begin(run=item.run, info=item.info))


async def _feed(live: AsyncGenerator[Live], channel: Channel[FromJob]) -> None:
    async for item in live:
        await send(channel, item)


async def _until_still(live: AsyncGenerator[Live], channel: Channel[FromJob]) -> None:
    """Send the current group of pictures: what is there at once, until nothing more is waiting."""
    wait_s, seen = _FIRST_PACKET_S, False
    while True:
        try:
            async with asyncio.timeout(wait_s):
                item = await anext(live)
        except TimeoutError:
            break
        await send(channel, item)
        seen = seen or isinstance(item, Packet)
        wait_s = _GOP_PAUSE_S if seen else wait_s
        if seen and isinstance(item, Packet) and not item.is_key:
            wait_s = 0.01
    if not seen:
        raise Unreachable("the camera gives no picture at the moment")


async def _jpeg(channel: Channel[FromJob], max_width_px: int) -> bytes:
    """Return the job's newest picture, empty while it could decode none."""
    await asyncio.to_thread(channel.send, WantJpeg(max_width_px=max_width_px))
    answer = await asyncio.to_thread(channel.receive)
    return answer.jpeg
