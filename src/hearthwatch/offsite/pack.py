"""Packing a piece into the parcels a target is sent: sealed with its manifest in one file, or plain with that beside it."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, CameraId
from hearthwatch.offsite.manifest import Head, Manifest, encoded, manifest_of, parsed
from hearthwatch.offsite.names import content_name, manifest_name, plain_names, sealed_name
from hearthwatch.offsite.seal import Written, seal
from hearthwatch.offsite.upload import Parcel, Piece, TargetId
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Span

MANIFEST = "manifest.json"
"""First file in every sealed piece."""

_READ_BYTES = 256 * 1024

Content = Callable[[], Iterator[bytes]]
"""What a piece holds, from its beginning; asked twice, once to hash and once to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """How pieces for one target are packed. `folder` takes the files, which live until the target has proved them.

    `is_free` says of a plain name that no other piece has it at this target."""

    target: TargetId
    sealed: bool
    recipients: Sequence[str]
    folder: Path
    zone: tzinfo
    is_free: Callable[[str], bool]
    chance: Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """`parcels` in the order they are put; the piece is kept when all are proved. `name` is the piece's own. `manifest` is what
    `head_after` takes: store it with the parcels, in one step, before the next piece of that camera is packed."""

    name: str
    parcels: tuple[Parcel, ...]
    manifest: bytes


def pack(piece: Piece, content: Content, packing: Packing, heads: Mapping[CameraId, Head]) -> Packed:
    """Pack one piece; takes time, so call it in a thread. `heads` are the chains of every camera at this target.

    Raises StorageFailed when the piece cannot be read or the parcel not written, ConfigFault without a key to seal to.
    """
    plain = _measured(content)
    if packing.sealed:
        name, inside = sealed_name(piece, packing.chance(8)), content_name(piece)
    else:
        names = list(plain_names(piece, packing.zone))
        name = next((one for one in names if packing.is_free(one)), names[-1])
        inside = name.rpartition("/")[2]
    made = manifest_of(
        piece, target=packing.target, name=name, content=inside, size_bytes=plain.size_bytes, sha256=plain.sha256, heads=heads
    )
    raw = encoded(made)
    return Packed(name=name, parcels=_parcels(made, raw, content, packing), manifest=raw)


def pack_again(manifest: bytes, content: Content, packing: Packing) -> Packed:
    """Pack a piece that was packed before, whose parcel was lost here or at the target: same name, same place in the chain.

    Raises as `pack`; StorageFailed too when the content is no longer what it was.
    """
    made = parsed(manifest)
    return Packed(name=made.name, parcels=_parcels(made, manifest, content, packing), manifest=manifest)


def _parcels(made: Manifest, raw: bytes, content: Content, packing: Packing) -> tuple[Parcel, ...]:
    if packing.sealed:
        path = packing.folder / f"{packing.target}-{made.name.rpartition('/')[2]}"
        sealed = _written(path, lambda: _tar(made, raw, content), packing.recipients)
        return (Parcel(name=made.name, path=path, size_bytes=sealed.size_bytes, sha256=sealed.sha256),)
    path = packing.folder / f"{packing.target}-{made.name.replace('/', '_')}"
    beside = path.with_name(f"{path.name}.json")
    plain = _written(path, lambda: _unchanged(made, content), None)
    note = _written(beside, lambda: iter((raw,)), None)
    return (
        Parcel(name=made.name, path=path, size_bytes=plain.size_bytes, sha256=plain.sha256),
        Parcel(name=manifest_name(made.name), path=beside, size_bytes=note.size_bytes, sha256=note.sha256),
    )


def file_content(path: Path, start: int = 0, size_bytes: int | None = None, *, before: bytes = b"") -> Content:
    """Return a part of a file as content, behind `before`: the head of a recording and its last fragments, for one."""

    def read() -> Iterator[bytes]:
        if before:
            yield before
        try:
            with path.open("rb") as file:
                file.seek(start)
                left = size_bytes
                while left is None or left > 0:
                    data = file.read(_READ_BYTES if left is None else min(left, _READ_BYTES))
                    if not data:
                        break
                    left = None if left is None else left - len(data)
                    yield data
        except OSError as error:
            raise storage_failed(error, f"reading {path.name} for a copy elsewhere") from error
        if left:
            raise StorageFailed(StorageFault.BROKEN, f"{path.name} is shorter than it should be")

    return read


def ordinary_mp4(index: IndexReader, footage: Path, span: Span, path: Path) -> Content:
    """Write footage as an MP4 that every player opens and return it as content, for a plain target; `path` is the caller's.

    Raises Unsupported when there is no footage, StorageFailed.
    """
    from hearthwatch.recording.clip import export

    try:
        with path.open("wb") as out:
            export(index, footage, span, out)
    except OSError as error:
        raise storage_failed(error, f"writing {path}") from error
    return file_content(path)


def _measured(content: Content) -> Written:
    digest, size_bytes = hashlib.sha256(), 0
    for chunk in content():
        digest.update(chunk)
        size_bytes += len(chunk)
    return Written(size_bytes=size_bytes, sha256=digest.digest())


def _written(path: Path, content: Content, recipients: Sequence[str] | None) -> Written:
    """Write a parcel, sealed where there are recipients; nothing of it stays when that fails."""
    try:
        with path.open("wb") as out:
            path.chmod(0o600)
            if recipients is not None:
                return seal(content(), out, recipients)
            digest, size_bytes = hashlib.sha256(), 0
            for chunk in content():
                out.write(chunk)
                digest.update(chunk)
                size_bytes += len(chunk)
            return Written(size_bytes=size_bytes, sha256=digest.digest())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise storage_failed(error, f"packing {path.name} for a copy elsewhere") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _unchanged(made: Manifest, content: Content) -> Iterator[bytes]:
    """Yield the content, as long as it is what the manifest says."""
    digest, left = hashlib.sha256(), made.size_bytes
    for chunk in content():
        digest.update(chunk)
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left or digest.hexdigest() != made.sha256:
        raise StorageFailed(StorageFault.BROKEN, f"{made.content}: changed while it was copied")


def _tar(made: Manifest, raw: bytes, content: Content) -> Iterator[bytes]:
    """Yield a tar archive of the manifest and the content."""
    mtime_s = made.start_us // US_PER_S
    yield _tar_head(MANIFEST, len(raw), mtime_s)
    yield raw
    yield _tar_padding(len(raw))
    yield _tar_head(made.content, made.size_bytes, mtime_s)
    yield from _unchanged(made, content)
    yield _tar_padding(made.size_bytes)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _tar_head(name: str, size_bytes: int, mtime_s: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size_bytes, mtime_s, 0o644
    return info.tobuf(tarfile.USTAR_FORMAT if size_bytes < 8 << 30 else tarfile.GNU_FORMAT)


def _tar_padding(size_bytes: int) -> bytes:
    return bytes(-size_bytes % tarfile.BLOCKSIZE)
