"""Which benchmarks there are; a new one is a function and a row here."""

from __future__ import annotations

from hearthwatch.bench import (
    all_in,
    chains,
    connecting,
    keeping,
    latency,
    scaling,
    sealing,
    seeing,
    snapshot,
    step,
    timeline,
    watching,
)
from hearthwatch.bench.terms import Bench
from hearthwatch.kit.errors import ConfigFault

BENCHES: tuple[Bench, ...] = (
    watching.BM1,
    watching.BM2,
    watching.BM3,
    keeping.BM4,
    keeping.BM5,
    all_in.BM6,
    seeing.BM7,
    latency.BM8,
    latency.BM9,
    connecting.BM10,
    chains.BM11,
    step.BM12,
    scaling.BM13,
    snapshot.BM14,
    sealing.SEAL,
    timeline.TIMELINE,
)


def chosen(names: str) -> tuple[Bench, ...]:
    """Return the benchmarks of those names, with commas between, or all of them for `all`. Raises ConfigFault."""
    if names == "all":
        return BENCHES
    known = {bench.name: bench for bench in BENCHES}
    wanted = [name.strip().lower() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise ConfigFault(f"there is no benchmark {name!r}: it is one of all, {', '.join(known)}")
    return tuple(known[name] for name in wanted)
