"""A process that takes one detector's step again and again, ten a second, and tells how long each took."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hearthwatch.detect.catalog import drawn_picture
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.picture import see
from hearthwatch.detect.store import Store, model_named
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.clock import Stop, SystemClock

CROP = Box(x0=112 / 640, y0=0.0, x1=528 / 640, y1=1.0)
_SIDE_PX = 416
_PAUSE_S = 0.1
LOOKS = 30
_WARM_UP = 3


def _ours(settings: dict[str, str]) -> Callable[[], object]:
    detector = load_detector(settings["model"], Store(folder=Path(settings["models"])), clock=SystemClock())
    if settings["kind"] == "ncnn2":
        _on_two_threads(detector, Path(settings["models"]))
    picture = drawn_picture()
    return lambda: detector.detect(picture, [CROP])


def _on_two_threads(detector: Any, models: Path) -> None:
    """Load the network anew as a peer of two threads; ours never has more than one."""
    net = detector._engine._net
    net.clear()
    net.opt.num_threads = 2
    param, weights = (str(models / file.name) for file in model_named(detector.name).files)
    assert net.load_param(param) == 0
    assert net.load_model(weights) == 0


def _opencv(settings: dict[str, str]) -> Callable[[], object]:
    """Return the same step by OpenCV's own network code, up to the network's raw numbers."""
    (graph,) = Store(folder=Path(settings["models"])).read(model_named(settings["model"]))
    network = cv2.dnn.readNetFromONNX(np.frombuffer(graph, np.uint8))
    names = network.getUnconnectedOutLayersNames()
    picture = drawn_picture()

    def step() -> object:
        bgr = see(picture, CROP, (_SIDE_PX, _SIDE_PX)).bgr
        network.setInput(cv2.dnn.blobFromImage(bgr, 1 / 57.4, (_SIDE_PX, _SIDE_PX), (103.5, 116.3, 123.7)))
        return network.forward(names)

    return step


def main() -> None:
    settings: dict[str, str] = json.loads(sys.argv[1])
    cv2.setNumThreads(1)
    step = _opencv(settings) if settings["kind"] == "opencv" else _ours(settings)
    clock, stop = SystemClock(), Stop()
    for _ in range(_WARM_UP):
        step()
    for _line in sys.stdin:
        took_ms = []
        for _ in range(LOOKS):
            started_ns = clock.mono_ns()
            step()
            took_ms.append((clock.mono_ns() - started_ns) / 1e6)
            clock.sleep(stop, _PAUSE_S)
        sys.stdout.write(json.dumps({"took_ms": took_ms}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
