"""Which feed reads a source that needs libav or draws the demo; imported by guest processes only."""

from __future__ import annotations

import random

from hearthwatch.feeds.demo import DemoFeed
from hearthwatch.feeds.libav import LibavFeed
from hearthwatch.feeds.packet import Feed
from hearthwatch.feeds.source import Source, SourceKind
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import CameraId, MonoNs

_scenes_began: dict[CameraId, MonoNs] = {}
"""Both streams of a demo camera, and each opening of them, show one scene, which began when the first was asked for."""


def guest_feed_for(source: Source, *, clock: Clock, rng: random.Random) -> Feed:
    """Return the feed of a source of kind libav, v4l2, file or demo. Raises ConfigFault for a URL that cannot be."""
    del rng
    if source.kind is SourceKind.DEMO:
        return DemoFeed(source, clock=clock, started_ns=_scenes_began.setdefault(source.camera, clock.mono_ns()))
    assert source.kind.in_guest, f"{source.kind} is read by the recorder"
    return LibavFeed(source, clock=clock)
