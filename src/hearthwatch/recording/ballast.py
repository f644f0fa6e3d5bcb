"""The ballast: a file beside the index that is let go when the disk is full, so that rows can still be written."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from hearthwatch.kit.files import free_bytes, fsync_folder

log = logging.getLogger(__name__)

BALLAST_BYTES = 16 << 20
_MAX_DISK_FRAC = 1 / 32


class Ballast:
    """16 MiB, or a thirty-second of a small disk. Nothing here raises: it must not make a full disk worse."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def held_bytes(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def drop(self) -> bool:
        """Give the space back; True when there was any to give."""
        held = self.held_bytes()
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the ballast %s could not be dropped: %s", self._path, error)
            return False
        return held > 0

    def build(self) -> bool:
        """Take the space when it is there four times over; True when the ballast stands."""
        try:
            stat = os.statvfs(self._path.parent)
            wanted = min(BALLAST_BYTES, int(stat.f_blocks * stat.f_frsize * _MAX_DISK_FRAC))
            if self.held_bytes() >= wanted:
                return True
            if free_bytes(self._path.parent) < 4 * wanted:
                return False
            self._path.unlink(missing_ok=True)
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(fd, 0, wanted)
                os.fsync(fd)
            finally:
                os.close(fd)
            fsync_folder(self._path.parent)
        except OSError as error:
            log.warning("the ballast %s could not be built: %s", self._path, error)
            self.drop()
            return False
        return True
