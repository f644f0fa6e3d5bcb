"""How the RTSP tests watch a camera."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from hearthwatch.feeds.packet import Kind, OpenFeed, Packet, Stream
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.rtsp_stream import RtspStream
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Stop, SystemClock
from hearthwatch.kit.units import camera_id


def feed(
    url: str,
    *,
    user: str = "",
    password: str = "",
    transport: str = "tcp",
    read_timeout_s: float = 30.0,
    allow_loopback: bool = True,
) -> RtspFeed:
    source = Source(
        camera=camera_id("front"),
        stream=Stream.MAIN,
        kind=SourceKind.RTSP,
        url=url,
        user=user,
        password=password,
        transport=transport,
        allow_loopback=allow_loopback,
    )
    return RtspFeed(source, clock=SystemClock(), rng=random.Random(7), read_timeout_s=read_timeout_s)


@contextmanager
def watching(url: str, stop: Stop | None = None, **more: object) -> Iterator[RtspStream]:
    opened: OpenFeed = feed(url, **more).open(stop or Stop())  # type: ignore[arg-type]
    assert isinstance(opened, RtspStream)
    try:
        yield opened
    finally:
        opened.close()


def taken(opened: OpenFeed, count: int, kind: Kind = Kind.VIDEO) -> list[Packet]:
    """Return packets up to and with the `count`-th of `kind`."""
    packets: list[Packet] = []
    for packet in opened:
        packets.append(packet)
        count -= packet.kind is kind
        if not count:
            break
    return packets
