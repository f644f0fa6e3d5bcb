"""Nothing is imported or opened once a detector stands: it works on behind the looker's walls."""

import os
import subprocess
import sys

import pytest

INSIDE = """
import sys, threading
from pathlib import Path
from hearthwatch.detect.catalog import drawn_picture
from hearthwatch.detect.desk import Desk
from hearthwatch.detect.load import load_detector
from hearthwatch.detect.store import Store
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import SystemClock
from hearthwatch.run import sandbox

name, folder = sys.argv[1:]
clock, picture = SystemClock(), drawn_picture()
desk = Desk(load_detector(name, Store(folder=Path(folder)), clock=clock), clock=clock, max_per_s=100)
assert sandbox.enter().seccomp
answers, came = [], threading.Semaphore(0)

def answer(looked, frame):
    answers.append(looked)
    came.release()

for regions in ([WHOLE], [Box(x0=0.35, y0=0.2, x1=0.65, y1=0.95)], [WHOLE, Box(x0=0.4, y0=0, x1=1, y1=1)]):
    desk.ask(picture.camera, picture, regions, answer)
    assert came.acquire(timeout=30), desk.state()
state = desk.state()
desk.stop()
print(state.looked, state.failed, [looked.detections[0].label for looked in answers])
"""


@pytest.mark.wired
@pytest.mark.parametrize("name", ["hog", "nanodet_plus_m_416", "yolox_nano_416", "picodet_s_320"])
def test_a_detector_looks_behind_the_walls_and_keeps_no_diary(test_data, tmp_path, name):
    """ONNX Runtime, as it comes, writes an id of the machine and what to send to its maker below HOME."""
    done = subprocess.run(
        [sys.executable, "-c", INSIDE, name, str(test_data / "models")],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )
    assert (done.returncode, done.stdout) == (0, "3 0 ['person', 'person', 'person']\n"), done.stderr
    assert not list(tmp_path.iterdir())
