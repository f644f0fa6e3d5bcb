"""F03: the power fails while the house records, deletes, migrates its databases or copies them."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from hearthwatch.kit.rescue import copies, is_sound
from hearthwatch.recording.schema import MIGRATIONS as INDEX_MIGRATIONS
from hearthwatch.run.house_db import COPIES, MIGRATIONS, NAME
from tests.faults.disk_scene import Child, clip, journal_of, kept_on, lost_acknowledged, lost_s
from tests.faults.disk_terms import DiskTerms
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.old_databases import copy_rows, empty_log, fill, make_old, rows_of
from tests.faults.small_disk import SmallDisk, small_disk

SCENES = ("load", "delete", "migration", "backup")
MAX_LOST_S = 3.0
_LATER = 1_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A clip, and a disk as an older release left it."""

    clip: Path
    old: Path
    rows: dict[str, int]


@asynccontextmanager
async def template() -> AsyncIterator[Template]:
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="hearthwatch-f03-"))
    try:
        yield await asyncio.to_thread(_prepared, folder)
    finally:
        shutil.rmtree(folder)


def _prepared(folder: Path) -> Template:
    from tests.recording.conftest import Bench

    old = folder / "old"
    bench = Bench(old)
    for camera in ("camera0", "camera1"):
        bench.record(12, camera=camera)
    bench.close()
    data = old / "data"
    new = data / "index.new"
    (data / "index.db").rename(new)
    make_old(data / "index.db", INDEX_MIGRATIONS, "0001")
    copy_rows(new, data / "index.db")
    make_old(data / NAME, MIGRATIONS, "0010")
    fill(data / NAME)
    with closing(sqlite3.connect(data / NAME)) as sql, sql:
        for table in ("arm_state", "arm_changes", "deliveries", "alerts", "events"):
            sql.execute(f"DELETE FROM {table}")  # these the child reads
    for path in (new, new.with_name("index.new-wal"), new.with_name("index.new-shm")):
        path.unlink(missing_ok=True)
    for name in ("index.db", NAME):
        empty_log(data / name)
    rows = {f"{name}/{table}": count for name in ("index.db", NAME) for table, count in rows_of(data / name).items()}
    return Template(clip=clip(folder), old=old, rows=rows)


async def run(terms: Terms) -> Outcome:
    """One cut, one start, one look at everything."""
    scene = SCENES[(terms.number - 1) % len(SCENES)]
    made = await terms.shared.once(template)
    with small_disk(terms.folder) as disk:
        return await _cut_and_start(terms, scene, made, disk)


def _child_terms(scene: str, made: Template, disk: SmallDisk) -> DiskTerms:
    told = DiskTerms(disk=disk.path, clip=made.clip, frame_bytes=30_000)
    if scene == "delete":
        return replace(told, segment_s=1.2, max_mb=8)
    if scene == "migration":
        shutil.copytree(made.old, disk.path, dirs_exist_ok=True)
        subprocess.run(["sync", "-f", str(disk.path)], check=True)
        return replace(told, cameras=2)
    return replace(told, copies=scene == "backup")


async def _cut_and_start(terms: Terms, scene: str, made: Template, disk: SmallDisk) -> Outcome:
    told = await asyncio.to_thread(_child_terms, scene, made, disk)
    first = Child(told)
    await first.start()
    if scene == "migration":
        await first.until("begun")
        await asyncio.sleep(terms.random.uniform(0, 1.2))
    else:
        await first.until("up")
        await asyncio.sleep(terms.random.uniform(0.3, 2.3))
    cut_us = time.time_ns() // 1000
    disk.cut()
    gone_us = time.time_ns() // 1000
    await first.kill()
    mount_s = await asyncio.to_thread(disk.again)
    second = Child(replace(told, first=_LATER, calm=True, copies=False, max_mb=0))
    await second.start()
    await second.until("up")
    start_s = (time.monotonic_ns() - second.began_ns) / 1e9
    code = await second.end()
    kept = await asyncio.to_thread(kept_on, disk.path)
    journal = await asyncio.to_thread(journal_of, disk.path / "data" / NAME)
    sent = first.sent(cut_us)
    gap_s = lost_s(kept, sent, told.cameras)
    lost, broken = lost_acknowledged(journal, [first, second], cut_us, gone_us)
    broken += kept.findings[:5]
    if kept.doubled:
        broken.append(f"{kept.doubled} pictures are there twice")
    if gap_s > MAX_LOST_S:
        broken.append(f"{gap_s:.1f} s of pictures are lost")
    if code:
        broken.append(f"the start after the cut ended with {code}")
    if second.said["rescued"]:
        broken.append("a power cut alone damaged house.db: " + " ".join(second.said["rescued"][0]))
    broken += await asyncio.to_thread(_of_scene, scene, made, disk)
    figures = {
        "gap_s": gap_s,
        "cut_s": (gone_us - cut_us) / 1e6,
        "acked": len(first.said["event"]) + len(first.said["arm"]),
        "acked_lost": lost,
        "lying_rows": kept.lying_rows,
        "mount_s": mount_s,
        "mount_and_start_s": mount_s + start_s,
    }
    return Outcome(figures=figures, broken=tuple(broken), notes={"during": scene})


def _of_scene(scene: str, made: Template, disk: SmallDisk) -> list[str]:
    data = disk.path / "data"
    if scene == "migration":
        now = {f"{name}/{table}": count for name in ("index.db", NAME) for table, count in rows_of(data / name).items()}
        fewer = {
            table: (count, now.get(table))
            for table, count in made.rows.items()
            if now.get(table, -1) < count and table != "house.db/sessions"
        }  # schema 18 ends all sessions
        return [f"rows are gone: {fewer}"] if fewer else []
    if scene == "backup":
        bad = [path.name for _made_us, path in copies(data / COPIES, NAME) if not is_sound(path)]
        return [f"copies that are none: {bad}"] if bad else []
    return []


FAULT = Fault(
    id="F03",
    what="The power fails (ext4 shut down without its journal) during load, deletion, migration and backup",
    promise="P2",
    short=2,
    full=50,
    trial=run,
)
