"""What files are called at a target (pure): sealed ones tell no more than pruning needs, plain ones what a person looks for.

Sealed: `event/2026-11-21/140322-9f3a….age`, in UTC: the class (a bucket's rule deletes by it), the moment (restoring an
evening need not read a month) and chance; neither camera, nor kind, nor number. Plain: `front/2026-11-21/14-00.mp4`, in the
house's own time. What is ours beside them lies in `.hearthwatch/`, which no camera can be called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from hearthwatch.kit.units import WallUs, from_datetime, to_datetime
from hearthwatch.offsite.upload import Parcel, Piece, PieceKind
from hearthwatch.recording.segment import FootageClass

KEPT = "kept"
"""Folder of sealed pieces that were pinned when they were sent."""

PARTIAL = ".part"
"""Ends the name of what is half sent."""

MARKER = ".hearthwatch-target"
"""File at the top of a target folder that says it is one, and mounted."""

_MANIFESTS = ".hearthwatch/manifests/"
_NOTES = ".hearthwatch/keep/"
_MAX_NAME_CHARS = 512
_MAX_PART_CHARS = 200
_SEALED = re.compile(rf"({'|'.join(FootageClass)}|{KEPT})/(\d{{4}}-\d{{2}}-\d{{2}})/(\d{{6}})-[0-9a-f]{{16,32}}\.age")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedName:
    """What the name of a sealed file tells; `footage_class` None for one that was kept."""

    footage_class: FootageClass | None
    start_us: WallUs


def checked_name(name: str) -> str:
    """Return a name from outside when it stays in its folder and can be shown; ValueError otherwise."""
    parts = name.split("/")
    if not 0 < len(name) <= _MAX_NAME_CHARS or "\\" in name or not name.isprintable():
        raise ValueError("not a name that could be one of ours")
    if any(part in {"", ".", ".."} or len(part) > _MAX_PART_CHARS for part in parts) or re.match(r"[A-Za-z]:", name):
        raise ValueError("a name that leads out of its folder")
    return name


def partial_name(parcel: Parcel) -> str:
    """Return the name of a parcel while it is half sent; another parcel of the same name has another one."""
    return f"{parcel.name}.{parcel.sha256.hex()[:12]}{PARTIAL}"


def sealed_name(piece: Piece, chance: bytes) -> str:
    """Return the name of a sealed piece; `chance` is 8 random bytes or more."""
    folder = KEPT if piece.pinned else piece.footage_class.value
    return f"{folder}/{to_datetime(piece.start_us):%Y-%m-%d/%H%M%S}-{chance[:8].hex()}.age"


def read_sealed(name: str) -> SealedName | None:
    """Return what a sealed name tells, None for any other name."""
    found = _SEALED.fullmatch(name)
    if found is None:
        return None
    try:
        start = datetime.strptime(f"{found[2]} {found[3]}", "%Y-%m-%d %H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return SealedName(footage_class=None if found[1] == KEPT else FootageClass(found[1]), start_us=from_datetime(start))


def plain_names(piece: Piece, zone: tzinfo) -> Iterator[str]:
    """Yield names for a plain piece, the best first; the later ones are for when another piece has it already."""
    start = to_datetime(piece.start_us, zone)
    end = f".{_ends(piece)}"
    folder = f"{piece.camera}/{start:%Y-%m-%d}/"
    offset = f"{start:%z}".replace("+", "p").replace("-", "m")
    if piece.kind is PieceKind.SEGMENT:
        yield f"{folder}{start:%H-%M}{end}"
    elif piece.kind is not PieceKind.TRAIL:
        yield f"{folder}{start:%H-%M-%S}-event{end}"
    yield f"{folder}{start:%H-%M-%S}-{piece.kind}{end}"
    yield f"{folder}{start:%H-%M-%S-%f}-{piece.kind}-{offset}{end}"


def content_name(piece: Piece) -> str:
    """Return the name of the file inside a sealed piece: what a person sees who opens it with `age` and `tar`."""
    what = piece.event if piece.kind is PieceKind.TRAIL else f"{piece.stream}-{piece.kind}"
    return f"{piece.camera}-{to_datetime(piece.start_us):%Y%m%d-%H%M%S}Z-{what}.{_ends(piece)}"


def _ends(piece: Piece) -> str:
    return {PieceKind.PICTURE: "jpg", PieceKind.TRAIL: "jsonl"}.get(piece.kind, "mp4")


def manifest_name(name: str) -> str:
    """Return where the manifest of a plain piece lies."""
    return f"{_MANIFESTS}{name}.json"


def manifested(name: str) -> str | None:
    """Return the plain piece whose manifest `name` is, None when it is no manifest."""
    if name.startswith(_MANIFESTS) and name.endswith(".json"):
        return name.removeprefix(_MANIFESTS).removesuffix(".json")
    return None


def keep_note(name: str) -> str:
    """Return the name of the note that keeps the piece `name` from being pruned; its content is `kept` or `free`.

    A key that can only put cannot rename what it sent; a note beside it can be put at any time."""
    return f"{_NOTES}{name}"


def noted(name: str) -> str | None:
    """Return the piece that a note is about, None when `name` is no note."""
    return name.removeprefix(_NOTES) if name.startswith(_NOTES) else None
