"""The Account of a soak and its verdict: what was measured, and whether each promise held. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hearthwatch.bench.soak.coverage import Covered
from hearthwatch.bench.soak.samples import Process, Sample
from hearthwatch.bench.soak.slope import Slope, slope
from hearthwatch.bench.soak.terms import SoakTerms

_MB = 1e6
_WORST = 0.99


class Held(StrEnum):
    MET = "met"
    MISSED = "MISSED"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One promise: what was measured, in words with its N, and what was to be."""

    what: str
    measured: str
    limit: str
    held: Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a run amounts to; times in seconds, `inf` for what never came. `gaps` are losses the house wrote down with their
    cause, `shortfalls` what else must not be, in words."""

    terms: SoakTerms
    cores: int
    live_in_s: float
    samples: tuple[Sample, ...]
    covered: tuple[Covered, ...]
    text_s: tuple[float, ...]
    picture_s: tuple[float, ...]
    decided_s: tuple[float, ...]
    undelivered: int
    outbox_s: float
    alarms: int
    gaps: tuple[str, ...]
    outages: tuple[str, ...]
    faults: tuple[str, ...]
    shortfalls: tuple[str, ...]
    exit_code: int


def rank(values: Sequence[float], share: float) -> float:
    """Return the value by the nearest-rank method, infinity of nothing."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else math.inf


def judged(account: Account) -> tuple[Target, ...]:
    """Return every target of the account."""
    return (*_footage(account), *_alerts(account), *_machine(account), *_growth(account), *_rest(account))


def exit_code(targets: Sequence[Target]) -> int:
    return int(any(one.held is Held.MISSED for one in targets))


def _target(what: str, measured: str, limit: str, held: bool) -> Target:
    return Target(what=what, measured=measured, limit=limit, held=Held.MET if held else Held.MISSED)


def _footage(account: Account) -> Iterator[Target]:
    limits = account.terms.limits
    sent, kept = sum(one.sent for one in account.covered), sum(one.kept for one in account.covered)
    frac = kept / sent if sent else 0.0
    worst = min(account.covered, key=lambda one: one.frac, default=None)
    of_worst = f"; worst {worst.camera} {worst.stream} {worst.frac:.4%}" if worst else ""
    yield _target(
        "pictures on disk, of those the cameras sent",
        f"{frac:.4%} ({sent - kept} lost of {sent}{of_worst})",
        f">= {limits.coverage_frac:.2%}",
        frac >= limits.coverage_frac,
    )
    strangers = sum(one.strangers for one in account.covered)
    yield _target("pictures on disk that no camera sent, or twice", f"{strangers}", "0", strangers == 0)
    yield _target("all cameras recorded after", f"{account.live_in_s:.1f} s", f"<= {limits.live_in_s:.0f} s",
                  account.live_in_s <= limits.live_in_s)  # fmt: skip
    calm = not account.faults
    yield Target(
        what="losses the house wrote down (the recorder dropped, a camera was away)",
        measured=f"{len(account.gaps)}",
        limit="0",
        held=Held.MET if not account.gaps else Held.MISSED if calm else Held.NOT_JUDGED,
    )


def _alerts(account: Account) -> Iterator[Target]:
    limits = account.terms.limits
    count = len(account.text_s)
    told = [one for one in account.text_s if math.isfinite(one)]
    yield _target("visitors told of", f"{len(told)} of {count}", "all", len(told) == count > 0)
    for what, times, share, limit_s in (
        ("text, from the camera's first picture of somebody to the Bot API, p50", account.text_s, 0.5, limits.text_p50_s),
        ("the same, p99", account.text_s, _WORST, limits.text_p99_s),
        ("picture, the same way, p99", account.picture_s, _WORST, limits.picture_p99_s),
    ):
        found_s = rank(times, share)
        yield _target(what, f"{found_s:.3f} s (N {len(times)})", f"<= {limit_s:g} s", found_s <= limit_s)
    yield Target(
        what="text, from the deciding picture to accepted, p50 / p99",
        measured=f"{rank(account.decided_s, 0.5):.3f} / {rank(account.decided_s, _WORST):.3f} s (N {len(account.decided_s)})",
        limit="shown",
        held=Held.NOT_JUDGED,
    )
    yield _target("deliveries still waiting at the end", f"{account.undelivered}", "0", account.undelivered == 0)
    yield _target("outbox empty after the end", f"{account.outbox_s:.0f} s", f"<= {limits.outbox_s:.0f} s",
                  account.outbox_s <= limits.outbox_s)  # fmt: skip


