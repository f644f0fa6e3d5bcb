"""BM7: what finding people costs, motion and detector together, beside the loop of the program Hearthwatch grew from."""

from __future__ import annotations

from contextlib import ExitStack

import msgspec

from hearthwatch.bench import footage
from hearthwatch.bench.contender import Child, Contender, compete
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.rtsp_server import RtspServer
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.detect.store import AUTO, Store

_OURS, _SEED = "Hearthwatch", "seed"
_LIMIT = 0.25
_PATH = "/sub160"


class _Counts(msgspec.Struct, frozen=True):
    """What either says when asked; `alerts` are those since the last question."""

    pictures: int
    looked: int
    alerts: tuple[tuple[str, int], ...] = ()


class Looking(Child):
    """Remembers what each answer told."""

    looked = 0
    alerts = 0

    def pictures(self) -> int:
        counts = msgspec.convert(self.ask(), _Counts)
        self.looked = counts.looked
        self.alerts += len(counts.alerts)
        return counts.pictures


def measure(terms: Terms) -> tuple[Row, ...]:
    """BM7."""
    models = terms.data / "models"
    model = Store(folder=models).choose(AUTO).name
    with ExitStack() as stack:
        server = stack.enter_context(RtspServer([footage.sub(terms, path=_PATH, kbps=160)]))
        url = server.url(_PATH)
        ours = stack.enter_context(Looking("looking_child", kind="ours", urls=[url], models=str(models), model=model))
        seed = stack.enter_context(Looking("seed_child", url=url, models=str(models), model=model))
        contenders: dict[str, Contender] = {_OURS: ours, _SEED: seed}
        result = compete(contenders, rounds=terms.rounds, round_s=terms.round_s, pictures_per_s=footage.FPS)
    visits = int(terms.rounds * terms.round_s // footage.LOOP_S)
    return (
        Row(
            bench="BM7",
            what=f"find people, 640x480@10, 160 kbit/s, {model}",
            ours=result.cpu_frac(_OURS) * 100,
            peer=result.cpu_frac(_SEED) * 100,
            peer_name="seed loop, the same detector, 1 thread",
            unit="% core",
            judged=result.cpu_ratio(_OURS, _SEED),
            target=f"ratio <= {_LIMIT}",
            limit=_LIMIT,
            rounds=len(result.rounds),
            note=f"{ours.looked} looks of ours, {seed.looked} of theirs",
            guards=(Guard(what=f"{ours.alerts} alerts for {visits} visits", held=ours.alerts >= visits > 0),),
        ),
    )


BM7 = Bench(name="bm7", what="find people, beside the seed program's loop", measure=measure)
