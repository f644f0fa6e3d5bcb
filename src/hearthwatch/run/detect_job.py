"""A job that looks: the looker's box around a detector, for pictures of other machines' cameras; ends with its line. With a
second line its network runs at the graphics processor, outside of the box."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import cv2
import numpy as np

from hearthwatch.detect.detection import Detector
from hearthwatch.detect.glance import Answer, Glance
from hearthwatch.detect.load import load_detector, load_on_gpu
from hearthwatch.detect.on_gpu import FromGpu
from hearthwatch.detect.picture import frame_of
from hearthwatch.detect.store import Store
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.kit import logs
from hearthwatch.kit.channel import Channel, inherited
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.errors import BadReply, ConfigFault, StorageFailed, Unreachable, Unsupported
from hearthwatch.run import sandbox
from hearthwatch.run.child import leave
from hearthwatch.run.glance_messages import Look, NotPrepared, Prepare, Prepared, Saw, ToBox
from hearthwatch.run.pieces import cut, seen


def look(glance: Glance, detector: Detector, clock: Clock) -> Answer:
    """Return what `detector` finds in each piece. Raises BadReply for a piece that is no picture."""
    started_ns = clock.mono_ns()
    found = tuple(detector.detect(seen(piece.jpeg), [WHOLE]).detections for piece in glance.pieces)
    return Answer(found=found, model=detector.name, took_ms=(clock.mono_ns() - started_ns) / 1e6)


def _serve(channel: Channel[ToBox], detector: Detector, clock: Clock) -> None:
    while True:
        match channel.receive():
            case Look(glance=glance):
                try:
                    channel.send(Saw(answer=look(glance, detector, clock)))
                except BadReply as error:
                    channel.send(Saw(answer=None, why=str(error)))
            case _:
                pass


def _prepared(channel: Channel[ToBox], gpu: Channel[FromGpu] | None, clock: Clock) -> tuple[Detector, str] | None:
    wish = channel.receive()
    assert isinstance(wish, Prepare)
    store = Store(folder=Path(wish.models_folder), hand_placed=Path(wish.hand_placed) if wish.hand_placed else None)
    try:
        if gpu is None:
            detector = load_detector(wish.model, store, clock=clock)
            told = detector.name
        else:
            detector, device = load_on_gpu(wish.model, store, gpu, clock=clock)
            told = f"{detector.name} on {device}"
    except (BadReply, ConfigFault, StorageFailed, Unsupported) as error:
        channel.send(NotPrepared(error=str(error)))
        return None
    # what libraries import or open late must be there before the box closes
    look(cut(frame_of(np.full((64, 64, 3), 114, np.uint8)), (WHOLE,)), detector, clock)
    return detector, told


def main() -> None:
    logs.set_up("detector")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who began this ends it by its line
    cv2.setNumThreads(1)
    clock = SystemClock()
    channel: Channel[ToBox] = Channel(inherited(int(sys.argv[1])), ToBox)
    gpu: Channel[FromGpu] | None = Channel(inherited(int(sys.argv[2])), FromGpu) if len(sys.argv) > 2 else None
    try:
        prepared = _prepared(channel, gpu, clock)
        if prepared is not None:
            detector, told = prepared
            walls = sandbox.enter()
            channel.send(Prepared(model=told, walls=walls.told()))
            _serve(channel, detector, clock)
    except Unreachable:
        pass
    leave()


if __name__ == "__main__":
    main()
