"""The live hub: packets of the recorder on one side, any number of viewers on the other, each with its own GopBox."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from hearthwatch.feeds.packet import Gap, Packet, Run, Stream, StreamInfo
from hearthwatch.kit.mailbox import BoxCount, Closed, GopBox
from hearthwatch.kit.units import CameraId
from hearthwatch.web.doors import Live, LiveEnd, LiveStart

_Key = tuple[CameraId, Stream]

VIEWER_LIMIT_BYTES = 8 * 1024 * 1024
LATE_NS = 1_500_000_000
"""A viewer who is that far behind goes on at the next key frame."""


@dataclass(slots=True, eq=False)
class _Viewer:
    """`newest_ns` is when the newest packet came, `taken_ns` that of the last one he took."""

    box: GopBox[Live]
    newest_ns: int = 0
    taken_ns: int = 0

    def take(self, packet: Packet) -> None:
        self.taken_ns = self.taken_ns or packet.received_ns
        is_late = self.newest_ns - self.taken_ns > LATE_NS
        self.newest_ns = packet.received_ns
        if packet.starts_gop and is_late:
            self.box.restart(packet)
        else:
            self.box.put(packet)


@dataclass(slots=True)
class _Channel:
    """What a new viewer gets first, and who is watching."""

    opening: LiveStart | LiveEnd | None = None
    gop: deque[Packet] = field(default_factory=deque)
    gop_bytes: int = 0
    viewers: list[_Viewer] = field(default_factory=list)


class LiveHub:
    """A PacketSink whose packets may be watched: `begin`, `take` and `end` from any thread return at once.

    `on_demand(camera, stream, True)` is called with the first viewer of a stream and with False after the last one left, so
    that the recorder sends only what somebody watches. What was kept of a stream is forgotten with its last viewer.
    """

    def __init__(
        self, on_demand: Callable[[CameraId, Stream, bool], None], *, viewer_limit_bytes: int = VIEWER_LIMIT_BYTES
    ) -> None:
        self._on_demand = on_demand
        self._limit_bytes = viewer_limit_bytes
        self._lock = threading.Lock()
        self._channels: dict[_Key, _Channel] = {}
        self._viewer_number = 0

    def begin(self, run: Run, info: StreamInfo) -> None:
        self._reset((run.camera, run.stream), LiveStart(run=run, info=info))

    def end(self, gap: Gap) -> None:
        self._reset((gap.camera, gap.stream), LiveEnd(gap=gap))

    def _reset(self, key: _Key, opening: LiveStart | LiveEnd) -> None:
        with self._lock:
            channel = self._channels.get(key)
            if channel is None:
                return
            channel.opening = opening
            channel.gop.clear()
            channel.gop_bytes = 0
            viewers = tuple(channel.viewers)
        for viewer in viewers:
            viewer.box.put(opening)

    def take(self, packet: Packet) -> None:
        with self._lock:
            channel = self._channels.get((packet.camera, packet.stream))
            if channel is None:
                return
            if packet.starts_gop:
                channel.gop.clear()
                channel.gop_bytes = 0
            if packet.starts_gop or channel.gop:
                channel.gop.append(packet)
                channel.gop_bytes += packet.size_bytes
                if channel.gop_bytes > self._limit_bytes:
                    channel.gop.clear()
                    channel.gop_bytes = 0
            viewers = tuple(channel.viewers)
        for viewer in viewers:
            viewer.take(packet)

    async def subscribe(self, camera: CameraId, stream: Stream) -> AsyncGenerator[Live]:
        """Yield the stream's opening, its current group of pictures, then what comes, until closed."""
        loop = asyncio.get_running_loop()
        filled = asyncio.Event()
        key = (camera, stream)
        viewer = self._enter(key, lambda: loop.call_soon_threadsafe(filled.set))
        try:
            while True:
                filled.clear()
                try:
                    item = viewer.box.get(0)
                except Closed:
                    return
                if item is None:
                    await filled.wait()
                else:
                    if isinstance(item, Packet):
                        viewer.taken_ns = item.received_ns
                    yield item
        finally:
            self._leave(key, viewer)

    def _enter(self, key: _Key, wake: Callable[[], object]) -> _Viewer:
        with self._lock:
            channel = self._channels.get(key)
            first = channel is None
            if channel is None:
                channel = self._channels[key] = _Channel()
            self._viewer_number += 1
            box: GopBox[Live] = GopBox(
                f"{key[0]}/{key[1]} viewer {self._viewer_number}", self._limit_bytes, lambda: _quietly(wake)
            )
            if channel.opening is not None:
                box.put(channel.opening)
            for packet in channel.gop:
                box.put(packet)
            newest_ns = channel.gop[-1].received_ns if channel.gop else 0
            viewer = _Viewer(box, newest_ns, newest_ns)
            channel.viewers.append(viewer)
        if first:
            self._on_demand(key[0], key[1], True)
        return viewer

    def _leave(self, key: _Key, viewer: _Viewer) -> None:
        viewer.box.close()
        with self._lock:
            channel = self._channels[key]
            channel.viewers.remove(viewer)
            last = not channel.viewers
            if last:
                del self._channels[key]
        if last:
            self._on_demand(key[0], key[1], False)

    def wanted(self) -> tuple[_Key, ...]:
        """Return the streams somebody watches: what to ask a recorder for that has just started."""
        with self._lock:
            return tuple(self._channels)

    def counts(self) -> tuple[BoxCount, ...]:
        """Return the counters of every viewer's box."""
        with self._lock:
            boxes = [viewer.box for channel in self._channels.values() for viewer in channel.viewers]
        return tuple(box.count() for box in boxes)


def _quietly(wake: Callable[[], object]) -> None:
    try:
        wake()
    except RuntimeError:  # the viewer's event loop has ended; its box is about to be forgotten
        return
