"""A target behind SSH: a NAS, a PC with OpenSSH, a rented server.

What is half sent is a file of its own, so that going on after a cut needs only its size; whether it is right is seen at the
end, when the whole is read back and hashed, and only then does it get its name.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import posixpath
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from hearthwatch.kit.errors import BadReply, HearthwatchError, StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.offsite.names import PARTIAL, checked_name, partial_name
from hearthwatch.offsite.sftp_session import SftpSession
from hearthwatch.offsite.upload import (
    ANSWER_S,
    NotProved,
    OnProgress,
    Pace,
    Parcel,
    Progress,
    Proof,
    ProofKind,
    Stored,
    TargetId,
    TargetOptions,
    TargetRefused,
    Trouble,
)

if TYPE_CHECKING:
    import asyncssh

_CHUNK_BYTES = 256 * 1024
_BLOCK_BYTES = 32 * 1024
"""What every server takes and gives in one answer."""

T = TypeVar("T")
_MAX_DEPTH = 8
_FOLDER = 2  # SFTP version 3 over OpenSSH: what asyncssh calls FILEXFER_TYPE_DIRECTORY
_FILE = 1


class SftpTarget:
    """Implements Target; connects at the first call and again after any error."""

    def __init__(
        self,
        name: TargetId,
        options: TargetOptions,
        *,
        password: Secret | None,
        key: Secret | None,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._name = name
        self._folder = options.path
        self._session = SftpSession(name, options, password=password, key=key, answer_s=answer_s)
        self._answered = self._session.answered

    @property
    def name(self) -> TargetId:
        return self._name

    async def put(
        self, parcel: Parcel, pace: Pace, *, resume: Progress | None = None, on_progress: OnProgress | None = None
    ) -> Proof:
        """See Target. Nothing needs to be remembered of what was sent: the far end knows."""
        async with self._session.lent(f"sending {parcel.name}") as sftp:
            path, partial = self._path(parcel.name), self._path(partial_name(parcel))
            if await self._size(sftp, path) == parcel.size_bytes:
                with contextlib.suppress(NotProved):
                    return await self._proved(sftp, parcel.name, parcel.size_bytes, parcel.sha256)
            at = await self._size(sftp, partial)
            if at is None or at > parcel.size_bytes:
                await self._answered(sftp.makedirs(posixpath.dirname(path), exist_ok=True))
                at = 0
            try:
                await self._send(sftp, parcel, at, pace, on_progress)
            except HearthwatchError:
                raise
            except Exception as error:
                if await self._is_full(sftp, error, parcel):
                    raise self._full() from error
                raise
            found = await self._hash(sftp, partial, parcel.size_bytes)
            if found != (parcel.size_bytes, parcel.sha256):
                await self._closed(await self._answered(sftp.open(partial, "wb", encoding=None, block_size=0)))
                raise NotProved(f"{self._session.where} did not keep {parcel.name} as it was sent; it is sent anew")
            await self._rename(sftp, partial, path)
        return Proof(how=ProofKind.READ_BACK, name=parcel.name, size_bytes=parcel.size_bytes, sha256=parcel.sha256)

    async def prove(self, name: str, size_bytes: int, sha256: bytes) -> Proof:
        """See Target."""
        async with self._session.lent(f"reading {name} back") as sftp:
            return await self._proved(sftp, name, size_bytes, sha256)

    async def list(self, under: str = "") -> AsyncIterator[Stored]:
        """See Target. Links are not followed."""
        async with self._session.lent("listing it") as sftp:
            folders = [under]
            while folders:
                folder = folders.pop()
                try:
                    entries = sftp.scandir(self._path(folder) if folder else self._folder or ".")
                    while (entry := await self._answered(anext(entries, None))) is not None:
                        name = str(entry.filename)
                        if name in {".", ".."} or name.startswith(".hearthwatch-"):
                            continue
                        inside = self._listed(f"{folder}/{name}" if folder else name)
                        if entry.attrs.type == _FOLDER and inside.count("/") < _MAX_DEPTH:
                            folders.append(inside)
                        elif entry.attrs.type == _FILE and not name.endswith(PARTIAL):
                            changed_us = WallUs((entry.attrs.mtime or 0) * US_PER_S)
                            yield Stored(name=inside, size_bytes=entry.attrs.size or 0, changed_us=changed_us)
                except _no_such_file():
                    continue

    async def read(self, name: str, *, limit_bytes: int | None = None) -> AsyncIterator[bytes]:
        """See Target."""
        async with self._session.lent(f"reading {name}") as sftp:
            try:
                file = await self._answered(sftp.open(self._path(name), "rb", encoding=None, block_size=0))
            except _no_such_file() as error:
                raise NotProved(f"{name} is no longer there") from error
            async with contextlib.AsyncExitStack() as stack:
                stack.push_async_callback(self._closed, file)
                at = 0
                while limit_bytes is None or at < limit_bytes:
                    size = _CHUNK_BYTES if limit_bytes is None else min(_CHUNK_BYTES, limit_bytes - at)
                    data = await self._read(file, at, size)
                    if not data:
                        return
                    at += len(data)
                    yield data

    async def delete(self, name: str) -> None:
        """See Target."""
        async with self._session.lent(f"deleting {name}") as sftp:
            with contextlib.suppress(_no_such_file()):
                await self._answered(sftp.remove(self._path(name)))

    async def close(self) -> None:
        """See Target."""
        await self._session.close()

    async def _send(
        self, sftp: asyncssh.SFTPClient, parcel: Parcel, at: int, pace: Pace, on_progress: OnProgress | None
    ) -> None:
        """Send what is missing from `at` on and have it put on the disk there, where the server knows how."""
        import asyncssh

        mode = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | (asyncssh.FXF_TRUNC if at == 0 else 0)
        file = await self._answered(sftp.open(self._path(partial_name(parcel)), mode, encoding=None, block_size=0))
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._closed, file)
            for chunk in _chunks(parcel, at):
                await pace(len(chunk))
                await self._all([file.write(chunk[i : i + _BLOCK_BYTES], at + i) for i in range(0, len(chunk), _BLOCK_BYTES)])
                at += len(chunk)
                if on_progress is not None:
                    on_progress(Progress(sent_bytes=at, token=""))
            with contextlib.suppress(asyncssh.SFTPOpUnsupported):
                await self._answered(file.fsync())

    async def _rename(self, sftp: asyncssh.SFTPClient, partial: str, path: str) -> None:
        import asyncssh

        try:
            await self._answered(sftp.posix_rename(partial, path))
        except asyncssh.SFTPOpUnsupported:  # it cannot replace a file in one step
            with contextlib.suppress(asyncssh.SFTPNoSuchFile):
                await self._answered(sftp.remove(path))
            await self._answered(sftp.rename(partial, path))

    async def _proved(self, sftp: asyncssh.SFTPClient, name: str, size_bytes: int, sha256: bytes) -> Proof:
        try:
            found = await self._hash(sftp, self._path(name), size_bytes)
        except _no_such_file() as error:
            raise NotProved(f"{name} is no longer at {self._session.where}") from error
        if found != (size_bytes, sha256):
            raise NotProved(
                f"{name} at {self._session.where} is not what was sent: its disk may be failing, or somebody changed it"
            )
        return Proof(how=ProofKind.READ_BACK, name=name, size_bytes=size_bytes, sha256=sha256)

    async def _hash(self, sftp: asyncssh.SFTPClient, path: str, limit_bytes: int) -> tuple[int, bytes]:
        """Read a file back and return its size, at most one byte over the limit, and its hash."""
        digest, at = hashlib.sha256(), 0
        file = await self._answered(sftp.open(path, "rb", encoding=None, block_size=0))
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._closed, file)
            while at <= limit_bytes:
                data = await self._read(file, at, min(_CHUNK_BYTES, limit_bytes + 1 - at))
                if not data:
                    break
                digest.update(data)
                at += len(data)
        return at, digest.digest()

    async def _size(self, sftp: asyncssh.SFTPClient, path: str) -> int | None:
        try:
            return (await self._answered(sftp.stat(path))).size
        except _no_such_file():
            return None

    async def _is_full(self, sftp: asyncssh.SFTPClient, error: Exception, parcel: Parcel) -> bool:
        """Version 3 of the protocol has no word for a full disk: it is a failure like any other, and the disk is asked."""
        import asyncssh

        if isinstance(error, asyncssh.SFTPNoSpaceOnFilesystem | asyncssh.SFTPQuotaExceeded):
            return True
        if not isinstance(error, asyncssh.SFTPFailure):
            return False
        with contextlib.suppress(asyncssh.Error, OSError, TimeoutError):
            disk = await self._answered(sftp.statvfs(self._folder or "."))
            return disk.bavail * disk.frsize < max(parcel.size_bytes, _CHUNK_BYTES)
        return False

    async def _all(self, asked: Sequence[Awaitable[T]]) -> tuple[T, ...]:
        """Wait for answers to questions that were asked at once, as the way there is long. The library asks many at once by
        itself where it is let, and forgets the rest when one fails."""
        found = await self._answered(asyncio.gather(*asked, return_exceptions=True))
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return tuple(one for one in found if not isinstance(one, BaseException))

    async def _read(self, file: asyncssh.SFTPClientFile, at: int, size: int) -> bytes:
        """Read from `at` on: `size` bytes or, if the server gives less at once, what comes first; none at the end."""
        wanted = [min(_BLOCK_BYTES, size - i) for i in range(0, size, _BLOCK_BYTES)]
        found = await self._all([file.read(one, at + i * _BLOCK_BYTES) for i, one in enumerate(wanted)])
        whole = bytearray()
        for data, one in zip(found, wanted, strict=True):
            whole += _binary(data)
            if len(data) < one:
                break
        return bytes(whole)

    async def _closed(self, file: asyncssh.SFTPClientFile) -> None:
        import asyncssh

        with contextlib.suppress(asyncssh.Error, OSError, TimeoutError):
            await self._answered(file.close())

    def _path(self, name: str) -> str:
        return posixpath.join(self._folder, checked_name(name))

    def _listed(self, name: str) -> str:
        try:
            return checked_name(name)
        except ValueError as error:
            raise BadReply(
                f"{self._session.where} lists a file with a name that cannot be one: nothing of it is used"
            ) from error

    def _full(self) -> TargetRefused:
        return TargetRefused(
            Trouble.FULL, f"the disk of {self._session.where} is full: make room there, or let less stay there"
        )


def _no_such_file() -> type[Exception]:
    import asyncssh

    return asyncssh.SFTPNoSuchFile


def _chunks(parcel: Parcel, at: int) -> Iterator[bytes]:
    try:
        with parcel.path.open("rb") as file:
            file.seek(at)
            while at < parcel.size_bytes:
                data = file.read(min(_CHUNK_BYTES, parcel.size_bytes - at))
                if not data:
                    raise StorageFailed(StorageFault.BROKEN, f"{parcel.path.name} is shorter than it was")
                at += len(data)
                yield data
    except OSError as error:
        raise storage_failed(error, f"reading {parcel.path.name}") from error


def _binary(data: str | bytes) -> bytes:
    assert isinstance(data, bytes)  # files are opened without an encoding
    return data
