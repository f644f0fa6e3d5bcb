"""Retention, decided: which footage goes, and by which time it ages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, WallUs
from hearthwatch.recording.custody import NOBODY, Custody
from hearthwatch.recording.index import Asked
from hearthwatch.recording.rows import RANK
from hearthwatch.recording.segment import FootageClass, KeepOptions, Quota, Segment, SegmentState, StorageOptions

DAY_US = 86_400 * US_PER_S
NO_OWN: Mapping[CameraId, KeepOptions] = MappingProxyType({})
"""No camera has rules of its own."""
FOR_EVER = StorageOptions(keep_continuous_days=0, keep_motion_days=0, keep_event_days=0)
"""Nothing goes by its age."""
GIB = 1 << 30
_NOTHING_OWN = KeepOptions()
_BRIEF_DAYS = 15 / 1440
"""An event is known, and what belongs to it marked, long before."""
_CLOCK_LEAP_US = 3600 * US_PER_S
_CLOCK_OFF_US = 2 * DAY_US
"""A recorder that starts so long after its last footage may have been off, or has a wrong clock."""
_CLOCK_DOUBT_NS = 86_400 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`delete` is oldest first, and after it what goes only because there is no other way: footage whose off-site copy is
    not proved. `short_bytes` is what is still missing after it: nothing else may go."""

    delete: tuple[Segment, ...]
    short_bytes: int


def plan_retention(
    footage: Iterable[Segment],
    asked: Sequence[Asked],
    options: StorageOptions,
    *,
    keep: Mapping[CameraId, KeepOptions] = NO_OWN,
    excess_bytes: int,
    now_us: WallUs,
    custody: Custody = NOBODY,
    must_bytes: int = 0,
) -> Plan:
    """Choose what goes: all that outlived its class or is done with, then the oldest until `excess_bytes` are free.

    Neither a pinned segment nor one in a pinned range goes, nor one that is still being written. A range raises the class of
    what it overlaps. What is backed up and whose copy is not proved goes last, oldest first, and only until `must_bytes` are
    free: then the disk is as good as full, and recording goes on.
    """
    chosen: list[Segment] = []
    owed: list[Segment] = []
    freed = 0
    for segment in sorted(footage, key=lambda one: (one.start_us, one.id)):
        mine = [one for one in asked if _overlap(one, segment)]
        if segment.state is SegmentState.RECORDING or segment.pinned or any(one.pinned for one in mine):
            continue
        if custody.owed(segment):
            owed.append(segment)
            continue
        classes = [segment.footage_class, *(one.footage_class for one in mine)]
        days = days_of(options, keep.get(segment.camera), max(classes, key=RANK.__getitem__))
        is_old = bool(days) and segment.end_us < now_us - days * DAY_US
        if is_old or freed < excess_bytes or custody.done_with(segment, now_us):
            chosen.append(segment)
            freed += segment.size_bytes
    for segment in owed:
        if freed < must_bytes:
            chosen.append(segment)
            freed += segment.size_bytes
    return Plan(delete=tuple(chosen), short_bytes=max(0, excess_bytes - freed))


def excess_bytes(options: StorageOptions, *, used: int, free: int, disk: int) -> int:
    """Return how many bytes of footage must go for `max_gib` and `free_gib` (at most a tenth of the disk) to hold."""
    over = used - int(options.max_gib * GIB) if options.max_gib else 0
    return max(0, over, _floor(options, disk) - free)


def must_bytes(options: StorageOptions, *, free: int, disk: int) -> int:
    """Return how many bytes must go whatever it costs: less than half of what is to be left free is left."""
    return max(0, _floor(options, disk) // 2 - free)


def _floor(options: StorageOptions, disk: int) -> int:
    return min(int(options.free_gib * GIB), disk // 10)


def days_of(options: StorageOptions, keep: KeepOptions | None, footage_class: FootageClass) -> float:
    """Return how many days footage of the class stays, by the camera's own rules where it has some; 0 is for good."""
    keep = keep or _NOTHING_OWN
    match footage_class:
        case FootageClass.BRIEF:
            return _BRIEF_DAYS
        case FootageClass.CONTINUOUS:
            own, usual = keep.continuous_days, options.keep_continuous_days
        case FootageClass.MOTION:
            own, usual = keep.motion_days, options.keep_motion_days
        case FootageClass.EVENT:
            own, usual = keep.event_days, options.keep_event_days
    return usual if own is None else own


def _overlap(asked: Asked, segment: Segment) -> bool:
    return asked.camera == segment.camera and asked.start_us < segment.end_us and segment.start_us < asked.end_us


class AgeClock:
    """The time by which footage ages: a wall clock that leaps ahead must run on for a day before it is believed."""

    def __init__(self, clock: Clock, newest_end_us: WallUs | None) -> None:
        self._clock = clock
        start_us = clock.wall_us()
        if newest_end_us is not None:
            start_us = min(start_us, WallUs(newest_end_us + _CLOCK_OFF_US))
        self._base_us, self._base_ns = start_us, clock.mono_ns()
        self._doubt_since_ns: int | None = None

    def now_us(self) -> WallUs:
        mono_ns, wall_us = self._clock.mono_ns(), self._clock.wall_us()
        own_us = WallUs(self._base_us + (mono_ns - self._base_ns) // 1000)
        if wall_us - own_us < _CLOCK_LEAP_US:
            self._doubt_since_ns = None
            self._base_us, self._base_ns = wall_us, mono_ns
            return wall_us
        if self._doubt_since_ns is None:
            self._doubt_since_ns = mono_ns
        if mono_ns - self._doubt_since_ns >= _CLOCK_DOUBT_NS:
            self._base_us, self._base_ns = wall_us, mono_ns
        return own_us


def plan_quota(uploaded: Sequence[Segment], quota: Quota, *, now_us: WallUs, custody: Custody = NOBODY) -> tuple[Segment, ...]:
    """Choose which of one camera's uploaded segments (oldest first) go: what is too old, then the oldest until it fits.

    What waits for the proof of its copy goes last, but it goes: a camera that floods us must not fill the disk."""
    excess = sum(one.size_bytes for one in uploaded) - quota.size_bytes
    chosen = []
    for segment in sorted(uploaded, key=custody.owed):
        owed = custody.owed(segment)
        too_old = not owed and bool(quota.keep_days) and segment.end_us < now_us - quota.keep_days * DAY_US
        if not segment.pinned and (too_old or excess > 0):
            chosen.append(segment)
            excess -= segment.size_bytes
    return tuple(chosen)
