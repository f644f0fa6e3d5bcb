"""How letters travel: MessagePack, checked where it arrives, for whoever sends it may be anybody's machine by then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from hearthwatch.fleet.letter import MAX_BODY_BYTES, Letter, LetterKind
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.units import CAMERA_ID_PATTERN, CameraId, WallUs

MOST_LETTERS = 500
_SEQ_MAX = 2**63 - 1


class _Posted(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A letter as it travels."""

    kind: LetterKind
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    seq: Annotated[int, msgspec.Meta(ge=0, le=_SEQ_MAX)]
    at_us: Annotated[int, msgspec.Meta(ge=0, le=_SEQ_MAX)]
    camera: Annotated[str, msgspec.Meta(pattern=CAMERA_ID_PATTERN)] | None
    body: Annotated[bytes, msgspec.Meta(max_length=MAX_BODY_BYTES)]


_DECODER = msgspec.msgpack.Decoder(Annotated[list[_Posted], msgspec.Meta(max_length=MOST_LETTERS)])


def packed(letters: Sequence[Letter]) -> bytes:
    """Return at most MOST_LETTERS letters as bytes."""
    return msgspec.msgpack.encode(
        [_Posted(kind=one.kind, key=one.key, seq=one.seq, at_us=one.at_us, camera=one.camera, body=one.body) for one in letters]
    )


def letters_from(data: bytes) -> list[Letter]:
    """Return what `packed` packed. Raises BadReply."""
    try:
        found = _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply("these are no letters that this release knows") from error
    return [
        Letter(
            kind=one.kind,
            key=one.key,
            seq=one.seq,
            at_us=WallUs(one.at_us),
            camera=None if one.camera is None else CameraId(one.camera),
            body=one.body,
        )
        for one in found
    ]
