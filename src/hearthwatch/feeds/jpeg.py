"""What a JPEG says of itself before anybody decodes it: its size, from the frame header (ITU-T T.81, B.2.2), in pure Python."""

from __future__ import annotations

import re

from hearthwatch.kit.errors import BadReply

MAX_JPEG_BYTES = 25 * 1024 * 1024
MAX_JPEG_PX = 40_000_000
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_SEGMENTS = 1000
_FILL = re.compile(b"\xff+")


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels. Raises BadReply for what is no JPEG or claims more than 40 Mpx or 25 MB."""
    if len(data) > MAX_JPEG_BYTES:
        raise BadReply(f"a JPEG of {len(data) / 1e6:.0f} MB is more than a camera sends; it was not looked at", data)
    if data[:2] != b"\xff\xd8":
        raise BadReply("the camera's answer is no JPEG picture", data)
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if fill := _FILL.match(data, at):
            at = fill.end() - 1
        if at + 4 > len(data) or data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        if marker in _FRAME_HEADERS:
            return _frame_size(data, at)
        if marker in {0xDA, 0xD9}:
            break
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise BadReply("a JPEG from the camera is damaged: it does not say its size", data)


def _frame_size(data: bytes, at: int) -> tuple[int, int]:
    if at + 9 > len(data):
        raise BadReply("a JPEG from the camera is cut off", data)
    height, width = int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
    if width * height > MAX_JPEG_PX:
        raise BadReply(f"a JPEG claims {width}x{height}, which no camera sends; it was not looked at", data)
    if not width or not height:
        raise BadReply("a JPEG from the camera claims to be empty", data)
    return width, height
