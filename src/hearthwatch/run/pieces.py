"""A picture cut for a detector elsewhere: what it should see, as JPEGs of at most 40 kB together; and back again there."""

from __future__ import annotations

from collections.abc import Sequence

from hearthwatch.detect.glance import MOST_BYTES, MOST_PIECES, SIDE_PX, Glance, Piece
from hearthwatch.detect.picture import crop_of, fitting_input
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.frames.jpeg import part, planes_of
from hearthwatch.kit.units import CameraId, MonoNs, WallUs

_QUALITIES = (95, 90, 85, 75, 60, 40, 20)


def cut(frame: Frame, regions: Sequence[Box]) -> Glance:
    """Return what `regions` (at most MOST_PIECES) show, as good as so many bytes allow."""
    assert 0 < len(regions) <= MOST_PIECES
    pieces: tuple[Piece, ...] = ()
    for quality in _QUALITIES:
        pieces = tuple(_piece(frame, region, quality) for region in regions)
        if sum(len(piece.jpeg) for piece in pieces) <= MOST_BYTES:
            break
    return Glance(camera=frame.camera, at_us=frame.wall_us, pieces=pieces)


def _piece(frame: Frame, region: Box, quality: int) -> Piece:
    crop = crop_of(frame, region)
    width, height = max(2, crop.width & ~1), max(2, crop.height & ~1)
    place = Box(
        x0=crop.x / frame.width_px,
        y0=crop.y / frame.height_px,
        x1=(crop.x + width) / frame.width_px,
        y1=(crop.y + height) / frame.height_px,
    )
    jpeg = part(frame, (crop.x, crop.y, width, height), _size(width, height), quality=quality)
    return Piece(box=place, jpeg=jpeg)


def _size(width: int, height: int) -> tuple[int, int]:
    """Return at which size a network of SIDE_PX would see this; never larger than it is."""
    wide, high = fitting_input(width, height, SIDE_PX)
    scale = min(1.0, wide / width, high / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def seen(piece: bytes) -> Frame:
    """Return a piece as the picture a detector takes. Raises BadReply for what is none."""
    y, u, v = planes_of(piece, max_side_px=SIDE_PX)
    return Frame(
        camera=CameraId("piece"), seq=0, wall_us=WallUs(0), received_ns=MonoNs(0), pts_s=0.0, y=y, u=u, v=v, full_range=True
    )
