"""The recorder: every camera's video connection and the footage on disk. No native parser ever sees a camera's bytes here."""

from __future__ import annotations

import logging
import random
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearthwatch.feeds.factory import feed_for
from hearthwatch.feeds.packet import Feed, PacketSink, Stream
from hearthwatch.feeds.pump import Pump
from hearthwatch.feeds.source import Source
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, Stop, SystemClock
from hearthwatch.kit.errors import HearthwatchError
from hearthwatch.kit.units import NS_PER_S, CameraId
from hearthwatch.recording.store import Store
from hearthwatch.run.child import Child, leave
from hearthwatch.run.guestline import GuestFeed, GuestLine
from hearthwatch.run.messages import (
    Done,
    FromGuest,
    Gop,
    HouseToRecorder,
    Keep,
    LookerToRecorder,
    Mark,
    RecorderState,
    Renew,
    Restarted,
    Role,
    StreamState,
    Subscribe,
    Unsubscribe,
    WantGop,
)
from hearthwatch.run.plan import RecorderPlan
from hearthwatch.run.taps import Key, Line, StreamHub, listen

log = logging.getLogger(__name__)

_LOOKER_TAP_BYTES = 4 * 1024 * 1024
_HOUSE_TAP_BYTES = 8 * 1024 * 1024
_STUCK_S = 60.0


@dataclass(slots=True)
class _Running:
    source: Source
    recorded: bool
    hub: StreamHub
    pump: Pump
    stop: Stop
    thread: threading.Thread


