"""Which feed reads a source in the recorder; never imports libav, OpenCV or the guest's feeds."""

from __future__ import annotations

import random

from hearthwatch.feeds.jpeg_poll import JpegFeed
from hearthwatch.feeds.mjpeg import MjpegFeed
from hearthwatch.feeds.packet import Feed
from hearthwatch.feeds.rtsp import RtspFeed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Clock


def feed_for(source: Source, *, clock: Clock, rng: random.Random) -> Feed:
    """Return the feed of a source of kind rtsp, mjpeg or jpeg."""
    if source.kind is SourceKind.MJPEG:
        return MjpegFeed(source, clock=clock, rng=rng)
    if source.kind is SourceKind.JPEG:
        return JpegFeed(source, clock=clock, rng=rng)
    assert source.kind is SourceKind.RTSP, f"{source.kind} is read by a guest"
    return RtspFeed(source, clock=clock, rng=rng)
