"""The pictures of a burst as one piece of bytes, as it is kept and handed to channels: each JPEG behind its length."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from hearthwatch.kit.errors import BadReply

_LENGTH = struct.Struct("!I")
MAX_PICTURES = 10
"""As many as Telegram takes in one album (core.telegram.org/bots/api#sendmediagroup)."""


def packed(pictures: Sequence[bytes]) -> bytes:
    """Return the album of at most MAX_PICTURES pictures."""
    assert len(pictures) <= MAX_PICTURES
    return b"".join(_LENGTH.pack(len(jpeg)) + jpeg for jpeg in pictures)


def unpacked(album: bytes) -> tuple[bytes, ...]:
    """Return the pictures of an album. Raises BadReply for what is none."""
    found: list[bytes] = []
    at = 0
    while at < len(album):
        if at + _LENGTH.size > len(album):
            raise BadReply("an album of pictures is damaged")
        (length,) = _LENGTH.unpack_from(album, at)
        at += _LENGTH.size + length
        if not length or at > len(album) or len(found) == MAX_PICTURES:
            raise BadReply("an album of pictures is damaged")
        found.append(album[at - length : at])
    return tuple(found)
