"""Bringing a house back from a backup: into an empty data folder, wholly or not at all.

Everything is written beside its place and checked first. Then one small file, `ready`, says what is to be moved where; from
that moment on the house is the restored one: whoever comes next, this command again or `hearthwatch run`, finishes the moves.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import msgspec

from hearthwatch.fleet.hub_db import MIGRATIONS as HUB_MIGRATIONS
from hearthwatch.fleet.hub_db import NAME as HUB_DB
from hearthwatch.fleet.options import DATABASE_PASSWORD
from hearthwatch.kit.errors import ConfigFault, StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.files import fsync_folder, storage_failed, write_atomic
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.recording.schema import MIGRATIONS as INDEX_MIGRATIONS
from hearthwatch.run.backup import CONFIG, DATA, FOOTAGE, INDEX, LEDGER, Kept
from hearthwatch.run.backup_file import HOUSE, About, BackupFile, Entry
from hearthwatch.run.compile import footage_folder
from hearthwatch.run.config import parse
from hearthwatch.run.house_db import MIGRATIONS
from hearthwatch.run.places import hold
from hearthwatch.run.restoring import READY, STAGE, Move, finish

_HOUSE_DB = "house.db"
_NOT_OURS = frozenset({".hearthwatch-run.lock", "lost+found", STAGE})
_SCHEMAS = {_HOUSE_DB: MIGRATIONS, INDEX: INDEX_MIGRATIONS, HUB_DB: HUB_MIGRATIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What is there again. `notes` are for the owner: what is not, and what to do about it."""

    about: About
    kept: Kept
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]


def contents(file: BackupFile, identities: Sequence[Secret]) -> tuple[Kept, tuple[Entry, ...]]:
    """Read a backup to its end and return what is in it. Raises StorageFailed, Refused."""
    kept: list[Kept] = []

    def take(name: str, content: Iterable[bytes]) -> None:
        if name == HOUSE:
            kept.append(_kept(file, b"".join(content)))

    entries = file.read(identities, take)
    if not kept:
        raise file.damaged(HOUSE)
    return kept[0], entries


def refuse_newer(about: About) -> None:
    """Raises Unsupported when this release does not know the databases of a backup."""
    for name, schema in about.schemas.items():
        folder = _SCHEMAS.get(name)
        known = sorted(path.stem.partition("_")[0] for path in (folder / "versions").glob("[0-9]*.py")) if folder else []
        if known and schema and schema not in known:
            raise Unsupported(
                f"this backup was made by Hearthwatch {about.release}, whose {name} has schema {schema}; this is Hearthwatch "
                f"{version('hearthwatch')}, which knows it up to {known[-1]}: install {about.release} or newer, then restore"
            )


def restore(file: BackupFile, identities: Sequence[Secret], config_path: Path, data: Path) -> Restored:
    """Bring the house back. Raises StorageFailed (damaged, in use, not empty), Refused, Unsupported."""
    refuse_newer(file.about)
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise storage_failed(error, f"making the data folder {data}") from error
    held = hold(data)
    try:
        if finish(data):
            raise StorageFailed(
                StorageFault.BROKEN, f"a restore into {data} had been broken off and is finished now: start Hearthwatch"
            )
        _refuse_full(data, config_path)
        return _restored(file, identities, config_path, data)
    finally:
        os.close(held)


def _refuse_full(data: Path, config_path: Path) -> None:
    try:
        there = sorted(path.name for path in data.iterdir() if path.name not in _NOT_OURS)
    except OSError as error:
        raise storage_failed(error, f"looking into {data}") from error
    if there:
        raise StorageFailed(
            StorageFault.BROKEN,
            f"{data} is not empty (there is {there[0]}): a backup is restored into an empty folder; move what is there away "
            f"(mv {data} {data}.old), or name another one with --data",
        )
    if config_path.exists():
        raise StorageFailed(StorageFault.BROKEN, f"there are settings already, {config_path}: move that file away first")


