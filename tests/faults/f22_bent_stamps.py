"""F22: the camera's time stamps wrap, go back, jump; another sender takes over; sender reports are missing or lie."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from hearthwatch.feeds.packetize import RtpTrack
from hearthwatch.kit.units import US_PER_S, WallUs
from tests.faults.bent_camera import BentCamera, Part, QuickClock, Shot, Show, record
from tests.faults.fault import Fault, Outcome, Terms
from tests.recording.packet_maker import make

_FPS, _GOP = 15, 30
_HZ = 90_000
_SPEED = 6.0


@dataclass
class _Bend:
    """What becomes of stamps from one picture on."""

    rng: random.Random
    at: int
    way: str
    done: bool = False
    lies: list[int] = field(default_factory=list)

    def before(self, shot: Shot, lanes: list[RtpTrack]) -> None:
        if shot.number is None or self.done or shot.number < self.at:
            return
        lane = lanes[0]
        if self.way == "another sender":
            if not shot.packet.is_key:
                return
            lane.ssrc, lane.sequence = self.rng.getrandbits(32), self.rng.getrandbits(16)
            lane._start = self.rng.getrandbits(32)
        self.done = True
        shift_s = {
            "ten hours on": 36_000.0,
            "ten hours back": -36_000.0,
            "half a minute back": -30.0,
            "four seconds back": -4.0,
        }
        lane._start = lane._start + round(shift_s.get(self.way, 0.0) * _HZ) & 0xFFFF_FFFF

    def report(self, shot: Shot, lanes: list[RtpTrack]) -> bytes | None:
        if self.way != "lying reports" or shot.number is None or shot.number % 5:
            return None
        years = self.rng.choice([-56, -1, 1, 13, 40])
        return lanes[0].report(self.rng.getrandbits(32), WallUs(max(0, (2026 - 1970 + years) * 31_556_952 * US_PER_S)))


_WAYS = ("wrap", "half a minute back", "ten hours on", "another sender", "lying reports", "four seconds back", "ten hours back")
_SPLITS = frozenset({"half a minute back", "ten hours on", "ten hours back"})


async def run(terms: Terms) -> Outcome:
    way = _WAYS[(terms.number - 1) % len(_WAYS)]
    bend = _Bend(terms.random, terms.random.randrange(4 * _FPS, 8 * _FPS), way)
    start: Callable[[], int] = lambda: terms.random.getrandbits(32)  # noqa: E731
    camera = BentCamera(
        show=Show([Part(made=make(frames=60, fps=_FPS, gop=_GOP), count=14 * _FPS, fps=_FPS)]),
        clock=QuickClock(_SPEED),
        before=bend.before,
        report=bend.report,
        start_stamp=(1 << 32) - terms.random.randrange(_HZ, 10 * _HZ) if way == "wrap" else start(),
        sequence=terms.random.randrange(1 << 16),
    )
    kept = await record(camera, terms.folder, terms.seed, segment_s=6.0)
    broken = [*kept.unplayable, *kept.findings]
    if kept.overlaps:
        broken.append(f"{kept.overlaps} files overlap the one before")
    if kept.numbers != sorted(kept.numbers) or kept.doubled:
        broken.append("the pictures are not in the order in which they were taken")
    if kept.lost:
        broken.append(f"{kept.lost} pictures are missing")
    if way in _SPLITS and kept.runs != 2:
        broken.append(f"the stamps jumped, and {kept.runs} runs came of it")
    figures = {"overlaps": kept.overlaps, "gap_s": kept.gap_s, "lost_pictures": kept.lost, "doubled": kept.doubled}
    return Outcome(figures=figures, broken=tuple(broken), notes={"way": way, "runs": str(kept.runs)})


FAULT = Fault(
    id="F22",
    what="Time stamps wrap, go back and jump ten hours, another sender takes over, sender reports lie",
    promise="P9",
    short=1,
    full=56,
    trial=run,
)
