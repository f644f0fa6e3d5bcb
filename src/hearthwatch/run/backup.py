"""Taking a backup of a house, whether it runs or not: settings, secrets, databases, certificates, pictures of events.

What lies in the data folder is in it unless it is named here as something that comes again by itself; so a room that begins to
keep something new need not be told of.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import msgspec

from hearthwatch.fleet.options import DATABASE_PASSWORD, HubOptions
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import ConfigFault, StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.rescue import snapshot
from hearthwatch.kit.secrets import Secrets
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import SegmentState
from hearthwatch.run.backup_file import FORMAT, HOUSE, About, Entry, Lock, Locked, Part
from hearthwatch.run.backup_writer import write
from hearthwatch.run.compile import footage_folder
from hearthwatch.run.config import load

CONFIG = "config/hearthwatch.toml"
DATA, FOOTAGE = "data/", "footage/"
INDEX = "index.db"
LEDGER = "hub/ledger.dump"
"""The hub's ledger where it is in PostgreSQL; in a file it is a database of the data folder like others."""

_COMES_AGAIN = frozenset(
    {"backup", "thumbs", "timelapse", "watching", "models", "offsite", "inbox", "card", "moving", "firmware", "footage"}
)
"""Folders of what is made, fetched or sent anew; footage has a wish of its own."""
_OF_NODES = Path("fleet", "footage")
"""What nodes sent: as large as the disk, and kept by a rule of its own."""
_PICTURES = frozenset({"pictures", "albums"})
_CLIPS = frozenset({"clips"})
_KEY = "secrets.key"
_PASSING = ("-wal", "-shm", "-journal")
_WORK, _DUMP = ".backup-", "ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What may be left out, or must be asked for because it is large."""

    pictures: bool = True
    footage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a backup says of its house to whoever can open it. `key` is whether it can open the secrets in it by itself."""

    home: str
    config: str
    footage_folder: str
    key: bool
    secrets: bool
    pictures: bool
    footage: bool
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was written and read back."""

    about: About
    kept: Kept
    size_bytes: int
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _House:
    """The house as far as its settings can be read."""

    data: Path
    config_path: Path
    footage: Path
    home: str
    hub: HubOptions
    notes: tuple[str, ...]


def take(path: Path, config_path: Path, data: Path, *, locked: Locked, wishes: Wishes, clock: Clock) -> Made:
    """Write a backup of the house to the file `path`. Raises StorageFailed, ConfigFault for a bad recipient."""
    _check(path, data)
    house = _house(config_path, data)
    secrets = Secrets.open(data)
    material = None if locked.how is Lock.NONE else secrets.key_material()
    kept = Kept(
        home=house.home,
        config=str(config_path),
        footage_folder=str(house.footage),
        key=material is not None,
        secrets=(data / "secrets.sealed").exists(),
        pictures=wishes.pictures,
        footage=wishes.footage,
        models=_models(data / "models"),
    )
    notes = house.notes
    if kept.secrets and not kept.key:
        where = f"{data / _KEY}, or the systemd credential hearthwatch.key"
        notes += (f"passwords are in it as they are sealed here, without their key: restoring them needs {where}",)
    work = _workroom(data)
    try:
        databases = _databases(house, work)
        if house.hub.enabled and house.hub.database:
            from hearthwatch.run.hub_dump import dump

            dump(house.hub.database, secrets.get(DATABASE_PASSWORD), work / _DUMP)
        about = About(
            format=FORMAT,
            release=version("hearthwatch"),
            made_us=clock.wall_us(),
            schemas={name.rpartition("/")[2]: schema_of(copy) for name, copy in databases.items()},
            lock=locked.how,
        )
        first = [Part(name=HOUSE, source=msgspec.json.format(msgspec.json.encode(kept)))]
        if config_path.is_file():
            first.append(Part(name=CONFIG, source=config_path))
        if material is not None:
            first.append(Part(name=DATA + _KEY, source=material))
        parts = chain(first, _parts(house, work, databases, wishes))
        entries = write(path, about, parts, locked, compress=not wishes.footage)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Made(about=about, kept=kept, size_bytes=path.stat().st_size, entries=entries, notes=notes)


def _check(path: Path, data: Path) -> None:
    if not (data / "house.db").exists():
        raise StorageFailed(
            StorageFault.MISSING, f"no house was ever started with the data folder {data}: name the right one with --data"
        )
    if path.is_relative_to(data.resolve()) or path.is_relative_to(data):
        raise StorageFailed(
            StorageFault.BROKEN, f"{path} lies in the data folder, with which it would be lost: name another disk or machine"
        )
    if not path.parent.is_dir():
        raise StorageFailed(StorageFault.MISSING, f"there is no folder {path.parent}: make it, or mount its disk")


