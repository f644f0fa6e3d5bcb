"""QR codes as one path of an SVG, which the page draws itself: what they say is in no address and no file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """`path` draws the dark modules in a square of `size` units; a margin of four is the page's to give."""

    size: int
    path: str


def drawn(text: str) -> QrCode:
    """Return `text` as a QR code."""
    import segno  # where it is needed first: a house asks for a code once in its life

    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    pieces = []
    for y, row in enumerate(rows):
        x = 0
        while (x := row.find(1, x)) >= 0:
            end = row.find(0, x)
            end = len(row) if end < 0 else end
            pieces.append(f"M{x} {y}h{end - x}v1h{x - end}z")
            x = end
    return QrCode(size=len(rows), path="".join(pieces))
