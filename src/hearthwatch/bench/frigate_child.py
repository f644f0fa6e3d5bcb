"""Frigate's way as a peer: for each camera an ffmpeg that pipes small raw pictures, another that cuts the main stream into
files, and a loop that copies each picture to shared memory, looks for motion and asks a detector about the pictures with any.

A lower bound: no tracker, no database, no page, no restream, one region a picture. The arguments are those its documentation
names as defaults. Its own detector's weights are not to be had; ours stands in, one thread.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import cv2
import numpy as np

from hearthwatch.bench.chains import ImprovedMotion
from hearthwatch.bench.contender import needs
from hearthwatch.detect.detection import Detector
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.store import Store
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

_WIDTH_PX, _HEIGHT_PX = 640, 480
_FPS = 5
_READ = ["-hide_banner", "-loglevel", "warning", "-threads", "2", "-avoid_negative_ts", "make_zero"]
_READ += ["-fflags", "+genpts+discardcorrupt", "-rtsp_transport", "tcp", "-use_wallclock_as_timestamps", "1"]
_DETECT = ["-r", str(_FPS), "-vf", f"fps={_FPS},scale={_WIDTH_PX}:{_HEIGHT_PX}", "-threads", "2"]
_DETECT += ["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:"]
_RECORD = ["-f", "segment", "-segment_time", "10", "-segment_format", "mp4", "-reset_timestamps", "1", "-strftime", "1"]
_RECORD += ["-c", "copy", "-an"]


class Camera:
    """One camera: its two ffmpeg processes and the thread that looks."""

    def __init__(self, name: str, *, main: str, sub: str, folder: Path, detector: Detector, turn: threading.Lock) -> None:
        self.pictures = self.looked = self.found = 0
        self._name = CameraId(name)
        self._detector = detector
        self._turn = turn
        ffmpeg = needs("ffmpeg")
        files = folder / name
        files.mkdir(parents=True)
        self._memory = SharedMemory(create=True, size=_WIDTH_PX * _HEIGHT_PX * 3 // 2)
        record = [ffmpeg, *_READ, "-i", main, *_RECORD, str(files / "%Y%m%d%H%M%S.mp4")]
        self._recording = _started(record, stdout=subprocess.DEVNULL)
        self._piping = _started([ffmpeg, *_READ, "-i", sub, *_DETECT], stdout=subprocess.PIPE)
        threading.Thread(target=self._look, daemon=True).start()

    @property
    def pids(self) -> tuple[int, ...]:
        return self._recording.pid, self._piping.pid

    def _look(self) -> None:
        assert self._piping.stdout is not None
        shared = self._memory.buf
        assert shared is not None
        motion, size = ImprovedMotion(), _WIDTH_PX * _HEIGHT_PX
        while len(data := self._piping.stdout.read(size * 3 // 2)) == size * 3 // 2:
            shared[:] = data
            planes = np.frombuffer(data, np.uint8)
            u, v = planes[size:].reshape(2, _HEIGHT_PX // 2, _WIDTH_PX // 2)
            self.pictures += 1
            frame = Frame(
                camera=self._name,
                seq=self.pictures,
                wall_us=WallUs(0),
                received_ns=MonoNs(0),
                pts_s=0.0,
                y=planes[:size].reshape(_HEIGHT_PX, _WIDTH_PX),
                u=u,
                v=v,
            )
            if motion.look(frame):
                with self._turn:
                    self.looked += 1
                    looked = self._detector.detect(frame, [WHOLE])
                self.found += any(one.label == "person" for one in looked.detections)

    def close(self) -> None:
        for process in (self._recording, self._piping):
            process.terminate()
        for process in (self._recording, self._piping):
            process.wait()
        self._memory.unlink()


def _started(command: list[str], *, stdout: int) -> subprocess.Popen[bytes]:
    """Start a program that does not outlive us, however we end."""
    leash = [sys.executable, "-m", "hearthwatch.feeds.leash", str(os.getpid())]
    return subprocess.Popen([*leash, *command], stdin=subprocess.DEVNULL, stdout=stdout)  # noqa: S603 named here


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # its files are ended, not cut off
    settings = json.loads(sys.argv[1])
    cv2.setNumThreads(1)
    detector = load_detector(settings["model"], Store(folder=Path(settings["models"])), clock=SystemClock())
    turn = threading.Lock()
    cameras = [
        Camera(name, main=main, sub=sub, folder=Path(settings["folder"]), detector=detector, turn=turn)
        for name, (main, sub) in settings["cameras"].items()
    ]
    try:
        for _line in sys.stdin:
            counts = {
                "pictures": sum(each.pictures for each in cameras),
                "looked": sum(each.looked for each in cameras),
                "found": sum(each.found for each in cameras),
                "pids": [pid for each in cameras for pid in each.pids],
            }
            sys.stdout.write(json.dumps(counts) + "\n")
            sys.stdout.flush()
    finally:
        for each in cameras:
            each.close()


if __name__ == "__main__":
    main()
