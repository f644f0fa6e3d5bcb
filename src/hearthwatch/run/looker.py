"""The looker: all pixels. It has no network, no files and no rights; packets come in, tracks and pictures go out."""

from __future__ import annotations

import logging
import mmap
import os
import random
import socket
import sys
import threading
from collections import deque
from pathlib import Path

import cv2

from hearthwatch.detect.desk import Desk
from hearthwatch.detect.detection import Detector, Where
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.model import HOG
from hearthwatch.detect.store import AUTO, Store
from hearthwatch.frames.build import ffmpeg
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.channel import Channel
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.errors import StorageFailed, Unreachable, Unsupported
from hearthwatch.kit.units import NS_PER_S, CameraId
from hearthwatch.run import sandbox
from hearthwatch.run.child import Child, leave
from hearthwatch.run.cold_pages import give_back, trim
from hearthwatch.run.far_desk import FarDesk
from hearthwatch.run.glance_messages import AskHub, HubSaid
from hearthwatch.run.libraries import of_ffmpeg
from hearthwatch.run.messages import (
    Begin,
    End,
    Gop,
    HouseToLooker,
    LookerState,
    Media,
    Moved,
    RecorderToLooker,
    Renew,
    Restarted,
    Role,
    Seen,
    TellAgain,
    WantGop,
)
from hearthwatch.run.pictures import PictureMaker
from hearthwatch.run.plan import LookerPlan
from hearthwatch.run.quarantine import marker
from hearthwatch.run.rehearsal import rehearse
from hearthwatch.run.taps import listen
from hearthwatch.run.watcher import Watcher
from hearthwatch.tracks.track import MotionSpan, Track

log = logging.getLogger(__name__)

_HELD_S = 600.0
_STUCK_S = 60.0


