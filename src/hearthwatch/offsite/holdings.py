"""What is proved to be at the targets, by time, from the queue of copies; functions take the caller's transaction."""

from __future__ import annotations

from sqlalchemy import Connection, select

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite.elsewhere import HeldPiece, Place
from hearthwatch.offsite.names import read_sealed
from hearthwatch.offsite.schema import uploads
from hearthwatch.offsite.upload import Piece, PieceKind, TargetId, UploadState
from hearthwatch.recording.segment import FootageClass

_LONGEST_US = 3600 * US_PER_S
"""No piece is longer; one that begins so long before a range cannot reach into it."""


def held(connection: Connection, camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs) -> tuple[HeldPiece, ...]:
    """Return the footage that targets hold and that reaches into [start_us, end_us), oldest first."""
    columns = uploads.c
    query = (
        select(
            columns.target,
            columns.kind,
            columns.start_us,
            columns.end_us,
            columns.size_bytes,
            columns.sha256,
            columns.footage_class,
            columns.pinned,
            columns.event,
            columns.name,
        )
        .where(
            columns.camera == camera,
            columns.stream == stream,
            columns.start_us > start_us - _LONGEST_US,
            columns.start_us < end_us,
            columns.end_us > start_us,
            columns.state == UploadState.PROVED,
            columns.kind.not_in([PieceKind.PICTURE, PieceKind.TRAIL]),
        )
        .order_by(columns.start_us)
    )
    found = []
    for row in connection.execute(query):
        piece = Piece(
            kind=PieceKind(row.kind),
            camera=camera,
            stream=stream,
            start_us=WallUs(row.start_us),
            end_us=WallUs(row.end_us),
            size_bytes=row.size_bytes,
            sha256=bytes(row.sha256),
            footage_class=FootageClass(row.footage_class),
            pinned=row.pinned,
            event=row.event,
        )
        place = Place(target=TargetId(row.target), sealed=read_sealed(row.name) is not None)
        found.append(HeldPiece(place=place, piece=piece, name=row.name))
    return tuple(found)
