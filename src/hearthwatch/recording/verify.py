"""Checking the footage folder against the index; works beside a running recorder and changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.errors import BadReply, StorageFailed
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.label import footage_path
from hearthwatch.recording.repair import QUARANTINE, sequences_in, stream_folders
from hearthwatch.recording.segment import Segment, SegmentState
from hearthwatch.recording.store import STORE_FILE
from hearthwatch.recording.walk import read_footage_at

_ORPHAN_AGE_S = 60
_MAX_OVERLAP_US = US_PER_S // 10


class Flaw(StrEnum):
    """What can be wrong; WRONG_DISK means that nothing else was looked at."""

    WRONG_DISK = "wrong-disk"
    MISSING = "missing"
    SIZE = "size"
    HASH = "hash"
    TABLES = "tables"
    OVERLAP = "overlap"
    ORPHAN = "orphan"
    HOLE = "hole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    flaw: Flaw
    path: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`notes` are no faults: files set aside, hashes not known yet."""

    segments: int
    size_bytes: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.findings


def verify(folder: Path, reader: IndexReader, *, now_us: WallUs, deep: bool = False) -> Report:
    """Compare every row with its file and every file with its row; `deep` also reads each file and its hash.

    A row of a file still being written is judged by what may be said of it. Raises StorageFailed when the folder or the
    index cannot be read.
    """
    found = _store(folder)
    if (expected := reader.store()) != found:
        detail = f"the index belongs to disk {expected}, the folder to {found}: is the right disk mounted?"
        finding = Finding(flaw=Flaw.WRONG_DISK, path=str(folder), detail=detail)
        return Report(segments=0, size_bytes=0, findings=(finding,), notes=())
    findings: list[Finding] = []
    count = size_bytes = unhashed = 0
    seen: dict[tuple[CameraId, Stream], set[int]] = {}
    before: Segment | None = None
    for segment in reader.all_segments():
        count += 1
        size_bytes += segment.size_bytes
        unhashed += segment.state is SegmentState.COMPLETE and not segment.sha256
        seen.setdefault((segment.camera, segment.stream), set()).add(segment.sequence)
        if segment.state is SegmentState.GARBAGE:
            continue
        findings += _judge(folder, segment, deep=deep)
        if before is not None and (before.camera, before.stream) == (segment.camera, segment.stream):
            findings += _neighbours(reader, before, segment)
        before = segment
    findings = [one for one in findings if not _is_over(folder, reader, one)]
    findings += _orphans(folder, reader, seen, now_us)
    return Report(segments=count, size_bytes=size_bytes, findings=tuple(findings), notes=tuple(_notes(folder, unhashed)))


def _store(folder: Path) -> str | None:
    try:
        return (folder / STORE_FILE).read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_failed(error, f"reading {folder}") from error


def _judge(folder: Path, segment: Segment, *, deep: bool) -> Iterator[Finding]:
    path = folder / segment.path
    try:
        size = path.stat().st_size
    except OSError as error:
        yield _finding(Flaw.MISSING, segment, error.strerror or str(error))
        return
    if segment.state is SegmentState.RECORDING:
        return
    if size != segment.size_bytes:
        yield _finding(Flaw.SIZE, segment, f"{size} bytes, the index says {segment.size_bytes}")
        return
    if not deep:
        return
    try:
        footage = read_footage_at(path)
        if footage.frames != segment.frames or footage.whole_bytes != size:
            yield _finding(Flaw.TABLES, segment, f"{footage.frames} whole frames, the index says {segment.frames}")
        if segment.sha256:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").digest() != segment.sha256:
                    yield _finding(Flaw.HASH, segment, "the content is not what was recorded")
    except (BadReply, StorageFailed, OSError) as error:
        yield _finding(Flaw.TABLES, segment, str(error))


def _neighbours(reader: IndexReader, before: Segment, segment: Segment) -> Iterator[Finding]:
    """Files of one run may touch but not overlap; between runs there is a gap with its cause, or a step of the clock."""
    space_us = segment.start_us - before.end_us
    if before.state is SegmentState.RECORDING:
        return
    if before.run == segment.run and space_us < -_MAX_OVERLAP_US:
        yield _finding(Flaw.OVERLAP, segment, f"starts {-space_us / US_PER_S:.3f} s before the file before it ends")
    elif (
        space_us > _MAX_OVERLAP_US
        and segment.sequence == before.sequence + 1
        and not reader.gaps(segment.camera, segment.stream, before.end_us, segment.start_us)
    ):
        yield _finding(Flaw.HOLE, segment, f"{space_us / US_PER_S:.3f} s before it are missing without a cause")


def _is_over(folder: Path, reader: IndexReader, finding: Finding) -> bool:
    """Whether a finding was only a moment of a running recorder: the row went, or changed, since it was read."""
    if finding.flaw not in {Flaw.MISSING, Flaw.SIZE}:
        return False
    camera, stream, name = finding.path.split("/")
    row = reader.segment(CameraId(camera), Stream(stream), int(name.removesuffix(".mp4")))
    return row is None or row.state is SegmentState.GARBAGE or not list(_judge(folder, row, deep=False))


def _orphans(
    folder: Path, reader: IndexReader, seen: dict[tuple[CameraId, Stream], set[int]], now_us: WallUs
) -> Iterator[Finding]:
    try:
        for camera, stream, path in stream_folders(folder):
            for sequence in sorted(sequences_in(path) - seen.get((camera, stream), set())):
                where = footage_path(camera, stream, sequence)
                try:
                    age_s = now_us // US_PER_S - (folder / where).stat().st_mtime
                except FileNotFoundError:
                    continue
                if age_s > _ORPHAN_AGE_S and reader.segment(camera, stream, sequence) is None:
                    yield Finding(flaw=Flaw.ORPHAN, path=str(where), detail="the index does not know this file")
    except OSError as error:
        raise storage_failed(error, f"looking through {folder}") from error


def _notes(folder: Path, unhashed: int) -> Iterator[str]:
    aside = folder / QUARANTINE
    if aside.is_dir() and (names := list(aside.iterdir())):
        yield f"{len(names)} files were set aside in {aside}"
    if unhashed:
        yield f"{unhashed} repaired or adopted files have no hash yet; the recorder adds them one by one"


def _finding(flaw: Flaw, segment: Segment, detail: str) -> Finding:
    return Finding(flaw=flaw, path=str(segment.path), detail=detail)
