"""F21: the databases are damaged, fail in the middle of a commit, or are held by somebody else for a minute."""

from __future__ import annotations

import asyncio
import errno
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.verify import verify
from hearthwatch.run.house_db import MIGRATIONS, NAME
from tests.faults.disk_scene import FAR_US, Child, Kept, clip, journal_of, kept_on, lost_s
from tests.faults.disk_shim import Kind, Shim
from tests.faults.disk_terms import DiskTerms
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.old_databases import empty_log, fill, make_old, rows_of

INDEX = "index.db"
HARMS = (
    "page zeroed",
    "header smashed",
    "log torn",
    "shared memory gone",
    "page zeroed while running",
    "input/output error in a commit",
    "held by another program",
)
MAX_LOST_S = 3.0
MAX_START_S = 15.0
_USUAL_START_S = 4.0
"""What a start without harm takes at most where nothing else runs."""
_SLOWEST = 4.0
"""A start without harm that takes longer than so many times the usual one excuses no more: the slow one may be ours."""
_LATER = 1_000_001
_HELD_S = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A clip, and a `house.db` of the present schema with rows in every table."""

    clip: Path
    house_db: Path


@asynccontextmanager
async def template() -> AsyncIterator[Template]:
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="hearthwatch-f21-"))
    try:
        yield await asyncio.to_thread(_prepared, folder)
    finally:
        shutil.rmtree(folder)


def _prepared(folder: Path) -> Template:
    path = folder / NAME
    make_old(path, MIGRATIONS, "head")
    fill(path)
    with closing(sqlite3.connect(path)) as sql, sql:
        for table in ("entry_waits", "deliveries", "alerts", "events", "arm_state", "arm_changes"):
            sql.execute(f"DELETE FROM {table}")  # these the child fills itself
    empty_log(path)
    return Template(clip=clip(folder), house_db=path)


async def run(terms: Terms) -> Outcome:
    """One harm to both databases, while they are closed or in use."""
    harm = HARMS[(terms.number - 1) % len(HARMS)]
    made = await terms.shared.once(template)
    disk = terms.folder / "disk"
    (disk / "data").mkdir(parents=True)
    shutil.copyfile(made.house_db, disk / "data" / NAME)
    told = DiskTerms(disk=disk, clip=made.clip, segment_s=2.0, copies=True, copy_every_s=60.0, every_s=0.02)
    if harm in {"input/output error in a commit", "held by another program", "page zeroed while running"}:
        return await _while_running(terms, harm, told)
    return await _while_stopped(terms, harm, told)


async def _while_stopped(terms: Terms, harm: str, told: DiskTerms) -> Outcome:
    data = told.disk / "data"
    first = Child(told)
    await first.start()
    await first.until("up")
    first_start_s = (time.monotonic_ns() - first.began_ns) / 1e9
    await first.until("copied")
    await asyncio.sleep(terms.random.uniform(1.0, 4.0))
    await first.kill()
    before = await asyncio.to_thread(_rows, data)
    files = len(list((told.disk / "footage").glob("*/*/*.mp4")))
    for name in (INDEX, NAME):
        _harm(data / name, harm, terms.random)
    second = Child(replace(told, first=_LATER, calm=True, copies=False))
    await second.start()
    await second.until("up")
    start_s = (time.monotonic_ns() - second.began_ns) / 1e9
    await _reconciled(told.disk)
    await second.end()
    kept = await asyncio.to_thread(kept_on, told.disk)
    figures, broken = await asyncio.to_thread(_judge_start, first, kept, data, before)
    figures["recording_after_s"] = start_s
    figures["files_lost"] = max(0, files - sum(1 for path in (told.disk / "footage").glob("*/*/*.mp4")))
    slow = min(_SLOWEST, max(1.0, first_start_s / _USUAL_START_S))  # how busy the machine is, by the start without harm
    if start_s > MAX_START_S * slow:
        broken.append(f"recording only after {start_s:.1f} s, without harm after {first_start_s:.1f} s")
    if harm == "log torn":
        # whoever tears the log takes what was acknowledged with it: nothing else holds it
        broken = [one for one in broken if "acknowledged" not in one]
    return Outcome(figures=figures, broken=tuple(broken), notes={"harm": harm})


async def _reconciled(disk: Path) -> None:
    """Let the recorder take in what the index lost; a file may be unknown for a minute."""

    def is_done() -> bool:
        with IndexReader(disk / "data" / INDEX) as reader:
            return verify(disk / "footage", reader, now_us=FAR_US).is_clean

    for _turn in range(60):
        await asyncio.sleep(1.0)
        if await asyncio.to_thread(is_done):
            return


def _judge_start(first: Child, kept: Kept, data: Path, before: dict[str, int]) -> tuple[dict[str, float], list[str]]:
    broken = kept.findings[:4]
    sent = first.sent(1 << 60)
    last = max(sent)
    gap_s = lost_s(kept, sent, first.terms.cameras)
    if gap_s > MAX_LOST_S:
        broken.append(f"{gap_s:.1f} s of pictures are not listed any more (the last was {last})")
    journal = journal_of(data / NAME)
    if not journal.sound:
        broken.append("house.db is not sound after the start")
    acked = {key for (key,) in first.said["event"]}
    arms = {int(number) for number, _mode in first.said["arm"]}
    lost = len(acked - journal.events) + len(arms - journal.lines)
    after = rows_of(data / NAME)
    had = sum(before.values())
    rows = sum(min(after.get(table, 0), count) for table, count in before.items())
    copied = len(first.said["copied"])
    if arms and journal.armed[0] == 0:
        broken.append("how the house was armed is forgotten")
    if rows < 0.9 * had:
        broken.append(f"only {rows} of {had} rows of house.db are there again")
    return {
        "gap_s": gap_s,
        "lying_rows": kept.lying_rows,
        "house_rows_lost_pct": 100 * (had - rows) / had,
        "acked_lost": lost,
        "acked": len(acked) + len(arms),
        "copies": copied,
    }, broken


def _rows(data: Path) -> dict[str, int]:
    """Count what a start without harm would find, in a copy: reading a database after a kill mends its log."""
    with tempfile.TemporaryDirectory() as folder:
        for path in data.glob(f"{NAME}*"):
            shutil.copyfile(path, Path(folder) / path.name)
        return rows_of(Path(folder) / NAME)


def _harm(path: Path, harm: str, rng: random.Random) -> None:
    log = path.with_name(path.name + "-wal")
    match harm:
        case "page zeroed" | "page zeroed while running":
            empty_log(path)
            with path.open("r+b") as file:
                count = path.stat().st_size // 4096
                file.seek(4096 * rng.randrange(1, count))
                file.write(bytes(4096))
        case "header smashed":
            with path.open("r+b") as file:
                file.write(rng.randbytes(100))
        case "log torn":
            if log.exists() and (size := log.stat().st_size):
                with log.open("r+b") as file:
                    file.truncate(rng.randrange(size))
                    end = file.seek(0, 2)
                    file.seek(rng.randrange(end // 2, end) if end else 0)
                    file.write(rng.randbytes(64))
        case "shared memory gone":
            path.with_name(path.name + "-shm").unlink(missing_ok=True)


async def _while_running(terms: Terms, harm: str, told: DiskTerms) -> Outcome:
    data = told.disk / "data"
    broken: list[str] = []
    with Shim(terms.folder / "shim", told.disk) as shim:
        child = Child(replace(told, copies=harm == "page zeroed while running", segment_s=1.5), shim.environ)
        await child.start()
        await child.until("up")
        await asyncio.sleep(2.0)
        happened = len(child.said["happened"])
        if harm == "input/output error in a commit":
            shim.fail(Kind.SYNC | Kind.WRITE, errno.EIO, matched=".db-wal")
            await asyncio.sleep(terms.random.uniform(0.3, 3.0))
            shim.heal()
        elif harm == "held by another program":
            await asyncio.to_thread(_hold, data, _HELD_S)
        else:
            await child.until("copied")
            for name in (INDEX, NAME):
                _harm(data / name, harm, terms.random)
            await asyncio.sleep(2.0)
        happened = len(child.said["happened"]) - happened
        healed_us = time.time_ns() // 1000
        await asyncio.sleep(3.0)
        await child.end()
        failed = shim.get("failed")
    took = {alert for alert, *_ in child.said["took"]}
    untold = sum(key not in took for key, _at_us in child.said["happened"][:-2])
    if untold:
        broken.append(f"{untold} alerts never went out")
    if not happened:
        broken.append("the house stood still")
    sent = child.sent(healed_us + 2_000_000)
    if harm == "page zeroed while running":
        again = Child(replace(told, first=_LATER, calm=True, copies=False))
        await again.start()
        await again.until("up")
        await _reconciled(told.disk)
        await again.end()
    kept = await asyncio.to_thread(kept_on, told.disk)
    broken += kept.findings[:4]
    gap_s = lost_s(kept, sent, told.cameras)
    if gap_s > MAX_LOST_S:
        broken.append(f"recording stopped for {gap_s:.1f} s")
    journal = await asyncio.to_thread(journal_of, data / NAME)
    if not journal.sound:
        broken.append("house.db is not sound")
    lost = 0
    if harm != "page zeroed while running":
        lost = len({key for (key,) in child.said["event"]} - journal.events)
        if lost:
            broken.append(f"{lost} acknowledged events are gone")
    figures = {"gap_s": gap_s, "lying_rows": kept.lying_rows, "acked_lost": lost, "untold": untold, "failed_calls": failed}
    return Outcome(figures=figures, broken=tuple(broken), notes={"harm": harm})


def _hold(data: Path, seconds: float) -> None:
    """Hold the right to write both databases, as somebody's own tool would."""
    with closing(sqlite3.connect(data / INDEX, timeout=5)) as index, closing(sqlite3.connect(data / NAME, timeout=5)) as house:
        index.execute("BEGIN IMMEDIATE")
        house.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        index.rollback()
        house.rollback()


FAULT = Fault(
    id="F21",
    what="index.db and house.db damaged (page, header, log, shared memory), failing in a commit, or held by another program",
    promise="P10",
    short=1,
    full=28,
    trial=run,
)
