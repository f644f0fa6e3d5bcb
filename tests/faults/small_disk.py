"""A disk of a trial's own: ext4 in a file, whose power can be cut and which can be frozen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.fault import NotHere

_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2
"""What is not in the journal on the disk yet never gets there: as when the power fails."""


class SmallDisk:
    """Mounted at `path` until `close`. Raises NotHere where that is not allowed."""

    def __init__(self, folder: Path, *, size_mb: int = 256) -> None:
        self._image = folder / "disk.img"
        self.path = folder / "disk"
        self.path.mkdir()
        with self._image.open("wb") as image:
            image.truncate(size_mb << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(self._image))
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.path))

    def cut(self) -> None:
        """Cut the power: every call on this disk fails from now on, and nothing more reaches it."""
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(fd)

    def again(self) -> float:
        """Take the disk away and mount it as a start does, once nobody holds it; return the seconds of the mount."""
        self._umount()
        began_ns = time.monotonic_ns()
        self.mount()
        return (time.monotonic_ns() - began_ns) / 1e9

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let every write to this disk wait while the block lasts."""
        _run("fsfreeze", "-f", str(self.path))
        try:
            yield
        finally:
            _run("fsfreeze", "-u", str(self.path))

    def close(self) -> None:
        self._umount()
        self._image.unlink()

    def _umount(self) -> None:
        for _turn in range(300):
            subprocess.run(["umount", str(self.path)], capture_output=True, check=False)
            if not self.path.is_mount() and not self._is_held():
                return
            time.sleep(0.1)  # whoever was killed just now still lets go of its files
        raise AssertionError(f"{self.path} is still in use")

    def _is_held(self) -> bool:
        """Whoever began a namespace of mounts of its own meanwhile has the disk as long as it lives, and the next mount would be of
        the same one: cut off."""
        return bool(subprocess.run(["losetup", "-j", str(self._image)], capture_output=True, check=False).stdout)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NotHere(f"there is no {command[0]}") from error
    if done.returncode:
        raise NotHere(f"{command[0]}: {done.stderr.strip()}")


@contextlib.contextmanager
def small_disk(folder: Path, *, size_mb: int = 256) -> Iterator[SmallDisk]:
    disk = SmallDisk(folder, size_mb=size_mb)
    try:
        yield disk
    finally:
        disk.close()
