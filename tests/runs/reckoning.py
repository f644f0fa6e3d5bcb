"""What a long run amounts to. Pure: samples, alerts and footage come in, figures and shortfalls come out."""

from __future__ import annotations

import math
from collections import Counter
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


def rank(values: Sequence[float], share: float) -> float:
    """Return the value by the nearest-rank method, infinity of nothing."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else math.inf


def slope_per_min(times_s: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of the least-squares line, in units a minute; 0 for fewer than three samples."""
    if len(times_s) < 3:
        return 0.0
    mean_t, mean_v = sum(times_s) / len(times_s), sum(values) / len(values)
    spread = sum((at - mean_t) ** 2 for at in times_s)
    rise = sum((at - mean_t) * (value - mean_v) for at, value in zip(times_s, values, strict=True))
    return 60 * rise / spread if spread else 0.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from the deciding picture's last packet until the service had accepted the part."""

    channel: str
    part: str
    count: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    decided_p50_ms: float
    decided_p95_ms: float


def latencies(alerts: Sequence[dict]) -> list[Latency]:
    """Return the latency of each channel and part over every alert that began with a picture."""
    times: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for alert in alerts:
        for delivery in alert["deliveries"]:
            if delivery["decided_ms"] is not None and delivery["accepted_ms"] is not None:
                channel = delivery["channel"].partition(":")[0]
                times.setdefault((channel, delivery["part"]), []).append((delivery["decided_ms"], delivery["accepted_ms"]))
    return [
        Latency(
            channel=channel,
            part=part,
            count=len(rows),
            p50_ms=rank([sum(row) for row in rows], 0.5),
            p95_ms=rank([sum(row) for row in rows], 0.95),
            max_ms=max(sum(row) for row in rows),
            decided_p50_ms=rank([row[0] for row in rows], 0.5),
            decided_p95_ms=rank([row[0] for row in rows], 0.95),
        )
        for (channel, part), rows in sorted(times.items())
    ]


def undelivered(alerts: Sequence[dict], channels: Sequence[str], cameras: Sequence[str], enrolled_us: int) -> list[str]:
    """Return a line for each alert that did not go out whole: text by every channel, then its picture where it has an event.

    What was told before the owner was enrolled with the bot went by the other channels alone.
    """
    found = []
    for alert in alerts:
        for channel in channels:
            if channel == "telegram" and alert["at_us"] < enrolled_us:
                continue
            mine = {d["part"]: d for d in alert["deliveries"] if d["channel"].partition(":")[0] == channel}
            wanted = ["text", "picture"] if alert["event"] and alert["camera"] in cameras else ["text"]
            for part in wanted:
                state = mine[part]["state"] if part in mine else "never queued"
                if state != "sent":
                    error = mine[part]["last_error"] if part in mine else ""
                    found.append(f"{alert['title']} ({alert['text']}): {channel} {part} {state} {error}".rstrip())
    return found


def not_once(expected: Sequence[str], arrived: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return which texts never arrived and which arrived more often than they were told."""
    told, came = Counter(expected), Counter(arrived)
    return sorted((told - came).elements()), sorted((came - told).elements())


def entry_times_ms(
    entered_ns: Sequence[int], told_ns: Sequence[int], patience_s: float = 12.0, viewer_lag_s: float = 0.5
) -> list[float]:
    """Return for each entry the milliseconds until the first text after it, infinity where none came in time.

    The viewer that notes the entries may get a picture later than the house does, on a busy machine later than the text.
    """
    return [
        min(((at - entered) / 1e6 for at in told_ns if -viewer_lag_s <= (at - entered) / 1e9 < patience_s), default=math.inf)
        for entered in entered_ns
    ]
