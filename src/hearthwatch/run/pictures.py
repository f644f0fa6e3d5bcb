"""Makes the pictures worth sending, beside the looking: the main stream's view of the moment where it is at hand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from hearthwatch.feeds.packet import Packet, StreamInfo
from hearthwatch.frames.decode import Decoder
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.frames.jpeg import encode_marked
from hearthwatch.kit.errors import BadReply, Unsupported
from hearthwatch.kit.mailbox import BoxCount, Closed, Latest
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.run.messages import Gop, Picture, WantGop
from hearthwatch.tracks.track import Track

log = logging.getLogger(__name__)

_GOP_WAIT_S = 0.25
_GOP_ASKS = 3
_GOP_PAUSE_S = 0.06
_NEAR_US = 110_000
"""Half a picture of a stream of 5 a second: further off, a visitor would stand beside the box drawn around him."""
_MAX_WIDTH_PX = 1280


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    track: Track
    frame: Frame
    box: Box
    ask_main: bool


class PictureMaker:
    """One thread; the newest order of each track. The recorder is asked for the main stream's packets around the moment;
    when they do not come in time the sub-stream's frame serves."""

    def __init__(
        self,
        *,
        ask: Callable[[WantGop], bool],
        give: Callable[[Picture], None],
        mark: Callable[[CameraId, bool], None],
    ) -> None:
        """`mark` is called before and after a camera's bytes are decoded."""
        self._ask = ask
        self._give = give
        self._mark = mark
        self._orders: Latest[_Order] = Latest("pictures")
        self._tokens = count(1)
        self._answer_lock = threading.Lock()
        self._awaited = 0
        self._answer: Gop | None = None
        self._answered = threading.Event()
        self._pause = threading.Event()
        threading.Thread(target=self._run, name="pictures", daemon=True).start()

    def order(self, track: Track, frame: Frame, box: Box, *, ask_main: bool) -> None:
        self._orders.put((track.camera, track.id), _Order(track=track, frame=frame, box=box, ask_main=ask_main))

    def answered(self, gop: Gop) -> None:
        """Take the recorder's answer; one that comes too late is not waited for any more."""
        with self._answer_lock:
            if gop.token == self._awaited:
                self._answer = gop
                self._answered.set()

    def count(self) -> BoxCount:
        return self._orders.count()

    def close(self) -> None:
        self._pause.set()
        self._orders.close()

    def _run(self) -> None:
        try:
            while True:
                order = self._orders.get()
                if order is not None:
                    self._make(order)
        except Closed:
            return

    def _make(self, order: _Order) -> None:
        track = order.track
        frame = self._main_frame(order) if order.ask_main else None
        jpeg = encode_marked(frame or order.frame, order.box, track.label, track.best_score, max_width_px=_MAX_WIDTH_PX)
        self._give(Picture(camera=track.camera, track=track.id, at_us=order.frame.wall_us, box=order.box, jpeg=jpeg))

    def _taken(self) -> Gop | None:
        with self._answer_lock:
            self._awaited = 0
            return self._answer

    def _main_frame(self, order: _Order) -> Frame | None:
        """Return the main stream's picture of the order's moment; None where it is not at hand in time."""
        at_us = order.frame.wall_us
        for _ in range(_GOP_ASKS):
            gop = self._gop(order)
            if gop is None or gop.info is None or not gop.packets:
                return None
            if gop.packets[-1].wall_us >= at_us - _NEAR_US:
                self._mark(order.track.camera, True)
                found = _decoded(order.track.camera, gop, gop.info, at_us)
                self._mark(order.track.camera, False)
                return found
            self._pause.wait(_GOP_PAUSE_S)  # the main stream is a little behind the one that is looked at
        return None

    def _gop(self, order: _Order) -> Gop | None:
        token = next(self._tokens)
        with self._answer_lock:
            self._awaited, self._answer = token, None
            self._answered.clear()
        if not self._ask(WantGop(camera=order.track.camera, at_us=order.frame.wall_us, token=token)):
            return None
        return self._taken() if self._answered.wait(_GOP_WAIT_S) else None


def _decoded(camera: CameraId, gop: Gop, info: StreamInfo, at_us: WallUs) -> Frame | None:
    try:
        found = picture_of(Decoder(camera, info.video, fast=True), gop.packets, at_us)
    except (BadReply, Unsupported) as error:
        log.debug("no picture from the main stream: %s", error)
        return None
    return found if found is not None and abs(found.wall_us - at_us) <= _NEAR_US else None


class _Decodes(Protocol):
    def decode(self, packet: Packet) -> list[Frame]: ...

    def flush(self) -> list[Frame]: ...


def picture_of(decoder: _Decodes, packets: Iterable[Packet], at_us: WallUs) -> Frame | None:
    """Return the picture of `packets` nearest to `at_us`, None when none came out. Never holds more than one of them besides
    the decoder's own: ten seconds of a large picture would be hundreds of megabytes."""
    nearest = None
    for packet in packets:
        for frame in decoder.decode(packet):
            nearest = _nearer(nearest, frame, at_us)
    for frame in decoder.flush():
        nearest = _nearer(nearest, frame, at_us)
    return nearest


def _nearer(one: Frame | None, other: Frame, at_us: WallUs) -> Frame:
    return other if one is None or abs(other.wall_us - at_us) <= abs(one.wall_us - at_us) else one
