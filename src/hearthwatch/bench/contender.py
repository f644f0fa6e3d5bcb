"""Contenders: programs that do the same work on the same stream at the same time, and the rounds in which they are measured."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from hearthwatch.bench.cpu import cpu_ns, resident_bytes
from hearthwatch.kit.clock import Clock, Stop, SystemClock
from hearthwatch.kit.errors import ConfigFault, Unreachable
from hearthwatch.kit.units import NS_PER_S

SETTLE_S = 10.0
"""libavformat probes a stream for up to 6 s before its first picture."""
_LEAST_FPS_FRAC = 0.99
_END_S = 5.0


class Contender(Protocol):
    """A running program, one or more processes. `pictures` is how many it has taken so far, over all its streams; None where
    it cannot be asked."""

    @property
    def pids(self) -> tuple[int, ...]: ...

    def pictures(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one contender used in one round, all its processes together; `cpu_frac` of one core."""

    cpu_frac: float
    resident_bytes: int
    pictures: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The good rounds: of each contender by name what it used. `discarded` rounds came short of pictures."""

    rounds: tuple[Mapping[str, Used], ...]
    discarded: int

    def cpu_frac(self, name: str) -> float:
        return statistics.median(one[name].cpu_frac for one in self.rounds)

    def resident_bytes(self, name: str) -> float:
        return statistics.median(one[name].resident_bytes for one in self.rounds)

    def cpu_ratio(self, ours: str, peer: str) -> float:
        """Return the median of the rounds' ratios."""
        return statistics.median(one[ours].cpu_frac / one[peer].cpu_frac for one in self.rounds)

    def resident_ratio(self, ours: str, peer: str) -> float:
        return statistics.median(one[ours].resident_bytes / one[peer].resident_bytes for one in self.rounds)

    def pictures(self, name: str) -> int:
        """Return how many pictures it took in the good rounds together."""
        return sum(one[name].pictures or 0 for one in self.rounds)


def compete(
    contenders: Mapping[str, Contender], *, rounds: int, round_s: float, pictures_per_s: float, clock: Clock | None = None
) -> Result:
    """Measure programs that run already, all in the same stretches of time. A round in which one of them took less than 99 %
    of the stream's pictures is thrown away (the machine was busy elsewhere); raises Unreachable when most are."""
    clock, stop = clock or SystemClock(), Stop()
    clock.sleep(stop, SETTLE_S)
    good: list[Mapping[str, Used]] = []
    discarded = 0
    while len(good) < rounds:
        before = {name: _snapshot(each) for name, each in contenders.items()}
        started_ns = clock.mono_ns()
        clock.sleep(stop, round_s)
        passed_s = (clock.mono_ns() - started_ns) / NS_PER_S
        after = {name: _snapshot(each) for name, each in contenders.items()}
        used = {name: _between(before[name], after[name], passed_s) for name in contenders}
        short = [name for name, one in used.items() if not _kept_up(one, pictures_per_s * passed_s)]
        if not short:
            good.append(used)
            continue
        discarded += 1
        if discarded > rounds:
            raise Unreachable(f"{discarded} rounds were discarded: {', '.join(short)} took less than 99 % of the pictures")
    return Result(rounds=tuple(good), discarded=discarded)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    cpu_ns: int
    resident_bytes: int
    pictures: int | None


def _snapshot(contender: Contender) -> _Snapshot:
    pictures = contender.pictures()
    return _Snapshot(sum(map(cpu_ns, contender.pids)), sum(map(resident_bytes, contender.pids)), pictures)


def _between(before: _Snapshot, after: _Snapshot, passed_s: float) -> Used:
    return Used(
        cpu_frac=(after.cpu_ns - before.cpu_ns) / NS_PER_S / passed_s,
        resident_bytes=after.resident_bytes,
        pictures=None if after.pictures is None or before.pictures is None else after.pictures - before.pictures,
    )


def _kept_up(used: Used, expected: float) -> bool:
    """One picture more or less per stream is the round's edge; programs that report each half second get one of those."""
    return used.pictures is None or used.pictures >= expected * _LEAST_FPS_FRAC - max(2.0, expected * 0.01)


