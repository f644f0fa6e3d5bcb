"""Which feed reads a source that needs libav or draws the demo; imported by guest processes only."""

from __future__ import annotations

from hearthwatch.feeds.demo import DemoFeed
from hearthwatch.feeds.libav import LibavFeed
from hearthwatch.feeds.packet import Feed
from hearthwatch.feeds.picamera_feed import PicameraFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import MonoNs


def guest_feed_for(source: Source, *, clock: Clock, started_ns: MonoNs) -> Feed:
    """Return the feed of a source of kind libav, v4l2, file, picamera or demo. Raises ConfigFault for a URL that cannot be.

    `started_ns` is when the scene of a demo camera began: both its streams, and each opening of them, show the same one.
    """
    if source.kind is SourceKind.DEMO:
        return DemoFeed(source, clock=clock, started_ns=started_ns)
    if source.kind is SourceKind.PICAMERA:
        return PicameraFeed(source, clock=clock)
    assert source.kind.in_guest, f"{source.kind} is read by the recorder"
    return LibavFeed(source, clock=clock)
