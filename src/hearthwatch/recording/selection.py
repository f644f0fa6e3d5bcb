"""Which samples of which files make up a time range: the common half of export and playback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hearthwatch.feeds.packet import StreamInfo
from hearthwatch.kit.errors import BadReply, StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, WallUs, iso
from hearthwatch.recording.boxes import Part
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Segment, Span
from hearthwatch.recording.segment_file import sha256_of
from hearthwatch.recording.walk import Footage, Fragment, read_footage_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Consecutive samples of one track and where their bytes lie in the file, all in one piece."""

    part: Part
    offset: int


class NoFootage(Unsupported):
    """Nothing was recorded in the range, or it is gone."""


Take = tuple[Samples | None, Samples | None]
"""Video and sound of one fragment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one file gives to the range: per fragment its video and sound; starts at a key frame."""

    path: Path
    start_us: WallUs
    follows: bool
    takes: tuple[Take, ...]

    @property
    def first_video(self) -> Samples:
        return next(video for video, _audio in self.takes if video)

    @property
    def start_ticks(self) -> int:
        return self.first_video.part.base_ticks

    @property
    def video_ticks(self) -> int:
        return sum(video.part.duration_ticks for video, _audio in self.takes if video)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The files of a range that hold the same StreamInfo, oldest first; `notes` say what had to be left out. `until_us` is when
    the camera's stream changed, where that ended the selection. `harmed` are those of the files, where they were compared, that
    are not as they were recorded."""

    info: StreamInfo
    pieces: tuple[Piece, ...]
    notes: tuple[str, ...]
    until_us: WallUs | None = None
    harmed: tuple[Segment, ...] = ()


def select_footage(
    reader: IndexReader, folder: Path, span: Span, *, unchanged: bool = False, compared: bool = False
) -> Selection:
    """Find the footage of the span from the key frame at or before its start.

    Where the camera changed its stream on the way, what lasts longest is taken, or, `unchanged`, what comes before the change.
    `compared` reads every file whole and compares it with its hash. Raises NoFootage when there is none.
    """
    notes: list[str] = []
    harmed: list[Segment] = []
    found = list(_read(reader, folder, span, notes))
    for segment, _footage in found if compared else ():
        if not _is_as_recorded(folder / segment.path, segment.sha256):
            harmed.append(segment)
            notes.append(f"the file from {iso(segment.start_us)} is damaged: it is not what was recorded any more")
    if not found:
        raise NoFootage(f"there is no footage of {span.camera} from {iso(span.start_us)} to {iso(span.end_us)}")
    info = found[0][1].label.info if unchanged else _longest(footage for _segment, footage in found)
    pieces: list[Piece] = []
    before: Segment | None = None
    other_run = ""
    until_us: WallUs | None = None
    for segment, footage in found:
        if footage.label.info != info and unchanged:
            until_us = segment.start_us
            break
        if footage.label.info != info:
            if segment.run != other_run:
                notes.append(f"the camera sent another kind of video from {iso(segment.start_us)} on; that part is left out")
            before, other_run = None, segment.run
            continue
        follows = before is not None and before.run == segment.run and abs(before.end_us - segment.start_us) < US_PER_S
        piece = _piece(folder / segment.path, footage, span, follows=follows)
        if piece is not None:
            pieces.append(piece)
            before = segment
    if not pieces:
        raise NoFootage(f"there is no footage of {span.camera} from {iso(span.start_us)} to {iso(span.end_us)}")
    return Selection(info=info, pieces=tuple(pieces), notes=tuple(notes), until_us=until_us, harmed=tuple(harmed))


def _read(reader: IndexReader, folder: Path, span: Span, notes: list[str]) -> Iterator[tuple[Segment, Footage]]:
    """Yield the files of the span with their tables; what cannot be shown is noted."""
    for segment in reader.segments(span.camera, span.stream, span.start_us, span.end_us):
        try:
            footage = read_footage_at(folder / segment.path)
        except (BadReply, StorageFailed) as error:
            if isinstance(error, StorageFailed) and error.fault is not StorageFault.MISSING:
                raise
            notes.append(f"the file from {iso(segment.start_us)} cannot be read: {error}")
            continue
        label = footage.label
        if (label.camera, label.stream, label.sequence) != (segment.camera, segment.stream, segment.sequence):
            notes.append(f"the file from {iso(segment.start_us)} holds other footage than was recorded there; it is left out")
        elif footage.frames and segment.start_us + max(footage.duration_us, segment.duration_us) > span.start_us:
            yield segment, footage


def _is_as_recorded(path: Path, sha256: bytes) -> bool:
    """Compare a file with its hash; one without is taken as it is."""
    if not sha256:
        return True
    try:
        found = path.stat()
    except OSError as error:
        raise storage_failed(error, f"reading {path.name}") from error
    return _hash_of(path, found.st_ino, found.st_size, found.st_mtime_ns) == sha256


@lru_cache(maxsize=1024)
def _hash_of(path: Path, inode: int, size_bytes: int, mtime_ns: int) -> bytes:
    """Read a file once, however often it is played in a row."""
    del inode, size_bytes, mtime_ns
    return sha256_of(path)


def _longest(footages: Iterator[Footage]) -> StreamInfo:
    lasts: dict[StreamInfo, int] = {}
    for footage in footages:
        lasts[footage.label.info] = lasts.get(footage.label.info, 0) + footage.duration_us
    return max(lasts, key=lasts.__getitem__)


def _piece(path: Path, footage: Footage, span: Span, *, follows: bool) -> Piece | None:
    label = footage.label
    hz = label.info.video.ticks_per_s
    low = (span.start_us - label.start_us) * hz // US_PER_S + footage.first_ticks
    high = (span.end_us - label.start_us) * hz // US_PER_S + footage.first_ticks
    key = _key_before(footage, low)
    if key is None or key >= high:
        return None
    takes: list[Take] = []
    sound_hz = label.info.audio.ticks_per_s if label.info.audio else 1
    for one in footage.fragments:
        video = _cut(one.video, one.data, key, high)
        audio = _cut(one.audio, one.data + one.video_bytes, key * sound_hz // hz, high * sound_hz // hz)
        if video or audio:
            takes.append((video, audio))
    wall_us = WallUs(label.start_us + (key - footage.first_ticks) * US_PER_S // hz)
    return Piece(path=path, start_us=wall_us, follows=follows, takes=tuple(takes))


def _key_before(footage: Footage, low: int) -> int | None:
    """Return the decode time of the last key frame at or before `low`, else of the first there is."""
    found: int | None = None
    for one in footage.fragments:
        for dts, is_key in _times_and_keys(one):
            if is_key:
                if found is not None and dts > low:
                    return found
                found = dts
    return found


def _times_and_keys(one: Fragment) -> Iterator[tuple[int, bool]]:
    if one.video is None:
        return
    dts = one.video.base_ticks
    for duration, is_key in zip(one.video.durations, one.video.keys, strict=True):
        yield dts, is_key
        dts += duration


def _cut(part: Part | None, offset: int, low: int, high: int) -> Samples | None:
    """Return the samples whose decode time lies in [low, high)."""
    if part is None:
        return None
    dts, first, last, skipped, base = part.base_ticks, -1, 0, 0, 0
    for at, (duration, size) in enumerate(zip(part.durations, part.sizes, strict=True)):
        if dts >= high:
            break
        if dts >= low and first < 0:
            first, base = at, dts
        if first < 0:
            skipped += size
        last = at + 1
        dts += duration
    if first < 0:
        return None
    if first == 0 and last == part.count:
        return Samples(part=part, offset=offset)
    return Samples(part=Part(track=part.track, base_ticks=base, rows=part.rows[4 * first : 4 * last]), offset=offset + skipped)
