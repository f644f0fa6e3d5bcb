"""What the looker needs is all there when its box closes: rehearsed once, a clip goes through to tracks and pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.frames.clip_maker import clip
from tests.run.boxed_watcher import Film

from hearthwatch.feeds.packet import StreamInfo
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import MonoNs, WallUs

pytestmark = pytest.mark.wired

ROOT = Path(__file__).resolve().parents[2]


def film() -> bytes:
    """Two bright blocks that walk through the picture, one above the other, after three seconds without anybody."""
    shown = []
    for number in range(60):
        picture = np.full((360, 320), 60, np.uint8)
        if number >= 30:
            left = 20 + (number - 30) * 6
            picture[40:150, left : left + 36] = 210
            picture[220:330, 300 - left : 336 - left] = 210
        shown.append(picture)
    info, packets = clip(shown, gop=10)
    start_ns = FakeClock().mono_ns()
    timed = tuple(
        replace(each, wall_us=WallUs(number * 100_000), received_ns=MonoNs(start_ns + number * 100_000_000))
        for number, each in enumerate(packets)
    )
    return msgspec.msgpack.encode(Film(info=StreamInfo(video=info), packets=timed))


def boxed(*words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tests.run.boxed_watcher", *words]
    return subprocess.run(command, input=film(), capture_output=True, timeout=60, check=False, cwd=ROOT)


def test_two_people_are_seen_through_to_their_pictures_in_the_box() -> None:
    done = boxed()
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {"confirmed": 2, "pictured": 2}
    assert done.stderr.decode() == ""


def test_without_the_rehearsal_something_is_missing() -> None:
    """Else the rehearsal, and the test above, would prove nothing."""
    assert b"ModuleNotFoundError" in boxed("unrehearsed").stderr
