"""A target that is a mounted folder: another disk, a NAS over NFS or SMB.

An unmounted mount point is an empty folder on the system's own disk, which looks the same: nothing is written but below a
folder that holds the marker file `hearthwatch offsite test NAME --create` put there.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from hearthwatch.kit.errors import HearthwatchError, StorageFailed, StorageFault, Unreachable
from hearthwatch.kit.files import fsync_folder, storage_failed
from hearthwatch.kit.units import WallUs
from hearthwatch.offsite.names import MARKER, PARTIAL, checked_name, partial_name
from hearthwatch.offsite.upload import (
    NotProved,
    OnProgress,
    Pace,
    Parcel,
    Progress,
    Proof,
    ProofKind,
    Stored,
    TargetId,
    TargetRefused,
    Trouble,
)

_CHUNK_BYTES = 256 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class FolderTarget:
    """Implements Target. A disk that answers no more blocks one thread, never the loop."""

    def __init__(self, name: TargetId, folder: Path, *, needs_mark: bool = True) -> None:
        """Without `needs_mark` the folder is one somebody named just now, such as a target's own disk seen from inside."""
        self._name = name
        self._folder = folder
        self._needed = folder / MARKER if needs_mark else folder

    @property
    def name(self) -> TargetId:
        return self._name

    async def put(
        self, parcel: Parcel, pace: Pace, *, resume: Progress | None = None, on_progress: OnProgress | None = None
    ) -> Proof:
        """See Target."""
        await asyncio.to_thread(self._check_mounted)
        path = self._path(parcel.name)
        partial = self._path(partial_name(parcel))
        if await asyncio.to_thread(_size, path) == parcel.size_bytes:
            with contextlib.suppress(NotProved):
                return await self.prove(parcel.name, parcel.size_bytes, parcel.sha256)
        at = await asyncio.to_thread(self._begin, parcel, partial)
        while at < parcel.size_bytes:
            size = min(_CHUNK_BYTES, parcel.size_bytes - at)
            await pace(size)
            await asyncio.to_thread(self._copy, parcel, partial, at, size)
            at += size
            if on_progress is not None:
                on_progress(Progress(sent_bytes=at, token=""))
        await asyncio.to_thread(self._finish, parcel, partial, path)
        return Proof(how=ProofKind.READ_BACK, name=parcel.name, size_bytes=parcel.size_bytes, sha256=parcel.sha256)

    async def adopt(self, parcel: Parcel) -> Proof:
        """As put, for a file on the same disk, which takes the name instead of being copied."""
        await asyncio.to_thread(self._check_mounted)
        await asyncio.to_thread(self._adopt, parcel, self._path(parcel.name))
        return Proof(how=ProofKind.READ_BACK, name=parcel.name, size_bytes=parcel.size_bytes, sha256=parcel.sha256)

    async def prove(self, name: str, size_bytes: int, sha256: bytes) -> Proof:
        """See Target."""
        await asyncio.to_thread(self._check_mounted)
        await asyncio.to_thread(self._prove, self._path(name), name, size_bytes, sha256)
        return Proof(how=ProofKind.READ_BACK, name=name, size_bytes=size_bytes, sha256=sha256)

    async def list(self, under: str = "") -> AsyncIterator[Stored]:
        """See Target."""
        await asyncio.to_thread(self._check_mounted)
        walk = self._walk(under)
        while found := await asyncio.to_thread(next, walk, None):
            for one in found:
                yield one

    async def read(self, name: str, *, limit_bytes: int | None = None) -> AsyncIterator[bytes]:
        """See Target."""
        await asyncio.to_thread(self._check_mounted)
        at = 0
        while limit_bytes is None or at < limit_bytes:
            size = _CHUNK_BYTES if limit_bytes is None else min(_CHUNK_BYTES, limit_bytes - at)
            data = await asyncio.to_thread(self._read, name, at, size)
            if not data:
                return
            at += len(data)
            yield data

    async def delete(self, name: str) -> None:
        """See Target."""
        await asyncio.to_thread(self._check_mounted)
        try:
            await asyncio.to_thread(self._path(name).unlink, missing_ok=True)
        except OSError as error:
            raise self._translated(error, f"deleting {name}") from error

    async def close(self) -> None:
        """See Target: there is nothing to let go of."""

    def create(self) -> None:
        """Mark the folder as a target, now that its disk is mounted for certain. Raises as `put`."""
        try:
            (self._folder / MARKER).write_text(
                "Hearthwatch keeps copies below this folder. Without this file it writes nothing here.\n"
            )
            fsync_folder(self._folder)
        except OSError as error:
            raise self._translated(error, "marking the folder") from error

    def _check_mounted(self) -> None:
        try:
            self._needed.stat()
        except FileNotFoundError as error:
            if self._needed == self._folder:
                raise TargetRefused(Trouble.MISSING_PLACE, f"there is no folder {self._folder}") from error
            raise TargetRefused(
                Trouble.MISSING_PLACE,
                f"{self._folder} is not mounted, or was never marked as a place for copies: mount its disk, and the first time "
                f"run `hearthwatch offsite test {self._name} --create`",
            ) from error
        except OSError as error:
            raise self._translated(error, "looking for it") from error

    def _path(self, name: str) -> Path:
        return self._folder.joinpath(*checked_name(name).split("/"))

    def _begin(self, parcel: Parcel, partial: Path) -> int:
        """Return how many bytes of the parcel are there already; what is there and differs is thrown away."""
        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError), partial.open("rb") as there:
                at = 0
                with _source(parcel) as here:
                    while (data := there.read(_CHUNK_BYTES)) and here.read(len(data)) == data:
                        at += len(data)
                os.truncate(partial, at)
                return at
            partial.touch(mode=0o640)
        except OSError as error:
            raise self._translated(error, f"beginning {parcel.name}") from error
        return 0

    def _adopt(self, parcel: Parcel, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._finish(parcel, parcel.path, path)
        except OSError as error:
            raise self._translated(error, f"finishing {parcel.name}") from error

    def _copy(self, parcel: Parcel, partial: Path, at: int, size: int) -> None:
        with _source(parcel) as here:
            here.seek(at)
            try:
                data = here.read(size)
            except OSError as error:
                raise storage_failed(error, f"reading {parcel.path.name}") from error
        if len(data) != size:
            raise StorageFailed(StorageFault.BROKEN, f"{parcel.path.name} is shorter than it was")
        try:
            with partial.open("r+b") as there:
                there.seek(at)
                there.write(data)
        except OSError as error:
            raise self._translated(error, f"writing {parcel.name}") from error

    def _finish(self, parcel: Parcel, partial: Path, path: Path) -> None:
        try:
            fd = os.open(partial, os.O_RDWR)
            try:
                os.fsync(fd)
                with contextlib.suppress(OSError):  # read back from the disk, not from memory, where that can be asked for
                    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(fd)
            try:
                self._prove(partial, parcel.name, parcel.size_bytes, parcel.sha256)
            except NotProved:
                partial.unlink(missing_ok=True)
                raise
            partial.replace(path)
            fsync_folder(path.parent)
        except OSError as error:
            raise self._translated(error, f"finishing {parcel.name}") from error

    def _prove(self, path: Path, name: str, size_bytes: int, sha256: bytes) -> None:
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").digest()
                size = file.tell()
        except FileNotFoundError as error:
            raise NotProved(f"{name} is no longer there") from error
        except OSError as error:
            raise self._translated(error, f"reading {name} back") from error
        if size != size_bytes or found != sha256:
            raise NotProved(
                f"{name} is not what was written: the disk of {self._folder} may be failing, or somebody changed it"
            )

    def _walk(self, under: str) -> Iterator[tuple[Stored, ...]]:
        """Yield the files of one folder after the other; links are not followed out of the target."""
        top = self._path(under) if under else self._folder
        for folder, _folders, files in os.walk(top, onerror=self._walk_failed):
            found = []
            for file in files:
                path = Path(folder, file)
                name = path.relative_to(self._folder).as_posix()
                if file.endswith(PARTIAL) or file == MARKER or path.is_symlink():
                    continue
                with contextlib.suppress(FileNotFoundError, ValueError):
                    stat = path.stat()
                    found.append(
                        Stored(name=checked_name(name), size_bytes=stat.st_size, changed_us=WallUs(stat.st_mtime_ns // 1000))
                    )
            if found:
                yield tuple(found)

    def _walk_failed(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise self._translated(error, "listing it")

    def _read(self, name: str, at: int, size: int) -> bytes:
        try:
            with self._path(name).open("rb") as file:
                file.seek(at)
                return file.read(size)
        except FileNotFoundError as error:
            raise NotProved(f"{name} is no longer there") from error
        except OSError as error:
            raise self._translated(error, f"reading {name}") from error

    def _translated(self, error: OSError, doing: str) -> HearthwatchError:
        place = f"the folder {self._folder}"
        if error.errno in _FULL:
            return TargetRefused(Trouble.FULL, f"{place} is full: make room there, or let less stay there")
        if error.errno in _FORBIDDEN:
            return TargetRefused(
                Trouble.NOT_ALLOWED,
                f"{doing}: Hearthwatch's user may not write in {place}: change its owner or mount it writable",
            )
        return Unreachable(f"{place}: {doing}: {error.strerror or error}")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


@contextlib.contextmanager
def _source(parcel: Parcel) -> Iterator[BinaryIO]:
    try:
        file = parcel.path.open("rb")
    except OSError as error:
        raise storage_failed(error, f"opening {parcel.path.name}") from error
    with file:
        yield file
