"""A picture made small enough to travel inside of a notification; a looker job does it, the house never decodes."""

from __future__ import annotations

import asyncio
import logging

from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.feeds.packet import Codec, Kind, Packet, Run, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.run.job_messages import WantSmall
from hearthwatch.run.jobs import job
from hearthwatch.run.messages import Begin, Media

log = logging.getLogger(__name__)

_LIMIT_S = 20.0


async def thumbnail(jpeg: bytes, box: Box | None, max_bytes: int) -> bytes:
    """Return what shows best of `jpeg`, around `box` if there is one, in `max_bytes`; empty when nothing comes out."""
    camera = CameraId("thumbnail")
    run = Run(id=RunId("thumbnail"), camera=camera, stream=Stream.MAIN, start_us=WallUs(0))
    packet = Packet(
        camera=camera,
        stream=Stream.MAIN,
        kind=Kind.VIDEO,
        data=jpeg,
        pts_ticks=0,
        dts_ticks=0,
        is_key=True,
        received_ns=MonoNs(0),
        wall_us=WallUs(0),
    )
    try:
        width_px, height_px = jpeg_size(jpeg)
        video = VideoInfo(codec=Codec.MJPEG, extradata=b"", width_px=width_px, height_px=height_px)
        async with asyncio.timeout(_LIMIT_S), job() as channel:
            for message in (
                Begin(run=run, info=StreamInfo(video=video)),
                Media(packet=packet),
                WantSmall(box=box, max_bytes=max_bytes),
            ):
                await asyncio.to_thread(channel.send, message)
            answer = await asyncio.to_thread(channel.receive)
            return answer.jpeg
    except (HearthwatchError, TimeoutError) as error:
        log.info("no small picture for a notification: %s", error)
        return b""
