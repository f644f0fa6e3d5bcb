"""From the lines of the trials to docs/evidence/faults.json, which the table of docs/reliability.md is made of."""

from __future__ import annotations

import json
import math
import os
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.faults.fault import Fault
from tests.faults.running import ROOT, Code, Record

EVIDENCE = ROOT / "docs" / "evidence" / "faults.json"

_EXAMPLES = 10
_VALUES = 24
"""A note of more values than this is not a kind but a story, and stays in the lines."""


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, p99 (nearest rank: a value that was measured) and the largest."""
    ordered = sorted(values)
    return {
        "count": len(ordered),
        "median": round(statistics.median(ordered), 4),
        "p99": round(ordered[math.ceil(len(ordered) * 0.99) - 1], 4),
        "worst": round(ordered[-1], 4),
    }


def rate_below(trials: int) -> float:
    """Return the rate of breaking that `trials` without any exclude with 95 % (near 3 / trials)."""
    return round(1 - 0.05 ** (1 / trials), 4)


def summary(fault: Fault, records: Iterable[Record], code: Code) -> dict[str, object]:
    """Return what all trials of one fault with one code amount to."""
    found = sorted(records, key=lambda record: (record.run_seed, record.number))
    broken = [record for record in found if record.broken]
    figures: dict[str, list[float]] = {}
    notes: dict[str, Counter[str]] = {}
    for record in found:
        for name, value in record.figures.items():
            figures.setdefault(name, []).append(value)
        for name, value in record.notes.items():
            notes.setdefault(name, Counter())[value] += 1
    seeds = sorted({record.run_seed for record in found})
    runs = [f"--seed {seed} --n {max(record.number for record in found if record.run_seed == seed)}" for seed in seeds]
    told: dict[str, object] = {
        "what": fault.what,
        "promise": fault.promise,
        "trials": len(found),
        "broken": len(broken),
        "figures": {name: spread(values) for name, values in sorted(figures.items())},
        "notes": {name: dict(counted.most_common()) for name, counted in sorted(notes.items()) if len(counted) <= _VALUES},
        "examples": [{"seed": one.run_seed, "number": one.number, "broken": one.broken} for one in broken[:_EXAMPLES]],
        "commands": [f".venv/bin/python -m tests.faults {fault.id} {run}" for run in runs],
        "commit": found[-1].commit if found else code.commit,
        "dirty": any(record.dirty for record in found),
        "code": code.fingerprint,
        "at": max((record.at for record in found), default=""),
        "seconds": round(sum(record.seconds for record in found), 1),
        "cores": os.cpu_count(),
    }
    if found:
        told["load_median"] = round(statistics.median(record.load for record in found), 1)
        if not broken:
            told["rate_below_95"] = rate_below(len(found))
    return told


def write(summaries: Mapping[str, Mapping[str, object]], path: Path = EVIDENCE) -> None:
    """Put these faults' summaries in the place of their old ones; the others' stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    old = json.loads(path.read_text()) if path.exists() else {}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(dict(sorted({**old, **summaries}.items())), indent=1) + "\n")
    fresh.rename(path)


def table(summaries: Mapping[str, Mapping[str, object]], passed_over: Mapping[str, str]) -> str:
    """Return all summaries for a person."""
    lines = [f"{'fault':12} {'N':>5} {'broken':>6}   {'figure':36} {'median':>10} {'p99':>10} {'worst':>10}"]
    for name, found in summaries.items():
        figures: dict[str, dict[str, float]] = found["figures"]  # type: ignore[assignment]
        rows = [f"{key:36} {one['median']:10.3f} {one['p99']:10.3f} {one['worst']:10.3f}" for key, one in figures.items()]
        lines.append(f"{name:12} {found['trials']:5} {found['broken']:6}   {rows[0] if rows else ''}".rstrip())
        lines += [f"{'':27}{row}" for row in rows[1:]]
    lines += [f"{name:12} not here: {why}" for name, why in passed_over.items()]
    return "\n".join(lines)
