"""What is sent: the files of footage, cuts of what is still being written, the pictures of events, lines of the trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Engine

from hearthwatch.events.event import EventId
from hearthwatch.events.ledger import EventFiles
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.files import storage_failed
from hearthwatch.offsite.courier import making
from hearthwatch.offsite.ledger import Queued
from hearthwatch.offsite.pack import Content, file_content, ordinary_mp4
from hearthwatch.offsite.upload import PieceKind, TargetId
from hearthwatch.recording import clip
from hearthwatch.recording.segment import SegmentState, Span
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.offsite_trail import lines_of
from hearthwatch.web.trail_copy import written


class HouseContents:
    """Implements Contents. Used from any thread."""

    def __init__(self, footage: Footage, files: EventFiles, reader: Engine, is_sealed: Callable[[TargetId], bool]) -> None:
        """`reader` reads `house.db`."""
        self._footage = footage
        self._reader = reader
        self._files = files
        self._is_sealed = is_sealed

    def content(self, queued: Queued, folder: Path) -> Content:
        """See Contents. What is sealed is sent as it lies here; a plain target gets what every player opens."""
        piece = queued.upload.piece
        if piece.kind is PieceKind.PICTURE:
            jpeg = self._files.picture(EventId(piece.event))
            if jpeg is None:
                raise Unsupported("the picture of that event is gone")
            return lambda: iter((jpeg,))
        if piece.kind is PieceKind.TRAIL:
            first, last = lines_of(piece)
            with self._reader.connect() as connection:
                lines = written(connection, first, last)
            return lambda: iter((lines,))
        span = Span(camera=piece.camera, stream=piece.stream, start_us=piece.start_us, end_us=piece.end_us)
        index, path = self._footage.index, folder / f"{making(queued)}cut.mp4"
        if piece.kind is PieceKind.SEGMENT:
            segment = index.segment(piece.camera, piece.stream, queued.sequence)
            if segment is None or segment.state is SegmentState.GARBAGE or segment.sha256 != piece.sha256:
                raise Unsupported("that footage is gone")
            if self._is_sealed(queued.upload.target):
                return file_content(self._footage.folder / segment.path)
            return ordinary_mp4(index, self._footage.folder, span, path)
        if not self._is_sealed(queued.upload.target):
            return ordinary_mp4(index, self._footage.folder, span, path)
        _write(path, clip.fragments(index, self._footage.folder, span))
        return file_content(path)


def _write(path: Path, chunks: Iterator[bytes]) -> None:
    try:
        with path.open("wb") as out:
            path.chmod(0o600)
            out.writelines(chunks)
    except OSError as error:
        raise storage_failed(error, f"cutting {path.name} for a copy elsewhere") from error
