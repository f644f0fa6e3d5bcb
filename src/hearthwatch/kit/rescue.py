"""A SQLite file that turned out damaged: copies made while it was whole, and what can still be read of it, make a new one."""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import free_bytes, fsync_folder, storage_failed
from hearthwatch.kit.leaves import Entry, Leaves, entries
from hearthwatch.kit.pages import Pages, Unsound
from hearthwatch.kit.units import WallUs

log = logging.getLogger(__name__)

_DAMAGE = ("malformed", "not a database")
_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""The second where what SQLite says of damage holds damaged bytes."""
_ENDS = ("", "-wal", "-shm", "-journal")
_HEAD_BYTES = 100
_LASTING = (slice(0, 18), slice(20, 24), slice(56, 60))
"""What the first bytes say alike in every state of a database: the size of a page, the kind of text."""
_ROOM = 3
"""A copy is made where there is room for so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """What became of a damaged database. `copy_us` is when the copy was made that fills in what could not be read; None where
    there was none. `whole` tables are as they were, `partly` those of which rows may be missing or old."""

    broken: Path
    copy_us: WallUs | None
    whole: tuple[str, ...]
    partly: tuple[str, ...]


def tells_damage(text: str) -> bool:
    """Whether SQLite says in this that the file itself is damaged."""
    return any(sign in text for sign in _DAMAGE)


