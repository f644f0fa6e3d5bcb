"""A recorder whose wall clock a trial sets, by libfaketime: the process alone sees it, its monotonic clock is the machine's."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from hearthwatch.feeds.packet import Gap, Stream
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Segment, SegmentState
from hearthwatch.recording.verify import verify
from hearthwatch.recording.walk import read_footage_at
from tests.faults.bent_camera import BENT, BentCamera, marked
from tests.faults.fault import NotHere
from tests.faults.numbered import samples_of
from tests.faults.running import ROOT

_FAR_US = WallUs(1 << 60)
_LIMIT_S = 120.0


def _library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise NotHere("libfaketime is missing (Debian: apt-get install libfaketime)")
    return found[0]


class SetClock:
    """`async with SetClock(folder, url) as recorder`: it starts with a clock that is `ahead_s` wrong, kept or not."""

    def __init__(self, folder: Path, url: str, *, ahead_s: float = 0.0, kept: bool = True) -> None:
        self.folder = folder
        self._url = url
        self._library = _library()
        self._stamp = folder / "clock"
        self.stuck = 0
        self._ended = False
        self.set(ahead_s, kept=kept)

    def set(self, ahead_s: float, *, kept: bool) -> None:
        """Set the recorder's clock, from its next look on."""
        if not kept:
            (self.folder / "kept").unlink(missing_ok=True)
        temporary = self._stamp.with_suffix(".new")
        temporary.write_text(f"{ahead_s:+.6f}\n")
        temporary.rename(self._stamp)
        if kept:
            (self.folder / "kept").touch()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.faults.clock_child",
            str(self.folder),
            self._url,
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
                "LD_PRELOAD": str(self._library),
                "FAKETIME_TIMESTAMP_FILE": str(self._stamp),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            word, _, count = line.decode().partition(" ")
            if word == "alive":
                self.stuck = int(count)
            self._ended = self._ended or word == "ended"

    async def kill(self) -> None:
        """End it as the kernel would."""
        self._process.kill()
        await self._process.wait()

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                async with asyncio.timeout(_LIMIT_S):
                    await self._process.wait()
            finally:
                with suppress(ProcessLookupError):
                    self._process.kill()
        await self._reading

    async def until(self, what: Callable[[], bool], words: str) -> None:
        """Wait until the index says so."""
        end = time.monotonic() + _LIMIT_S
        while not await asyncio.to_thread(what):
            if time.monotonic() > end:
                raise TimeoutError(words)
            await asyncio.sleep(0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One file: the pictures in it, and how far from the truth the index has it."""

    segment: Segment
    numbers: tuple[int, ...]
    wrong_s: float


def held(folder: Path, camera: BentCamera, zero_us: int) -> list[Held]:
    """Return what the index lists, by its own order. `zero_us` is when the camera took its first picture."""
    times = {shot.number: shot.at_s for shot in camera.show.shots if shot.number is not None}
    found = []
    for segment in segments(folder):
        if segment.state is SegmentState.RECORDING:
            continue
        path = folder / "footage" / segment.path
        numbers = tuple(one for data in samples_of(path, read_footage_at(path)) if (one := marked(data)) is not None)
        true_us = zero_us + times[numbers[0]] * US_PER_S
        found.append(Held(segment=segment, numbers=numbers, wrong_s=abs(segment.start_us - true_us) / US_PER_S))
    return found


def segments(folder: Path) -> tuple[Segment, ...]:
    if not (folder / "index.db").exists():
        return ()
    with IndexReader(folder / "index.db") as reader:
        return tuple(sorted((one for one in reader.all_segments() if one.camera == BENT), key=lambda one: one.start_us))


def gaps(folder: Path) -> tuple[Gap, ...]:
    with IndexReader(folder / "index.db") as reader:
        return reader.gaps(BENT, Stream.MAIN, WallUs(-_FAR_US), _FAR_US)


def waits_for_a_right_clock(folder: Path) -> bool:
    """Tell whether a row still says when it was stamped, to be put right once something keeps the clock."""
    with closing(sqlite3.connect(f"file:{folder / 'index.db'}?mode=ro", uri=True)) as sql:
        return any(
            sql.execute(f"SELECT 1 FROM {table} WHERE clock_boot IS NOT NULL").fetchone() for table in ("segments", "gaps")
        )


def disorder(found: list[Held]) -> int:
    """Return how many files stand before one whose pictures were taken earlier."""
    return sum(after.numbers[0] < before.numbers[-1] for before, after in pairwise(found))


def overlaps(found: list[Held]) -> int:
    return sum(after.segment.start_us < before.segment.end_us - 1000 for before, after in pairwise(found))


def lies(folder: Path) -> list[str]:
    with IndexReader(folder / "index.db") as reader:
        report = verify(folder / "footage", reader, now_us=_FAR_US, deep=True)
    return [f"{one.flaw} {one.path}: {one.detail}" for one in report.findings]
