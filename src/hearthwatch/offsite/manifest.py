"""The manifest of a piece: what it is, the hash of its content, and its place in the chain of its camera (pure).

Every piece of a camera that a target is given has the next number and names the hash of the manifest before it. So a piece that
is missing, swapped or altered shows; and since each manifest also says how far the chains of the other cameras had come, one
that ends too early shows as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import CameraId, WallUs, camera_id
from hearthwatch.offsite.names import checked_name
from hearthwatch.offsite.upload import Piece, PieceKind, TargetId
from hearthwatch.recording.segment import FootageClass

MAX_BYTES = 64 * 1024
FIRST = ""
"""What the first manifest of a chain names as the one before."""

_BEFORE = 8
_MAX_CAMERAS = 256
_MAX_SIZE_BYTES = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a manifest remembers of one before it."""

    number: int
    name: str
    start_us: int
    footage_class: FootageClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far the chain of a camera has come: `number` is the last one, `chain` its hash in hexadecimal."""

    number: int
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`name` is the file at the target, `content` the name of the file in it; `sha256` (of the content) and `previous` are
    hexadecimal."""

    version: int
    target: TargetId
    name: str
    content: str
    camera: CameraId
    stream: Stream
    kind: PieceKind
    start_us: WallUs
    end_us: WallUs
    footage_class: FootageClass
    pinned: bool
    event: str
    size_bytes: int
    sha256: str
    number: int
    previous: str
    before: tuple[Brief, ...] = ()
    others: Mapping[CameraId, Reach] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the chain of one camera stands: what its next manifest names. `before` are the last ones, newest first."""

    number: int = 0
    chain: str = FIRST
    before: tuple[Brief, ...] = ()


def manifest_of(
    piece: Piece,
    *,
    target: TargetId,
    name: str,
    content: str,
    size_bytes: int,
    sha256: bytes,
    heads: Mapping[CameraId, Head],
) -> Manifest:
    """Return the manifest of `piece`, the next one of its camera. `heads` are those of every camera at this target."""
    head = heads.get(piece.camera, Head())
    others = {camera: Reach(number=one.number, chain=one.chain) for camera, one in heads.items() if camera != piece.camera}
    return Manifest(
        version=1,
        target=target,
        name=name,
        content=content,
        camera=piece.camera,
        stream=piece.stream,
        kind=piece.kind,
        start_us=piece.start_us,
        end_us=piece.end_us,
        footage_class=piece.footage_class,
        pinned=piece.pinned,
        event=piece.event,
        size_bytes=size_bytes,
        sha256=sha256.hex(),
        number=head.number + 1,
        previous=head.chain,
        before=head.before,
        others=dict(list(others.items())[:_MAX_CAMERAS]),
    )


def encoded(manifest: Manifest) -> bytes:
    """Return the bytes that are stored, and that the next manifest names the hash of."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def head_after(raw: bytes) -> Head:
    """Return where the chain stands after the manifest in `raw`. Raises BadReply."""
    made = parsed(raw)
    brief = Brief(number=made.number, name=made.name, start_us=made.start_us, footage_class=made.footage_class)
    return Head(number=made.number, chain=chain_hash(raw), before=(brief, *made.before)[:_BEFORE])


def chain_hash(raw: bytes) -> str:
    """Return the hash by which the next manifest of the camera names this one."""
    return hashlib.sha256(raw).hexdigest()


def parsed(raw: bytes) -> Manifest:
    """Return the manifest in bytes from a far end, which may hold anything. Raises BadReply."""
    if len(raw) > MAX_BYTES:
        raise BadReply("a manifest is too long to be one of ours")
    try:
        found = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise BadReply("a manifest cannot be read: it is damaged or not ours", raw) from error
    if found.version != 1:
        raise BadReply(f"a manifest is of version {found.version}: a newer Hearthwatch wrote it, restore with that one")
    try:
        camera_id(found.camera)
        checked_name(found.name)
        checked_name(found.content)
    except ValueError as error:
        raise BadReply("a manifest names what cannot be a name", raw) from error
    if not 0 < found.number < 1 << 53 or not 0 <= found.size_bytes <= _MAX_SIZE_BYTES or found.end_us < found.start_us:
        raise BadReply("a manifest says what cannot be", raw)
    return found