def is_sound(path: Path) -> bool:
    """Look at every page of a database. Raises StorageFailed where that cannot be told: it is in use, or the disk fails."""
    try:
        with closing(sqlite3.connect(path, timeout=10)) as sql:
            sql.execute("PRAGMA query_only=ON")
            has_tables = sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
            return bool(has_tables and sql.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except UnicodeDecodeError:
        return False
    except sqlite3.DatabaseError as error:
        if tells_damage(str(error)):
            return False
        raise StorageFailed(StorageFault.BROKEN, f"reading {path}: {error}") from error


def copies(folder: Path, name: str) -> list[tuple[WallUs, Path]]:
    """Return the copies of the database `name`, the newest first."""
    stem = Path(name).stem
    found = []
    for path in folder.glob(f"{stem}-*.db"):
        stamp = path.stem.removeprefix(f"{stem}-")
        if stamp.isdecimal():
            found.append((WallUs(int(stamp)), path))
    return sorted(found, reverse=True)


def copy_now(path: Path, folder: Path, now_us: WallUs, *, keep: int) -> Path:
    """Copy a database that is in use, as it is at one moment; the newest `keep` copies stay.

    Raises StorageFailed: with NO_SPACE where there is not room enough, in words of damage where the copy is not whole, and then
    the older copies are left alone.
    """
    new = folder / f".{path.name}.new"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        size_bytes = path.stat().st_size
        if free_bytes(folder) < _ROOM * size_bytes:
            raise StorageFailed(StorageFault.NO_SPACE, f"there is no room for a copy of {path.name}")
        _remove(new)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(path, new)
        if not is_sound(new):
            raise StorageFailed(StorageFault.BROKEN, f"{path.name} is malformed: its copy cannot be read whole")
        _sync(new)
        made = folder / f"{path.stem}-{now_us:017d}.db"
        new.rename(made)
        fsync_folder(folder)
        for _at_us, old in copies(folder, path.name)[keep:]:
            old.unlink(missing_ok=True)
    except (OSError, *_ERRORS) as error:
        text = str(error)
        if isinstance(error, OSError):
            raise storage_failed(error, f"copying {path.name}") from error
        raise StorageFailed(StorageFault.BROKEN, f"copying {path.name}: {text}") from error
    finally:
        with contextlib.suppress(OSError):
            _remove(new)
    return made


def snapshot(path: Path, new: Path) -> None:
    """Copy a database that may be in use, as it is at one moment, to `new`, which is not there yet. Raises StorageFailed."""
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(path, new)
    except OSError as error:
        raise storage_failed(error, f"copying {path.name}") from error
    except _ERRORS as error:
        raise StorageFailed(StorageFault.BROKEN, f"copying {path.name}: {error}") from error
    if not is_sound(new):
        raise StorageFailed(StorageFault.BROKEN, f"{path} is malformed: its copy cannot be read whole")


def rescue(path: Path, folder: Path, bring_up: Callable[[Path], None], now_us: WallUs) -> Rescued:
    """Set a damaged database aside and put the best there is in its place; whoever is curious may look into the old one.

    What can be read of a table counts more than the copy; a table that can be read to its end is taken as it is. Rows that
    SQLite does not reach any more are read without it. `bring_up` makes a database of the present schema of a file, or of
    none. A rescue that was killed is taken up where it was: what it had set aside already is read, too. Raises StorageFailed.
    """
    new = path.with_name(f".{path.name}.new")
    read = path.with_name(f".{path.name}.read")
    try:
        broken = _aside(path, now_us)
        _remove(new)
        _remove(read)
        copy_us = _from_copy(copies(folder, path.name), new)
        bring_up(new)
        for end in ("", "-wal"):
            there = (one.with_name(one.name + end) for one in (path, broken))
            if (old := next((one for one in there if one.exists()), None)) is not None:
                shutil.copyfile(old, read.with_name(read.name + end))
        has_head = _mend_head(read, new)
        whole, partly = _salvage(read, new, has_head=has_head)
        with closing(sqlite3.connect(new)) as sql:
            sql.execute("PRAGMA journal_mode=DELETE")
        _sync(new)
        if path.exists() and not broken.exists():
            broken.hardlink_to(path)  # the damaged one keeps its place until the new one takes it
        for end in _ENDS[1:]:
            if (old := path.with_name(path.name + end)).exists():
                old.rename(broken.with_name(broken.name + end))
        fsync_folder(path.parent)
        new.rename(path)
        fsync_folder(path.parent)
    except OSError as error:
        raise storage_failed(error, f"setting the broken {path.name} aside") from error
    except _ERRORS as error:
        raise StorageFailed(StorageFault.BROKEN, f"making {path.name} anew: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            _remove(new)
            _remove(read)
    return Rescued(broken=broken, copy_us=copy_us, whole=whole, partly=partly)


def _aside(path: Path, now_us: WallUs) -> Path:
    """Return where a damaged database goes: where a rescue that was killed had put it, else a name that is free."""
    if path.exists():
        for found in path.parent.glob(f"{path.name}.broken-*"):
            if found.samefile(path):
                return found
    while (broken := path.with_name(f"{path.name}.broken-{now_us}")).exists():
        now_us = WallUs(now_us + 1)
    return broken


def _from_copy(found: Sequence[tuple[WallUs, Path]], new: Path) -> WallUs | None:
    for made_us, copy in found:
        if is_sound(copy):
            shutil.copyfile(copy, new)
            new.chmod(0o600)
            return made_us
        log.warning("the copy %s is damaged, too", copy)
    return None


def _copy(path: Path, new: Path) -> None:
    with closing(sqlite3.connect(path, timeout=10)) as source, closing(sqlite3.connect(new)) as target:
        source.execute("PRAGMA query_only=ON")
        source.execute("PRAGMA wal_autocheckpoint=0")
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")


def _mend_head(read: Path, new: Path) -> bool:
    """Where the first bytes alone are smashed, those of a database with the same tables open the rest; then False: what else
    they said is not known."""
    if _takes_log(read):
        return True
    _takes_log(new)
    head = bytearray(new.read_bytes()[:_HEAD_BYTES])
    if not read.exists() or len(head) < _HEAD_BYTES:
        return False
    with read.open("rb") as file:
        own = file.read(_HEAD_BYTES)
    if all(own[part] == head[part] for part in _LASTING):
        return True  # the damage is in what comes behind
    page_bytes = int.from_bytes(head[16:18], "big")
    head[24:28] = head[92:96] = bytes(4)  # the number of pages counts where both are the same
    head[28:32] = (read.stat().st_size // max(page_bytes, 1)).to_bytes(4, "big")
    head[32:40] = bytes(8)  # no page is free
    head[18:20] = b"\2\2"  # its log holds the newest rows
    with read.open("r+b") as file:
        file.write(head)
    _takes_log(read)
    return False


def _takes_log(read: Path) -> bool:
    """Whether the schema can be read; whoever opens a database and is the last to close it writes its log back, too."""
    try:
        with closing(sqlite3.connect(read)) as sql:
            sql.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except _ERRORS:
        return False
    return True


def _salvage(read: Path, new: Path, *, has_head: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take what can be read of `read` into `new`; return the tables that are whole and those that may not be."""
    whole: list[str] = []
    partly: list[str] = []
    with closing(sqlite3.connect(new)) as sql, closing(sqlite3.connect(read)) as old:
        old.text_factory = lambda data: data.decode("utf-8", "replace")
        sql.execute("PRAGMA foreign_keys=OFF")
        sql.execute("PRAGMA synchronous=OFF")  # it is synced as a whole before it takes its place
        with _leaves(read, entries(sql), has_head=has_head) as leaves:
            for table in _tables(sql):
                with sql:
                    (whole if _take(old, sql, table, leaves) else partly).append(table)
        with sql:
            for table, rowid, _parent, _key in sql.execute("PRAGMA foreign_key_check").fetchall():
                sql.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))  # noqa: S608 our own names
    return tuple(whole), tuple(partly)


@contextlib.contextmanager
def _leaves(read: Path, sister: Mapping[str, Entry], *, has_head: bool) -> Iterator[Leaves | None]:
    """Read the pages without SQLite; None where that cannot be done."""
    log_left = read.with_name(read.name + "-wal")
    if not read.exists() or read.stat().st_size == 0 or (log_left.exists() and log_left.stat().st_size):
        yield None
        return
    with read.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            leaves = Leaves(Pages(data), sister, has_head=has_head)
        except Unsound:
            leaves = None
        yield leaves


def _tables(sql: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name != 'alembic_version'"
    return [name for (name,) in sql.execute(query).fetchall()]


def _take(old: sqlite3.Connection, sql: sqlite3.Connection, table: str, leaves: Leaves | None) -> bool:
    """Take the rows of one table; True when all of them could be read."""
    try:
        had = {row[1] for row in old.execute(f'PRAGMA table_info("{table}")')}
    except _ERRORS:
        had = set()
    has = [row[1] for row in sql.execute(f'PRAGMA table_info("{table}")')]
    names = [name for name in has if name in had]
    columns = _joined(names)
    rows, complete = _read(old, f'SELECT {columns} FROM "{table}"') if names else ([], False)  # noqa: S608 our own names
    if complete:
        sql.execute(f'DELETE FROM "{table}"')  # noqa: S608 our own names
        _put(sql, table, names, rows)
        return True
    found = leaves.table(table) if leaves else None
    if found:
        own = [name for name in has if name in found.columns]
        places = [found.columns.index(name) for name in own]
        behind = [tuple(row[at] for at in places) for row in found.rows]
        if found.whole:
            sql.execute(f'DELETE FROM "{table}"')  # noqa: S608 our own names
        _put(sql, table, own, behind)
        if found.whole:
            return True
    if names:
        rows += _read(old, f'SELECT {columns} FROM "{table}" ORDER BY rowid DESC')[0]  # noqa: S608 from its other end
        there = set(behind) if found and own == names else set()
        _put(sql, table, names, [row for row in rows if row not in there])
    return False


def _put(sql: sqlite3.Connection, table: str, names: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    put = f'INSERT OR REPLACE INTO "{table}" ({_joined(names)}) VALUES ({", ".join("?" * len(names))})'  # noqa: S608 our own
    for row in rows:
        with contextlib.suppress(*_ERRORS):  # a row that damage made nonsense of
            sql.execute(put, row)


def _joined(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _read(old: sqlite3.Connection, query: str) -> tuple[list[tuple[object, ...]], bool]:
    """Return the rows up to where the damage begins, and whether there was none."""
    rows: list[tuple[object, ...]] = []
    try:
        for row in old.execute(query):
            rows.append(row)  # noqa: PERF402 what came before the damage counts
    except _ERRORS:
        return rows, False
    return rows, True


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _remove(path: Path) -> None:
    for end in _ENDS:
        path.with_name(path.name + end).unlink(missing_ok=True)
