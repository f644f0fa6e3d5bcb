"""Fans one stream out: a StreamHub keeps the last pictures' packets and feeds every tap; a Line drains taps into a socket."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable

from hearthwatch.feeds.packet import Gap, Kind, Packet, Run, StreamInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.mailbox import BoxCount, Closed, GopBox
from hearthwatch.kit.units import WallUs
from hearthwatch.run.messages import Begin, End, Flow, Media

log = logging.getLogger(__name__)

_HELD_BYTES = 12 * 1024 * 1024


class StreamHub:
    """A PacketSink that holds the newest two GOPs, so that a viewer or a picture need not wait for a key frame."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin: Begin | None = None
        self._held: deque[Packet] = deque()
        self._held_bytes = 0
        self._taps: tuple[GopBox[Flow], ...] = ()

    def begin(self, run: Run, info: StreamInfo) -> None:
        with self._lock:
            self._begin = Begin(run=run, info=info)
            self._held.clear()
            self._held_bytes = 0
            for tap in self._taps:
                tap.put(self._begin)

    def take(self, packet: Packet) -> None:
        with self._lock:
            if packet.starts_gop:
                self._forget_all_but_last_gop()
            self._held.append(packet)
            self._held_bytes += len(packet.data)
            if self._held_bytes > _HELD_BYTES:
                self._held.clear()
                self._held_bytes = 0
            if self._taps:
                media = Media(packet=packet)
                for tap in self._taps:
                    tap.put(media)

    def end(self, gap: Gap) -> None:
        with self._lock:
            self._begin = None
            self._held.clear()
            self._held_bytes = 0
            for tap in self._taps:
                tap.put(End(gap=gap))

    def _forget_all_but_last_gop(self) -> None:
        last_key = next((index for index in range(len(self._held) - 1, -1, -1) if self._held[index].starts_gop), 0)
        for _ in range(last_key):
            self._held_bytes -= len(self._held.popleft().data)

    def add_tap(self, tap: GopBox[Flow]) -> None:
        """Give `tap` the stream from the newest key frame on, and everything that follows."""
        with self._lock:
            if self._begin is not None:
                tap.put(self._begin)
                for packet in self._newest_gop():
                    tap.put(Media(packet=packet))
            self._taps = (*self._taps, tap)

    def remove_tap(self, tap: GopBox[Flow]) -> None:
        with self._lock:
            self._taps = tuple(each for each in self._taps if each is not tap)

    def _newest_gop(self) -> list[Packet]:
        packets: list[Packet] = []
        for packet in reversed(self._held):
            packets.append(packet)
            if packet.starts_gop:
                return packets[::-1]
        return []

    def gop_around(self, at_us: WallUs) -> tuple[StreamInfo | None, tuple[Packet, ...]]:
        """Return the video packets from the key frame at or before `at_us` up to the first at or after it, as far as held."""
        with self._lock:
            info = self._begin.info if self._begin else None
            video = [packet for packet in self._held if packet.kind is Kind.VIDEO]
        end = next((index for index, packet in enumerate(video) if packet.wall_us >= at_us), len(video) - 1)
        start = next((index for index in range(end, -1, -1) if video[index].is_key), None)
        if info is None or start is None:
            return None, ()
        return info, tuple(video[start : end + 1])


class Line:
    """The sending side of one link: drains its taps in turn, so that a slow peer costs its own packets only."""

    def __init__(self, name: str, tap_bytes: int) -> None:
        self._name = name
        self._tap_bytes = tap_bytes
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._taps: dict[Hashable, tuple[GopBox[Flow], StreamHub]] = {}
        self._channel: Channel[object] | None = None

    def connect(self, channel: Channel[object], wanted: dict[Hashable, StreamHub]) -> None:
        """Use `channel` from now on and start with a fresh tap on every wanted hub."""
        with self._lock:
            old, self._channel = self._channel, channel
            keys = list(self._taps)
        if old is not None:
            old.close()
        for key in keys:
            self.untap(key)
        for key, hub in wanted.items():
            self.tap(key, hub)
        threading.Thread(target=self._drain, args=(channel,), name=f"to-{self._name}", daemon=True).start()

    def tap(self, key: Hashable, hub: StreamHub) -> None:
        """Send the stream of `hub` too; nothing happens when it is sent already."""
        with self._lock:
            if key in self._taps or self._channel is None:
                return
            box: GopBox[Flow] = GopBox(
                f"{self._name}/{'/'.join(map(str, key if isinstance(key, tuple) else (key,)))}", self._tap_bytes, self._wake.set
            )
            self._taps[key] = (box, hub)
        hub.add_tap(box)

    def untap(self, key: Hashable) -> None:
        with self._lock:
            found = self._taps.pop(key, None)
        if found:
            box, hub = found
            hub.remove_tap(box)
            box.close()

    def send(self, message: object) -> bool:
        """Send one message past the taps; False when there is no peer (its next link starts from the databases)."""
        channel = self._channel
        if channel is None:
            return False
        try:
            channel.send(message)
        except Unreachable:
            return False
        return True

    def counts(self) -> tuple[BoxCount, ...]:
        with self._lock:
            return tuple(box.count() for box, _hub in self._taps.values())

    def _drain(self, channel: Channel[object]) -> None:
        try:
            while self._channel is channel:
                self._wake.wait(1.0)
                self._wake.clear()
                with self._lock:
                    boxes = [box for box, _hub in self._taps.values()]
                for box in boxes:
                    self._drain_box(box, channel)
        except Unreachable:
            log.debug("%s is gone", self._name)
            with self._lock:
                if self._channel is channel:
                    self._channel = None

    def _drain_box(self, box: GopBox[Flow], channel: Channel[object]) -> None:
        while True:
            try:
                item = box.get(0)
            except Closed:
                return
            if item is None:
                return
            channel.send(item)


Receiver = Callable[[object], None]


def listen(name: str, channel: Channel[object], receive: Receiver) -> None:
    """Start a thread that hands every message of `channel` to `receive` until the peer is gone."""

    def run() -> None:
        try:
            while True:
                receive(channel.receive())
        except Unreachable:
            log.debug("%s is gone", name)

    threading.Thread(target=run, name=f"from-{name}", daemon=True).start()
