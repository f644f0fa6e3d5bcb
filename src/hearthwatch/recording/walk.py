"""Reading our own footage files back: label, fragments and sample tables, of whole files and of cut ones.

Total: for any bytes it ends, after one pass, with a Footage or BadReply; it never trusts a size that leaves the file.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hearthwatch.feeds.packet import Codec, StreamInfo
from hearthwatch.kit.errors import BadReply
from hearthwatch.kit.files import storage_failed
from hearthwatch.recording.boxes import AUDIO_TRACK, VIDEO_TRACK, Part
from hearthwatch.recording.label import MAX_LABEL_BYTES, Label, read_label

_MAX_INIT_BYTES = 4 << 20
_MAX_MOOF_BYTES = 4 << 20
_TAIL_BYTES = 16
_TRACKS = (VIDEO_TRACK, AUDIO_TRACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box in a file: `body` is where its content starts, `end` where the next box does."""

    kind: bytes
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """One whole `moof` + `mdat`: bytes `start` to `end` of the file, its samples from `data` on, video before audio."""

    start: int
    data: int
    end: int
    video: Part | None
    audio: Part | None

    @property
    def video_bytes(self) -> int:
        return self.video.size_bytes if self.video else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """What a file holds. `whole_bytes` ends the last whole fragment; `size_bytes` more than that is a torn end."""

    label: Label
    init_bytes: int
    fragments: tuple[Fragment, ...]
    whole_bytes: int
    size_bytes: int

    @property
    def frames(self) -> int:
        return sum(one.video.count for one in self.fragments if one.video)

    @property
    def keyframes(self) -> int:
        return sum(sum(one.video.keys) for one in self.fragments if one.video)

    @property
    def end_ticks(self) -> int:
        """Where the last video sample ends, in video ticks from the file's time 0."""
        for one in reversed(self.fragments):
            if one.video:
                return one.video.base_ticks + one.video.duration_ticks
        return 0

    @property
    def first_ticks(self) -> int:
        """Where the first video sample lies, in video ticks from the file's time 0; its wall time is the label's."""
        return next((one.video.base_ticks for one in self.fragments if one.video), 0)

    @property
    def duration_us(self) -> int:
        return (self.end_ticks - self.first_ticks) * 1_000_000 // self.label.info.video.ticks_per_s


def read_footage_at(path: Path) -> Footage:
    """Read the file at `path`. Raises BadReply when it is none of ours, StorageFailed when the disk fails."""
    try:
        with path.open("rb", buffering=4096) as file:
            return read_footage(file)
    except OSError as error:
        raise storage_failed(error, f"reading {path.name}") from error


def read_footage(file: BinaryIO) -> Footage:
    """Read the tables of `file`, which must be seekable. Raises BadReply for a file that is none of ours."""
    size = file.seek(0, os.SEEK_END)
    label, start = _read_init(file, size)
    fragments: list[Fragment] = []
    at = start
    while True:
        found = _read_fragment(file, at, size)
        if found is None:
            break
        fragments.append(found)
        at = found.end
    return Footage(label=label, init_bytes=start, fragments=tuple(fragments), whole_bytes=at, size_bytes=size)


