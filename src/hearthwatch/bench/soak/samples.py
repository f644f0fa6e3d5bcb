"""Samples: what each process of a house uses, by /proc, and what the house says of itself, by its metrics."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MODULE = re.compile(rb"^hearthwatch\.(?:run\.)?(\w+)$")
_METRIC = re.compile(r"^hearthwatch_(\w+?)(?:\{(.*)\})? ([0-9.e+-]+)$")
SUPERVISOR = "supervisor"
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process; `cpu_s` includes the children it has waited for."""

    role: str
    pid: int
    parent: int
    rss_bytes: int
    cpu_s: float
    fds: int
    threads: int
    is_zombie: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What the house's metrics say; `slow_commits` took longer than the limit."""

    loop_late_s: float
    commits: int
    slow_commits: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One moment. `rss_bytes` and the like are sums over all processes."""

    at_s: float
    processes: tuple[Process, ...]
    spoken: Spoken | None
    wal_bytes: int
    load: float
    viewed: int

    @property
    def rss_bytes(self) -> int:
        return sum(one.rss_bytes for one in self.processes)

    @property
    def cpu_s(self) -> float:
        return sum(one.cpu_s for one in self.processes)


def tree(root: int) -> tuple[Process, ...]:
    """Return `root` and all its descendants by role: `supervisor`, `recorder`, …, a second one of a role as `guest2`."""
    found = {one.pid: one for one in map(_process, _pids()) if one is not None}
    mine, grown = {root}, True
    while grown:
        fresh = {one.pid for one in found.values() if one.parent in mine} - mine
        mine |= fresh
        grown = bool(fresh)
    named: list[Process] = []
    numbers: Counter[str] = Counter()
    for pid in sorted(mine & found.keys()):
        one = found[pid]
        role = SUPERVISOR if pid == root else one.role
        numbers[role] += 1
        number = numbers[role]
        named.append(
            Process(
                role=role if number == 1 else f"{role}{number}",
                pid=pid,
                parent=one.parent,
                rss_bytes=one.rss_bytes,
                cpu_s=one.cpu_s,
                fds=one.fds,
                threads=one.threads,
                is_zombie=one.is_zombie,
            )
        )
    return tuple(named)


def _pids() -> Iterable[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _process(pid: int) -> Process | None:
    folder = Path("/proc") / str(pid)
    try:
        fields = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        words = (folder / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    role = next((match.group(1).decode() for word in words if (match := _MODULE.match(word))), "other")
    try:
        fds = sum(1 for _ in (folder / "fd").iterdir())
    except OSError:  # somebody else's, or gone this moment
        fds = 0
    return Process(
        role=role,
        pid=pid,
        parent=int(fields[1]),
        rss_bytes=int(fields[21]) * _PAGE_BYTES,
        cpu_s=sum(int(fields[at]) for at in (11, 12, 13, 14)) / _TICKS_PER_S,
        fds=fds,
        threads=int(fields[17]),
        is_zombie=fields[0] == "Z",
    )


def spoken(metrics: str, slow_s: float) -> Spoken:
    """Return what the Prometheus text says. What it does not say is 0."""
    late_s, commits, quick, dropped = 0.0, 0, 0, 0
    for line in metrics.splitlines():
        match = _METRIC.match(line)
        if match is None:
            continue
        name, labels, value = match.group(1), match.group(2) or "", float(match.group(3))
        if name == "loop_late_seconds":
            late_s = value
        elif name == "commit_seconds_count":
            commits = round(value)
        elif name == "commit_seconds_bucket" and f'le="{slow_s}"' in labels:
            quick = round(value)
        elif name == "dropped_total":
            dropped += round(value)
    return Spoken(loop_late_s=late_s, commits=commits, slow_commits=commits - quick, dropped=dropped)


def wal_bytes(*folders: Path) -> int:
    """Return the size of the largest write-ahead log in these folders."""
    return max((path.stat().st_size for folder in folders for path in folder.glob("*.db-wal")), default=0)


COLUMNS = (
    "at_s", "role", "pid", "rss_bytes", "cpu_s", "fds", "threads", "processes", "zombies",
    "loop_late_s", "commits", "slow_commits", "dropped", "wal_bytes", "load", "viewed",
)  # fmt: skip


def rows(sample: Sample) -> Iterable[Mapping[str, object]]:
    """Yield the sample's lines of the CSV: one a process, then one of them all."""
    at_s = round(sample.at_s, 2)
    for one in sample.processes:
        yield {
            "at_s": at_s, "role": one.role, "pid": one.pid, "rss_bytes": one.rss_bytes, "cpu_s": round(one.cpu_s, 2),
            "fds": one.fds, "threads": one.threads,
        }  # fmt: skip
    said = sample.spoken
    yield {
        "at_s": at_s, "role": ALL, "rss_bytes": sample.rss_bytes, "cpu_s": round(sample.cpu_s, 2),
        "fds": sum(one.fds for one in sample.processes), "threads": sum(one.threads for one in sample.processes),
        "processes": len(sample.processes), "zombies": sum(one.is_zombie for one in sample.processes),
        "loop_late_s": "" if said is None else round(said.loop_late_s, 4), "commits": "" if said is None else said.commits,
        "slow_commits": "" if said is None else said.slow_commits, "dropped": "" if said is None else said.dropped,
        "wal_bytes": sample.wal_bytes, "load": sample.load, "viewed": sample.viewed,
    }  # fmt: skip


class Table:
    """The CSV: each sample is on disk as soon as it is taken."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.DictWriter(self._file, COLUMNS, restval="")
        self._writer.writeheader()

    def add(self, sample: Sample) -> None:
        self._writer.writerows(rows(sample))
        self._file.flush()

    def close(self) -> None:
        self._file.close()
