"""The file of a backup: an ordinary tar, so that its owner can open it without Hearthwatch, too.

`READ-ME.txt` says how, `about.json` what this is and which release it needs, `contents.tar.gz.age` is the house, sealed with
age, and `SHA256SUMS` ends it. Sealed by a passphrase there is also `key.age`: the age identity of this one file, locked by the
passphrase. Within the contents comes first `house.json`, then the parts, and at last `manifest.json`: size and hash of each.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from hearthwatch.kit.errors import BadReply, HearthwatchError, Refused, StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import WallUs
from hearthwatch.offsite import seal

FORMAT = 1
HOUSE, MANIFEST = "house.json", "manifest.json"
ABOUT, KEY, SUMS = "about.json", "key.age", "SHA256SUMS"
_CHUNK_BYTES = 256 * 1024
_SMALL_BYTES = 64 << 20


class Lock(StrEnum):
    """How the contents are sealed."""

    PASSPHRASE = "passphrase"  # noqa: S105 - a word
    RECIPIENTS = "recipients"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """To whom a backup is to be sealed: to public keys, by a passphrase, or, with neither, to nobody."""

    recipients: tuple[str, ...] = ()
    passphrase: Secret | None = None

    @property
    def how(self) -> Lock:
        if self.passphrase is not None:
            return Lock.PASSPHRASE
        return Lock.RECIPIENTS if self.recipients else Lock.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What everybody may read of a backup. `schemas` is the schema of each database by its name."""

    format: int
    release: str
    made_us: WallUs
    schemas: dict[str, str]
    lock: Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of the house: `name` in the backup, and where its content is."""

    name: str
    source: Path | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A part as the manifest has it."""

    name: str
    size_bytes: int
    sha256: str


Take = Callable[[str, Iterable[bytes]], None]
"""Is given each part as it is read, `house.json` first; it reads the content to its end, or nothing of it."""


