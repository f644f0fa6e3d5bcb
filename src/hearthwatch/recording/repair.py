"""What a start does before recording: files that were open are cut to their last whole fragment, strangers taken in."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hearthwatch.feeds.packet import Gap, GapReason, Stream
from hearthwatch.kit.errors import BadReply, StorageFailed, StorageFault
from hearthwatch.kit.files import fsync_folder, storage_failed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs, camera_id
from hearthwatch.recording.filled import Filled
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.label import footage_path
from hearthwatch.recording.segment import FootageClass, Segment, SegmentState
from hearthwatch.recording.segment_file import FILE_MODE, PINNED_MODE, set_pinned
from hearthwatch.recording.walk import Footage, cut_zeroed_tail, read_footage

log = logging.getLogger(__name__)

QUARANTINE = "quarantine"
_NAME = re.compile(r"([0-9]{12})\.mp4\Z")
_HOLE_US = US_PER_S // 10
_LOOKS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What a start found: files cut to their last whole fragment, empty ones dropped, gaps opened."""

    cut: int
    dropped: int
    gaps: int


def repair_unfinished(folder: Path, index: IndexWriter) -> Repaired:
    """Bring every file that was not closed in order to its last whole fragment. Raises StorageFailed."""
    for one in index.garbage():
        _remove(folder / one.path)
        index.forget((one,))
    cut = dropped = 0
    for segment in index.unfinished():
        if _repair(folder, index, segment):
            cut += 1
        else:
            dropped += 1
    return Repaired(cut=cut, dropped=dropped, gaps=index.open_gaps_after_crash())


def _repair(folder: Path, index: IndexWriter, segment: Segment) -> bool:
    path = folder / segment.path
    try:
        footage = cut_to_whole(path)
    except BadReply as error:
        if path.exists() and path.stat().st_size:
            quarantine(folder, path, str(error))
        else:
            _remove(path)
        index.forget((segment,))
        return False
    except StorageFailed as error:
        if error.fault is not StorageFault.MISSING:
            raise
        index.forget((segment,))
        return False
    if not footage.frames:
        index.condemn([segment.id])
        _remove(path)
        index.forget((segment,))
        return False
    index.complete(segment.id, filled_of(footage))
    return True


def cut_to_whole(path: Path) -> Footage:
    """Cut what follows the last whole fragment off a file and return the rest. Raises BadReply, StorageFailed."""
    try:
        with path.open("r+b") as file:
            footage = read_footage(file)
            end = cut_zeroed_tail(file, footage)
            if end < footage.size_bytes:
                file.truncate(end)
                os.fsync(file.fileno())
                footage = read_footage(file)
    except OSError as error:
        raise storage_failed(error, f"repairing {path.name}") from error
    return footage


def filled_of(footage: Footage) -> Filled:
    """Describe a file by its own tables; its hash is left for a quiet moment."""
    return Filled(
        start_us=footage.label.start_us,
        duration_us=footage.duration_us,
        size_bytes=footage.whole_bytes,
        frames=footage.frames,
        keyframes=footage.keyframes,
        sha256=b"",
        state=SegmentState.COMPLETE,
    )


def quarantine(folder: Path, path: Path, why: str) -> None:
    """Set a file aside that is not footage or cannot be read; nothing deletes it but a person."""
    aside = folder / QUARANTINE
    target = aside / "-".join(path.relative_to(folder).parts)
    try:
        aside.mkdir(exist_ok=True)
        if target.exists():
            target = target.with_name(f"{target.name}.{path.stat().st_mtime_ns}")
        path.rename(target)
        fsync_folder(aside)
        fsync_folder(path.parent)
    except OSError as error:
        raise storage_failed(error, f"setting {path.name} aside") from error
    log.warning("%s was set aside as %s: %s", path, target, why)


def stream_folders(folder: Path) -> list[tuple[CameraId, Stream, Path]]:
    """Return every `camera/stream` folder below the footage folder."""
    found = []
    for camera in sorted(folder.iterdir()):
        for stream in Stream:
            path = camera / stream
            if camera.name != QUARANTINE and path.is_dir() and not path.is_symlink():
                try:
                    found.append((camera_id(camera.name), stream, path))
                except ValueError:
                    continue
    return found


def sequences_in(path: Path) -> set[int]:
    """Return the sequence numbers of the files in one stream's folder."""
    with os.scandir(path) as entries:
        return {int(found.group(1)) for entry in entries if (found := _NAME.match(entry.name))}


