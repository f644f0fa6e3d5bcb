"""The hub's end of targets of kind `hub`: pieces of footage, each node's in a place of its own, in a folder or a bucket.

A piece comes in one or several goes into a file beside the store, is hashed here, and only when it is what it should be it
gets its name. Nothing a node says leads out of its own place, and none may take more than its share.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import BadReply, StorageFailed, StorageFault
from hearthwatch.kit.files import free_bytes, storage_failed
from hearthwatch.kit.units import US_PER_S
from hearthwatch.offsite.names import KEPT, PARTIAL, checked_name
from hearthwatch.offsite.pruning import kept_names
from hearthwatch.offsite.target_folder import FolderTarget
from hearthwatch.offsite.upload import NotProved, Parcel, Stored, Target, TargetRefused, Trouble

MAX_PIECE_BYTES = 4 << 30
MAX_HALF_SENT = 64
"""Of one node: as many pieces may have come in part."""
HALF_SENT_DAYS = 7
_NOTES, _TEST = ".hearthwatch/", ".hearthwatch/test"
_OWNER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one node may take: `most_bytes` in all (0 for no limit), and never the last `free_bytes` of the disk. Whether it
    `may_delete` and replace what it sent: who steals a node has its certificate."""

    most_bytes: int = 0
    free_bytes: int = 1 << 30
    may_delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a node says of a piece it sends."""

    name: str
    size_bytes: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Come:
    """How far a piece is: so many bytes have come; it `is_kept` once they were hashed and it has its name."""

    size_bytes: int
    is_kept: bool


def piece_of(name: str, size: str, sha256: str) -> Piece:
    """Return what a node says of a piece. Raises BadReply."""
    if not (size.isdecimal() and len(size) < 16 and int(size) <= MAX_PIECE_BYTES and _SHA256.match(sha256)):
        raise BadReply(f"a piece has a size of at most {MAX_PIECE_BYTES} bytes and a SHA-256 of 64 digits")
    try:
        checked_name(name)
    except ValueError as error:
        raise BadReply(f"{error}") from error
    if name.endswith(PARTIAL) or name.startswith(".hearthwatch-target"):
        raise BadReply("a name that is kept for what is half sent")
    return Piece(name=name, size_bytes=int(size), sha256=bytes.fromhex(sha256))


class HubShelf:
    """`open_place` opens the store of one node: nothing else is reached for it. Any number of calls at a time."""

    def __init__(self, spool: Path, open_place: Callable[[str], Target], share: Callable[[], Share], clock: Clock) -> None:
        self._spool = spool
        self._open_place = open_place
        self._share = share
        self._clock = clock
        self._places: dict[str, Target] = {}
        self._taken: dict[str, int] = {}
        self._locks: WeakValueDictionary[tuple[str, bytes], asyncio.Lock] = WeakValueDictionary()

    async def close(self) -> None:
        """Let go of connections."""
        for place in self._places.values():
            await place.close()
        self._places.clear()

    def place(self, owner: str) -> Target:
        """Return the store of one node. Raises BadReply for what is no node's id."""
        if not _OWNER.match(owner):
            raise BadReply("that is no machine's id")
        if owner not in self._places:
            self._places[owner] = self._open_place(owner)
        return self._places[owner]

    async def there(self, owner: str, piece: Piece) -> Come:
        """Return how far a piece is, by what is on the disk."""
        with contextlib.suppress(NotProved):
            await self.place(owner).prove(piece.name, piece.size_bytes, piece.sha256)
            return Come(size_bytes=piece.size_bytes, is_kept=True)
        return Come(size_bytes=await asyncio.to_thread(_size, self._half(owner, piece)), is_kept=False)

    async def take(self, owner: str, piece: Piece, at: int, chunks: AsyncIterator[bytes]) -> Come:
        """Take what comes of a piece from byte `at` on; return how far it is. With its last byte it is kept.

        Raises BadReply when it does not go on where it was, NotProved when all of it came and it is something else,
        TargetRefused(FULL), StorageFailed, and what `chunks` does; what came until then stays.
        """
        lock = self._locks.setdefault((owner, piece.sha256), asyncio.Lock())
        async with lock:
            half = self._half(owner, piece)
            place = self.place(owner)
            await self._check_room(owner, piece)
            await self._check_free(place, piece)
            file = await asyncio.to_thread(_opened, half, at)
            try:
                async for chunk in chunks:
                    if at + len(chunk) > piece.size_bytes:
                        raise BadReply("more came than was said")
                    await asyncio.to_thread(_write, file, chunk)
                    at += len(chunk)
            finally:
                os.close(file)
            if at == piece.size_bytes:
                await self._keep(place, piece, half)
                self._taken[owner] = self._taken.get(owner, 0) + piece.size_bytes
        return Come(size_bytes=at, is_kept=at == piece.size_bytes)

    async def delete(self, owner: str, name: str) -> None:
        """Delete a piece at the wish of its node. Raises BadReply when that is not for a node to do."""
        if not self._share().may_delete and name != _TEST:
            raise BadReply("what was sent to this hub stays by the hub's own rules: no node deletes there")
        await self.place(owner).delete(name)

    async def prune(self, owner: str, keep_us: int) -> int:
        """Let go what is older than `keep_us` and what was half sent and given up; return what the node takes now."""
        now_us, taken = self._clock.wall_us(), 0
        place = self.place(owner)
        kept = await self._kept(place) if keep_us else set()
        async for one in place.list():
            is_old = keep_us and one.changed_us + keep_us < now_us
            if is_old and one.name not in kept and not one.name.startswith((f"{KEPT}/", _NOTES)):
                await place.delete(one.name)
            else:
                taken += one.size_bytes
        await asyncio.to_thread(_drop_old, self._spool / owner, now_us)
        self._taken[owner] = taken
        return taken

    async def all_of(self, owner: str) -> tuple[Stored, ...]:
        """Return everything of one node, the oldest first, and what is to be kept behind all else."""
        place = self.place(owner)
        kept = await self._kept(place)
        found = [one async for one in place.list() if not one.name.startswith(_NOTES)]
        return tuple(sorted(found, key=lambda one: (one.name in kept or one.name.startswith(f"{KEPT}/"), one.changed_us)))

    @staticmethod
    async def _kept(place: Target) -> set[str]:
        """Return the pieces that a note keeps (`offsite.names.keep_note`)."""
        notes = [one.name async for one in place.list(f"{_NOTES}keep")]
        return kept_names({name: b"".join([chunk async for chunk in place.read(name, limit_bytes=16)]) for name in notes})

    async def let_go(self, owner: str, one: Stored) -> None:
        """Delete a piece of a node."""
        await self.place(owner).delete(one.name)
        self._taken[owner] = max(0, self._taken.get(owner, 0) - one.size_bytes)

    async def _check_room(self, owner: str, piece: Piece) -> None:
        share = self._share()
        if owner not in self._taken:
            await self.prune(owner, 0)
        if share.most_bytes and self._taken[owner] + piece.size_bytes > share.most_bytes:
            raise TargetRefused(Trouble.FULL, "the hub keeps no more of this house: its share there is used up")
        if await asyncio.to_thread(self._free) < share.free_bytes + piece.size_bytes:
            raise TargetRefused(Trouble.FULL, "the disk of the hub is full: make room there, or let less stay there")
        if await asyncio.to_thread(_count, self._spool / owner) > MAX_HALF_SENT:
            await asyncio.to_thread(_drop_oldest, self._spool / owner)

    async def _check_free(self, place: Target, piece: Piece) -> None:
        """Let nobody put something else in the place of a piece that is kept; notes and tries of our own may change."""
        if self._share().may_delete or piece.name.startswith(_NOTES):
            return
        with contextlib.suppress(NotProved):
            await place.prove(piece.name, piece.size_bytes, piece.sha256)
            return
        with contextlib.suppress(NotProved):
            async for _chunk in place.read(piece.name, limit_bytes=1):
                raise BadReply("the hub keeps something else under that name, and no node replaces it")

    def _free(self) -> int:
        self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        return free_bytes(self._spool)

    async def _keep(self, place: Target, piece: Piece, half: Path) -> None:
        parcel = Parcel(name=piece.name, path=half, size_bytes=piece.size_bytes, sha256=piece.sha256)
        if isinstance(place, FolderTarget):
            await place.adopt(parcel)
            return
        digest = await asyncio.to_thread(_hash, half)
        if digest == piece.sha256:
            await place.put(parcel, _at_once)
        await asyncio.to_thread(half.unlink, missing_ok=True)
        if digest != piece.sha256:
            raise NotProved(f"{piece.name} did not come as it was sent: it is sent anew")

    def _half(self, owner: str, piece: Piece) -> Path:
        self.place(owner)
        return self._spool / owner / f"{hashlib.sha256(piece.name.encode() + piece.sha256).hexdigest()}{PARTIAL}"