def _house(config_path: Path, data: Path) -> _House:
    """Return the house. One with a mistake in its settings is backed up all the same."""
    notes: tuple[str, ...] = ()
    footage, home, hub = data / "footage", "", HubOptions()
    try:
        config = load(config_path)
    except ConfigFault as error:
        notes = (f"the settings have mistakes and are kept as they are: {str(error).splitlines()[0]}",)
    else:
        footage, home, hub = footage_folder(config, data), config.home.name, config.hub
    if hub.enabled:
        where = f"the bucket {hub.bucket.name}" if hub.bucket.endpoint else hub.footage or str(footage.parent / _OF_NODES)
        notes += (f"the footage that nodes sent here, in {where}, is not in it",)
    return _House(data=data, config_path=config_path, footage=footage, home=home, hub=hub, notes=notes)


def _databases(house: _House, work: Path) -> dict[str, Path]:
    """Return a copy of each database by its name in the backup, each as of one moment."""
    found = {DATA + path.name: _copied(path, work) for path in sorted(house.data.glob("*.db")) if path.is_file()}
    if (house.footage / INDEX).is_file():
        found[FOOTAGE + INDEX] = _copied(house.footage / INDEX, work)
    return found


def _parts(house: _House, work: Path, databases: Mapping[str, Path], wishes: Wishes) -> Iterator[Part]:
    for name, copy in databases.items():
        yield Part(name=name, source=copy)
    if (work / _DUMP).exists():
        yield Part(name=LEDGER, source=work / _DUMP)
    yield from _files(house.data, house.config_path, wishes)
    if wishes.footage and FOOTAGE + INDEX in databases:
        yield from _footage(house.footage, databases[FOOTAGE + INDEX])


def schema_of(path: Path) -> str:
    """Return the schema of a database, empty when it says none. Raises StorageFailed."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as sql:
            found = sql.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            row = sql.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
    except sqlite3.Error as error:
        raise StorageFailed(StorageFault.BROKEN, f"reading {path.name}: {error}") from error
    return str(row[0]) if row else ""


def _workroom(data: Path) -> Path:
    """Make a folder on the house's own disk, where no stranger finds an open database; what a killed backup left goes."""
    for left in data.glob(f"{_WORK}*-*"):
        pid = left.name.removeprefix(_WORK).partition("-")[0]
        if not (pid.isdecimal() and Path("/proc", pid).exists()):
            shutil.rmtree(left, ignore_errors=True)
    try:
        return Path(tempfile.mkdtemp(prefix=f"{_WORK}{os.getpid()}-", dir=data))
    except OSError as error:
        raise storage_failed(error, f"making room for a backup in {data}") from error


def _copied(path: Path, work: Path) -> Path:
    copy = work / f"{int(path.name != INDEX)}-{path.name}"
    snapshot(path, copy)
    return copy


def _models(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_file())) if folder.is_dir() else ()


def _files(data: Path, config_path: Path, wishes: Wishes) -> Iterator[Part]:
    """Yield what lies in the data folder beside its databases; links lead out of it and are not followed."""
    unwanted = _COMES_AGAIN | (frozenset() if wishes.pictures else _PICTURES) | (frozenset() if wishes.footage else _CLIPS)
    for path in sorted(data.iterdir()):
        name = path.name
        if name in unwanted or name.startswith(".") or path.is_symlink() or name == _KEY or path == config_path:
            continue
        if path.is_dir():
            yield from (Part(name=DATA + str(one.relative_to(data)), source=one) for one in _below(path, data / _OF_NODES))
        elif path.is_file() and not _is_of_database(name):
            yield Part(name=DATA + name, source=path)


def _is_of_database(name: str) -> bool:
    return name.endswith((".db", *_PASSING)) or ".broken-" in name


def _below(folder: Path, but: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if Path(where, name) != but)
        for name in sorted(files):
            path = Path(where, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _footage(folder: Path, index: Path) -> Iterator[Part]:
    """Yield the finished files of footage, as the copy of the index has them, and the name of their disk."""
    yield Part(name=f"{FOOTAGE}.hearthwatch-store", source=folder / ".hearthwatch-store")
    reader = IndexReader(index)
    try:
        for segment in reader.all_segments():
            if segment.state is SegmentState.COMPLETE:
                yield Part(name=f"{FOOTAGE}{segment.path}", source=folder / segment.path)
    finally:
        reader.close()
