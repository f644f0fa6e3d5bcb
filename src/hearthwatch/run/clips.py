"""Short clips of events for the alerts that want them, cut from the recording once it has what is needed."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.events.event import Event
from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording import clip
from hearthwatch.recording.segment import Span
from hearthwatch.run.config import Config
from hearthwatch.run.house_doors import Footage

log = logging.getLogger(__name__)

_LENGTH_US = 10 * US_PER_S
_SYNC_US = 3 * US_PER_S
_MAX_BYTES = 45 << 20


class Clips:
    """One at a time, in order: a clip is the last thing an alert waits for."""

    def __init__(self, footage: Footage, outbox: Outbox, clock: Clock, config: Callable[[], Config]) -> None:
        self._footage = footage
        self._outbox = outbox
        self._clock = clock
        self._config = config
        self._wishes: asyncio.Queue[Event] = asyncio.Queue(64)

    def later(self, event: Event) -> bool:
        """Have the clip of `event` sent by every channel; False when too many wait already."""
        try:
            self._wishes.put_nowait(event)
        except asyncio.QueueFull:
            return False
        return True

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            event = await self._wishes.get()
            try:
                await self._make(event)
            except HearthwatchError as error:
                log.warning("no clip of the event at %s: %s", event.camera, error)

    async def _make(self, event: Event) -> None:
        start_us = WallUs(event.start_us - round(self._config().storage.pre_roll_s * US_PER_S))
        end_us = WallUs(event.start_us + _LENGTH_US)
        wait_us = end_us + _SYNC_US - self._clock.wall_us()
        if wait_us > 0:
            await asyncio.sleep(min(wait_us, _LENGTH_US + _SYNC_US) / US_PER_S)
        mp4 = await asyncio.to_thread(self._cut, event, start_us, end_us)
        await self._outbox.attach(event.id, Part.CLIP, mp4)

    def _cut(self, event: Event, start_us: WallUs, end_us: WallUs) -> bytes:
        out = io.BytesIO()
        span = Span(camera=event.camera, stream=Stream.MAIN, start_us=start_us, end_us=end_us)
        clip.export(self._footage.index, self._footage.folder, span, out, max_bytes=_MAX_BYTES)
        return out.getvalue()
