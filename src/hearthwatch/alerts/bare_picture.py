"""Pictures as they leave the house: without what a camera wrote beside them (EXIF with place and serial number, comments)."""

from __future__ import annotations

from hearthwatch.alerts.alert import Part
from hearthwatch.events.album import packed, unpacked
from hearthwatch.kit.errors import BadReply

_START, _SCAN = b"\xff\xd8", 0xDA
_ALONE = frozenset((0x01, *range(0xD0, 0xDA)))
_JFIF, _ADOBE, _COMMENT = 0xE0, 0xEE, 0xFE
_NOTES = (frozenset(range(0xE0, 0xF0)) - {_JFIF, _ADOBE}) | {_COMMENT}
"""Application segments but JFIF's and Adobe's, which say how the colours are meant (ITU-T T.81, B.2.4.6; T.872)."""
_MOST_SEGMENTS = 1000


def bare(jpeg: bytes) -> bytes:
    """Return a JPEG without notes; what is no JPEG, or damaged before its picture begins, stays as it is."""
    if jpeg[:2] != _START:
        return jpeg
    kept, at = [_START], 2
    for _ in range(_MOST_SEGMENTS):
        while jpeg[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 4 > len(jpeg) or jpeg[at] != 0xFF:
            return jpeg
        marker = jpeg[at + 1]
        if marker == _SCAN:
            return b"".join((*kept, jpeg[at:]))
        end = at + 2 if marker in _ALONE else at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker not in _NOTES:
            kept.append(jpeg[at:end])
        at = end
    return jpeg


def bare_part(part: Part, attachment: bytes) -> bytes:
    """Return what is attached to a part of an alert, its pictures without notes."""
    if part is Part.PICTURE:
        return bare(attachment)
    if part is Part.ALBUM:
        try:
            return packed([bare(jpeg) for jpeg in unpacked(attachment)])
        except BadReply:
            return attachment
    return attachment