class _Stager:
    """Writes the parts of a backup beside the places where they belong."""

    def __init__(self, file: BackupFile, config_path: Path, data: Path) -> None:
        self._file = file
        self._config_path = config_path
        self._data = data
        self._stage = data / STAGE
        self._footage = data / "footage"
        self.kept: Kept | None = None
        self.house_db: Path | None = None
        self.ledger: Path | None = None
        self.hub_database = ""
        self.moves: dict[Path, Path] = {}
        self.notes: list[str] = []

    def take(self, name: str, content: Iterable[bytes]) -> None:
        """Stage one part."""
        if name == HOUSE:
            self.kept = _kept(self._file, b"".join(content))
            return
        if name == CONFIG:
            text = b"".join(content)
            self._write(self._beside(self._config_path, self._config_path.parent), [text], self._config_path)
            self._find_footage(text)
            return
        if name == LEDGER:
            self.ledger = self._data / STAGE / "ledger"
            self._fill(self.ledger, content, self.ledger)
            return
        if name.startswith(DATA):
            self._place(_within(name.removeprefix(DATA)), self._data, content)
        elif name.startswith(FOOTAGE):
            self._place(_within(name.removeprefix(FOOTAGE)), self._footage, content)
        else:
            raise self._file.damaged(name)

    def _find_footage(self, text: bytes) -> None:
        try:
            config = parse(text.decode("utf-8", "replace"), str(self._config_path))
            self._footage, self.hub_database = footage_folder(config, self._data), config.hub.database
        except ConfigFault as error:
            self.notes.append(f"the settings have mistakes, mend them before you start: {str(error).splitlines()[0]}")

    def _place(self, within: PurePosixPath, root: Path, content: Iterable[bytes]) -> None:
        """Stage what lies at `within` below `root`; its first folder is moved as a whole."""
        first = root / within.parts[0]
        if root != self._data and first.exists():  # the old disk is there, and knows more than a backup
            if within.name == INDEX:
                self.notes.append(f"{first} was there already and stays: it is of the footage on that disk")
            return
        stage = self._beside(first, root)
        staged = stage.joinpath(*within.parts[1:])
        self._write(staged, content, first, stage)
        if first == self._data / _HOUSE_DB:
            self.house_db = staged

    def _beside(self, place: Path, root: Path) -> Path:
        """Return where something is staged that will be `place`: on the same disk."""
        if root.is_relative_to(self._data):
            return self._stage / "new" / place.relative_to(self._data)
        return root / f".{place.name}.restored"

    def _write(self, to: Path, content: Iterable[bytes], place: Path, stage: Path | None = None) -> None:
        try:
            if (stage or to) not in self.moves:  # what a restore left that was killed
                _remove(stage or to)
        except OSError as error:
            raise storage_failed(error, f"restoring {place}") from error
        self._fill(to, content, place)
        self.moves[stage or to] = place

    @staticmethod
    def _fill(to: Path, content: Iterable[bytes], place: Path) -> None:
        try:
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.writelines(content)
                file.flush()
                os.fsync(fd)
        except OSError as error:
            raise storage_failed(error, f"restoring {place}") from error

    def load_ledger(self) -> None:
        """Bring the hub's ledger back into its PostgreSQL. Raises StorageFailed, Unsupported."""
        if self.ledger is None:
            return
        if not self.hub_database:
            raise StorageFailed(
                StorageFault.MISSING, "the hub's ledger is in this backup, and its settings name no database for it"
            )
        from hearthwatch.run.hub_dump import load

        password = Secrets(self._data / STAGE / "new").get(DATABASE_PASSWORD)
        load(self.hub_database, password, self.ledger)


def _restored(file: BackupFile, identities: Sequence[Secret], config_path: Path, data: Path) -> Restored:
    stage = data / STAGE
    stager = _Stager(file, config_path, data)
    try:
        stage.mkdir(mode=0o700)
        entries = file.read(identities, stager.take)
        kept = stager.kept
        if kept is None or stager.house_db is None:
            raise file.damaged(HOUSE if kept is None else _HOUSE_DB)
        _make_new(stager.house_db)
        stager.load_ledger()
        _give_to_owner_of(data, stager.moves)
        # the database goes last: without it every command says that there is no house yet
        moves = sorted(stager.moves.items(), key=lambda move: move[1].name == _HOUSE_DB)
        for folder in {where for source, _to in moves for where in _folders(source)} | {stage}:
            fsync_folder(folder)
        ready = [Move(source=str(source), to=str(to)) for source, to in moves]
        write_atomic(stage / READY, msgspec.json.encode(ready))
    except OSError as error:
        _drop(stage, stager)
        raise storage_failed(error, f"restoring into {data}") from error
    except BaseException:
        _drop(stage, stager)
        raise
    finish(data)
    return Restored(about=file.about, kept=kept, entries=entries, notes=tuple(stager.notes))


def _drop(stage: Path, stager: _Stager) -> None:
    """Take away what was staged of a restore that does not come to be."""
    for staged in [stage, *stager.moves]:
        with contextlib.suppress(OSError):
            _remove(staged)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _make_new(house_db: Path) -> None:
    """A session that was ended since the backup must not live again: everybody logs in anew."""
    try:
        with closing(sqlite3.connect(house_db)) as sql:
            if sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").fetchone():
                with sql:
                    sql.execute("DELETE FROM sessions")
            sql.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StorageFailed(StorageFault.BROKEN, f"opening the restored {_HOUSE_DB}: {error}") from error


def _give_to_owner_of(data: Path, moves: Iterable[Path]) -> None:
    """Root restores for the user to whom the data folder belongs."""
    if os.geteuid() != 0:
        return
    owner = data.stat()
    for root in [data / STAGE, *moves]:
        for path in [root, *(root.rglob("*") if root.is_dir() else ())]:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _folders(path: Path) -> list[Path]:
    below = [Path(where) for where, _folders, _files in os.walk(path)] if path.is_dir() else []
    return [path.parent, *below]


def _kept(file: BackupFile, data: bytes) -> Kept:
    try:
        return msgspec.json.decode(data, type=Kept)
    except msgspec.MsgspecError as error:
        raise file.damaged(HOUSE) from error


def _within(name: str) -> PurePosixPath:
    """Return a name of the backup as a path that stays where it belongs. Raises StorageFailed."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\0" in name:
        raise StorageFailed(StorageFault.BROKEN, "this backup holds a name that leads out of the data folder: it is not used")
    return path