def cut_zeroed_tail(file: BinaryIO, footage: Footage) -> int:
    """Return where a file that lost its last pages ends: `whole_bytes` less the fragments whose content is not there.

    A file system may bring a file back at its full length with zeroes for what never reached the disk.
    """
    end = footage.whole_bytes
    for one in reversed(footage.fragments):
        if _is_plausible(file, one, footage.label.info):
            break
        end = one.start
    return end


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two offsets; ends at the first that is not whole."""
    at = start
    while (found := _box_at(file, at, end)) is not None:
        yield found
        at = found.end


def _box_at(file: BinaryIO, at: int, end: int) -> Box | None:
    if at + 8 > end:
        return None
    file.seek(at)
    head = file.read(16)
    if len(head) < 8:
        return None
    size, kind = struct.unpack_from(">I4s", head)
    body = at + 8
    if size == 1:
        if len(head) < 16:
            return None
        (size,) = struct.unpack_from(">Q", head, 8)
        body = at + 16
    if size < body - at or at + size > end:
        return None
    return Box(kind=kind, start=at, body=body, end=at + size)


def _read_init(file: BinaryIO, size: int) -> tuple[Label, int]:
    label: Label | None = None
    for found in boxes(file, 0, min(size, _MAX_INIT_BYTES)):
        if found.kind == b"uuid" and found.end - found.body <= MAX_LABEL_BYTES:
            file.seek(found.body)
            label = read_label(file.read(found.end - found.body)) or label
        elif found.kind == b"moov":
            if label is None:
                break
            return label, found.end
        elif found.kind not in {b"ftyp", b"uuid", b"free"}:
            break
    raise BadReply("not a footage file of Hearthwatch: its label is missing")


def _read_fragment(file: BinaryIO, at: int, size: int) -> Fragment | None:
    moof = _box_at(file, at, size)
    if moof is None or moof.kind != b"moof" or moof.end - moof.start > _MAX_MOOF_BYTES:
        return None
    mdat = _box_at(file, moof.end, size)
    if mdat is None or mdat.kind != b"mdat":
        return None
    file.seek(moof.body)
    try:
        parts = _read_parts(file.read(moof.end - moof.body))
    except (struct.error, ValueError):
        return None
    if sum(one.size_bytes for one in parts.values()) != mdat.end - mdat.body:
        return None
    return Fragment(start=moof.start, data=mdat.body, end=mdat.end, video=parts.get(VIDEO_TRACK), audio=parts.get(AUDIO_TRACK))


def _read_parts(moof: bytes) -> dict[int, Part]:
    """Parse the tracks of a `moof` body as `boxes.fragment_head` lays them out. Raises ValueError or struct.error."""
    parts: dict[int, Part] = {}
    at = 16
    while at < len(moof):
        size, kind = struct.unpack_from(">I4s", moof, at)
        if kind != b"traf" or at + size > len(moof) or size < 64:
            raise ValueError("not a track fragment of ours")
        track, base_ticks = struct.unpack_from(">I12xQ", moof, at + 20)
        trun_bytes, trun, flags, count = struct.unpack_from(">I4sII", moof, at + 44)
        width = 4 if flags & 0x800 else 3
        if (
            trun != b"trun"
            or trun_bytes != size - 44
            or trun_bytes != 20 + 4 * width * count
            or track in parts
            or track not in _TRACKS
        ):
            raise ValueError("not a track run of ours")
        rows = list(struct.unpack_from(f">{width * count}I", moof, at + 64))
        if width == 3:
            full = [0] * (4 * count)
            full[0::4], full[1::4], full[2::4] = rows[0::3], rows[1::3], rows[2::3]
            rows = full
        parts[track] = Part(track=track, base_ticks=base_ticks, rows=rows)
        at += size
    if not parts or at != len(moof):
        raise ValueError("no samples")
    return parts


def _is_plausible(file: BinaryIO, one: Fragment, info: StreamInfo) -> bool:
    file.seek(max(one.data, one.end - _TAIL_BYTES))
    if one.audio is None and not any(file.read(_TAIL_BYTES)):
        return False
    if one.video is None or info.video.codec not in {Codec.H264, Codec.H265}:
        return True
    file.seek(one.data)
    data = file.read(one.video_bytes)
    at = 0
    for size in one.video.sizes:
        end = at + size
        while at < end:
            if at + 4 > end:
                return False
            nal_bytes = int.from_bytes(data[at : at + 4], "big")
            if not nal_bytes or at + 4 + nal_bytes > end:
                return False
            at += 4 + nal_bytes
        if end >= _TAIL_BYTES and not any(data[end - _TAIL_BYTES : end]):
            return False
    return True
