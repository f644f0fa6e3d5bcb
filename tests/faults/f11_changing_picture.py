"""F11: the camera sends another picture than before, in the middle of it."""

from __future__ import annotations

from collections.abc import Callable

from hearthwatch.feeds.packet import Codec
from tests.faults.bent_camera import BentCamera, Part, QuickClock, Show, record
from tests.faults.fault import Fault, Outcome, Terms
from tests.recording.packet_maker import Made, make

_FPS = 15
_GOP = 15


def _small(**more: object) -> Made:
    return make(frames=45, fps=_FPS, gop=_GOP, **more)  # type: ignore[arg-type]


def _played(before: Made, after: Made, cut: int, *, anew: bool) -> list[Part]:
    return [Part(made=before, count=cut, fps=_FPS), Part(made=after, count=20 * _FPS, fps=_FPS, anew=anew)]


_WAYS: dict[str, tuple[float, float, Callable[[int], list[Part]]]] = {
    # how much faster than life, the longest gap allowed (a new session starts at the next key frame), what is sent
    "other size": (8, 0.0, lambda cut: _played(_small(), _small(width=320, height=240), cut, anew=False)),
    "other parameters": (8, 0.0, lambda cut: _played(_small(), _small(bframes=2), cut, anew=False)),
    "other codec": (4, 5.0, lambda cut: _played(_small(), _small(codec=Codec.H265), cut, anew=True)),
    "sound appears": (4, 5.0, lambda cut: _played(_small(), _small(audio=Codec.AAC), cut, anew=True)),
    "key frame a minute": (16, 0.0, lambda cut: [Part(made=make(frames=300, fps=5, gop=300), count=600 + cut, fps=5)]),
    "B-frames": (8, 0.0, lambda cut: [Part(made=_small(bframes=3), count=300 + cut, fps=_FPS)]),
    "120 a second": (
        4,
        0.0,
        lambda cut: [
            Part(made=_small(), count=cut, fps=_FPS),
            Part(made=_small(), count=240, fps=120),
            Part(made=_small(), count=60, fps=_FPS),
        ],
    ),
}


async def run(terms: Terms) -> Outcome:
    way = list(_WAYS)[(terms.number - 1) % len(_WAYS)]
    speed, allowed_s, parts = _WAYS[way]
    cut = terms.random.randrange(25 * _FPS, 28 * _FPS)  # seconds after it began well, also where the machine is slow at first
    clock = QuickClock(speed)
    camera = BentCamera(show=Show(parts(cut)), clock=clock, sequence=terms.random.randrange(1 << 16))
    kept = await record(camera, terms.folder, terms.seed)
    broken = [*kept.unplayable, *kept.findings]
    if kept.gap_s > allowed_s:
        broken.append(f"{kept.lost} pictures are missing, {kept.gap_s:.1f} s, with no gap allowed beyond {allowed_s} s")
    if kept.doubled:
        broken.append(f"{kept.doubled} pictures were kept twice")
    if way not in {"key frame a minute", "B-frames", "120 a second"} and kept.runs < 2:
        broken.append("no new run began where the picture changed")
    figures = {
        "gap_s": kept.gap_s,
        "lost_pictures": kept.lost,
        "unplayable_files": len(kept.unplayable),
        "doubled": kept.doubled,
        "overlaps": kept.overlaps,
    }
    return Outcome(figures=figures, broken=tuple(broken), notes={"way": way, "gaps": " ".join(sorted(set(kept.gaps)))})


FAULT = Fault(
    id="F11",
    what="The camera changes size, codec or parameters, sends sound or B-frames, a key frame a minute, 120 pictures a second",
    promise="P1",
    short=1,
    full=56,
    trial=run,
)
