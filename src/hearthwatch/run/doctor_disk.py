"""The doctor's look at the footage disk: room, inodes, file system, how fast it takes what must not be lost."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.files import free_bytes
from hearthwatch.kit.units import NS_PER_S
from hearthwatch.run.check import Check, fail, ok, warn

_SUBJECT = "footage disk"
_LOW_BYTES = 5_000_000_000
_LOW_INODES = 10_000
_TRIAL_BYTES = 8 << 20
_TRIAL_SYNCS = 8
_SLOW_SYNC_S = 0.25
_SLOW_MB_S = 5.0
_MOUNTS = Path("/proc/self/mountinfo")
_ODD = {
    "vfat": "loses its tables when the power goes: use ext4",
    "exfat": "loses its tables when the power goes: use ext4",
    "ntfs": "is slow here and loses its tables when the power goes: use ext4",
    "ntfs3": "loses its tables when the power goes: use ext4",
    "fuseblk": "is slow here and loses its tables when the power goes: use ext4",
    "tmpfs": "is memory: everything is gone when the power goes",
    "ramfs": "is memory: everything is gone when the power goes",
    "overlay": "is a container's own: everything is gone when it is made anew; mount a volume there",
    "nfs": "is another machine's: recording stops when the network does",
    "nfs4": "is another machine's: recording stops when the network does",
    "cifs": "is another machine's: recording stops when the network does",
    "smb3": "is another machine's: recording stops when the network does",
}


def disk(footage: Path, *, clock: Clock | None = None, mounts: Path = _MOUNTS) -> Iterator[Check]:
    """Yield how the disk of `footage` is. Writes a few megabytes there and takes them away again."""
    # os.access, unlike Path.exists, has no objection to a folder this user may not look into
    nearest = next(folder for folder in (footage, *footage.parents) if os.access(folder, os.F_OK))
    try:
        free = free_bytes(nearest)
    except StorageFailed as error:
        yield fail(_SUBJECT, str(error))
        return
    text = f"{free / 1e9:.0f} GB free at {nearest}"
    if not os.access(nearest, os.W_OK):
        yield fail(_SUBJECT, f"{nearest} cannot be written by this user: correct its owner, or set storage.folder")
        return
    yield ok(_SUBJECT, text) if free > _LOW_BYTES else warn(_SUBJECT, f"{text}: make room or set storage.folder")
    info = os.statvfs(nearest)
    if info.f_files and info.f_favail < _LOW_INODES:
        yield warn(_SUBJECT, f"room for {info.f_favail} more files only, however small: delete many small files there")
    yield from _kind(nearest, mounts)
    yield from _speed(nearest, clock or SystemClock())


def _kind(folder: Path, mounts: Path) -> Iterator[Check]:
    kind = filesystem(folder, mounts)
    if kind in _ODD:
        yield warn(_SUBJECT, f"its file system, {kind}, {_ODD[kind]}")
    elif kind:
        yield ok(_SUBJECT, f"its file system is {kind}")
    if os.stat(folder).st_dev == os.stat("/").st_dev:  # noqa: PTH116 the pair reads better alike
        yield ok(
            _SUBJECT, "it is the system's own disk too: a disk of its own would spare a card and leave the system its room"
        )


def filesystem(folder: Path, mounts: Path = _MOUNTS) -> str:
    """Return the type of the file system that holds `folder`, "" where the kernel does not say."""
    device = os.stat(folder).st_dev  # noqa: PTH116
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        left, _, right = line.partition(" - ")
        if left.split()[2] == wanted:
            return right.split()[0]
    return ""


def _speed(folder: Path, clock: Clock) -> Iterator[Check]:
    path = folder / f".hearthwatch-trial-{os.getpid()}"
    data = secrets.token_bytes(_TRIAL_BYTES // _TRIAL_SYNCS)
    worst_s = 0.0
    began_ns = clock.mono_ns()
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            for _ in range(_TRIAL_SYNCS):
                piece_ns = clock.mono_ns()
                os.write(fd, data)
                os.fdatasync(fd)
                worst_s = max(worst_s, (clock.mono_ns() - piece_ns) / NS_PER_S)
        finally:
            os.close(fd)
            path.unlink()
    except OSError as error:
        yield fail(_SUBJECT, f"nothing can be written to {folder}: {error.strerror}")
        return
    mb_s = _TRIAL_BYTES / 1e6 / max(1e-6, (clock.mono_ns() - began_ns) / NS_PER_S)
    text = f"takes {mb_s:.0f} MB/s for good, a megabyte in {worst_s * 1000:.0f} ms at worst"
    if mb_s < _SLOW_MB_S or worst_s > _SLOW_SYNC_S:
        yield warn(_SUBJECT, f"{text}: slow for several cameras (if nothing else is busy with it, take another disk)")
    else:
        yield ok(_SUBJECT, text)
