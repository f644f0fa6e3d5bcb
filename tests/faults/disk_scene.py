"""The house on one disk as a trial sees it: what it said, what was lost, what is listed wrongly."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sqlite3
import sys
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import SegmentState
from hearthwatch.recording.verify import verify
from tests.faults.disk_terms import DiskTerms
from tests.faults.numbered import FPS, kept_numbers
from tests.faults.running import ROOT

FAR_US = WallUs(1 << 60)
_LIMIT_S = 150.0


def clip(folder: Path) -> Path:
    """Return a clip to record, encoded once and kept beside the trial's disk."""
    from tests.recording.packet_maker import make

    path = folder / "clip.pickle"
    if not path.exists():
        path.write_bytes(pickle.dumps(make(width=160, height=120)))
    return path


class Child:
    """One life of `disk_child`; `said` holds its lines by their first word."""

    def __init__(self, terms: DiskTerms, environ: dict[str, str] | None = None) -> None:
        self.terms = terms
        self.said: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._environ = environ or {}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._heard = asyncio.Condition()
        self.pid = 0
        self.began_ns = 0

    async def start(self) -> None:
        self.began_ns = time.monotonic_ns()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.faults.disk_child",
            json.dumps(self.terms.words()),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **self._environ},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self.pid = self._process.pid
        self._reading = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for raw in process.stdout:
            word, *rest = raw.decode().split()
            async with self._heard:
                self.said[word].append(tuple(rest))
                self._heard.notify_all()
        async with self._heard:
            self._heard.notify_all()

    async def until(self, word: str, times: int = 1) -> None:
        """Wait until it has said a word so often."""
        assert self._reading is not None
        async with self._heard, asyncio.timeout(_LIMIT_S):
            await self._heard.wait_for(lambda: len(self.said[word]) >= times or self._reading.done())  # type: ignore[union-attr]
        assert len(self.said[word]) >= times, f"the child ended before it said {word}: {dict(self.said)!r:.500}"

    async def kill(self) -> None:
        """End it as a power cut does."""
        assert self._process is not None
        assert self._reading is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def end(self) -> int:
        """Let it end in order; return its exit code."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._reading is not None
        self._process.stdin.close()
        async with asyncio.timeout(_LIMIT_S):
            code = await self._process.wait()
        await self._reading
        return code

    def sent(self, until_us: int) -> dict[int, int]:
        """Return the pictures every camera had handed over by then: number and wall time."""
        return {int(number): int(wall) for number, wall in self.said["sent"] if int(wall) <= until_us}


@dataclass(slots=True)
class Kept:
    """What a disk holds when nobody writes to it any more."""

    lying_rows: int = 0
    findings: list[str] = field(default_factory=list)
    numbers: dict[str, set[int]] = field(default_factory=dict)
    doubled: int = 0


def kept_on(disk: Path) -> Kept:
    """Look at every row and every file; orphans of any age count."""
    found = Kept()
    with IndexReader(disk / "data" / "index.db") as reader:
        report = verify(disk / "footage", reader, now_us=FAR_US, deep=True)
        found.findings = [f"{one.flaw} {one.path}: {one.detail}" for one in report.findings]
        found.lying_rows = len(report.findings)
        for camera, stream in reader.streams():
            segments = reader.segments(CameraId(camera), Stream(stream), WallUs(0), FAR_US)
            unfinished = [one for one in segments if one.state is not SegmentState.COMPLETE]
            found.lying_rows += len(unfinished)
            found.findings += [f"{one.path} is {one.state}" for one in unfinished]
            counted = kept_numbers(disk / "footage", segments)
            found.numbers[camera] = set(counted)
            found.doubled += sum(times - 1 for times in counted.values())
    return found


def lost_s(kept: Kept, sent: dict[int, int], cameras: int) -> float:
    """Return the seconds of pictures missing of those sent, of the worst camera; what retention took at the front is not lost."""
    worst = 0
    for number in range(cameras):
        have = kept.numbers.get(f"camera{number}", set())
        first = min(have, default=0)
        worst = max(worst, sum(one not in have for one in sent if one >= first))
    return worst / FPS


@dataclass(slots=True)
class Journal:
    """What `house.db` holds."""

    events: set[str] = field(default_factory=set)
    alerts: dict[str, str] = field(default_factory=dict)
    """State of the text of each alert about an event."""
    armed: tuple[int, str] = (0, "")
    lines: set[int] = field(default_factory=set)
    sound: bool = False


def journal_of(path: Path) -> Journal:
    found = Journal()
    with closing(sqlite3.connect(path)) as sql:
        found.sound = sql.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found.events = {key for (key,) in sql.execute("SELECT id FROM events")}
        found.alerts = dict(
            sql.execute(
                "SELECT a.id, d.state FROM alerts a LEFT JOIN deliveries d ON d.alert = a.id WHERE a.event != ''"
            ).fetchall()
        )
        row = sql.execute("SELECT number, mode FROM arm_state").fetchone()
        found.armed = tuple(row) if row else (0, "")
        found.lines = {number for (number,) in sql.execute("SELECT number FROM arm_changes")}
    return found


def lost_acknowledged(journal: Journal, lives: list[Child], cut_us: int, gone_us: int) -> tuple[int, list[str]]:
    """Return how many acknowledged events, alerts and arming changes are gone, and what else is wrong with the journal.

    The power of the first life's disk went at some moment between `cut_us` and `gone_us`. What that life sent before it
    has to be noted, what it sent afterwards was sent by a dead house; what it sent in between may be either.
    """
    events = {key for life in lives for (key,) in life.said["event"]}
    arms = {int(number): mode for life in lives for number, mode in life.said["arm"]}
    happened = {key for life in lives for key, _at_us in life.said["happened"]}

    def took(until_us: int) -> list[str]:
        return [
            alert
            for life in lives
            for alert, _repeat, _event, at_us in life.said["took"]
            if alert in happened and (life is not lives[0] or int(at_us) <= until_us)
        ]

    gone_events = events - journal.events
    gone_alerts = events - journal.alerts.keys()
    untold = events - set(took(gone_us))
    gone_lines = arms.keys() - journal.lines
    wrong = []
    if not journal.sound:
        wrong.append("house.db is not sound")
    if gone_events or gone_alerts:
        wrong.append(f"{len(gone_events)} acknowledged events and {len(gone_alerts)} alerts are gone")
    if untold:
        wrong.append(f"{len(untold)} acknowledged alerts never reached the channel")
    if gone_lines or (arms and journal.armed[0] < max(arms)):
        wrong.append(f"acknowledged arming {max(arms)} is gone: kept {journal.armed}")
    elif arms and journal.armed[0] in arms and arms[journal.armed[0]] != journal.armed[1]:
        wrong.append(f"the house is armed {journal.armed}, acknowledged was {arms[journal.armed[0]]}")
    if {key for key in journal.alerts if key not in journal.events}:
        wrong.append("an alert without its event: they were not one transaction")
    firsts = list(dict.fromkeys(took(gone_us)))
    if firsts != sorted(firsts):
        wrong.append("alerts came out of order")
    surely = took(cut_us)
    doubled = len(surely) - len(set(surely))
    owed = sum(len(life.said["owed"]) for life in lives)
    if doubled > len(lives) - 1 + owed:  # what went out while the disk took nothing may come again
        wrong.append(f"{doubled} alerts came twice in {len(lives) - 1} cuts, {owed} were owed to the disk")
    return len(gone_events | gone_alerts | untold) + len(gone_lines), wrong
