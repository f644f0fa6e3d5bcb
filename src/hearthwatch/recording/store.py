"""Opening a footage folder: one owner at a time, the right disk, an index that fits it, files repaired."""

from __future__ import annotations

import fcntl
import logging
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed, write_atomic
from hearthwatch.kit.units import CameraId
from hearthwatch.recording.ballast import Ballast
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.repair import Repaired, repair_unfinished, sequences_in

log = logging.getLogger(__name__)

STORE_FILE = ".hearthwatch-store"
_LOCK_FILE = ".hearthwatch-lock"


@dataclass(slots=True, kw_only=True)
class Store:
    """An opened footage folder; `close` lets the next one in. `is_new` when this index never saw this disk before."""

    folder: Path
    index: IndexWriter
    ballast: Ballast
    repaired: Repaired
    is_new: bool
    locks: tuple[int, ...]

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
        index = _open_index(index_path, clock)
        known = index.known_stores()
        index.use_store(name, clock.wall_us())
        if known and name not in known:
            log.warning("%s is not the disk footage was on before: recording there, the older footage is kept track of", folder)
        repaired = repair_unfinished(folder, index)
    except BaseException:
        for fd in locks:
            os.close(fd)
        raise
    ballast = Ballast(index_path.with_name("ballast"))
    ballast.build()
    return Store(folder=folder, index=index, ballast=ballast, repaired=repaired, is_new=name not in known, locks=tuple(locks))


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


def _open_index(path: Path, clock: Clock) -> IndexWriter:
    try:
        return IndexWriter(path)
    except StorageFailed as error:
        if not any(sign in str(error) for sign in ("malformed", "not a database", "disk image")):
            raise
        log.warning("%s; it is set aside and made anew from the footage", error)
    stamp = clock.wall_us()
    try:
        for end in ("", "-wal", "-shm"):
            broken = path.with_name(path.name + end)
            if broken.exists():
                broken.rename(path.with_name(f"{path.name}.broken-{stamp}{end}"))
    except OSError as error:
        raise storage_failed(error, f"setting the broken index {path} aside") from error
    return IndexWriter(path)
