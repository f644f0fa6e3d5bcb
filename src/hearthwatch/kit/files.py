"""Files that survive a power cut: atomic writes, fsync of file and folder, free space, and joins that cannot escape."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from hearthwatch.kit.errors import StorageFailed, StorageFault

_FAULT_OF_ERRNO = {
    errno.ENOSPC: StorageFault.NO_SPACE,
    errno.EDQUOT: StorageFault.NO_SPACE,
    errno.ENOENT: StorageFault.MISSING,
    errno.ENODEV: StorageFault.MISSING,
    errno.ENXIO: StorageFault.MISSING,
}


def storage_failed(error: OSError, doing: str) -> StorageFailed:
    """Translate an OSError met while `doing` something on disk."""
    fault = _FAULT_OF_ERRNO.get(error.errno or 0, StorageFault.BROKEN)
    return StorageFailed(fault, f"{doing}: {error.strerror or error}")


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `data` so that after a crash it is wholly old or wholly new. Raises StorageFailed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            os.fchmod(fd, mode)
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        temporary.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise storage_failed(error, f"writing {path}") from error


def free_bytes(folder: Path) -> int:
    """Return the bytes an unprivileged writer may still use on the disk of `folder`. Raises StorageFailed."""
    try:
        stat = os.statvfs(folder)
    except OSError as error:
        raise storage_failed(error, f"looking at {folder}") from error
    return stat.f_bavail * stat.f_frsize


def disk_bytes(folder: Path) -> int:
    """Return the size of the disk of `folder`. Raises StorageFailed."""
    try:
        stat = os.statvfs(folder)
    except OSError as error:
        raise storage_failed(error, f"looking at {folder}") from error
    return stat.f_blocks * stat.f_frsize


def safe_join(root: Path, *parts: str) -> Path:
    """Join one-level names below `root`; ValueError for anything that is not a plain name."""
    for part in parts:
        if part in {"", ".", ".."} or "/" in part or "\0" in part:
            raise ValueError(f"{part!r} is not a plain file name")
    return root.joinpath(*parts)
