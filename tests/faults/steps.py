"""What a kill at every step is tried on: each scene is prepared, done by a process that may die in it, and looked at."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.rescue import copies, copy_now, is_sound
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.offsite.seal import new_pair
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.schema import MIGRATIONS as INDEX_MIGRATIONS
from hearthwatch.recording.segment import SegmentState, StorageOptions
from hearthwatch.recording.verify import verify
from hearthwatch.recording.walk import read_footage_at
from hearthwatch.run.backup import Wishes, take
from hearthwatch.run.backup_file import BackupFile, Locked
from hearthwatch.run.house_db import COPIES, MIGRATIONS, NAME, open_house_db
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.restore import restore
from hearthwatch.run.restoring import finish
from hearthwatch.web.clips import ClipShelf
from tests.faults.disk_scene import FAR_US
from tests.faults.numbered import FPS, numbered
from tests.faults.old_databases import copy_rows, empty_log, fill, make_old, rows_of
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US, looped, make

_FRONT = CameraId("front")
_SMALL = StorageOptions(segment_s=1.5, free_gib=0, max_gib=12_000 / (1 << 30))
_S = 1_000_000
_PAIR = new_pair()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`prepare` an empty folder once, `act` in a copy of it, `look` at what a kill left: plain sentences for what is wrong."""

    name: str
    prepare: Callable[[Path], None]
    act: Callable[[Path], None]
    look: Callable[[Path], list[str]]


def _recorded(folder: Path) -> None:
    bench = Bench(folder, options=StorageOptions(segment_s=1.5, free_gib=0))
    writer = bench.writer()
    bench.begin(writer, make())
    bench.feed(writer, islice(numbered(make(), _FRONT, 1, START_US), 8 * FPS))
    bench.end(writer)
    bench.close()
    empty_log(bench.index_path)


def _record(folder: Path) -> None:
    """Two runs with rotation; older footage goes meanwhile, some of it is pinned."""
    bench = Bench(folder, options=_SMALL)
    for number in range(2):
        writer = bench.writer()
        start_us = START_US + (number + 1) * 20 * _S
        bench.begin(writer, make(), start_us)
        bench.feed(writer, looped(make(), 4, start_us=start_us))
        bench.end(writer)
    bench.clock.advance(20)
    bench.work()
    bench.close()


def _look_at_footage(folder: Path) -> list[str]:
    bench = Bench(folder, options=StorageOptions(segment_s=1.5, free_gib=0))
    try:
        bench.record(3, start_us=START_US + 100 * _S)
        for _turn in range(3):
            bench.clock.advance(11)
            bench.work()
        report = verify(bench.folder, bench.reader, now_us=FAR_US, deep=True)
        wrong = [f"{one.flaw} {one.path}: {one.detail}" for one in report.findings]
        rows = bench.segments()
        wrong += [f"{one.path} is {one.state}" for one in rows if one.state is not SegmentState.COMPLETE]
        if sorted(bench.folder.glob("*/*/*.mp4")) != sorted(bench.folder / one.path for one in rows):
            wrong.append("files and rows differ")
        return wrong
    finally:
        bench.close()


def _old_index(folder: Path) -> None:
    _recorded(folder)
    data = folder / "data"
    (data / "index.db").rename(data / "new")
    make_old(data / "index.db", INDEX_MIGRATIONS, "0001")
    copy_rows(data / "new", data / "index.db")
    empty_log(data / "index.db")
    for path in data.glob("new*"):
        path.unlink()


def _migrate_index(folder: Path) -> None:
    IndexWriter(folder / "data" / "index.db").close()


