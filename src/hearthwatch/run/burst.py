"""A burst of pictures of one camera at full size: out of its main stream by a looker job, or one by one from the camera."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from hearthwatch.feeds.packet import Packet, Stream
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, Unreachable
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.run.job_messages import FromJob, WantJpeg
from hearthwatch.run.jobs import job, send
from hearthwatch.web.fanout import LiveHub

_FIRST_PACKET_S = 3.0
_LATE_S = 1.0
"""A stream that is silent so long after a picture was due gives the newest it has."""
_AS_IT_IS = 0


def moments(at_us: WallUs, pictures: int, every_s: float) -> tuple[WallUs, ...]:
    """Return when the pictures of a burst are due."""
    return tuple(WallUs(at_us + round(index * every_s * US_PER_S)) for index in range(pictures))


async def from_stream(hub: LiveHub, camera: CameraId, due: Sequence[WallUs], clock: Clock) -> AsyncGenerator[bytes]:
    """Yield the main stream's picture of each moment as soon as it is decoded. Raises Unreachable when the stream gives none.

    The packets are sent in their order with the wishes between them: how long the job takes to start moves no picture."""
    async with job() as channel:
        asking = asyncio.create_task(_ask(hub, camera, due, channel, clock))
        try:
            for _ in due:
                answering = asyncio.create_task(asyncio.to_thread(channel.receive))
                await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
                if asking.done() and asking.exception() is not None:
                    channel.close()
                    await asyncio.gather(answering, return_exceptions=True)
                    asking.result()
                jpeg = (await answering).jpeg
                if jpeg:
                    yield jpeg
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)


async def _ask(hub: LiveHub, camera: CameraId, due: Sequence[WallUs], channel: Channel[FromJob], clock: Clock) -> None:
    left = list(due)
    heard = False
    live = hub.subscribe(camera, Stream.MAIN)
    coming = asyncio.ensure_future(anext(live))
    try:
        while left:
            wait_s = _FIRST_PACKET_S if not heard else max(0.0, (left[0] - clock.wall_us()) / US_PER_S) + _LATE_S
            await asyncio.wait({coming}, timeout=wait_s)  # a time-out within `live` would end it for good
            if not coming.done():
                if not heard:
                    raise Unreachable("the camera gives no picture at the moment")
                left.pop(0)
                await asyncio.to_thread(channel.send, WantJpeg(max_width_px=_AS_IT_IS))
                continue
            item = coming.result()
            while heard and left and isinstance(item, Packet) and item.wall_us > left[0]:
                left.pop(0)
                await asyncio.to_thread(channel.send, WantJpeg(max_width_px=_AS_IT_IS))
            await send(channel, item)
            heard = heard or isinstance(item, Packet)
            coming = asyncio.ensure_future(anext(live))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        await live.aclose()


async def one_by_one(fetch: Callable[[], Awaitable[bytes]], due: Sequence[WallUs], clock: Clock) -> AsyncGenerator[bytes]:
    """Yield what the camera itself gives for each moment, or as soon after it as it can. Raises when the first one fails."""
    given = 0
    for at_us in due:
        await asyncio.sleep(max(0.0, (at_us - clock.wall_us()) / US_PER_S))
        try:
            jpeg = await fetch()
        except (Unreachable, BadReply):
            if not given:
                raise
            continue
        given += 1
        yield jpeg