@contextmanager
def running(command: Sequence[str], *, answers: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the block ends; it is asked to end, then killed. `answers` connects its input and output,
    and lets its complaints through."""
    pipe = subprocess.PIPE if answers else subprocess.DEVNULL
    complaints = None if answers else subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=complaints, text=True)  # noqa: S603 named here
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


class Child:
    """One of this room's modules as a process of its own: it prints a line of JSON for each line it is sent."""

    def __init__(self, module: str, **settings: object) -> None:
        self._running = running([sys.executable, "-m", f"hearthwatch.bench.{module}", json.dumps(settings)], answers=True)

    def __enter__(self) -> Self:
        self._process = self._running.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._running.__exit__(kind, error, trace)

    @property
    def pids(self) -> tuple[int, ...]:
        return (self._process.pid,)

    def ask(self) -> dict[str, int]:
        """Return its counts now. Raises Unreachable when it has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            counts: dict[str, int] = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError) as error:
            raise Unreachable(f"the process {self._process.pid} that was measured has ended") from error
        return counts

    def pictures(self) -> int | None:
        return self.ask()["pictures"]


class Ffmpeg:
    """One or more ffmpeg processes, one per list of arguments, each telling its progress twice a second."""

    def __init__(self, folder: Path, *arguments: Sequence[str]) -> None:
        program = needs("ffmpeg")
        self._reports = [folder / f"progress-{index}" for index in range(len(arguments))]
        quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-stats_period", "0.25"]
        self._commands = [
            [program, *quiet, "-progress", f"file:{report}", *some]
            for report, some in zip(self._reports, arguments, strict=True)
        ]
        self._runs = [running(command) for command in self._commands]
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        self._processes = [each.__enter__() for each in self._runs]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for each in self._runs:
            each.__exit__(kind, error, trace)

    @property
    def pids(self) -> tuple[int, ...]:
        return tuple(process.pid for process in self._processes)

    def pictures(self) -> int:
        return sum(map(_last_frame, self._reports))


def _last_frame(report: Path) -> int:
    lines = report.read_text(encoding="ascii").splitlines() if report.exists() else []
    return next((int(line.partition("=")[2]) for line in reversed(lines) if line.startswith("frame=")), 0)


class MotionDaemon:
    """Debian's `motion`, detection only: no pictures, no movies, no web pages."""

    def __init__(self, folder: Path, urls: Sequence[str], *, width_px: int, height_px: int, fps: int) -> None:
        program = needs("motion")
        common = [
            "daemon off", "webcontrol_port 0", "stream_port 0", "picture_output off", "movie_output off", "log_level 6",
            f"log_file {folder / 'motion.log'}", f"target_dir {folder}",
        ]  # fmt: skip
        for index, url in enumerate(urls):
            camera = [f"camera_id {index + 1}", f"netcam_url {url}", "netcam_params rtsp_transport=tcp"]
            camera += [f"width {width_px}", f"height {height_px}", f"framerate {fps}"]
            (folder / f"camera-{index}.conf").write_text("\n".join(camera) + "\n")
            common.append(f"camera {folder / f'camera-{index}.conf'}")
        (folder / "motion.conf").write_text("\n".join(common) + "\n")
        self._log = folder / "motion.log"
        self._running = running([program, "-n", "-c", str(folder / "motion.conf")])

    def __enter__(self) -> Self:
        self._process = self._running.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._running.__exit__(kind, error, trace)

    @property
    def pids(self) -> tuple[int, ...]:
        return (self._process.pid,)

    def pictures(self) -> None:
        """It does not tell."""

    def events(self) -> int:
        """Return how many times it began to see motion."""
        return self._log.read_text(errors="replace").count("Motion detected")


def needs(program: str) -> str:
    """Return where a peer's program is. Raises ConfigFault when it is not installed."""
    path = shutil.which(program)
    if path is None:
        raise ConfigFault(f"{program} is not installed: `make bench` installs it (as root), or `apt-get install {program}`")
    return path


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hearthwatch-bench-") as name:
        yield Path(name)
