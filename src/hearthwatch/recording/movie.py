"""An ordinary MP4: one `moov` with sample tables, then the data. Pure; wire facts: ISO/IEC 14496-12 §8.6, §8.7."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from hearthwatch.feeds.packet import AudioInfo, VideoInfo
from hearthwatch.recording.boxes import MOVIE_TICKS_PER_S, Part, movie_header, sample_description, track
from hearthwatch.recording.entries import audio_entry, box, full_box, video_entry


@dataclass(slots=True)
class Tables:
    """The samples of one track as they are added, in decode order; `skip_ticks` of media come before what is shown."""

    info: VideoInfo | AudioInfo
    durations: array[int] = field(default_factory=lambda: array("I"))
    sizes: array[int] = field(default_factory=lambda: array("I"))
    offsets: array[int] = field(default_factory=lambda: array("i"))
    keys: array[int] = field(default_factory=lambda: array("I"))
    chunk_samples: array[int] = field(default_factory=lambda: array("I"))
    chunk_offsets: array[int] = field(default_factory=lambda: array("Q"))
    start_ticks: int = 0
    end_ticks: int = 0

    def add(self, part: Part, at_ticks: int, chunk_offset: int) -> None:
        """Add one chunk of samples that starts at `at_ticks` of the movie; the sample before it lasts until then."""
        if not self.sizes:
            self.start_ticks = self.end_ticks = at_ticks
        elif at_ticks != self.end_ticks:
            last = self.durations[-1]
            self.durations[-1] = max(0, last + at_ticks - self.end_ticks)
            self.end_ticks += self.durations[-1] - last
        number = len(self.sizes)
        self.keys.extend(number + at + 1 for at, is_key in enumerate(part.keys) if is_key)
        self.durations.extend(part.durations)
        self.sizes.extend(part.sizes)
        self.offsets.extend(part.offsets)
        self.chunk_samples.append(part.count)
        self.chunk_offsets.append(chunk_offset)
        self.end_ticks += part.duration_ticks

    def trak(self, number: int, data_offset: int, skip_ticks: int) -> bytes:
        """Return the `trak`; chunks lie `data_offset` further than they were added, `skip_ticks` are not shown."""
        is_video = isinstance(self.info, VideoInfo)
        entry = video_entry(self.info) if isinstance(self.info, VideoInfo) else audio_entry(self.info)
        tables = [sample_description(entry), _pairs(b"stts", self.durations, "I")]
        if any(self.offsets):
            tables.append(_pairs(b"ctts", self.offsets, "i"))
        if is_video:
            tables.append(full_box(b"stss", 0, 0, struct.pack(">I", len(self.keys)), _big(self.keys)))
        tables += [
            self._chunk_runs(),
            full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(self.sizes)), _big(self.sizes)),
            self._chunk_offsets(data_offset),
        ]
        first_offset = self.offsets[0] if self.offsets else 0
        shown = self._movie_ticks(self.end_ticks - max(self.start_ticks, skip_ticks))
        edits = []
        if self.start_ticks > skip_ticks:
            edits.append((self._movie_ticks(self.start_ticks - skip_ticks), -1))
        edits.append((shown, max(0, skip_ticks - self.start_ticks) + first_offset))
        rows = b"".join(struct.pack(">QqHH", length, media, 1, 0) for length, media in edits)
        edit_list = box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", len(edits)), rows))
        media_ticks = sum(self.durations)
        return track(
            number, self.info, tables, duration=sum(one for one, _media in edits), media_ticks=media_ticks, edits=edit_list
        )

    def shown_ticks(self, skip_ticks: int) -> int:
        """Return when the track ends, in ticks of the movie."""
        return self._movie_ticks(self.end_ticks - skip_ticks)

    def _movie_ticks(self, ticks: int) -> int:
        return max(0, ticks) * MOVIE_TICKS_PER_S // self.info.ticks_per_s

    def _chunk_runs(self) -> bytes:
        rows = []
        at = 1
        for count, group in groupby(self.chunk_samples):
            rows.append(struct.pack(">III", at, count, 1))
            at += sum(1 for _chunk in group)
        return full_box(b"stsc", 0, 0, struct.pack(">I", len(rows)), *rows)

    def _chunk_offsets(self, data_offset: int) -> bytes:
        moved = array("Q", (one + data_offset for one in self.chunk_offsets))
        return full_box(b"co64", 0, 0, struct.pack(">I", len(moved)), _big(moved))


def movie_box(tracks: Sequence[tuple[Tables, int]], data_offset: int) -> bytes:
    """Return `moov` for tracks and how many of their ticks are not shown; its size does not depend on `data_offset`."""
    traks = [one.trak(number, data_offset, skip) for number, (one, skip) in enumerate(tracks, start=1)]
    duration = max(one.shown_ticks(skip) for one, skip in tracks)
    return box(b"moov", movie_header(duration, next_track=len(tracks) + 1), *traks)


def _pairs(kind: bytes, values: Iterable[int], code: str) -> bytes:
    """Return a run-length coded table of (count, value)."""
    rows = [struct.pack(f">I{code}", sum(1 for _one in group), value) for value, group in groupby(values)]
    return full_box(kind, 1 if code == "i" else 0, 0, struct.pack(">I", len(rows)), *rows)


def _big(values: array[int]) -> bytes:
    swapped = array(values.typecode, values)
    swapped.byteswap()
    return swapped.tobytes()
