"""The Watcher: one camera's thread in the looker. It decodes, lets the camera's Eye look, asks the desk, and reports."""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hearthwatch.detect.desk import Reply
from hearthwatch.detect.detection import Looked
from hearthwatch.feeds.packet import Kind, Packet, Stream
from hearthwatch.frames.decode import Decoder
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.mailbox import BoxCount, GopBox
from hearthwatch.kit.units import NS_PER_S, CameraId, MonoNs, WallUs
from hearthwatch.run.messages import Begin, End, EyeState, Flow, Media
from hearthwatch.tracks.eye import Eye
from hearthwatch.tracks.track import EyeOptions, MotionSpan, Track, TrackState

log = logging.getLogger(__name__)

_INBOX_BYTES = 4 * 1024 * 1024
_IDLE_S = 0.5
_FPS_WINDOW_S = 2.0
_BETTER_AFTER_US = 1_500_000


class Asks(Protocol):
    """The desk this camera's questions go to, as detect.desk.Desk."""

    def ask(self, camera: CameraId, frame: Frame, regions: Sequence[Box], reply: Reply, *, urgent: bool = False) -> None: ...


class Reports(Protocol):
    """Where a watcher's findings go; each returns at once."""

    def track(self, track: Track) -> None: ...

    def motion(self, span: MotionSpan) -> None: ...

    def picture(self, track: Track, frame: Frame, box: Box, *, ask_main: bool) -> None:
        """`box` is where the track is in `frame`; `ask_main` where the camera has a better stream than the one looked at."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pictured:
    """The moment a track's last picture shows, and when it was sent."""

    best_us: WallUs
    sent_us: WallUs


class Watcher:
    """Owns its camera's decoder and eye; packets and the desk's answers come through its two inboxes."""

    def __init__(
        self,
        camera: CameraId,
        options: EyeOptions,
        *,
        desk: Asks,
        reports: Reports,
        clock: Clock,
        mark: Callable[[bool], None],
        rng: random.Random,
    ) -> None:
        self._camera = camera
        self._desk = desk
        self._reports = reports
        self._clock = clock
        self._mark = mark
        self._wake = threading.Event()
        self._inbox: GopBox[Flow] = GopBox(f"looker/{camera}", _INBOX_BYTES, self._wake.set)
        self._answers: deque[tuple[Looked, Frame]] = deque()
        self._eye = Eye(camera, options, rng=rng)
        self._options = options
        self._fresh: EyeOptions | None = None
        self._decoder: Decoder | None = None
        self._ask_main = False
        self._ended = False
        self._frames = 0
        self._window_start_ns = clock.mono_ns()
        self._window_frames = 0
        self._errors_before = 0
        self.beat_ns: MonoNs = clock.mono_ns()
        self._state = EyeState(
            camera=camera, frames=0, fps=0.0, decode_errors=0, motion_frac=0.0, settled=False, last_frame_us=WallUs(0)
        )
        self._pictured: dict[str, _Pictured] = {}
        self._thread = threading.Thread(target=self._run, name=f"eye-{camera}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended = True
        self._wake.set()

    def put(self, item: Flow) -> None:
        """Take one item of the camera's stream; returns at once."""
        self._inbox.put(item)

    @property
    def state(self) -> EyeState:
        return self._state

    def count(self) -> BoxCount:
        return self._inbox.count()

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The open tracks, for a house that has just come back."""
        return self._eye.tracks

    def renew(self, options: EyeOptions) -> None:
        """Look with other options from the next picture on; what was seen so far is closed. The same options are no news."""
        if options != self._options:
            self._options = self._fresh = options
            self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(_IDLE_S)
            self._wake.clear()
            self.beat_ns = self._clock.mono_ns()
            self._take_options()
            while not self._ended:
                self._take_answers()
                item = self._inbox.get(0)
                if item is None:
                    break
                self._take(item)
                self.beat_ns = self._clock.mono_ns()
            self._report(self._eye.tick(self._clock.mono_ns()))
        self._report(self._eye.close())

    def _take_options(self) -> None:
        options, self._fresh = self._fresh, None
        if options is not None:
            self._report(self._eye.close())
            self._eye = self._eye.renewed(options)

    def _take(self, item: Flow) -> None:
        match item:
            case Begin(run=run, info=info):
                self._drop_decoder()
                self._ask_main = run.stream is Stream.SUB
                self._mark(True)  # what a stream says of itself at its start is read by the decoder, too
                try:
                    self._decoder = Decoder(self._camera, info.video, fast=True)
                except Unsupported as error:
                    log.warning("%s", error)
                self._mark(False)
            case Media(packet=packet) if packet.kind is Kind.VIDEO and self._decoder is not None:
                self._mark(True)
                self._look(packet, self._decoder)
                self._mark(False)
            case End():
                self._drop_decoder()
            case _:
                pass

    def _drop_decoder(self) -> None:
        if self._decoder is not None:
            self._errors_before += self._decoder.count.broken
        self._decoder = None

    def _look(self, packet: Packet, decoder: Decoder) -> None:
        for frame in decoder.decode(packet):
            self._frames += 1
            self._window_frames += 1
            ask = self._eye.see(frame)
            if ask is not None:
                self._desk.ask(self._camera, frame, ask.regions, self._answer, urgent=ask.urgent)
            decoder.fast = not self._eye.busy
            self._report(())
            motion = self._eye.motion
            if motion is not None:
                self._state = self._describe(motion.area_frac, settled=motion.settled, at_us=frame.wall_us)

    def _answer(self, looked: Looked, frame: Frame) -> None:
        self._answers.append((looked, frame))
        self._wake.set()

    def _take_answers(self) -> None:
        while self._answers:
            looked, frame = self._answers.popleft()
            self._report(self._eye.answer(looked, frame))

    def _report(self, tracks: tuple[Track, ...]) -> None:
        for track in tracks:
            self._reports.track(track)
            self._picture(track)
            if track.state is TrackState.ENDED:
                self._pictured.pop(track.id, None)
        for span in self._eye.take_spans():
            self._reports.motion(span)

    def _picture(self, track: Track) -> None:
        """Send the first picture at once, a better one when the last is a while ago, at the latest when the visitor is gone:
        in the end the picture shows what the event's box is about."""
        before = self._pictured.get(track.id)
        if before is not None:
            gone = track.state in {TrackState.LOST, TrackState.ENDED}
            if track.best_us <= before.best_us or not (gone or track.last_us >= before.sent_us + _BETTER_AFTER_US):
                return
        best = self._eye.picture(track.id)
        if best is None:
            return
        self._pictured[track.id] = _Pictured(best_us=track.best_us, sent_us=track.last_us)
        frame, box = best
        self._reports.picture(track, frame, box, ask_main=self._ask_main)

    def _describe(self, motion_frac: float, *, settled: bool, at_us: WallUs) -> EyeState:
        now_ns = self._clock.mono_ns()
        passed_s = (now_ns - self._window_start_ns) / NS_PER_S
        fps = self._state.fps
        if passed_s >= _FPS_WINDOW_S:
            fps = self._window_frames / passed_s
            self._window_start_ns, self._window_frames = now_ns, 0
        broken = self._errors_before + (self._decoder.count.broken if self._decoder else 0)
        return EyeState(
            camera=self._camera,
            frames=self._frames,
            fps=fps,
            decode_errors=broken,
            motion_frac=motion_frac,
            settled=settled,
            last_frame_us=at_us,
            lenient=self._decoder is not None and self._decoder.is_lenient,
            sight=self._eye.sight,
        )
