"""BM12: the detector's step, on an idle machine and beside two busy loops, with one thread, with two, and by OpenCV."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec
import numpy as np

from hearthwatch.bench.contender import Child, running
from hearthwatch.bench.cpu import cpu_ns
from hearthwatch.bench.row import Guard, Row
from hearthwatch.bench.step_child import LOOKS
from hearthwatch.bench.terms import Bench, Terms
from hearthwatch.detect.store import AUTO, Store

_OURS, _NCNN2, _OPENCV = "ours", "ncnn2", "opencv"
_OPENCV_MODEL = "nanodet_m_416"
_BUSY = 2


class _Took(msgspec.Struct, frozen=True):
    took_ms: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Times of one contender in all rounds: `p95_ms` and `p50_ms` are medians over the rounds, `cpu_ms` is a step's mean."""

    p50_ms: float
    p95_ms: float
    cpu_ms: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    p50_ms: float
    p95_ms: float
    cpu_ms: float


def _measured(child: Child) -> _Round:
    before_ns = sum(map(cpu_ns, child.pids))
    took_ms = msgspec.convert(child.ask(), _Took).took_ms
    cpu_ms = (sum(map(cpu_ns, child.pids)) - before_ns) / LOOKS / 1e6
    p50_ms, p95_ms = np.percentile(took_ms, [50, 95]).tolist()
    return _Round(p50_ms=p50_ms, p95_ms=p95_ms, cpu_ms=cpu_ms)


def _steps(rounds: list[_Round]) -> Steps:
    return Steps(
        p50_ms=statistics.median(one.p50_ms for one in rounds),
        p95_ms=statistics.median(one.p95_ms for one in rounds),
        cpu_ms=statistics.median(one.cpu_ms for one in rounds),
        count=LOOKS * len(rounds),
    )


def _all(children: Mapping[str, Child], rounds: int) -> dict[str, Steps]:
    """Measure each in turn, `rounds` times, so that what disturbs the machine disturbs all."""
    seen: dict[str, list[_Round]] = {name: [] for name in children}
    for _ in range(rounds):
        for name, child in children.items():
            seen[name].append(_measured(child))
    return {name: _steps(rounds) for name, rounds in seen.items()}


def step(terms: Terms) -> tuple[Row, ...]:
    """BM12."""
    models = terms.data / "models"
    chosen = Store(folder=models).choose(AUTO).name
    common = {"models": str(models)}
    with ExitStack() as stack:
        children = {
            _OURS: stack.enter_context(Child("step_child", kind=_OURS, model=chosen, **common)),
            _NCNN2: stack.enter_context(Child("step_child", kind=_NCNN2, model=chosen, **common)),
            _OPENCV: stack.enter_context(Child("step_child", kind=_OPENCV, model=_OPENCV_MODEL, **common)),
        }
        idle = _all(children, terms.rounds)
        for _ in range(_BUSY):
            stack.enter_context(running([sys.executable, "-c", "while True: pass"]))
        busy = _all(children, terms.rounds)
    ours = busy[_OURS]
    guards = (Guard(what=f"the detector is {chosen}", held=chosen != "hog"),)
    return (
        _row(
            "the detector's step on an idle machine, p95",
            idle[_OURS].p95_ms,
            target="<= 20 ms",
            limit=20,
            guards=guards,
            note=_said(idle[_OURS]),
        ),
        _row(
            f"the same beside {_BUSY} busy loops, p95 against idle",
            ours.p95_ms,
            target="<= 3 x idle",
            limit=3,
            guards=guards,
            note=_said(ours),
            peer=idle[_OURS].p95_ms,
            peer_name="ours, idle",
        ),
        _row(
            f"processor time of a step beside {_BUSY} busy loops",
            ours.cpu_ms,
            target="ratio <= 1.00",
            limit=1,
            guards=guards,
            note=f"p95 {ours.p95_ms:.0f} ms, peer {busy[_NCNN2].p95_ms:.0f} ms",
            peer=busy[_NCNN2].cpu_ms,
            peer_name="ncnn with 2 threads",
        ),
        _row(
            "the detector's step on an idle machine, p50",
            idle[_OURS].p50_ms,
            target="ratio <= 1.00",
            limit=1,
            guards=guards,
            note="the peer stops at the network's raw numbers",
            peer=idle[_OPENCV].p50_ms,
            peer_name=f"cv2.dnn with {_OPENCV_MODEL}",
        ),
    )


def _said(steps: Steps) -> str:
    return f"p50 {steps.p50_ms:.1f} ms, processor {steps.cpu_ms:.1f} ms, {steps.count} looks"


def _row(
    what: str,
    ours: float,
    *,
    target: str,
    limit: float,
    guards: tuple[Guard, ...],
    note: str,
    peer: float | None = None,
    peer_name: str = "no peer",
) -> Row:
    return Row(
        bench="BM12",
        what=what,
        ours=ours,
        peer=peer,
        peer_name=peer_name,
        unit="ms",
        judged=ours / peer if peer else ours,
        target=target,
        limit=limit,
        rounds=1,
        guards=guards,
        note=note,
    )


BM12 = Bench(name="bm12", what="the detector's step, idle and beside two busy loops", measure=step)
