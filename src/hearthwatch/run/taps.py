"""Fans one stream out: a StreamHub keeps the last pictures' packets and feeds every tap; a Line drains taps into a socket."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hearthwatch.feeds.packet import Gap, Kind, Packet, Run, Stream, StreamInfo
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.errors import Unreachable
from hearthwatch.kit.mailbox import BoxCount, GopBox
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.messages import Begin, End, Flow, Media

log = logging.getLogger(__name__)

M = TypeVar("M")
Key = tuple[CameraId, Stream]

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
        """Return the video packets from the key frame at or before `at_us` up to the first at or after it; none when the
        moment is not held any more."""
        with self._lock:
            info = self._begin.info if self._begin else None
            video = [packet for packet in self._held if packet.kind is Kind.VIDEO]
        end = next((index for index, packet in enumerate(video) if packet.wall_us >= at_us), len(video) - 1)
        start = next((index for index in range(end, -1, -1) if video[index].is_key), None)
        if info is None or start is None or video[start].wall_us > at_us:
            return None, ()
        return info, tuple(video[start : end + 1])


class _Session:
    """One connection to the peer, with its own taps and thread: what an old one left behind never meets a new one."""

    def __init__(self, name: str, channel: Channel[Any]) -> None:
        self.channel = channel
        self.taps: dict[Key, tuple[GopBox[Flow], StreamHub]] = {}
        self.wake = threading.Event()
        self.lock = threading.Lock()
        self.open = True
        threading.Thread(target=self._drain, name=f"to-{name}", daemon=True).start()

    def close(self) -> None:
        self.open = False
        with self.lock:
            taps, self.taps = self.taps, {}
        for box, hub in taps.values():
            hub.remove_tap(box)
        self.wake.set()
        self.channel.close()

    def _drain(self) -> None:
        try:
            while self.open:
                self.wake.wait()
                self.wake.clear()
                with self.lock:
                    boxes = [box for box, _hub in self.taps.values()]
                for box in boxes:
                    while (item := box.get(0)) is not None:
                        self.channel.send(item)
        except Unreachable:
            self.close()


class Line:
    """The sending side of one link: drains its taps in turn, so that a slow peer costs its own packets only."""

    def __init__(self, name: str, tap_bytes: int) -> None:
        self._name = name
        self._tap_bytes = tap_bytes
        self._session: _Session | None = None

    def connect(self, channel: Channel[Any], wanted: Mapping[Key, StreamHub]) -> None:
        """Use `channel` from now on and start with a fresh tap on every wanted hub."""
        old, self._session = self._session, _Session(self._name, channel)
        if old is not None:
            old.close()
        for key, hub in wanted.items():
            self.tap(key, hub)

    @property
    def tapped(self) -> frozenset[Key]:
        """What is sent at the moment."""
        session = self._session
        return frozenset(session.taps) if session else frozenset()

    def tap(self, key: Key, hub: StreamHub) -> None:
        """Send the stream of `hub` too, in place of another one under that key; nothing happens without a peer."""
        session = self._session
        if session is None:
            return
        with session.lock:
            before = session.taps.get(key)
            if before is not None and before[1] is hub:
                return
            box: GopBox[Flow] = GopBox(f"{self._name}/{key[0]}/{key[1]}", self._tap_bytes, session.wake.set)
            session.taps[key] = (box, hub)
        if before is not None:
            before[1].remove_tap(before[0])
        hub.add_tap(box)

    def untap(self, key: Key) -> None:
        """Send that stream no more."""
        session = self._session
        if session is None:
            return
        with session.lock:
            found = session.taps.pop(key, None)
        if found is not None:
            found[1].remove_tap(found[0])

    def send(self, message: object) -> bool:
        """Send one message past the taps; False when there is no peer (its next link starts from the databases)."""
        session = self._session
        if session is None or not session.open:
            return False
        try:
            session.channel.send(message)
        except Unreachable:
            return False
        return True

    def close(self) -> None:
        """End the connection, if there is one."""
        old, self._session = self._session, None
        if old is not None:
            old.close()

    def counts(self) -> tuple[BoxCount, ...]:
        """Return the counters of every tap."""
        session = self._session
        if session is None:
            return ()
        with session.lock:
            return tuple(box.count() for box, _hub in session.taps.values())


def listen(name: str, channel: Channel[M], receive: Callable[[M], None]) -> None:
    """Start a thread that hands every message of `channel` to `receive` until the peer is gone."""

    def run() -> None:
        try:
            while True:
                receive(channel.receive())
        except Unreachable:
            log.debug("%s is gone", name)

    threading.Thread(target=run, name=f"from-{name}", daemon=True).start()
