"""Watching a stream for a few seconds before it is taken in: what it is, what it costs, and one picture of it.

The house reads packets as the recorder does; the picture is made by a job in the looker's box.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from hearthwatch.feeds.factory import feed_for
from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.feeds.jpeg_poll import one_picture
from hearthwatch.feeds.packet import Kind, Packet, Run, RunId, StreamInfo
from hearthwatch.feeds.source import Source
from hearthwatch.kit.clock import Clock, Stop
from hearthwatch.kit.errors import HearthwatchError, Unreachable
from hearthwatch.kit.units import NS_PER_S
from hearthwatch.run.jobs import still

_WATCH_S = 3.0
_LIMIT_S = 20.0
_MAX_GOP_BYTES = 24 << 20
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`packets` are the pictures since the last key frame, which a decoder needs to show the newest."""

    info: StreamInfo
    run: Run
    packets: tuple[Packet, ...]
    fps: float
    kbit_per_s: float

    @property
    def bytes_per_day(self) -> int:
        return round(self.kbit_per_s * 125 * _DAY_S)


async def watch(source: Source, *, clock: Clock, rng: random.Random, watch_s: float = _WATCH_S) -> Watched:
    """Watch a stream that the recorder itself can read. Raises Refused, Unreachable, BadReply and Unsupported."""
    stop = Stop()
    timer = asyncio.get_running_loop().call_later(_LIMIT_S, stop.set)
    try:
        return await asyncio.to_thread(_watch, source, clock, rng, stop, watch_s)
    except asyncio.CancelledError:
        stop.set()
        raise
    except Unreachable as error:
        if stop.is_set():
            raise Unreachable(f"the camera sent no picture within {_LIMIT_S:.0f} seconds") from error
        raise
    finally:
        timer.cancel()


def _watch(source: Source, clock: Clock, rng: random.Random, stop: Stop, watch_s: float) -> Watched:
    opened = feed_for(source, clock=clock, rng=rng).open(stop)
    run = Run(id=RunId("trial"), camera=source.camera, stream=source.stream, start_us=clock.wall_us())
    gop: list[Packet] = []
    gop_bytes = size_bytes = frames = 0
    first: Packet | None = None
    last: Packet | None = None
    try:
        end_ns = clock.mono_ns() + round(watch_s * NS_PER_S)
        for packet in opened:
            size_bytes += packet.size_bytes
            if packet.kind is Kind.VIDEO:
                if packet.is_key:
                    gop, gop_bytes = [], 0
                if gop_bytes < _MAX_GOP_BYTES:
                    gop.append(packet)
                    gop_bytes += packet.size_bytes
                first, last, frames = first or packet, packet, frames + 1
            if clock.mono_ns() >= end_ns:
                break
    except HearthwatchError:
        if frames < 2:  # a stream that ends is one all the same
            raise
    finally:
        opened.close()
    if first is None or last is None:
        raise Unreachable("the camera sent no picture")
    span_s = (last.dts_ticks - first.dts_ticks) / opened.info.video.ticks_per_s
    fps = (frames - 1) / span_s if span_s > 0 else 0.0
    whole_s = span_s + (1 / fps if fps else watch_s)
    return Watched(
        info=opened.info, run=run, packets=tuple(gop), fps=fps, kbit_per_s=size_bytes / whole_s / 125 if whole_s else 0.0
    )


async def picture_of(watched: Watched) -> bytes:
    """Return the newest picture as JPEG, empty where none comes out."""
    try:
        return await still(watched.run, watched.info, watched.packets)
    except Unreachable:
        return b""


async def single_picture(source: Source, *, clock: Clock, rng: random.Random) -> bytes:
    """Fetch the one picture an address gives. Raises as `watch` does."""
    stop = Stop()
    timer = asyncio.get_running_loop().call_later(_LIMIT_S, stop.set)
    try:
        data = await asyncio.to_thread(one_picture, source, clock=clock, rng=rng, stop=stop)
    finally:
        timer.cancel()
    jpeg_size(data)
    return data
