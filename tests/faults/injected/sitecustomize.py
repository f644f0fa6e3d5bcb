"""Put in front of a house's path by `tests.faults.injection`: signals make a process do what no input makes it do.

Its own module of that name is what Python loads first of all; nothing else belongs into this folder.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from types import FrameType

HOW = ("turn", "hold", "stall", "nan", "slow", "die", "heal")
"""In the order of the real-time signals after the first."""


def turn(_number: int, _frame: FrameType | None) -> None:
    """Let the main thread turn in circles; the others go on."""
    while True:
        pass


def hold(_number: int, _frame: FrameType | None) -> None:
    """Hold the interpreter's lock for ever: no thread goes on."""
    re.match("(a+)+$", "a" * 64 + "b")


class Spell:
    """What the detector's engine is under."""

    def __init__(self) -> None:
        self.how = "heal"
        self.run = None

    def cast(self, number: int, _frame: FrameType | None) -> None:
        """Change the engine's class: its objects do so at their next picture."""
        self.how = HOW[number - signal.SIGRTMIN - 1]
        engine = sys.modules["hearthwatch.detect.ncnn_runtime"].NcnnEngine
        if self.run is None:
            self.run = engine.run
        run = self.run

        def bewitched(itself, bgr):
            if self.how == "die":
                os.abort()
            while self.how == "stall":
                time.sleep(0.05)
            began = time.monotonic()
            found = run(itself, bgr)
            if self.how == "slow":
                time.sleep(9 * (time.monotonic() - began))
            return [one * float("nan") for one in found] if self.how == "nan" else found

        engine.run = bewitched


SPELL = Spell()
for at, handler in enumerate((turn, hold, *[SPELL.cast] * 5), 1):
    signal.signal(signal.SIGRTMIN + at, handler)
