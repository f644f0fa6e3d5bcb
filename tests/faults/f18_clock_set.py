"""F18: the clock of the machine is set wrong while it records, and a time server mends it later."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from hearthwatch.feeds.packet import GapReason
from tests.devices.hostile_rtsp import Hostile
from tests.faults.bent_camera import BentCamera, Part, QuickClock, Show
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.set_clock import SetClock, disorder, gaps, held, lies, overlaps, segments, waits_for_a_right_clock
from tests.recording.packet_maker import make

_FPS = 15
_HOUR, _YEAR = 3600.0, 31_556_952.0


def _steps() -> dict[str, float]:
    return {
        "an hour back": -_HOUR,
        "past 2038": 2_210_000_000.0 - time.time(),
        "to 1970": 86_400.0 - time.time(),
        "a second on": 1.0,
        "a second back": -1.0,
        "an hour on": _HOUR,
        "a year on": _YEAR,
        "a year back": -_YEAR,
    }


async def run(terms: Terms) -> Outcome:
    steps = _steps()
    way = list(steps)[(terms.number - 1) % len(steps)]
    camera = BentCamera(
        show=Show([Part(made=make(frames=45, fps=_FPS, gop=_FPS), count=60 * _FPS, fps=_FPS)]), clock=QuickClock(1)
    )
    broken: list[str] = []
    with Hostile(camera.serve) as server:
        async with SetClock(terms.folder, server.url) as recorder:
            await recorder.until(lambda: len(camera.sent) > 2 * _FPS, "the camera was not asked for pictures")
            await asyncio.sleep(terms.random.uniform(0, 1))
            recorder.set(steps[way], kept=False)
            await asyncio.sleep(2 + terms.random.uniform(0, 1))
            recorder.set(0.0, kept=True)
            mended = len(camera.sent)
            await recorder.until(lambda: len(camera.sent) > mended + 3 * _FPS, "no pictures after the clock was mended")
            await recorder.until(lambda: _told(terms.folder) >= 2, "nobody saw that the clock was set")
            await recorder.until(lambda: not waits_for_a_right_clock(terms.folder), "footage stays mis-timed")
        camera.stop.set()
        stuck = recorder.stuck
    found = held(terms.folder, camera, _zero_us(camera))
    numbers = [number for one in found for number in one.numbers]
    missing = set(range(min(numbers), max(numbers) + 1)) - set(numbers)
    told = _told(terms.folder)
    broken += lies(terms.folder)
    if missing or len(numbers) != len(set(numbers)):
        broken.append(f"{len(missing)} pictures are missing, {len(numbers) - len(set(numbers))} kept twice")
    if stuck:
        broken.append(f"the watchdog would have ended the recorder {stuck} times")
    if told < 2:
        broken.append(f"the clock was set twice, and {told} marks tell of it")
    if disorder(found) or overlaps(found):
        broken.append(f"{disorder(found)} files are out of order, {overlaps(found)} overlap")
    if sessions := camera.sessions - 1:
        broken.append(f"the camera was asked anew {sessions} times")
    wrong_s = max(one.wrong_s for one in found)
    if wrong_s > 1.5:
        broken.append(f"footage stays mis-timed by {wrong_s:.1f} s")
    figures = {
        "gap_s": len(missing) / _FPS,
        "watchdog_false_fires": stuck,
        "mistimed_after_s": wrong_s,
        "out_of_order": disorder(found),
        "overlaps": overlaps(found),
        "files_lost": sum(not (terms.folder / "footage" / one.path).exists() for one in segments(terms.folder)),
    }
    return Outcome(figures=figures, broken=tuple(broken), notes={"way": way})


def _told(folder: Path) -> int:
    return sum(gap.reason is GapReason.CLOCK_STEP for gap in gaps(folder))


def _zero_us(camera: BentCamera) -> int:
    """When the camera took its first picture, by the machine's right clock."""
    assert camera.zero_ns is not None
    return camera.clock.wall_us() - (camera.clock.mono_ns() - camera.zero_ns) // 1000


FAULT = Fault(
    id="F18",
    what="The wall clock is set by a second, an hour, a year, to 1970 and past 2038 while recording, then mended by a time server",
    promise="P9",
    short=1,
    full=24,
    trial=run,
)