class BackupFile:
    """A backup to be read. What is wrong with it is told with the part in which it is."""

    def __init__(self, path: Path) -> None:
        """Raises StorageFailed when it is missing, damaged or no backup, Unsupported when a newer release made it."""
        self.path = path
        self._places: dict[str, tuple[int, int]] = {}
        try:
            with tarfile.open(path, "r:") as tar:
                for member in tar:
                    self._places[member.name] = (member.offset_data, member.size)
        except OSError as error:
            raise storage_failed(error, f"reading {path}") from error
        except (tarfile.TarError, ValueError, EOFError) as error:
            if ABOUT not in self._places:
                raise StorageFailed(StorageFault.BROKEN, f"{path} is no backup of Hearthwatch, or is damaged") from error
        if ABOUT not in self._places:
            raise StorageFailed(StorageFault.BROKEN, f"{path} is no backup of Hearthwatch")
        try:
            raw = msgspec.json.decode(self._whole(ABOUT), type=dict[str, object])
            if isinstance(raw.get("format"), int) and raw["format"] != FORMAT:
                raise Unsupported(
                    f"{path} was made by Hearthwatch {raw.get('release')!s:.20}: restore it with that release or a newer one"
                )
            self.about = msgspec.convert(raw, About)
        except msgspec.MsgspecError as error:
            raise self.damaged(ABOUT) from error
        if SUMS not in self._places:
            raise StorageFailed(StorageFault.BROKEN, f"{path} is cut short: its end is missing; take another backup")

    def damaged(self, part: str) -> StorageFailed:
        return StorageFailed(
            StorageFault.BROKEN, f"{self.path} is damaged: {part} cannot be read as it was written; take another backup"
        )

    def unlocked(self, passphrase: Secret) -> Secret:
        """Return the identity that the passphrase opens. Raises Refused for another one, StorageFailed for damage."""
        self.check_key()
        sealed = self._whole(KEY)
        try:
            return Secret(seal.unlock(sealed, passphrase).decode())
        except seal.Unopened as error:
            raise Refused(f"this passphrase does not open {self.path}: it is the one given when it was made") from error

    def check_key(self) -> None:
        """Tell whether what the passphrase opens is there as it was written. Raises StorageFailed."""
        if self.about.lock is Lock.PASSPHRASE and hashlib.sha256(self._whole(KEY)).hexdigest() != self._sum_of(KEY):
            raise self.damaged(KEY)

    def check_whole(self) -> None:
        """Read it without opening it. Raises StorageFailed."""
        digest = hashlib.sha256()
        for chunk in self._chunks(contents_name(self.about)):
            digest.update(chunk)
        if digest.hexdigest() != self._sum_of(contents_name(self.about)):
            raise self.damaged(contents_name(self.about))

    def read(self, identities: Sequence[Secret], take: Take) -> tuple[Entry, ...]:
        """Give every part to `take` and return all of them when each was as the manifest has it; only then is any of them good.

        Raises StorageFailed with the name of the part that is damaged, Refused when no identity opens it; and what `take` does.
        """
        name = contents_name(self.about)
        if self.about.lock is not Lock.NONE:
            try:
                seal.unseal_head(b"".join(self._chunks(name, seal.head_bytes(64))), identities)
            except seal.Unopened as error:
                self.check_whole()
                raise Refused(f"{self.path} is sealed to somebody else: this identity does not open it") from error
        found: list[Entry] = []
        manifest = b""
        at = HOUSE
        try:
            with (
                _opened(self._chunks(name), () if self.about.lock is Lock.NONE else identities) as plain,
                tarfile.open(fileobj=plain, mode="r|gz") as tar,
            ):
                for member in tar:
                    at = member.name
                    content = tar.extractfile(member)
                    if content is None:
                        raise self.damaged(at)
                    if member.name == MANIFEST:
                        manifest = content.read(_SMALL_BYTES)
                    else:
                        found.append(_taken(member, content, take))
        except (tarfile.TarError, zlib.error, EOFError, ValueError, BadReply) as error:
            raise self.damaged(at) from error
        try:
            wanted = msgspec.json.decode(manifest, type=tuple[Entry, ...])
        except msgspec.MsgspecError as error:
            raise self.damaged(MANIFEST if manifest else f"what comes after {at}") from error
        for entry, is_there in zip(wanted, found, strict=False):
            if entry != is_there:
                raise self.damaged(entry.name)
        if len(wanted) != len(found):
            raise self.damaged(MANIFEST)
        return wanted

    def _sum_of(self, name: str) -> str:
        for line in self._whole(SUMS).decode("ascii", "replace").splitlines():
            found, _, what = line.partition("  ")
            if what == name:
                return found
        raise self.damaged(SUMS)

    def _whole(self, name: str) -> bytes:
        return b"".join(self._chunks(name, _SMALL_BYTES))

    def _chunks(self, name: str, limit_bytes: int | None = None) -> Iterator[bytes]:
        if name not in self._places:
            raise self.damaged(name)
        at, left = self._places[name]
        left = left if limit_bytes is None else min(left, limit_bytes)
        try:
            with self.path.open("rb") as file:
                file.seek(at)
                while left and (data := file.read(min(left, _CHUNK_BYTES))):
                    left -= len(data)
                    yield data
        except OSError as error:
            raise storage_failed(error, f"reading {self.path}") from error
        if left:
            raise StorageFailed(StorageFault.BROKEN, f"{self.path} is cut short in {name}; take another backup")


def contents_name(about: About) -> str:
    return "contents.tar.gz" if about.lock is Lock.NONE else "contents.tar.gz.age"


def _taken(member: tarfile.TarInfo, content: IO[bytes], take: Take) -> Entry:
    digest, size_bytes = hashlib.sha256(), 0

    def chunks() -> Iterator[bytes]:
        nonlocal size_bytes
        while data := content.read(_CHUNK_BYTES):
            digest.update(data)
            size_bytes += len(data)
            yield data

    rest = chunks()
    take(member.name, rest)
    for _left in rest:
        pass
    return Entry(name=member.name, size_bytes=size_bytes, sha256=digest.hexdigest())


@contextlib.contextmanager
def _opened(chunks: Iterator[bytes], identities: Sequence[Secret]) -> Iterator[BinaryIO]:
    """Yield a reader of what the chunks hold, opened by the identities; without any it is as it is."""
    coming, going = os.pipe()
    failed: list[Exception] = []

    def work() -> None:
        try:
            with os.fdopen(going, "wb") as out:
                if identities:
                    seal.unseal(chunks, out, identities)
                else:
                    out.writelines(chunks)
        except (HearthwatchError, OSError) as error:
            failed.append(error)

    worker = threading.Thread(target=work, name="unseal", daemon=True)
    worker.start()
    try:
        with os.fdopen(coming, "rb") as plain:
            yield plain
    finally:
        worker.join()
    if failed and not isinstance(failed[0], BrokenPipeError):
        raise failed[0]
