"""Firmware files for cameras, put into the data folder by hand or uploaded by the page."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.files import fsync_folder, storage_failed

MAX_BYTES = 64 << 20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ ()+-]{0,127}")


class FirmwareFiles:
    """One folder; an upload replaces the file of its name once it is whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def keep(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        """Write `chunks` to the file `name` and return its bytes. Raises Unsupported for a bad name or over 64 MB, and
        StorageFailed."""
        if not _NAME.fullmatch(name):
            raise Unsupported("this file's name is too odd: use letters, digits, dots and dashes")
        temporary = self.folder / f".{name}.new"
        size = 0
        try:
            file = await asyncio.to_thread(self._open, temporary)
            try:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise Unsupported(f"this is no camera's firmware: it has more than {MAX_BYTES >> 20} MB")
                    await asyncio.to_thread(file.write, chunk)
                if not size:
                    raise Unsupported("the file is empty")
                await asyncio.to_thread(self._finish, file, temporary, name)
            finally:
                file.close()
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise storage_failed(error, f"keeping the firmware file {name}") from error
        return size

    def _open(self, temporary: Path) -> BinaryIO:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        return os.fdopen(fd, "wb")

    def _finish(self, file: BinaryIO, temporary: Path, name: str) -> None:
        file.flush()
        os.fsync(file.fileno())
        temporary.replace(self.folder / name)
        fsync_folder(self.folder)
