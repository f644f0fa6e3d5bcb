"""One file of footage while it is written: created, appended to by whole fragments, synced, closed."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path

from hearthwatch.feeds.packet import Packet
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import fsync_folder, storage_failed
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording.boxes import fragment, guess_next_dts, init_segment, next_audio_dts
from hearthwatch.recording.cut import Batch
from hearthwatch.recording.filled import Filled
from hearthwatch.recording.label import Label, footage_path, label_box
from hearthwatch.recording.segment import SegmentState

log = logging.getLogger(__name__)

FILE_MODE = 0o640
PINNED_MODE = 0o440
"""A pinned file is read-only, so that the pin survives the loss of the index."""
_MAX_DRIFT_US = US_PER_S
"""Wall clock and media may drift apart so far in one file; more is a step of the clock and no business of the file."""


class SegmentFile:
    """Bytes up to `size_bytes` are whole fragments; an error leaves the file to `abandon`. All methods raise StorageFailed."""

    def __init__(self, folder: Path, label: Label, first: Batch) -> None:
        """Create the file, its name durable, never over another one. Raises FileExistsError when the name is taken."""
        self.label = label
        self.path = folder / footage_path(label.camera, label.stream, label.sequence)
        self._set_bases(first)
        self.size_bytes = 0
        self.frames = 0
        self.keyframes = 0
        self.is_dirty = False
        self.sync_us = label.start_us
        """Wall time up to which footage is known to be on the disk."""
        self._written_us = label.start_us
        self._first_dts = self._end_ticks = first.video[0].dts_ticks
        self._fragment = 0
        self._sha256 = hashlib.sha256()
        try:
            _make_folder(self.path.parent, folder)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        except FileExistsError:
            raise
        except OSError as error:
            raise storage_failed(error, "creating a file of footage") from error
        try:
            fsync_folder(self.path.parent)
        except OSError as error:
            self.abandon()
            raise storage_failed(error, "creating a file of footage") from error

    def _set_bases(self, first: Batch) -> None:
        """Let time 0 be the first packet of either track: sound may come a little earlier than the key frame."""
        info = self.label.info
        video, hz = first.video[0].dts_ticks, info.video.ticks_per_s
        self._video_base = video
        self._audio_base = 0
        if info.audio is None:
            return
        self._audio_base = video * info.audio.ticks_per_s // hz
        earliest = self._audio_base - info.audio.ticks_per_s
        early = [one.dts_ticks for one in first.audio if earliest <= one.dts_ticks < self._audio_base]
        if early:
            self._audio_base = min(early)
            self._video_base = min(video, self._audio_base * hz // info.audio.ticks_per_s)

    @property
    def duration_us(self) -> int:
        ticks = self._end_ticks - self._first_dts
        return ticks * US_PER_S // self.label.info.video.ticks_per_s

    def append(self, batch: Batch) -> None:
        """Write one fragment, or nothing: after an error the file ends where it ended before."""
        try:
            data = self._fragment_of(batch)
            if not self.size_bytes:
                data = init_segment(self.label.info, extra=label_box(self.label)) + data
        except ValueError as error:
            raise StorageFailed(StorageFault.BROKEN, f"{self.label.camera} sent what fits no file: {error}") from error
        try:
            _write_all(self._fd, data)
        except OSError as error:
            self._take_back()
            raise storage_failed(error, "writing footage") from error
        self._sha256.update(data)
        self.size_bytes += len(data)
        self.is_dirty = True
        if batch.video:
            self.frames += len(batch.video)
            self.keyframes += sum(packet.is_key for packet in batch.video)
            self._end_ticks = batch.next_video_dts if batch.next_video_dts is not None else guess_next_dts(batch.video)
            self._written_us = batch.video[-1].wall_us

    def _take_back(self) -> None:
        with contextlib.suppress(OSError):  # the start-up repair cuts the same bytes off
            os.ftruncate(self._fd, self.size_bytes)
            os.lseek(self._fd, self.size_bytes, os.SEEK_SET)

    def _fragment_of(self, batch: Batch) -> bytes:
        info = self.label.info
        audio: list[Packet] = []
        if info.audio is not None:
            audio = [packet for packet in batch.audio if packet.dts_ticks >= self._audio_base]
        if not audio and not batch.video:
            return b""
        self._fragment += 1
        return fragment(
            self._fragment,
            batch.video,
            audio,
            video_base_ticks=self._video_base,
            audio_base_ticks=self._audio_base,
            next_video_dts=batch.next_video_dts,
            next_audio_dts=next_audio_dts(info.audio, audio[-1]) if info.audio is not None and audio else None,
        )

    def sync(self) -> None:
        """Bring what was written to the disk. After an error the file must not be trusted, nor the sync repeated."""
        self.is_dirty = False
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            raise storage_failed(error, "bringing footage to the disk") from error
        self.sync_us = self._written_us

    def close(self, next_us: WallUs | None = None) -> Filled:
        """Sync and close. `next_us` is where the next file of the run starts: the two shall touch on the wall clock."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise storage_failed(error, "closing a file of footage") from error
        os.close(self._fd)
        return self._filled(next_us, SegmentState.COMPLETE)

    def abandon(self) -> Filled | None:
        """Close after an error, cut to whole fragments; None when it held nothing and is gone. Never raises."""
        empty = not self.size_bytes
        try:
            if empty:
                self.path.unlink(missing_ok=True)
            else:
                os.ftruncate(self._fd, self.size_bytes)
        except OSError as error:
            log.warning("%s could not be tidied after an error: %s", self.path, error)
            empty = False
        finally:
            os.close(self._fd)
        return None if empty else self._filled(None, SegmentState.SUSPECT)

    def _filled(self, next_us: WallUs | None, state: SegmentState) -> Filled:
        duration_us = self.duration_us
        if next_us is not None and abs(next_us - self.label.start_us - duration_us) < _MAX_DRIFT_US:
            duration_us = max(0, next_us - self.label.start_us)
        return Filled(
            start_us=self.label.start_us,
            duration_us=duration_us,
            size_bytes=self.size_bytes,
            frames=self.frames,
            keyframes=self.keyframes,
            sha256=self._sha256.digest(),
            state=state,
        )


def _make_folder(folder: Path, root: Path) -> None:
    """Create `folder` below `root`, every new name durable."""
    for part in (folder.parent, folder):
        if not part.is_dir():
            part.mkdir(mode=0o750)
            fsync_folder(part.parent)
    assert folder.is_relative_to(root)


def _write_all(fd: int, data: bytes) -> None:
    """Write joined bytes: a writev of the packets costs five times as much on ext4 (measured, Linux 6.18)."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sha256_of(path: Path) -> bytes:
    """Return the hash of a file. Raises StorageFailed."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise StorageFailed(StorageFault.BROKEN, f"reading {path.name}: {error.strerror}") from error


def set_pinned(path: Path, *, pinned: bool) -> None:
    """Show the pin on the file itself; an error is logged, for the index knows it, too."""
    try:
        path.chmod(PINNED_MODE if pinned else FILE_MODE)
    except OSError as error:
        log.warning("%s could not be made %s: %s", path, "read-only" if pinned else "writable", error)
