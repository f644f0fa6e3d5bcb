"""Clips: any time range as one ordinary MP4, or as a fragmented one for a browser; nothing is encoded anew."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from hearthwatch.feeds.packet import Codec, Gap, StreamInfo, VideoInfo
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording.boxes import AUDIO_TRACK, VIDEO_TRACK, Part, file_type, fragment_head, init_segment
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.movie import Tables, movie_box
from hearthwatch.recording.segment import Span
from hearthwatch.recording.selection import Selection, Take, select_footage


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipReport:
    """What a clip holds. It shows [start_us, end_us) less the `gaps`, which are cut out; `notes` are for a person."""

    start_us: WallUs
    end_us: WallUs
    duration_us: int
    size_bytes: int
    video: VideoInfo
    frames: int
    segments: int
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]


class Sink(Protocol):
    """Where a clip is written to, from front to back."""

    def writelines(self, pieces: Iterable[bytes], /) -> object: ...


class ClipTooLarge(Unsupported):
    """The clip would have `size_bytes` for its `duration_us`, which is more than was asked for."""

    def __init__(self, size_bytes: int, duration_us: int) -> None:
        super().__init__(f"the clip would have {size_bytes / 1e6:.0f} MB")
        self.size_bytes = size_bytes
        self.duration_us = duration_us


def export(reader: IndexReader, folder: Path, span: Span, out: Sink, *, max_bytes: int | None = None) -> ClipReport:
    """Write one ordinary MP4 of the span to `out`, from front to back; it need not be seekable.

    It holds the footage from the key frame at or before the start and an edit list that shows it from the exact start. Gaps
    take no time in it. Raises Unsupported when there is no footage, ClipTooLarge before anything is written, StorageFailed when
    a file fails or goes meanwhile.
    """
    chosen = select_footage(reader, folder, span, compared=True)
    hz = chosen.info.video.ticks_per_s
    video, audio, chunks, data_bytes = _lay_out(chosen)
    skip_ticks = max(0, span.start_us - chosen.pieces[0].start_us) * hz // US_PER_S
    skip_ticks = min(skip_ticks, video.end_ticks)
    tracks = [(video, skip_ticks)]
    if audio is not None and chosen.info.audio is not None and audio.sizes:
        tracks.append((audio, skip_ticks * chosen.info.audio.ticks_per_s // hz))
    head = file_type()
    moov_bytes = len(movie_box(tracks, 0))
    data_offset = len(head) + moov_bytes + 16
    duration_us = (video.end_ticks - skip_ticks) * US_PER_S // hz
    if max_bytes is not None and data_offset + data_bytes > max_bytes:
        raise ClipTooLarge(data_offset + data_bytes, duration_us)
    out.writelines((head, movie_box(tracks, data_offset), struct.pack(">I4sQ", 1, b"mdat", data_bytes + 16)))
    out.writelines(_read_chunks(chunks))
    last = chosen.pieces[-1]
    return ClipReport(
        start_us=max(span.start_us, chosen.pieces[0].start_us),
        end_us=WallUs(min(span.end_us, last.start_us + last.video_ticks * US_PER_S // hz)),
        duration_us=duration_us,
        size_bytes=data_offset + data_bytes,
        video=chosen.info.video,
        frames=len(video.sizes),
        segments=len(chosen.pieces),
        gaps=reader.gaps(span.camera, span.stream, span.start_us, span.end_us),
        notes=chosen.notes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    path: Path
    offset: int
    size_bytes: int


def _lay_out(chosen: Selection) -> tuple[Tables, Tables | None, list[_Chunk], int]:
    """Put every sample on one timeline without holes, and every chunk behind the one before."""
    video = Tables(chosen.info.video)
    audio = Tables(chosen.info.audio) if chosen.info.audio is not None else None
    chunks: list[_Chunk] = []
    at_bytes = 0
    for piece in chosen.pieces:
        start_ticks = video.end_ticks
        for picture, sound in piece.takes:
            for samples, table in ((picture, video), (sound, audio)):
                if samples is None or table is None:
                    continue
                moved = (start_ticks - piece.start_ticks) * table.info.ticks_per_s // chosen.info.video.ticks_per_s
                at_ticks = table.end_ticks if table is video else max(0, samples.part.base_ticks + moved)
                table.add(samples.part, at_ticks, at_bytes)
                size_bytes = samples.part.size_bytes
                chunks.append(_Chunk(path=piece.path, offset=samples.offset, size_bytes=size_bytes))
                at_bytes += size_bytes
    return video, audio, chunks, at_bytes


def _read_chunks(chunks: list[_Chunk]) -> Iterator[bytes]:
    at = 0
    while at < len(chunks):
        path = chunks[at].path
        try:
            with path.open("rb") as file:
                while at < len(chunks) and chunks[at].path == path:
                    yield _read(file, chunks[at].offset, chunks[at].size_bytes)
                    at += 1
        except OSError as error:
            raise storage_failed(error, f"reading {path.name} for a clip") from error


def _read(file: BinaryIO, offset: int, size_bytes: int) -> bytes:
    file.seek(offset)
    data = file.read(size_bytes)
    if len(data) != size_bytes:
        raise OSError(5, f"{size_bytes - len(data)} bytes are missing")
    return data


def fragments(reader: IndexReader, folder: Path, span: Span) -> Iterator[bytes]:
    """Yield one fragmented MP4 of the range: the init segment, then a `moof` + `mdat` for each fragment.

    Its time 0 is the wall time of the key frame at or before the start, and gaps stay holes in it, so that a player's
    position is a wall time. Sound that no browser plays is left out. Raises Unsupported when there is no footage.
    """
    chosen = select_footage(reader, folder, span)
    return played(chosen)


def playable(info: StreamInfo) -> StreamInfo:
    """Return the info without what no browser plays from MP4."""
    if info.audio is not None and info.audio.codec is not Codec.AAC:
        return dataclasses.replace(info, audio=None)
    return info


def played(chosen: Selection) -> Iterator[bytes]:
    """Yield what was selected as `fragments` does."""
    info = playable(chosen.info)
    yield init_segment(info)
    hz = info.video.ticks_per_s
    zero_us, at_ticks, number = chosen.pieces[0].start_us, 0, 0
    for piece in chosen.pieces:
        if not piece.follows:
            at_ticks = max(at_ticks, (piece.start_us - zero_us) * hz // US_PER_S)
        try:
            with piece.path.open("rb") as file:
                for take in piece.takes:
                    number += 1
                    data = _moved(file, number, info, take, at_ticks - piece.start_ticks)
                    if data:
                        yield data
        except OSError as error:
            raise storage_failed(error, f"reading {piece.path.name}") from error
        at_ticks += piece.video_ticks


def _moved(file: BinaryIO, number: int, info: StreamInfo, take: Take, shift_ticks: int) -> bytes:
    parts: list[Part] = []
    data: list[bytes] = []
    for samples, track, media in ((take[0], VIDEO_TRACK, info.video), (take[1], AUDIO_TRACK, info.audio)):
        if samples is None or media is None:
            continue
        moved = shift_ticks * media.ticks_per_s // info.video.ticks_per_s
        parts.append(Part(track=track, base_ticks=max(0, samples.part.base_ticks + moved), rows=samples.part.rows))
        data.append(_read(file, samples.offset, samples.part.size_bytes))
    return fragment_head(number, parts) + b"".join(data) if parts else b""
