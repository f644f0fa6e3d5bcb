"""Replay: the pictures of a time range as packets again, for whoever decodes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from hearthwatch.feeds.packet import Kind, Packet
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, MonoNs, WallUs
from hearthwatch.recording.segment import Span
from hearthwatch.recording.selection import Piece, Samples, Selection


def replay(chosen: Selection, span: Span) -> Iterator[Packet]:
    """Yield the video of what was selected for `span`, in decode order, each with the wall time at which it is shown.

    Ticks count from the first key frame and gaps stay holes. `received_ns` is 0. Raises StorageFailed when a file goes.
    """
    for piece in chosen.pieces:
        try:
            with piece.path.open("rb") as file:
                for video, _audio in piece.takes:
                    if video is not None:
                        yield from _packets(file, video, piece, chosen, span)
        except OSError as error:
            raise storage_failed(error, f"reading {piece.path.name}") from error


def _packets(file: BinaryIO, video: Samples, piece: Piece, chosen: Selection, span: Span) -> Iterator[Packet]:
    hz = chosen.info.video.ticks_per_s
    lead_ticks = (piece.start_us - chosen.pieces[0].start_us) * hz // US_PER_S
    part = video.part
    dts_ticks = part.base_ticks - piece.start_ticks
    file.seek(video.offset)
    for duration, size, is_key, offset in zip(part.durations, part.sizes, part.keys, part.offsets, strict=True):
        data = file.read(size)
        if len(data) != size:
            raise OSError(5, f"{size - len(data)} bytes are missing")
        yield Packet(
            camera=span.camera,
            stream=span.stream,
            kind=Kind.VIDEO,
            data=data,
            pts_ticks=lead_ticks + dts_ticks + offset,
            dts_ticks=lead_ticks + dts_ticks,
            is_key=is_key,
            received_ns=MonoNs(0),
            wall_us=WallUs(piece.start_us + (dts_ticks + offset) * US_PER_S // hz),
        )
        dts_ticks += duration
