"""What a target holds, read from the target alone: no house, no database, only the owner's identity."""

from __future__ import annotations

import asyncio
import hashlib
import tarfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hearthwatch.kit.errors import BadReply, ConfigFault
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.offsite import manifest
from hearthwatch.offsite.manifest import Manifest
from hearthwatch.offsite.names import manifest_name, manifested, noted, read_sealed
from hearthwatch.offsite.pack import MANIFEST, file_content
from hearthwatch.offsite.pruning import Copy, Rules, copies, due, kept_names
from hearthwatch.offsite.seal import head_bytes, unseal, unseal_head
from hearthwatch.offsite.upload import Target

_LONGEST_US = 3600 * US_PER_S
"""No piece is longer; one that begins so long before a range cannot reach into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One piece at a target. `manifest` is None, and `fault` says why, when it cannot be read."""

    name: str
    size_bytes: int
    is_sealed: bool
    manifest: Manifest | None = None
    raw: bytes = b""
    fault: str = ""


class Archive:
    """Reads one target. `identities` may be empty where nothing is sealed."""

    def __init__(self, target: Target, identities: Sequence[Secret]) -> None:
        self._target = target
        self._identities = identities

    async def entries(self, start_us: WallUs | None = None, end_us: WallUs | None = None) -> AsyncIterator[Entry]:
        """Yield the pieces that reach into a range, each with its manifest. Raises as the target; ConfigFault without an
        identity where things are sealed."""
        sizes: dict[str, int] = {}
        plain: list[str] = []
        async for stored in self._target.list():
            sizes[stored.name] = stored.size_bytes
            named, about = read_sealed(stored.name), manifested(stored.name)
            if about is not None:
                plain.append(about)
            elif named is not None and not _outside(named.start_us, named.start_us + _LONGEST_US, start_us, end_us):
                entry = await self._sealed(stored.name, stored.size_bytes)
                if not _is_outside(entry, start_us, end_us):
                    yield entry
        for name in plain:
            entry = await self._plain(name, sizes.get(name))
            if not _is_outside(entry, start_us, end_us):
                yield entry

    async def save(self, entry: Entry, out: Path) -> Manifest:
        """Write what a piece holds to `out`, proved against its manifest. Raises BadReply when it is not what was sent."""
        temporary = out.with_name(f".{out.name}.new")
        try:
            with temporary.open("xb") as file:
                found = await self._opened(entry, file, temporary.with_name(f".{out.name}.sealed"))
            temporary.replace(out)
        except OSError as error:
            raise storage_failed(error, f"writing {out}") from error
        finally:
            temporary.unlink(missing_ok=True)
        return found

    async def check(self, entry: Entry, folder: Path) -> Manifest:
        """Read a piece whole and prove it; a sealed one passes through `folder`. Raises as `save`."""
        return await self._opened(entry, None, folder / "checked.sealed")

    async def prune(self, rules: Rules, now_us: WallUs, *, dry: bool = False) -> list[Copy]:
        """Delete what the rules no longer keep and return it; with `dry` only return it. Raises as the target."""
        stored = [one async for one in self._target.list()]
        notes = {one.name: await self._whole(one.name, 64) for one in stored if noted(one.name)}
        kept, sizes = kept_names(notes), {one.name: one.size_bytes for one in stored}
        plain: dict[str, Copy] = {}
        for about in filter(None, (manifested(one.name) for one in stored)):
            entry = await self._plain(about, sizes.get(about))
            if entry.manifest is not None and about in sizes:
                made = entry.manifest
                plain[about] = Copy(
                    name=about,
                    size_bytes=entry.size_bytes,
                    start_us=made.start_us,
                    footage_class=made.footage_class,
                    is_kept=made.pinned or about in kept,
                )
        gone = due(copies(stored, kept, plain), rules, now_us)
        for one in gone if not dry else ():
            await self._target.delete(one.name)
            if one.name in plain:
                await self._target.delete(manifest_name(one.name))
        return gone

    async def _sealed(self, name: str, size_bytes: int) -> Entry:
        if not self._identities:
            raise ConfigFault("what is there is sealed: name the file with your identity by --identity")
        try:
            head = await self._whole(name, head_bytes())
            sink = _PieceSink(None)
            sink.write(await asyncio.to_thread(unseal_head, head, self._identities))
            made = sink.manifest()
        except BadReply as error:
            return Entry(name=name, size_bytes=size_bytes, is_sealed=True, fault=str(error))
        return Entry(name=name, size_bytes=size_bytes, is_sealed=True, manifest=made, raw=sink.raw)

    async def _plain(self, name: str, size_bytes: int | None) -> Entry:
        try:
            raw = await self._whole(manifest_name(name), manifest.MAX_BYTES + 1)
            made = manifest.parsed(raw)
        except BadReply as error:
            return Entry(name=name, size_bytes=size_bytes or 0, is_sealed=False, fault=str(error))
        fault = "" if size_bytes is not None else "it is missing: only its manifest is there"
        return Entry(name=name, size_bytes=size_bytes or 0, is_sealed=False, manifest=made, raw=raw, fault=fault)

    async def _whole(self, name: str, limit_bytes: int) -> bytes:
        return b"".join([chunk async for chunk in self._target.read(name, limit_bytes=limit_bytes)])

    async def _opened(self, entry: Entry, out: BinaryIO | None, through: Path) -> Manifest:
        """Write the content of a piece to `out`; a sealed one is fetched whole to `through` first."""
        if not entry.is_sealed:
            assert entry.manifest is not None
            digest = hashlib.sha256()
            async for chunk in self._target.read(entry.name):
                digest.update(chunk)
                if out is not None:
                    await asyncio.to_thread(out.write, chunk)
            if digest.hexdigest() != entry.manifest.sha256:
                raise BadReply("it was altered: it is not what was sent")
            return entry.manifest
        try:
            with through.open("xb") as file:
                async for chunk in self._target.read(entry.name):
                    await asyncio.to_thread(file.write, chunk)
            sink = _PieceSink(out)
            await asyncio.to_thread(unseal, file_content(through)(), sink, self._identities)
            return sink.finished()
        except OSError as error:
            raise storage_failed(error, f"opening {entry.name}") from error
        finally:
            _forget(through)


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)


