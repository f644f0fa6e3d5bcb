"""Opening a footage folder: one owner at a time, the right disk, an index that fits it, files repaired."""

from __future__ import annotations

import fcntl
import logging
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import Clock, offset_us
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed, write_atomic
from hearthwatch.kit.rescue import is_sound
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.ballast import Ballast
from hearthwatch.recording.custody import Custody
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.repair import Repaired, repair_unfinished, sequences_in
from hearthwatch.recording.retime import retime

log = logging.getLogger(__name__)

STORE_FILE = ".hearthwatch-store"
_LOCK_FILE = ".hearthwatch-lock"
_DAMAGE = ("malformed", "not a database", "no such table", "integer overflow")


@dataclass(slots=True, kw_only=True)
class Store:
    """An opened footage folder; `close` lets the next one in. `is_new` when this index never saw this disk before."""

    folder: Path
    index: IndexWriter
    ballast: Ballast
    repaired: Repaired
    is_new: bool
    locks: tuple[int, ...]
    index_path: Path
    uuid: str
    custody: Custody

    def renew_index(self, clock: Clock, error: StorageFailed) -> None:
        """Put a new, empty index in the place of one that turned out damaged. Raises StorageFailed."""
        self.index.close()
        set_aside(self.index_path, clock, error)
        self.index, self.is_new = _open_index(self.index_path, self.uuid, clock)

    def retime(self, clock: Clock) -> None:
        """Once something keeps the clock right, stamp anew what was stamped before in this boot. Raises StorageFailed."""
        if clock.is_kept() and (moved := retime(self.index, clock.boot(), offset_us(clock), clock.mono_ns() // 1000)):
            log.warning("the clock of this machine is right now: %d files of footage were put where they belong", moved)

    def next_sequence(self, camera: CameraId, stream: Stream) -> int:
        """Return a number above every row and every file of the stream."""
        path = self.folder / camera / stream
        files = sequences_in(path) if path.is_dir() else set()
        return max(self.index.next_sequence(camera, stream), max(files, default=0) + 1)

    def close(self) -> None:
        self.index.close()
        for fd in self.locks:
            os.close(fd)


def open_store(folder: Path, index_path: Path, clock: Clock) -> Store:
    """Lock and open; repair what a crash left. Raises StorageFailed, with what to do about it.

    A disk this index does not know (another one is mounted, or none) is recorded to as a new store; the rows of the other
    disk are left alone until it is back. A broken index is set aside and made anew from the files.
    """
    locks: list[int] = []
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            index_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise storage_failed(error, f"opening the footage folder {folder}") from error
        locks.append(_lock(folder / _LOCK_FILE))
        locks.append(_lock(index_path.with_name(f".{index_path.name}.lock")))
        name = _store_uuid(folder)
        index, is_new = _open_index(index_path, name, clock)
        try:
            repaired = repair_unfinished(folder, index)
        except StorageFailed as error:
            if not is_damage(error):
                raise
            index.close()
            set_aside(index_path, clock, error)
            index, is_new = _open_index(index_path, name, clock)
            repaired = repair_unfinished(folder, index)
        if is_new and len(index.known_stores()) > 1:
            log.warning("%s is not the disk footage was on before: recording there, the older footage is kept track of", folder)
    except BaseException:
        for fd in locks:
            os.close(fd)
        raise
    ballast = Ballast(index_path.with_name("ballast"))
    ballast.build()
    return Store(
        folder=folder,
        index=index,
        ballast=ballast,
        repaired=repaired,
        is_new=is_new,
        locks=tuple(locks),
        index_path=index_path,
        uuid=name,
        custody=Custody(),
    )


def _lock(path: Path) -> int:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise storage_failed(error, f"locking {path.parent}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise StorageFailed(
            StorageFault.BROKEN,
            f"another Hearthwatch is recording into {path.parent}: stop it, or give this one another folder",
        ) from error
    return fd


def _store_uuid(folder: Path) -> str:
    path = folder / STORE_FILE
    try:
        return str(uuid.UUID(path.read_text("ascii").strip()))
    except FileNotFoundError:
        name = str(uuid.uuid4())
        write_atomic(path, f"{name}\n".encode())
        return name
    except (ValueError, UnicodeDecodeError) as error:
        raise StorageFailed(StorageFault.BROKEN, f"{path} is damaged: delete it, then start again") from error
    except OSError as error:
        raise storage_failed(error, f"reading {path}") from error


def _open_index(path: Path, store: str, clock: Clock) -> tuple[IndexWriter, bool]:
    """Return the index, working on `store`, and whether the disk is new to it; a damaged one is made anew, also where only
    those who look at old footage would come across the damage."""
    index: IndexWriter | None = None
    if path.exists() and path.stat().st_size and not is_sound(path):
        set_aside(path, clock, StorageFailed(StorageFault.BROKEN, f"{path} is malformed"))
    for may_renew in (True, False):
        try:
            index = IndexWriter(path)
            known = index.known_stores()
            index.use_store(store, clock.wall_us())
        except StorageFailed as error:
            if index is not None:
                index.close()
            if not may_renew or not is_damage(error):
                raise
            set_aside(path, clock, error)
        else:
            return index, store not in known
    raise AssertionError


def is_damage(error: StorageFailed) -> bool:
    """Whether the index itself is damaged, as SQLite words it."""
    return error.fault is StorageFault.BROKEN and any(sign in str(error) for sign in _DAMAGE)


def set_aside(path: Path, clock: Clock, error: StorageFailed) -> None:
    """Rename a damaged index; whoever is curious may look into it. Raises StorageFailed."""
    log.warning("%s; it is set aside and made anew from the footage", error)
    stamp = clock.wall_us()
    try:
        for end in ("", "-wal", "-shm"):
            broken = path.with_name(path.name + end)
            if broken.exists():
                broken.rename(path.with_name(f"{path.name}.broken-{stamp}{end}"))
    except OSError as failure:
        raise storage_failed(failure, f"setting the broken index {path} aside") from failure
