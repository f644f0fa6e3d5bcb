"""F20: the machine starts with a clock three hours slow; a time server mends it minutes later."""

from __future__ import annotations

import asyncio

from tests.devices.hostile_rtsp import Hostile
from tests.faults.bent_camera import BentCamera, Part, QuickClock, Show
from tests.faults.f18_clock_set import _zero_us as zero_us
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.set_clock import SetClock, disorder, gaps, held, lies, overlaps
from tests.recording.packet_maker import make

_FPS = 15
_SLOW_S = -3 * 3600.0


async def run(terms: Terms) -> Outcome:
    """What takes minutes in life takes seconds here; the recorder knows no difference. In every second trial it is killed while the
    clock is wrong, and what was recorded before the kill is mended, too."""
    killed = terms.number % 2 == 0
    camera = BentCamera(
        show=Show([Part(made=make(frames=45, fps=_FPS, gop=_FPS), count=90 * _FPS, fps=_FPS)]), clock=QuickClock(1)
    )
    with Hostile(camera.serve) as server:

        async def record(recorder: SetClock, seconds: float) -> None:
            before = len(camera.sent)
            await recorder.until(lambda: len(camera.sent) > before + seconds * _FPS, "the camera was not asked for pictures")

        async with SetClock(terms.folder, server.url) as recorder:
            await record(recorder, 2.5)
        right = len(held(terms.folder, camera, zero_us(camera)))
        if killed:
            async with SetClock(terms.folder, server.url, ahead_s=_SLOW_S, kept=False) as recorder:
                await record(recorder, 2.5 + terms.random.uniform(0, 1))
                await recorder.kill()
        async with SetClock(terms.folder, server.url, ahead_s=_SLOW_S, kept=False) as recorder:
            await record(recorder, 2.5 + terms.random.uniform(0, 1))
            await recorder.until(
                lambda: len(held(terms.folder, camera, zero_us(camera))) > right, "nothing was kept by the slow clock"
            )
            slow = held(terms.folder, camera, zero_us(camera))
            recorder.set(0.0, kept=True)
            await record(recorder, 2.5)
            await recorder.until(
                lambda: all(one.wrong_s < 1.5 for one in held(terms.folder, camera, zero_us(camera))), "footage stays mis-timed"
            )
            stuck = recorder.stuck
        await asyncio.to_thread(camera.stop.set)
    found = held(terms.folder, camera, zero_us(camera))
    broken = lies(terms.folder)
    before_s = max((one.wrong_s for one in slow), default=0.0)
    after_s = max(one.wrong_s for one in found)
    if before_s < 10_000:
        broken.append(f"the trial tried nothing: the slow clock made an error of {before_s:.0f} s only")
    if disorder(found) or overlaps(found):
        broken.append(f"{disorder(found)} files are out of order, {overlaps(found)} overlap")
    if stuck:
        broken.append(f"the watchdog would have ended the recorder {stuck} times")
    if [one.segment.sequence for one in found[:right]] != sorted(one.segment.sequence for one in found)[:right]:
        broken.append("footage of the slow clock stands before what was recorded earlier")
    if inside := sum(_covers(gap, found) for gap in gaps(terms.folder)):
        broken.append(f"{inside} gaps cover footage")
    figures = {
        "mistimed_before_s": before_s,
        "mistimed_after_s": after_s,
        "out_of_order": disorder(found),
        "overlaps": overlaps(found),
        "watchdog_false_fires": stuck,
    }
    return Outcome(figures=figures, broken=tuple(broken), notes={"killed": str(killed)})


def _covers(gap, found) -> bool:  # type: ignore[no-untyped-def]
    """Whether footage lies inside a gap, by more than the last picture's length."""
    end_us = gap.end_us if gap.end_us is not None else gap.start_us
    return any(min(end_us, one.segment.end_us) - max(gap.start_us, one.segment.start_us) > 200_000 for one in found)


FAULT = Fault(
    id="F20",
    what="The machine starts three hours slow and a time server mends its clock later",
    promise="P9",
    short=1,
    full=16,
    trial=run,
)