async def _at_once(_size_bytes: int) -> None: ...


def _opened(half: Path, at: int) -> int:
    """Open what is half sent for more; it must have come up to `at` before."""
    try:
        half.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise storage_failed(error, "beginning a piece of a node") from error
    if at == 0:
        os.ftruncate(fd, 0)
    elif os.fstat(fd).st_size != at:
        os.close(fd)
        raise BadReply("it goes on where another piece ends")
    return fd


def _write(fd: int, chunk: bytes) -> None:
    try:
        view = memoryview(chunk)
        while view:
            view = view[os.write(fd, view) :]
    except OSError as error:
        failed = storage_failed(error, "keeping a piece of a node")
        if failed.fault is StorageFault.NO_SPACE:
            raise TargetRefused(Trouble.FULL, "the disk of the hub is full: make room there") from error
        raise failed from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _hash(path: Path) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            os.fsync(fd)
            with contextlib.suppress(OSError):  # read it from the disk, not from memory
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise StorageFailed(StorageFault.BROKEN, f"reading a piece of a node back: {error.strerror or error}") from error


def _halves(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.name.endswith(PARTIAL))


def _count(folder: Path) -> int:
    return sum(1 for _path in _halves(folder))


def _drop_oldest(folder: Path) -> None:
    by_age = sorted(_halves(folder), key=_changed_s)
    for path in by_age[:-MAX_HALF_SENT]:
        path.unlink(missing_ok=True)


def _drop_old(folder: Path, now_us: int) -> None:
    for path in _halves(folder):
        if _changed_s(path) + HALF_SENT_DAYS * 86_400 < now_us / US_PER_S:
            path.unlink(missing_ok=True)


def _changed_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