class Recorder:
    """One pump thread per stream; the store's disk thread; one sending thread per link."""

    def __init__(self, plan: RecorderPlan, store: Store, clock: Clock) -> None:
        self._plan = plan
        self._store = store
        self._clock = clock
        self._looker = Line("looker", _LOOKER_TAP_BYTES)
        self._house = Line("house", _HOUSE_TAP_BYTES)
        self._guests: dict[CameraId, GuestLine] = {}
        self._running: dict[Key, _Running] = {}
        self._lock = threading.Lock()
        self._follow(plan)

    def _follow(self, plan: RecorderPlan) -> None:
        """Start, stop or replace pumps so that they are what `plan` says; a stream that did not change keeps running."""
        with self._lock:
            self._plan = plan
            wanted = {(source.camera, source.stream): source for source in plan.sources}
            for key, running in list(self._running.items()):
                recorded = key[1] is Stream.MAIN and key[0] in plan.recorded
                if wanted.get(key) != running.source or recorded != running.recorded:
                    self._end(running)
                    del self._running[key]
            for key, source in wanted.items():
                if key not in self._running:
                    self._running[key] = self._start(source)
            self._retap()

    def _start(self, source: Source) -> _Running:
        logs.hide(source.password)
        hub = StreamHub()
        sinks: list[PacketSink] = [hub]
        recorded = source.stream is Stream.MAIN and source.camera in self._plan.recorded
        if recorded:
            sinks.append(self._store.sink(source.camera, source.stream))
        stop = Stop()
        rng = random.Random()  # noqa: S311 jitter and client nonces
        pump = Pump(source.camera, source.stream, self._feed(source, rng), sinks, clock=self._clock, stop=stop, rng=rng)
        thread = threading.Thread(target=pump.run, name=f"{source.camera}/{source.stream}", daemon=True)
        thread.start()
        return _Running(source=source, recorded=recorded, hub=hub, pump=pump, stop=stop, thread=thread)

    def _feed(self, source: Source, rng: random.Random) -> Feed:
        if source.kind.in_guest:
            line = self._guests.setdefault(source.camera, GuestLine())
            return GuestFeed(line, source.stream)
        return feed_for(source, clock=self._clock, rng=rng)

    def _end(self, running: _Running) -> None:
        running.stop.set()
        running.thread.join(5.0)

    def _looked_at(self) -> dict[Key, StreamHub]:
        """A camera's SUB where it has one, else its MAIN."""
        subs = {camera for camera, stream in self._running if stream is Stream.SUB}
        return {key: running.hub for key, running in self._running.items() if key[1] is Stream.SUB or key[0] not in subs}

    def _retap(self) -> None:
        looked_at = self._looked_at()
        for key, hub in looked_at.items():
            self._looker.tap(key, hub)
        for key in self._looker.keys() - looked_at.keys():
            self._looker.untap(key)

    def link(self, peer: Role, name: str, sock: socket.socket) -> None:
        """See child.Handlers."""
        if peer is Role.GUEST:
            guest: Channel[FromGuest] = Channel(sock, FromGuest)
            self._guests.setdefault(CameraId(name), GuestLine()).connect(guest)
        elif peer is Role.LOOKER:
            looker: Channel[Any] = Channel(sock, LookerToRecorder)
            with self._lock:
                self._looker.connect(looker, self._looked_at())
            listen("looker", looker, self._from_looker)
        elif peer is Role.HOUSE:
            house: Channel[Any] = Channel(sock, HouseToRecorder)
            self._house.connect(house, {})
            listen("house", house, self._from_house)

    def renew(self, message: Renew) -> None:
        """See child.Handlers."""
        if isinstance(message.plan, RecorderPlan):
            self._store.renew(message.plan.storage)
            self._follow(message.plan)

    def restarted(self, message: Restarted) -> None:
        """A new link follows; nothing else concerns the recorder."""

    def _from_looker(self, message: object) -> None:
        if isinstance(message, WantGop):
            running = self._running.get((message.camera, Stream.MAIN))
            info, packets = running.hub.gop_around(message.at_us) if running else (None, ())
            self._looker.send(Gop(token=message.token, info=info, packets=packets))

    def _from_house(self, message: object) -> None:
        match message:
            case Subscribe(camera=camera, stream=stream):
                running = self._running.get((camera, stream))
                if running is not None:
                    self._house.tap((camera, stream), running.hub)
            case Unsubscribe(camera=camera, stream=stream):
                self._house.untap((camera, stream))
            case Keep():
                self._command(
                    message.token,
                    lambda: self._store.keep(message.camera, message.start_us, message.end_us, pinned=message.pinned),
                )
            case Mark():
                self._command(
                    message.token,
                    lambda: self._store.mark(message.camera, message.start_us, message.end_us, message.footage_class),
                )

    def _command(self, token: int, run: Callable[[], int]) -> None:
        try:
            count = run()
        except HearthwatchError as error:
            self._house.send(Done(token=token, error=str(error)))
        else:
            self._house.send(Done(token=token, count=count))

    def alive(self) -> bool:
        """Tell the house how things stand; False when a pump or the disk has been stuck for a minute."""
        running = list(self._running.values())
        disk = self._store.state()
        self._house.send(
            RecorderState(
                streams=tuple(
                    StreamState(camera=each.source.camera, stream=each.source.stream, pump=each.pump.state) for each in running
                ),
                boxes=(*self._looker.counts(), *self._house.counts()),
                last_synced_us=disk.last_synced_us,
                disk_free_bytes=disk.free_bytes,
                disk_error=disk.error,
            )
        )
        now_ns = self._clock.mono_ns()
        return all(now_ns - each.pump.beat_ns < _STUCK_S * NS_PER_S for each in running)

    def end(self) -> None:
        """Stop the pumps, then let the store close every segment."""
        for running in self._running.values():
            running.stop.set()
        for running in self._running.values():
            running.thread.join(3.0)
        self._store.close()


def main() -> None:
    child = Child(sys.argv)
    start, _fds = child.start("recorder")
    plan = start.plan
    assert isinstance(plan, RecorderPlan)
    clock = SystemClock()
    store = Store.open(Path(plan.footage_folder), Path(plan.index_path), plan.storage, clock=clock)
    recorder = Recorder(plan, store, clock)
    child.serve(recorder, recorder.alive)
    recorder.end()
    leave()


if __name__ == "__main__":
    main()
