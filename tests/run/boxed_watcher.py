"""A watcher in the looker's box, run by a test: reads a film from standard input, prints what became of it.

Two people at once, because a library's solver is needed only where there is something to choose.
"""

from __future__ import annotations

import json
import queue
import random
import sys
import threading

import cv2
import msgspec
import numpy as np

import hearthwatch.run.looker
from hearthwatch.detect.detection import Detection, LabelOptions, Looked
from hearthwatch.feeds.packet import Packet, Run, RunId, Stream, StreamInfo
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.run import sandbox
from hearthwatch.run.child import leave
from hearthwatch.run.messages import Begin, Media
from hearthwatch.run.pictures import PictureMaker
from hearthwatch.run.rehearsal import rehearse
from hearthwatch.run.watcher import Watcher
from hearthwatch.tracks.track import EyeOptions, TrackState


class Film(msgspec.Struct):
    info: StreamInfo
    packets: tuple[Packet, ...]


class _Desk:
    """Whatever is bright is a person: one in each half of the picture's height."""

    def ask(self, camera, frame, regions, reply, *, urgent=False) -> None:
        found = []
        height, width = frame.y.shape
        for top in (0, height // 2):
            rows, columns = np.nonzero(frame.y[top : top + height // 2] > 150)
            if len(rows) > 50:
                x0, x1 = columns.min() / width, (columns.max() + 1) / width
                box = Box(x0=x0, y0=(top + rows.min()) / height, x1=x1, y1=(top + rows.max() + 1) / height)
                found.append(Detection(label="person", score=0.9, box=box))
        reply(
            Looked(
                camera=camera,
                frame_seq=frame.seq,
                wall_us=frame.wall_us,
                detections=tuple(found),
                regions=tuple(regions),
                model="bright",
                took_ms=0.0,
            ),
            frame,
        )


class _Reports:
    def __init__(self) -> None:
        self.told: queue.Queue = queue.Queue()
        self.pictures = PictureMaker(ask=lambda _: False, give=self.told.put, mark=lambda _camera, _busy: None)

    def track(self, track) -> None:
        self.told.put(track)

    def motion(self, span) -> None:
        pass

    def picture(self, track, frame, box, *, ask_main) -> None:
        self.pictures.order(track, frame, box, ask_main=ask_main)


def main() -> None:
    film = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Film)
    cv2.setNumThreads(1)
    assert hearthwatch.run.looker.main  # imported for all that it imports
    if "unrehearsed" not in sys.argv:
        rehearse()
    sandbox.enter()
    camera = film.packets[0].camera
    reports = _Reports()
    watcher = Watcher(
        CameraId(camera),
        EyeOptions(motion=MotionOptions(), labels={"person": LabelOptions()}, zones={}),
        desk=_Desk(),
        reports=reports,
        clock=FakeClock(),
        mark=lambda _: None,
        rng=random.Random(1),
    )
    watcher.start()
    run = Run(id=RunId("r"), camera=camera, stream=Stream.SUB, start_us=WallUs(0))
    watcher.put(Begin(run=run, info=film.info))
    for packet in film.packets:
        watcher.put(Media(packet=packet))
    confirmed, pictured = set(), set()
    while len(pictured) < 2:
        told = reports.told.get(timeout=20)
        if hasattr(told, "jpeg"):
            pictured.add(told.track)
        elif told.state is TrackState.CONFIRMED:
            confirmed.add(told.id)
    eye = next(thread for thread in threading.enumerate() if thread.name == f"eye-{camera}")
    while eye.is_alive() and watcher.state.frames < len(film.packets):
        eye.join(0.05)
    watcher.end()
    eye.join()  # only now is all said that it had to say
    print(json.dumps({"confirmed": len(confirmed), "pictured": len(pictured & confirmed)}))
    leave()


if __name__ == "__main__":
    main()
