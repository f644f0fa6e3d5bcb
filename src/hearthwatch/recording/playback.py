"""Playback: a stretch of footage as a fragmented MP4 whose times are wall times, whole or its key frames alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from hearthwatch.feeds.packet import StreamInfo
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording.boxes import VIDEO_TRACK, Part, fragment_head, init_segment
from hearthwatch.recording.clip import playable, played
from hearthwatch.recording.entries import codec_string
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Span
from hearthwatch.recording.selection import Piece, Selection, select_footage


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """A fragmented MP4 that comes as it is read. Its time 0 is `start_us`, gaps stay holes in it, and it tells all there is
    until `end_us`, which is earlier than asked where the camera's stream changed. `harmed` are the times of files that are not
    as they were recorded; key frames alone are played without looking."""

    start_us: WallUs
    end_us: WallUs
    mime: str
    pieces: Iterator[bytes]
    harmed: tuple[tuple[WallUs, WallUs], ...] = ()


def playback(reader: IndexReader, folder: Path, span: Span, *, keys_only: bool) -> Playback:
    """Find what there is to play of `span`, from the key frame at or before its start. Raises NoFootage, StorageFailed."""
    chosen = select_footage(reader, folder, span, unchanged=True, compared=not keys_only)
    info = StreamInfo(video=chosen.info.video) if keys_only else playable(chosen.info)
    return Playback(
        start_us=chosen.pieces[0].start_us,
        end_us=chosen.until_us or span.end_us,
        mime=f'video/mp4; codecs="{codec_string(info)}"',
        pieces=_keys(chosen, info) if keys_only else played(chosen),
        harmed=tuple((one.start_us, one.end_us) for one in chosen.harmed),
    )


def _keys(chosen: Selection, info: StreamInfo) -> Iterator[bytes]:
    """Yield each key frame as a fragment of its own, shown until the next of its file."""
    yield init_segment(info)
    hz = info.video.ticks_per_s
    zero_us, number = chosen.pieces[0].start_us, 0
    for piece in chosen.pieces:
        shift_ticks = (piece.start_us - zero_us) * hz // US_PER_S - piece.start_ticks
        found = list(_key_samples(piece))
        ends = [after.dts_ticks for _before, after in pairwise(found)]
        ends.append(piece.start_ticks + piece.video_ticks)
        try:
            with piece.path.open("rb") as file:
                for key, end_ticks in zip(found, ends, strict=True):
                    number += 1
                    file.seek(key.offset)
                    data = file.read(key.size_bytes)
                    if len(data) != key.size_bytes:
                        raise OSError(5, f"{key.size_bytes - len(data)} bytes are missing")
                    rows = (max(1, end_ticks - key.dts_ticks), key.size_bytes, key.flags, 0)
                    base_ticks = max(0, key.dts_ticks + shift_ticks)
                    yield fragment_head(number, [Part(track=VIDEO_TRACK, base_ticks=base_ticks, rows=rows)]) + data
        except OSError as error:
            raise storage_failed(error, f"reading {piece.path.name}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    dts_ticks: int
    size_bytes: int
    flags: int
    offset: int


def _key_samples(piece: Piece) -> Iterator[_Key]:
    for video, _audio in piece.takes:
        if video is None:
            continue
        part = video.part
        dts_ticks, offset = part.base_ticks, video.offset
        rows = part.rows
        for at, is_key in enumerate(part.keys):
            duration, size, flags, _composition = rows[4 * at : 4 * at + 4]
            if is_key:
                yield _Key(dts_ticks=dts_ticks, size_bytes=size, flags=flags, offset=offset)
            dts_ticks += duration
            offset += size
