"""The recorder: every camera's video connection and the footage on disk. No native parser ever sees a camera's bytes here."""

from __future__ import annotations

import logging
import random
import socket
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from hearthwatch.feeds.factory import feed_for
from hearthwatch.feeds.packet import Feed, Gap, GapReason, PacketSink, RunId, Stream
from hearthwatch.feeds.pump import Pump
from hearthwatch.feeds.source import Source
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, Stop, SystemClock
from hearthwatch.kit.errors import HearthwatchError, StorageFailed
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.retry import Backoff, keep_running
from hearthwatch.kit.units import NS_PER_S, CameraId
from hearthwatch.recording.disk_thread import DiskThread
from hearthwatch.recording.segment import FootageClass
from hearthwatch.recording.store import open_store
from hearthwatch.recording.writer import SegmentWriter
from hearthwatch.run.child import Child, leave
from hearthwatch.run.cold_pages import give_back
from hearthwatch.run.guestline import GuestFeed, GuestLine
from hearthwatch.run.messages import (
    Adopt,
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
from hearthwatch.run.proof_messages import Prove
from hearthwatch.run.taps import Key, Line, StreamHub, listen

log = logging.getLogger(__name__)

_LOOKER_TAP_BYTES = 4 * 1024 * 1024
_HOUSE_TAP_BYTES = 8 * 1024 * 1024
_STUCK_S = 120.0
_DISK_AGAIN_S = 5.0
_END_S = 5.0


class _Use(StrEnum):
    """What becomes of a stream's packets. PRIVATE: they are dropped where they arrive; only that they come is known."""

    KEPT = "kept"
    SHOWN = "shown"
    PRIVATE = "private"


@dataclass(slots=True)
class _Running:
    source: Source
    use: _Use
    hub: StreamHub
    pump: Pump
    stop: Stop
    thread: threading.Thread


class Recorder:
    """One pump thread per stream; the store's disk thread; one sending thread per link."""

    def __init__(self, plan: RecorderPlan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._ids = Ulids(clock)
        self._disk: DiskThread | None = None
        self._disk_error = ""
        self._looker = Line("looker", _LOOKER_TAP_BYTES)
        self._house = Line("house", _HOUSE_TAP_BYTES)
        self._guests: dict[CameraId, GuestLine] = {}
        self._running: dict[Key, _Running] = {}
        self._writers: dict[Key, SegmentWriter] = {}
        self._lock = threading.Lock()
        try:
            self._open_disk()
        except StorageFailed as error:
            log.error("nothing is recorded for now: %s", error)  # noqa: TRY400 the text says it all
            self._disk_error = str(error)
            threading.Thread(target=self._open_disk_later, name="storage", daemon=True).start()
        self._follow(plan)

    def _open_disk(self) -> None:
        store = open_store(Path(self._plan.footage_folder), Path(self._plan.index_path), self._clock)
        disk = DiskThread(store, self._plan.storage, self._clock, self._hear_disk)
        disk.start()
        disk.set_limits(self._plan.limits)
        disk.set_backup(self._plan.backup)
        self._disk = disk

    def _open_disk_later(self) -> None:
        """Live view and looking go on meanwhile; the pumps that should be kept start anew once there is a disk."""

        def once() -> None:
            self._open_disk()
            self._hear_disk(None)
            opened.set()
            self._follow(self._plan)

        opened = Stop()
        if not self._clock.sleep(opened, _DISK_AGAIN_S):
            backoff = Backoff(first_s=_DISK_AGAIN_S, factor=1.0)
            keep_running("footage disk", once, stop=opened, clock=self._clock, backoff=backoff)

    def _hear_disk(self, failure: StorageFailed | None) -> None:
        self._disk_error = str(failure) if failure else ""

    def _follow(self, plan: RecorderPlan) -> None:
        """Start, stop or replace pumps so that they are what `plan` says; a stream that did not change keeps running."""
        with self._lock:
            self._plan = plan
            wanted = {(source.camera, source.stream): source for source in plan.sources}
            over = [
                key
                for key, running in self._running.items()
                if wanted.get(key) != running.source or self._use(running.source) is not running.use
            ]
            for key in over:  # all at once: who asked for privacy does not wait for other cameras
                self._running[key].pump.stop_reason = plan.held.get(key[0], GapReason.STOPPED)
                self._running[key].stop.set()
            end_ns = self._clock.mono_ns() + round(_END_S * NS_PER_S)
            for key in over:  # one that is just connecting comes to its end by itself, and hands nothing on any more
                left_s = (end_ns - self._clock.mono_ns()) / NS_PER_S
                self._running.pop(key).thread.join(max(0.0, left_s))
            for key, source in wanted.items():
                if key not in self._running:
                    self._running[key] = self._start(source)
            for key, writer in self._writers.items():
                writer.set_class(_class_of(key[0], plan))
            if self._disk is not None:
                self._note_held(self._disk)
            self._retap()

    def _use(self, source: Source) -> _Use:
        if self._plan.held.get(source.camera) is GapReason.PRIVATE:
            return _Use.PRIVATE
        is_kept = self._disk is not None and source.stream is Stream.MAIN and source.camera in self._plan.recorded
        return _Use.KEPT if is_kept else _Use.SHOWN

    def _start(self, source: Source) -> _Running:
        logs.hide(source.password)
        hub = StreamHub()
        use = self._use(source)
        sinks: list[PacketSink] = [] if use is _Use.PRIVATE else [hub]
        if use is _Use.KEPT:
            assert self._disk is not None
            sinks.append(self._writer(source, self._disk))
        stop = Stop()
        rng = random.Random()  # noqa: S311 jitter and client nonces
        pump = Pump(
            source.camera,
            source.stream,
            self._feed(source, rng),
            sinks,
            clock=self._clock,
            stop=stop,
            rng=rng,
            ids=lambda: RunId(self._ids()),
            health=self,
        )
        thread = threading.Thread(target=pump.run, name=f"{source.camera}/{source.stream}", daemon=True)
        thread.start()
        return _Running(source=source, use=use, hub=hub, pump=pump, stop=stop, thread=thread)

    def _note_held(self, disk: DiskThread) -> None:
        """Nothing is kept from now on, and why; after a restart it is why nothing was kept meanwhile, too."""
        for source in self._plan.sources:
            reason = self._plan.held.get(source.camera)
            if reason is not None and source.stream is Stream.MAIN:
                now_us = self._clock.wall_us()
                gap = Gap(camera=source.camera, stream=source.stream, start_us=now_us, end_us=None, reason=reason)
                self._writer(source, disk).end(gap)

    def _writer(self, source: Source, disk: DiskThread) -> SegmentWriter:
        key = (source.camera, source.stream)
        if key not in self._writers:
            self._writers[key] = disk.writer(*key)
            self._writers[key].set_class(_class_of(source.camera, self._plan))
        return self._writers[key]

    def _feed(self, source: Source, rng: random.Random) -> Feed:
        if source.kind.in_guest:
            line = self._guests.setdefault(source.camera, GuestLine())
            return GuestFeed(line, source.stream, self._clock)
        return feed_for(source, clock=self._clock, rng=rng)

    def _looked_at(self) -> dict[Key, StreamHub]:
        """A camera's SUB where it has one, else its MAIN."""
        subs = {camera for camera, stream in self._running if stream is Stream.SUB}
        return {key: running.hub for key, running in self._running.items() if key[1] is Stream.SUB or key[0] not in subs}

    def _retap(self) -> None:
        looked_at = self._looked_at()
        for key, hub in looked_at.items():
            self._looker.tap(key, hub)
        for key in self._looker.tapped - looked_at.keys():
            self._looker.untap(key)
        for key in self._house.tapped:
            if key in self._running:
                self._house.tap(key, self._running[key].hub)
            else:
                self._house.untap(key)

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
            if self._disk is not None:
                self._disk.set_options(message.plan.storage)
                self._disk.set_limits(message.plan.limits)
                self._disk.set_backup(message.plan.backup)
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
                self._command(message)
            case Mark() | Adopt() | Prove():
                self._command(message)

    def _command(self, command: Keep | Mark | Adopt | Prove) -> None:
        """Hand it to the disk's thread, whose answer goes to the house when it is committed."""
        if self._disk is None:
            self._house.send(Done(token=command.token, error=f"nothing is recorded: {self._disk_error}"))
            return
        if isinstance(command, Keep):
            future = self._disk.keep(command.camera, command.start_us, command.end_us, pinned=command.pinned)
        elif isinstance(command, Mark):
            future = self._disk.mark(command.camera, command.start_us, command.end_us, command.footage_class)
        elif isinstance(command, Prove):
            future = self._disk.prove(command.copied, proved=command.proved)
        else:
            future = self._disk.adopt(command.run, command.info, command.origin, command.packets, is_last=command.is_last)

        def answer(done: Future[int]) -> None:
            error = done.exception()
            if error is None:
                self._house.send(Done(token=command.token, count=done.result()))
            else:
                self._house.send(Done(token=command.token, error=str(error)))

        future.add_done_callback(answer)

    def stream_lost(self, camera: CameraId, stream: Stream, reason: GapReason, error: HearthwatchError) -> None:
        """See PumpHealth: the house hears at once, not with the next second."""
        del camera, stream, reason, error
        self._tell_state()

    def stream_back(self, camera: CameraId, stream: Stream, lasted_s: float) -> None:
        """See PumpHealth."""
        del camera, stream, lasted_s
        self._tell_state()

    def _tell_state(self) -> None:
        running = list(self._running.values())
        disk = self._disk
        self._house.send(
            RecorderState(
                streams=tuple(
                    StreamState(camera=each.source.camera, stream=each.source.stream, pump=each.pump.state) for each in running
                ),
                boxes=(*self._looker.counts(), *self._house.counts(), *((disk.count(),) if disk else ())),
                confirmed_us={each.camera: each.until_us for each in disk.confirmed() if each.until_us} if disk else {},
                disk_error=self._disk_error,
                sacrificed=disk.sacrificed if disk else 0,
            )
        )

    def alive(self) -> bool:
        """Tell the house how things stand; False when a pump is stuck, which ends in a restart. Opening may take 75 s."""
        self._tell_state()
        now_ns = self._clock.mono_ns()
        return all(now_ns - each.pump.beat_ns < _STUCK_S * NS_PER_S for each in list(self._running.values()))

    def end(self, reason: GapReason) -> None:
        """Stop the pumps, then have every segment closed; `reason` is why footage is missing from now on."""
        for running in self._running.values():
            running.pump.stop_reason = reason
            running.stop.set()
        for running in self._running.values():
            running.thread.join(3.0)
        if self._disk is not None:
            self._disk.close()


def _class_of(camera: CameraId, plan: RecorderPlan) -> FootageClass:
    return FootageClass.BRIEF if camera in plan.brief else FootageClass.CONTINUOUS


def main() -> None:
    child = Child(sys.argv)
    start, _fds = child.start("recorder")
    plan = start.plan
    assert isinstance(plan, RecorderPlan)
    recorder = Recorder(plan, SystemClock())
    child.serve(recorder, recorder.alive, give_back)
    recorder.end(GapReason.US if child.orphaned else GapReason.STOPPED)
    leave()


if __name__ == "__main__":
    main()
