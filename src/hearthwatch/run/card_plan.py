"""Which missing footage is worth fetching from a camera's card, and which files of the card hold it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from hearthwatch.feeds.packet import Gap, GapReason
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors.card import CardClip

_REASONS = frozenset(
    {GapReason.CAMERA, GapReason.NETWORK, GapReason.REFUSED, GapReason.DISK, GapReason.DISK_SLOW, GapReason.US}
)
"""Not STOPPED, PRIVATE or MODE: who switches a camera off does not want its footage."""
_SHORTEST_US = 5 * US_PER_S
_OLDEST_US = 7 * 86_400 * US_PER_S
_SETTLED_US = 120 * US_PER_S
"""Cameras close a file some time after its end; and a stream that has just come back is not loaded with more."""
_LONGEST_US = 6 * 3600 * US_PER_S
_OVERLAP_US = US_PER_S
MAX_CLIP_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """[start_us, end_us) is not there."""

    start_us: WallUs
    end_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much may still be fetched of a camera today."""

    clips: int
    size_bytes: int


def missing(gaps: Iterable[Gap], tried: Collection[Missing], now_us: WallUs) -> tuple[Missing, ...]:
    """Return what to look for, the newest first: nothing while a gap lasts or has just ended."""
    found: list[Missing] = []
    for gap in gaps:
        if gap.end_us is None or now_us - gap.end_us < _SETTLED_US:
            return ()
        one = Missing(start_us=WallUs(max(gap.start_us, gap.end_us - _LONGEST_US)), end_us=gap.end_us)
        is_new = not any(old.start_us <= one.start_us and one.end_us <= old.end_us for old in tried)
        if gap.reason in _REASONS and one.end_us - one.start_us >= _SHORTEST_US and gap.end_us > now_us - _OLDEST_US and is_new:
            found.append(one)
    return tuple(sorted(found, key=lambda one: one.start_us, reverse=True))


def private(gaps: Iterable[Gap], now_us: WallUs) -> tuple[Missing, ...]:
    """Return the times nobody is to see."""
    return tuple(
        Missing(start_us=gap.start_us, end_us=now_us if gap.end_us is None else gap.end_us)
        for gap in gaps
        if gap.reason is GapReason.PRIVATE
    )


def overlaps(start_us: WallUs, end_us: WallUs, times: Iterable[Missing]) -> bool:
    """Tell whether [start_us, end_us] touches one of `times`."""
    return any(one.start_us <= end_us and start_us < one.end_us for one in times)


def chosen(
    clips: Sequence[CardClip], wanted: Missing, allowance: Allowance, never: Collection[Missing] = ()
) -> tuple[CardClip, ...]:
    """Return the clips to fetch for `wanted`, in order: those that hold a second of it at least, as far as allowed, and nothing
    of the times in `never`."""
    found: list[CardClip] = []
    size_bytes = 0
    for clip in clips:
        common_us = min(clip.end_us, wanted.end_us) - max(clip.start_us, wanted.start_us)
        if common_us < _OVERLAP_US or clip.file.size_bytes > MAX_CLIP_BYTES or overlaps(clip.start_us, clip.end_us, never):
            continue
        size_bytes += clip.file.size_bytes
        if len(found) >= allowance.clips or size_bytes > allowance.size_bytes:
            break
        found.append(clip)
    return tuple(found)