def _machine(account: Account) -> Iterator[Target]:
    limits, samples = account.terms.limits, _warm(account)
    if len(samples) < 2:
        return
    most = max(one.rss_bytes for one in samples) / _MB
    yield _target("memory (RSS of all processes), most", f"{most:.0f} MB", f"<= {limits.rss_mb:.0f} MB", most <= limits.rss_mb)
    passed_s = samples[-1].at_s - samples[0].at_s
    cpu = (samples[-1].cpu_s - samples[0].cpu_s) / passed_s / account.cores
    load = rank([one.load for one in samples], 0.5)
    yield _target(
        f"processor of all {account.cores} cores",
        f"{cpu:.1%} (load of the machine, median: {load:.1f})",
        f"<= {limits.cpu_frac:.0%}",
        cpu <= limits.cpu_frac,
    )
    said = [one.spoken for one in samples if one.spoken is not None]
    late_s = rank([one.loop_late_s for one in said], _WORST)
    yield _target("the house's loop late, p99", f"{late_s * 1000:.0f} ms (N {len(said)})",
                  f"<= {limits.loop_late_p99_s * 1000:.0f} ms", late_s <= limits.loop_late_p99_s)  # fmt: skip
    commits, slow = (said[-1].commits - said[0].commits, said[-1].slow_commits - said[0].slow_commits) if said else (0, 0)
    share = slow / commits if commits > 0 else 1.0
    yield _target(
        f"commits slower than {limits.commit_p99_s * 1000:.0f} ms",
        f"{slow} of {commits}",
        "<= 1 %",
        share <= 1 - _WORST,
    )
    wal = max(one.wal_bytes for one in samples) / _MB
    yield _target("largest write-ahead log", f"{wal:.1f} MB", f"<= {limits.wal_mb:.0f} MB", wal <= limits.wal_mb)


def _growth(account: Account) -> Iterator[Target]:
    terms, samples = account.terms, _warm(account)
    limits = terms.limits
    for role in sorted({one.role for sample in samples for one in sample.processes}):
        mine = [(sample.at_s, one) for sample in samples for one in sample.processes if one.role == role]
        if len(mine) < len(samples) * 0.9:
            continue  # a job that comes and goes
        memory = _of(mine, lambda one: one.rss_bytes / _MB)
        yield _grown(f"memory of {role}", memory, limits.rss_slope_mb_h, "MB/h", judge=terms.grows_are_judged)
        for what, values in (("open files", [one.fds for _, one in mine]), ("threads", [one.threads for _, one in mine])):
            flat = slope([at_s for at_s, _ in mine], values)
            most = max(values) - values[0]
            named = f"{what} of {role} (first {values[0]}, most {max(values)})"
            steady = _grown(named, flat, limits.count_slope_h, "/h", judge=terms.grows_are_judged)
            held = steady.held if most <= limits.count_more else Held.MISSED
            yield Target(what=named, measured=steady.measured, limit=f"{steady.limit}, most + {limits.count_more}", held=held)
    zombies = max((sum(p.is_zombie for p in one.processes) for one in samples), default=0)
    counts = [len(one.processes) for one in samples]
    if counts:
        more = max(counts) - counts[0]
        yield _target(
            "processes", f"first {counts[0]}, most {max(counts)}", f"+ {limits.count_more}", more <= limits.count_more
        )
    yield _target("zombies in any two samples running", f"{zombies}", "0", zombies == 0 or not _stay(samples))


def _stay(samples: Sequence[Sample]) -> bool:
    """Tell whether a zombie of one sample is still there in the next; for an instant every child is one."""
    before: set[int] = set()
    for one in samples:
        now = {each.pid for each in one.processes if each.is_zombie}
        if before & now:
            return True
        before = now
    return False


def _rest(account: Account) -> Iterator[Target]:
    dropped = next((one.spoken.dropped for one in reversed(account.samples) if one.spoken is not None), 0)
    yield Target(what="packets the looker and the viewers skipped", measured=f"{dropped}", limit="shown", held=Held.NOT_JUDGED)
    calm = not account.faults
    yield Target(
        what="outages told",
        measured="; ".join(account.outages[:5]) or "none",
        limit="none" if calm else "shown",
        held=Held.MET if not account.outages else Held.MISSED if calm else Held.NOT_JUDGED,
    )
    yield _target("what else must not be", "; ".join(account.shortfalls[:5]) or "nothing", "nothing", not account.shortfalls)
    yield _target("exit code", f"{account.exit_code}", "0", account.exit_code == 0)


def _warm(account: Account) -> list[Sample]:
    return [one for one in account.samples if one.at_s >= account.terms.warm_s]


def _of(mine: Sequence[tuple[float, Process]], value: Callable[[Process], float]) -> Slope:
    return slope([at_s for at_s, _ in mine], [value(one) for _, one in mine])


def _grown(what: str, found: Slope, limit: float, unit: str, *, judge: bool) -> Target:
    measured = f"{found.per_h:+.2f} {unit} (95 %: {found.low_per_h:+.2f} to {found.high_per_h:+.2f})"
    held = (Held.MET if found.high_per_h <= limit else Held.MISSED) if judge else Held.NOT_JUDGED
    return Target(what=what, measured=measured, limit=f"upper bound <= {limit:g} {unit}", held=held)
