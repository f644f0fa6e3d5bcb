"""A text as a QR code, drawn as one path of SVG."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True, kw_only=True)
class Qr:
    """`path` draws the dark squares, one unit each, into a square of `size` units with its quiet border in it."""

    size: int
    path: str


_BORDER = 4


def qr(text: str) -> Qr:
    """Return the code of `text`. Raises ValueError when that is longer than a code may be (2,953 bytes)."""
    import segno
    from segno.encoder import DataOverflowError

    try:
        matrix = segno.make(text, micro=False, error="l").matrix
    except DataOverflowError as error:
        raise ValueError("this text is too long for a QR code") from error
    parts = []
    for y, row in enumerate(matrix):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                parts.append(f"M{x + _BORDER} {y + _BORDER}h{length}v1h-{length}z")
            x += length
    return Qr(size=len(matrix) + 2 * _BORDER, path="".join(parts))