class _PieceSink:
    """Takes the plain stream of a sealed piece and takes it apart: the manifest, then the content."""

    def __init__(self, out: BinaryIO | None) -> None:
        self.raw = b""
        self._out = out
        self._head = bytearray()
        self._manifest: Manifest | None = None
        self._left = 0
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        taken = data
        if self._manifest is None:
            self._head += data
            at = self._begun()
            if at is None:
                return len(data)
            taken = bytes(self._head[at:])
        content = taken[: self._left]
        self._left -= len(content)
        self._digest.update(content)
        if self._out is not None:
            self._out.write(content)
        return len(data)

    def manifest(self) -> Manifest:
        """Return the manifest. Raises BadReply when it was not among what came."""
        if self._manifest is None:
            raise BadReply("it does not begin with a manifest: it is not one of ours")
        return self._manifest

    def finished(self) -> Manifest:
        """Return the manifest once all came. Raises BadReply when the content is not what it says."""
        made = self.manifest()
        if self._left or self._digest.hexdigest() != made.sha256:
            raise BadReply("it was altered: it is not what was sent")
        return made

    def _begun(self) -> int | None:
        """Return where the content begins, None while too little came."""
        block = tarfile.BLOCKSIZE
        if len(self._head) < block:
            return None
        size = _size_of(self._head[:block], MANIFEST, manifest.MAX_BYTES)
        second = block + size + -size % block
        if len(self._head) < second + block:
            return None
        self.raw = bytes(self._head[block : block + size])
        made = manifest.parsed(self.raw)
        if _size_of(self._head[second : second + block], made.content, made.size_bytes) != made.size_bytes:
            raise BadReply("it was altered: it does not hold what its manifest says")
        self._manifest, self._left = made, made.size_bytes
        return second + block


def _size_of(head: bytes | bytearray, name: str, most: int) -> int:
    """Return the size in a tar header that must be of the file `name`. Raises BadReply."""
    try:
        info = tarfile.TarInfo.frombuf(bytes(head), "utf-8", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise BadReply("it does not begin with a manifest: it is not one of ours") from error
    if info.name != name or not info.isreg() or not 0 <= info.size <= most:
        raise BadReply("it does not hold what its manifest says, or is not one of ours")
    return info.size


def _is_outside(entry: Entry, start_us: WallUs | None, end_us: WallUs | None) -> bool:
    made = entry.manifest
    return made is not None and _outside(made.start_us, made.end_us, start_us, end_us)


def _outside(first_us: int, last_us: int, start_us: WallUs | None, end_us: WallUs | None) -> bool:
    return (end_us is not None and first_us >= end_us) or (start_us is not None and last_us < start_us)
