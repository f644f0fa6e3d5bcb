"""What a recording amounts to: its files, its gaps, and what neither of them covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import SegmentState
from hearthwatch.recording.walk import Footage, read_footage_at

HOLE_US = US_PER_S // 10
"""What two files may be apart without a cause, as `hearthwatch verify` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One camera's recording. `holes` are uncovered stretches nobody gave a cause for (start, length; µs), `gaps` those with
    one; `longest_frame_s` is the longest time from one picture to the next: frames missing inside a file make it long."""

    camera: str
    files: int
    frames: int
    covered_s: float
    fps: float
    longest_frame_s: float
    first_us: int
    last_us: int
    holes: list[tuple[int, int]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def coverage(folder: Path, index: IndexReader, camera: str, start_us: int, end_us: int) -> Coverage:
    """Walk everything recorded of a camera's main stream between two moments; the recorder must have ended."""
    key, stream = CameraId(camera), Stream.MAIN
    segments = [s for s in index.segments(key, stream, WallUs(start_us), WallUs(end_us)) if s.state is not SegmentState.GARBAGE]
    gaps = index.gaps(key, stream, WallUs(start_us), WallUs(end_us))
    explained = [(gap.start_us, gap.end_us if gap.end_us is not None else end_us) for gap in gaps]
    holes = []
    edges = [start_us, *(edge for s in segments for edge in (s.start_us, s.end_us)), end_us]
    for left_us, right_us in zip(edges[::2], edges[1::2], strict=True):
        for hole_us, length_us in uncovered(left_us, right_us, explained):
            if length_us > HOLE_US:
                holes.append((hole_us, length_us))
    longest_s, frames = 0.0, 0
    for segment in segments:
        footage = read_footage_at(folder / segment.path)
        longest_s = max(longest_s, longest_wait_s(footage))
        frames += footage.frames
    covered_s = sum(segment.duration_us for segment in segments) / US_PER_S
    return Coverage(
        camera=camera,
        files=len(segments),
        frames=frames,
        covered_s=covered_s,
        fps=frames / covered_s if covered_s else 0.0,
        longest_frame_s=longest_s,
        first_us=segments[0].start_us if segments else 0,
        last_us=segments[-1].end_us if segments else 0,
        holes=holes,
        gaps=[
            f"{(gap.start_us - start_us) / US_PER_S:.1f}..{(right - start_us) / US_PER_S:.1f} s {gap.reason}: {gap.detail}"
            for gap, (_, right) in zip(gaps, explained, strict=True)
        ],
    )


def longest_wait_s(footage: Footage) -> float:
    """Return the longest time from one picture of a file to the next, in the order they are shown."""
    shown = []
    for part in (one.video for one in footage.fragments if one.video):
        starts = accumulate(part.durations, initial=part.base_ticks)
        shown += [at + offset for at, offset in zip(starts, part.offsets, strict=False)]
    waits = (right - left for left, right in pairwise(sorted(shown)))
    return max(waits, default=0) / footage.label.info.video.ticks_per_s


def uncovered(left_us: int, right_us: int, explained: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the parts (start, length) of [left, right) that no range of `explained` overlaps."""
    found = []
    for start_us, end_us in sorted(explained):
        if end_us <= left_us:
            continue
        if start_us >= right_us:
            break
        if start_us > left_us:
            found.append((left_us, start_us - left_us))
        left_us = max(left_us, end_us)
    if right_us > left_us:
        found.append((left_us, right_us - left_us))
    return found