def _look_at_index(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data" / "index.db")) as sql:
        before = {path.name for path in (folder / "footage/front/main").iterdir()}
        listed = sql.execute("SELECT count(*) FROM segments").fetchone()[0]
    wrong = [] if listed == len(before) else [f"{listed} rows of {len(before)} files"]
    return wrong + _look_at_footage(folder)


def _old_house(folder: Path) -> None:
    make_old(folder / NAME, MIGRATIONS, "0010")
    fill(folder / NAME)
    empty_log(folder / NAME)


def _migrate_house(folder: Path) -> None:
    open_house_db(folder, FakeClock()).engine.dispose()


def _look_at_old_house(folder: Path) -> list[str]:
    return _look_at_house(folder)


def _new_house(folder: Path) -> None:
    make_old(folder / NAME, MIGRATIONS, "head")
    fill(folder / NAME)
    empty_log(folder / NAME)
    copy_now(folder / NAME, folder / COPIES, WallUs(START_US), keep=3)


def _copy(folder: Path) -> None:
    for at in range(3):
        copy_now(folder / NAME, folder / COPIES, WallUs(START_US + 1 + at), keep=2)


def _smashed(folder: Path) -> None:
    _new_house(folder)
    with (folder / NAME).open("r+b") as file:
        file.write(bytes(4096))


def _look_at_house(folder: Path, *, rows_but: tuple[str, ...] = ("sessions", "arm_state", "fleet_joined")) -> list[str]:
    wrong = [f"{path.name} is no whole copy" for _made_us, path in copies(folder / COPIES, NAME) if not is_sound(path)]
    open_house_db(folder, FakeClock()).engine.dispose()
    rows = rows_of(folder / NAME)
    fewer = {table: count for table, count in rows.items() if 0 < count < 40 and table not in rows_but}
    if not is_sound(folder / NAME) or sum(rows.values()) < 500 or fewer:
        wrong.append(f"house.db is not what it was: {sum(rows.values())} rows, {fewer}")
    open_house_db(folder, FakeClock()).engine.dispose()
    return wrong


def _export(folder: Path) -> None:
    footage = Footage(folder / "data" / "index.db", folder / "footage")
    shelf = ClipShelf(folder / "shelf", footage, None)  # type: ignore[arg-type]
    asyncio.run(shelf.clip(_FRONT, Stream.MAIN, WallUs(START_US), WallUs(START_US + 6 * _S)))


def _look_at_export(folder: Path) -> list[str]:
    wrong = []
    for path in (folder / "shelf").glob("*.mp4"):
        found = path.read_bytes().count(b"number of a tria")
        if found < 6 * FPS:
            wrong.append(f"{path.name} holds {found} pictures and looks finished")
    ClipShelf(folder / "shelf", Footage(folder / "data" / "index.db", folder / "footage"), None)  # type: ignore[arg-type]
    if left := list((folder / "shelf").iterdir()):
        wrong.append(f"left lying: {left}")
    frames = sum(read_footage_at(path).frames for path in (folder / "footage/front/main").iterdir())
    if frames != 8 * FPS:
        wrong.append(f"{frames} pictures of footage are left of {8 * FPS}")
    return wrong + _look_at_footage(folder)


def _backed_up(folder: Path) -> None:
    """A house of every table, in a backup on another disk."""
    data = folder / "old"
    data.mkdir()
    (data / "hearthwatch.toml").write_text('[home]\nname = "Villa"\n')
    Secrets(data).set("mqtt.password", "a secret")
    _new_house(data)
    (data / "pictures").mkdir()
    for number in range(3):
        (data / "pictures" / f"{number}.jpg").write_bytes(b"x" * 1000)
    take(
        folder / "usb.backup",
        data / "hearthwatch.toml",
        data,
        locked=Locked(recipients=(_PAIR.recipient,)),
        wishes=Wishes(),
        clock=FakeClock(),
    )
    (folder / "identity").write_text(_PAIR.identity.reveal())
    shutil.rmtree(data)


def _restore(folder: Path) -> None:
    data = folder / "data"
    identity = Secret((folder / "identity").read_text())
    restore(BackupFile(folder / "usb.backup"), (identity,), data / "hearthwatch.toml", data)


def _look_at_restored(folder: Path) -> list[str]:
    """Whoever comes next finds nothing, and restores again, or the whole house."""
    data = folder / "data"
    if data.is_dir():
        finish(data)
    there = {path.name for path in data.iterdir()} - {".hearthwatch-run.lock"} if data.is_dir() else set()
    if there and there != {"hearthwatch.toml", "house.db", "pictures", "secrets.key", "secrets.sealed"}:
        return [f"a mix of nothing and a house is left: {sorted(there)}"]
    if not there:
        _restore(folder)
    if len(list((data / "pictures").iterdir())) != 3:
        return ["pictures are missing"]
    return _look_at_house(data)


SCENES = (
    Scene(name="create, close, delete", prepare=_recorded, act=_record, look=_look_at_footage),
    Scene(name="migrate index.db", prepare=_old_index, act=_migrate_index, look=_look_at_index),
    Scene(name="migrate house.db", prepare=_old_house, act=_migrate_house, look=_look_at_old_house),
    Scene(name="copy house.db", prepare=_new_house, act=_copy, look=_look_at_house),
    Scene(name="rescue house.db", prepare=_smashed, act=_migrate_house, look=_look_at_house),
    Scene(name="restore a backup", prepare=_backed_up, act=_restore, look=_look_at_restored),
    Scene(name="export", prepare=_recorded, act=_export, look=_look_at_export),
)


def fresh(prepared: Path, folder: Path) -> Path:
    """Return a copy of what was prepared, in the place of an earlier one."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder)
    return folder
