"""The loop of the program Hearthwatch grew from, as a peer: OpenCV reads, crops, halves and subtracts the background of every
picture, and the detector looks at each one with motion.

Its own detector's weights are not to be had; ours stands in on the whole picture, one thread.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import cv2
import numpy as np

from hearthwatch.detect.load import load_detector
from hearthwatch.detect.picture import frame_of
from hearthwatch.detect.store import Store
from hearthwatch.frames.geometry import WHOLE
from hearthwatch.kit.clock import SystemClock

_CROP_PX = 50
_MOVING_PX = 100


class SeedLoop:
    """One camera: a thread that reads the newest picture, one that looks at it."""

    def __init__(self, url: str, models: Path, model: str) -> None:
        self.pictures = self.looked = self.found = 0
        self._url = url
        self._detector = load_detector(model, Store(folder=models), clock=SystemClock())
        self._newest: np.ndarray | None = None
        self._fresh = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._look, daemon=True).start()

    def _read(self) -> None:
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"
        capture = cv2.VideoCapture(self._url, cv2.CAP_FFMPEG)
        while True:
            good, picture = capture.read()
            if not good:
                return
            self.pictures += 1
            self._newest = picture
            self._fresh.set()

    def _look(self) -> None:
        background = cv2.bgsegm.createBackgroundSubtractorMOG()
        while True:
            self._fresh.wait()
            self._fresh.clear()
            picture = self._newest
            assert picture is not None
            small = cv2.resize(picture[_CROP_PX:], None, fx=0.5, fy=0.5)
            if cv2.countNonZero(background.apply(small)) > _MOVING_PX:
                self.looked += 1
                looked = self._detector.detect(frame_of(np.asarray(picture, np.uint8)), [WHOLE])
                self.found += any(one.label == "person" for one in looked.detections)


def main() -> None:
    settings = json.loads(sys.argv[1])
    cv2.setNumThreads(1)
    loop = SeedLoop(settings["url"], Path(settings["models"]), settings["model"])
    for _line in sys.stdin:
        sys.stdout.write(json.dumps({"pictures": loop.pictures, "looked": loop.looked, "found": loop.found}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