class HouseLine:
    """What the house must hear, held up to ten minutes while it is away, oldest shed first and counted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: deque[tuple[int, object]] = deque()
        self._changed = threading.Condition()
        self._channel: Channel[HouseToLooker] | None = None
        self.shed = 0
        threading.Thread(target=self._run, name="to-house", daemon=True).start()

    def connect(self, channel: Channel[HouseToLooker], first: list[object]) -> None:
        now_ns = self._clock.mono_ns()
        with self._changed:
            self._channel = channel
            self._held.extendleft((now_ns, message) for message in reversed(first))
            self._changed.notify()

    def put(self, message: object) -> None:
        now_ns = self._clock.mono_ns()
        with self._changed:
            self._held.append((now_ns, message))
            while now_ns - self._held[0][0] > _HELD_S * NS_PER_S:
                self._held.popleft()
                self.shed += 1
            self._changed.notify()

    def put_if_connected(self, message: object) -> bool:
        """For what is worth nothing later; False when there is no house now."""
        if self._channel is None:
            return False
        self.put(message)
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._held and self._channel is not None)
                channel = self._channel
                at_ns, message = self._held.popleft()
            assert channel is not None
            try:
                channel.send(message)
            except Unreachable:
                with self._changed:
                    if not isinstance(message, LookerState | AskHub):
                        self._held.appendleft((at_ns, message))
                    if self._channel is channel:
                        self._channel = None


class Looker:
    """Wires watchers, desk and pictures to the links."""

    def __init__(
        self, plan: LookerPlan, marks: mmap.mmap, slots: dict[CameraId, int], desk: Desk, clock: Clock, *, fallback: str
    ) -> None:
        """`fallback` tells why the built-in detector stands in for the chosen one; empty where it does not."""
        self._fallback = fallback
        self._marks = marks
        self._slots = dict(slots)
        self._clock = clock
        self._house = HouseLine(clock)
        self._far: FarDesk | None = None
        if plan.detect.where is Where.HUB:
            self._far = FarDesk(desk, self._house.put_if_connected, clock=clock, max_per_s=plan.detect.max_per_s)
        self._desk = self._far or desk
        self._recorder: Channel[RecorderToLooker] | None = None
        self._pictures = PictureMaker(ask=self._ask_recorder, give=self._house.put, mark=self._mark_picture)
        self._watchers: dict[CameraId, Watcher] = {}
        self._look_at(plan)

    def _look_at(self, plan: LookerPlan) -> None:
        self._quarantined = plan.quarantined
        for camera, options in plan.eyes.items():
            watcher = self._watchers.get(camera)
            if watcher is not None:
                watcher.renew(options)
                continue
            watcher = Watcher(
                camera,
                options,
                desk=self._desk,
                reports=self,
                clock=self._clock,
                mark=marker(self._marks, self._slots[camera]),
                rng=random.Random(),  # noqa: S311 ids of tracks, no secrets
            )
            self._watchers = {**self._watchers, camera: watcher}
            watcher.start()
        for camera in set(self._watchers) - set(plan.eyes):
            self._watchers[camera].end()
            self._watchers = {key: each for key, each in self._watchers.items() if key != camera}

    def _mark_picture(self, camera: CameraId, busy: bool) -> None:
        marker(self._marks, self._slots[camera], pictures=True)(busy)

    def link(self, peer: Role, name: str, sock: socket.socket) -> None:
        """See child.Handlers."""
        del name
        if peer is Role.RECORDER:
            channel: Channel[RecorderToLooker] = Channel(sock, RecorderToLooker)
            self._recorder = channel
            listen("recorder", channel, self._from_recorder)
        elif peer is Role.HOUSE:
            house: Channel[HouseToLooker] = Channel(sock, HouseToLooker)
            listen("house", house, self._from_house)
            tracks = [track for watcher in self._watchers.values() for track in watcher.tracks]
            self._house.connect(house, [Seen(track=track) for track in tracks])

    def renew(self, message: Renew) -> None:
        """See child.Handlers."""
        if isinstance(message.plan, LookerPlan):
            self._desk.renew(message.plan.detect.max_per_s)
            self._slots.update(message.mark_slots)
            self._look_at(message.plan)

    def restarted(self, message: Restarted) -> None:
        """A new link follows; nothing else concerns the looker."""

    def _from_house(self, message: TellAgain | HubSaid) -> None:
        if isinstance(message, HubSaid) and self._far is not None:
            self._far.said(message)

    def _from_recorder(self, message: Begin | Media | End | Gop) -> None:
        match message:
            case Media(packet=packet):
                camera = packet.camera
            case Begin(run=run):
                camera = run.camera
            case End(gap=gap):
                camera = gap.camera
            case Gop():
                self._pictures.answered(message)
                return
        watcher = self._watchers.get(camera)
        if watcher is not None:
            watcher.put(message)

    def _ask_recorder(self, message: WantGop) -> bool:
        channel = self._recorder
        if channel is None:
            return False
        try:
            channel.send(message)
        except Unreachable:
            return False
        return True

    def track(self, track: Track) -> None:
        """See watcher.Reports."""
        self._house.put(Seen(track=track))

    def motion(self, span: MotionSpan) -> None:
        """See watcher.Reports."""
        self._house.put(Moved(span=span))

    def picture(self, track: Track, frame: Frame, box: Box, *, ask_main: bool) -> None:
        """See watcher.Reports."""
        self._pictures.order(track, frame, box, ask_main=ask_main)

    def alive(self) -> bool:
        """Tell the house how things stand; False when an eye or the detector has been stuck for a minute: it is restarted."""
        desk = self._desk.state()
        self._house.put_if_connected(
            LookerState(
                eyes=tuple(watcher.state for watcher in self._watchers.values()),
                quarantined=self._quarantined,
                boxes=(*(watcher.count() for watcher in self._watchers.values()), self._pictures.count(), desk.box),
                model=desk.model,
                asked=desk.asked,
                looked=desk.looked,
                took_ms_p50=desk.took_ms_p50,
                took_ms_p95=desk.took_ms_p95,
                detector_error=desk.error or self._fallback,
                far=self._far is not None,
            )
        )
        if desk.stalled_s > _STUCK_S:
            return False
        now_ns = self._clock.mono_ns()
        return all(now_ns - watcher.beat_ns < _STUCK_S * NS_PER_S for watcher in self._watchers.values())


def _detector(plan: LookerPlan, clock: Clock) -> tuple[Detector, str]:
    """Return the chosen detector, or a lesser one and why: seeing people only is better than seeing nothing. Where the hub
    looks it is the built-in one, which takes no memory, for when the hub is away."""
    store = Store(
        folder=Path(plan.models_folder), hand_placed=Path(plan.hand_placed_models) if plan.hand_placed_models else None
    )
    if plan.detect.where is Where.HUB:
        return load_detector(HOG.name, store, clock=clock), ""
    try:
        detector = load_detector(plan.detect.model, store, clock=clock)
    except (StorageFailed, Unsupported) as error:
        log.warning("%s; the built-in detector, which knows people only, stands in", error)
        return load_detector(HOG.name, store, clock=clock), str(error)
    return detector, store.passed_over(detector.name) if plan.detect.model == AUTO else ""


def main() -> None:
    child = Child(sys.argv)
    start, fds = child.start("looker")
    plan = start.plan
    assert isinstance(plan, LookerPlan)
    cv2.setNumThreads(1)
    clock = SystemClock()
    with mmap.mmap(fds[0], 0) as marks:
        os.close(fds[0])
        detector, fallback = _detector(plan, clock)
        rehearse()
        desk = Desk(detector, clock=clock, max_per_s=plan.detect.max_per_s)
        give_back()
        walls = sandbox.enter()
        place = "looking with the hub, and meanwhile with" if plan.detect.where is Where.HUB else "looking with"
        log.info("%s %s; %s", place, detector.name, walls.told())
        if known := of_ffmpeg(*ffmpeg()):
            log.warning("%s", known)
        looker = Looker(plan, marks, start.mark_slots, desk, clock, fallback=fallback)
        child.serve(looker, looker.alive, trim)
        leave()


if __name__ == "__main__":
    main()
