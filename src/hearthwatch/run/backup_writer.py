"""Writing a backup: the parts stream through gzip and age into one file, which is read back before it takes its name."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import fsync_folder, storage_failed
from hearthwatch.offsite import seal
from hearthwatch.run.backup_file import ABOUT, KEY, MANIFEST, SUMS, About, BackupFile, Entry, Lock, Locked, Part, contents_name

_CHUNK_BYTES = 256 * 1024
_BLOCK = tarfile.BLOCKSIZE
_MANUAL = """\
This is a backup of a Hearthwatch house. To bring it back, on a machine with Hearthwatch and an empty data folder:

    hearthwatch restore {name}

By hand it is opened with tar and age (https://age-encryption.org):

    tar -xf {name}
    sha256sum -c SHA256SUMS
{how}
"""
_HOW = {
    "passphrase": "    age -d -o key.txt key.age        (asks for the passphrase)\n"
    "    age -d -i key.txt contents.tar.gz.age | tar -xz",
    "recipients": "    age -d -i YOUR-IDENTITY-FILE contents.tar.gz.age | tar -xz",
    "none": "    tar -xzf contents.tar.gz",
}


def write(path: Path, about: About, parts: Iterable[Part], locked: Locked, *, compress: bool = True) -> tuple[Entry, ...]:
    """Write a backup to `path` (mode 0600) and read it back; `path` is wholly old or wholly new, whatever happens.

    Files that are gone by the time they are read are left out. Raises StorageFailed, ConfigFault for a bad recipient.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    pair = seal.new_pair() if locked.how is not Lock.NONE else None
    entries: list[Entry] = []
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "r+b") as file:
            manual = _MANUAL.format(name=path.name, how=_HOW[about.lock])
            _member(file, "READ-ME.txt", manual.encode(), about)
            _member(file, ABOUT, msgspec.json.format(msgspec.json.encode(about)), about)
            sums = []
            if locked.passphrase is not None and pair is not None:
                key = seal.lock(pair.identity.reveal().encode(), locked.passphrase)
                _member(file, KEY, key, about)
                sums.append((KEY, hashlib.sha256(key).hexdigest()))
            chunks = _compressed(_tar(parts, about, entries), 1 if compress else 0)
            recipients = (*locked.recipients, pair.recipient) if pair else ()  # by its own key it is read back below
            sums.append((contents_name(about), _contents_to(file, about, chunks, recipients)))
            _member(file, SUMS, "".join(f"{found}  {name}\n" for name, found in sums).encode(), about)
            file.write(bytes(2 * _BLOCK))
            file.flush()
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # read back from the disk, not from memory
        made = BackupFile(new)
        made.check_key()
        if made.read((pair.identity,) if pair else (), lambda _name, _content: None) != tuple(entries):
            raise StorageFailed(StorageFault.BROKEN, f"{path} does not read as it was written: its disk may be failing")
        new.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        raise storage_failed(error, f"writing {path}") from error
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
    return tuple(entries)


def _head(name: str, size_bytes: int, about: About) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size_bytes, 0o600, about.made_us // 1_000_000
    return info.tobuf(tarfile.GNU_FORMAT)


def _padding(size_bytes: int) -> bytes:
    return bytes(-size_bytes % _BLOCK)


def _member(file: BinaryIO, name: str, data: bytes, about: About) -> None:
    file.write(_head(name, len(data), about) + data + _padding(len(data)))


def _contents_to(file: BinaryIO, about: About, chunks: Iterator[bytes], recipients: tuple[str, ...]) -> str:
    """Write the contents, whose size nobody knows before, as a member; return their hash."""
    name, at = contents_name(about), file.tell()
    file.write(_head(name, 0, about))
    if recipients:
        done = seal.seal(chunks, file, recipients)
        size_bytes, digest = done.size_bytes, done.sha256.hex()
    else:
        running, size_bytes = hashlib.sha256(), 0
        for chunk in chunks:
            file.write(chunk)
            running.update(chunk)
            size_bytes += len(chunk)
        digest = running.hexdigest()
    file.write(_padding(size_bytes))
    end = file.tell()
    file.seek(at)
    file.write(_head(name, size_bytes, about))
    file.seek(end)
    return digest


def _tar(parts: Iterable[Part], about: About, entries: list[Entry]) -> Iterator[bytes]:
    """Yield a tar of the parts with their manifest behind them; `entries` grows as they are read."""
    for part in parts:
        source: BinaryIO
        try:
            source = io.BytesIO(part.source) if isinstance(part.source, bytes) else part.source.open("rb")
        except FileNotFoundError:
            continue
        with source:
            size_bytes = source.seek(0, os.SEEK_END)
            source.seek(0)
            yield _head(part.name, size_bytes, about)
            digest, left = hashlib.sha256(), size_bytes
            while left:
                data = source.read(min(left, _CHUNK_BYTES))
                if not data:
                    raise StorageFailed(StorageFault.BROKEN, f"{part.name} became shorter while it was read: try again")
                digest.update(data)
                left -= len(data)
                yield data
            yield _padding(size_bytes)
            entries.append(Entry(name=part.name, size_bytes=size_bytes, sha256=digest.hexdigest()))
    manifest = msgspec.json.encode(entries)
    yield _head(MANIFEST, len(manifest), about) + manifest + _padding(len(manifest)) + bytes(2 * _BLOCK)


def _compressed(chunks: Iterable[bytes], level: int) -> Iterator[bytes]:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