def reconcile(folder: Path, index: IndexWriter) -> Iterator[None]:
    """Take in files without a row, note rows without a file, list anew what is not as long as it was, a little each step,
    while recording goes on.

    Steps run in the thread that also writes, so that no file appears between a look at the rows and a look at the folder.
    Where most files of a stream are missing nothing is dropped: that is a wrong disk, not a hole.
    """
    for camera, stream, path in stream_folders(folder):
        yield
        rows = {one.sequence: one for one in index.of_stream(camera, stream)}
        files = sequences_in(path)
        missing = [one for one in rows.values() if one.sequence not in files and one.state is SegmentState.COMPLETE]
        adopted = False
        for sequence in sorted(files - rows.keys()):
            adopted |= _adopt(folder, index, camera, stream, sequence)
            yield
        if adopted:
            index.add_gaps(_holes(index, camera, stream))
            index.open_gaps_after_crash()
            yield
        if len(missing) > max(10, len(rows) // 2):
            log.error(
                "%d of %d files of %s are missing below %s: is it the right disk?", len(missing), len(rows), camera, folder
            )
            continue
        if missing:
            log.warning("%d files of footage of %s are gone", len(missing), camera)
            index.add_gaps(_gap(one.camera, one.stream, one.start_us, one.end_us, "the file is gone") for one in missing)
            index.forget(missing)
        for count, one in enumerate(rows.values()):
            if _has_other_length(folder, one):
                _list_anew(folder, index, one)
                yield
            elif count % _LOOKS == _LOOKS - 1:
                yield


def _adopt(folder: Path, index: IndexWriter, camera: CameraId, stream: Stream, sequence: int) -> bool:
    path = folder / footage_path(camera, stream, sequence)
    try:
        pinned = path.stat().st_mode & 0o777 == PINNED_MODE
        if path.stat().st_size == 0:
            _remove(path)
            return False
        if pinned:
            path.chmod(FILE_MODE)
        footage = cut_to_whole(path)
        label = footage.label
        if (label.camera, label.stream, label.sequence) != (camera, stream, sequence):
            quarantine(folder, path, "its label names another place")
            return False
        if not footage.frames:
            _remove(path)
            return False
        index.adopt(label, filled_of(footage), FootageClass.EVENT, pinned=pinned)
        if pinned:
            path.chmod(PINNED_MODE)
    except BadReply as error:
        quarantine(folder, path, str(error))
        return False
    except OSError as error:
        raise storage_failed(error, f"adopting {path.name}") from error
    return True


def _has_other_length(folder: Path, one: Segment) -> bool:
    if one.state is not SegmentState.COMPLETE:
        return False
    try:
        return (folder / one.path).stat().st_size != one.size_bytes
    except OSError:
        return False


def _list_anew(folder: Path, index: IndexWriter, one: Segment) -> None:
    """A file that is not as long as it was: list what can be played of it, and a gap for the rest."""
    path = folder / one.path
    try:
        path.chmod(FILE_MODE)
        footage = cut_to_whole(path)
        label = footage.label
        if (label.camera, label.stream, label.sequence) != (one.camera, one.stream, one.sequence) or not footage.frames:
            raise BadReply("it holds other footage than was recorded there")
    except BadReply as error:
        quarantine(folder, path, str(error))
        index.add_gaps([_gap(one.camera, one.stream, one.start_us, one.end_us, "the file is damaged")])
        index.forget([one])
        return
    except OSError as error:
        raise storage_failed(error, f"repairing {path.name}") from error
    filled = replace(filled_of(footage), start_us=one.start_us)
    log.warning("%s is not as long as it was: %.1f s of it can be played", path, filled.duration_us / US_PER_S)
    if index.complete(one.id, filled):
        set_pinned(path, pinned=True)
    end_us = WallUs(one.start_us + filled.duration_us)
    if one.end_us - end_us > _HOLE_US:
        index.add_gaps([_gap(one.camera, one.stream, end_us, one.end_us, "the end of the file is gone")])


def _holes(index: IndexWriter, camera: CameraId, stream: Stream) -> Iterator[Gap]:
    end_us: WallUs | None = None
    for one in index.of_stream(camera, stream):
        is_hole = end_us is not None and one.start_us - end_us > _HOLE_US
        if is_hole and end_us is not None and not index.has_gap(camera, stream, end_us, one.start_us):
            yield _gap(camera, stream, end_us, one.start_us, "the index was lost; the cause with it")
        end_us = WallUs(max(end_us or 0, one.end_us))


def _gap(camera: CameraId, stream: Stream, start_us: WallUs, end_us: WallUs, detail: str) -> Gap:
    return Gap(camera=camera, stream=stream, start_us=start_us, end_us=end_us, reason=GapReason.DISK, detail=detail)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            fsync_folder(path.parent)
    except OSError as error:
        raise storage_failed(error, f"deleting {path.name}") from error
