"""Retention: which footage goes (pure), and how it goes (garbage row, unlink, sync of the folder, row dropped)."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import free_bytes, fsync_folder, storage_failed
from hearthwatch.kit.units import NS_PER_S, US_PER_S, CameraId, WallUs
from hearthwatch.recording.ballast import Ballast
from hearthwatch.recording.custody import DONE_AFTER_US, NOBODY, Custody
from hearthwatch.recording.index import Asked
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.rows import RANK
from hearthwatch.recording.segment import FootageClass, Quota, Segment, SegmentState, StorageOptions

log = logging.getLogger(__name__)

_DAY_US = 86_400 * US_PER_S
_BRIEF_DAYS = 15 / 1440
"""An event is known, and what belongs to it marked, long before."""
_GIB = 1 << 30
_BATCH = 64
_EMERGENCY_BYTES = 8 << 20
_FRUITLESS_NS = 20 * NS_PER_S
_EXPIRY_NS = 60 * NS_PER_S
_CLOCK_LEAP_US = 3600 * US_PER_S
_CLOCK_OFF_US = 2 * _DAY_US
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
        days = _days(options, max(classes, key=RANK.__getitem__))
        is_old = bool(days) and segment.end_us < now_us - days * _DAY_US
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
    over = used - int(options.max_gib * _GIB) if options.max_gib else 0
    return max(0, over, _floor(options, disk) - free)


def must_bytes(options: StorageOptions, *, free: int, disk: int) -> int:
    """Return how many bytes must go whatever it costs: less than half of what is to be left free is left."""
    return max(0, _floor(options, disk) // 2 - free)


def _floor(options: StorageOptions, disk: int) -> int:
    return min(int(options.free_gib * _GIB), disk // 10)


def _days(options: StorageOptions, footage_class: FootageClass) -> float:
    match footage_class:
        case FootageClass.BRIEF:
            return _BRIEF_DAYS
        case FootageClass.CONTINUOUS:
            return options.keep_continuous_days
        case FootageClass.MOTION:
            return options.keep_motion_days
        case FootageClass.EVENT:
            return options.keep_event_days


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
        too_old = not owed and bool(quota.keep_days) and segment.end_us < now_us - quota.keep_days * _DAY_US
        if not segment.pinned and (too_old or excess > 0):
            chosen.append(segment)
            excess -= segment.size_bytes
    return tuple(chosen)


class Sweep:
    """Deletes footage of one folder. Belongs to the thread that owns the index."""

    def __init__(self, folder: Path, index: IndexWriter, ballast: Ballast, clock: Clock, custody: Custody) -> None:
        self._folder = folder
        self._index = index
        self._ballast = ballast
        self._clock = clock
        self._custody = custody
        self._age = AgeClock(clock, index.newest_end_us())
        self._patient_until_ns = 0
        self._expiry_ns = 0
        self.quotas: Mapping[CameraId, Quota] = {}
        """What the uploads of each camera may take. It is set aside: filling it costs no other footage its place."""

    def prune_uploads(self, camera: CameraId) -> None:
        """Hold a camera's uploads to its quota. Raises StorageFailed."""
        quota = self.quotas.get(camera)
        if quota is not None:
            now_us = self._age.now_us()
            uploaded = functools.partial(self._index.uploaded, camera)
            while found := plan_quota(uploaded(), quota, now_us=now_us, custody=self._custody)[:_BATCH]:
                self.delete(found)

    def run(self, options: StorageOptions) -> Plan:
        """Delete one batch of what has to go; `short_bytes` tells what could not be freed. Raises StorageFailed."""
        now_us = self._age.now_us()
        try:
            disk = os.statvfs(self._folder)
        except OSError as error:
            raise storage_failed(error, f"looking at {self._folder}") from error
        uploaded = self._index.uploaded_bytes()
        set_aside = max(0, sum(quota.size_bytes for quota in self.quotas.values()) - uploaded)
        size, free = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize - set_aside
        excess = excess_bytes(options, used=self._index.used_bytes - uploaded, free=free, disk=size)
        must = must_bytes(options, free=free, disk=size)
        candidates = {one.id: one for one in (*self._expired(options, now_us), *self._done_with(now_us))}
        if excess:
            candidates |= {one.id: one for one in self._oldest(at_any_price=must > 0)}
        if not candidates:
            return Plan(delete=(), short_bytes=excess)
        asked = self._asked(candidates.values())
        plan = plan_retention(
            candidates.values(),
            asked,
            options,
            excess_bytes=excess,
            now_us=now_us,
            custody=self._custody,
            must_bytes=must,
        )
        self.delete(plan.delete[:_BATCH])
        return plan

    def _oldest(self, *, at_any_price: bool) -> tuple[Segment, ...]:
        """Return what may go; where nothing of that is left, `at_any_price` also what waits for its proof."""
        found = self._index.oldest(_BATCH, self._custody.backup)
        if at_any_price and self._custody.backup and len(found) < _BATCH:
            found += self._index.oldest(_BATCH, self._custody.backup, owed=True)
        return found

    def _done_with(self, now_us: WallUs) -> tuple[Segment, ...]:
        cameras = [name for name, backup in self._custody.backup.items() if backup.delete_proved]
        return self._index.proved(cameras, WallUs(now_us - DONE_AFTER_US), _BATCH) if cameras else ()

    def _expired(self, options: StorageOptions, now_us: WallUs) -> list[Segment]:
        now_ns = self._clock.mono_ns()
        if now_ns < self._expiry_ns:
            return []
        found: list[Segment] = []
        for one in FootageClass:
            if days := _days(options, one):
                found += self._index.older_than(one, WallUs(round(now_us - days * _DAY_US)), _BATCH, self._custody.backup)
        if len(found) < _BATCH:
            self._expiry_ns = now_ns + _EXPIRY_NS
            for camera in self.quotas:
                self.prune_uploads(camera)
        return found

    def _asked(self, footage: Collection[Segment]) -> Sequence[Asked]:
        if not footage:
            return ()
        return self._index.asked(min(one.start_us for one in footage), max(one.end_us for one in footage))

    def make_room(self) -> bool:
        """On a full disk: let the ballast go and delete the oldest footage; True when something was freed.

        Where somebody else takes what is freed, footage is not fed to them faster than once in `_FRUITLESS_NS`.
        """
        dropped = self._ballast.drop()
        now_ns = self._clock.mono_ns()
        if now_ns < self._patient_until_ns:
            return dropped
        oldest = self._oldest(at_any_price=True)
        plan = plan_retention(
            oldest,
            self._asked(oldest),
            StorageOptions(keep_continuous_days=0, keep_motion_days=0, keep_event_days=0),
            excess_bytes=_EMERGENCY_BYTES,
            now_us=WallUs(0),
            custody=self._custody,
            must_bytes=_EMERGENCY_BYTES,
        )
        if plan.delete:
            log.warning("the disk is full: deleting the %d oldest files of footage", len(plan.delete))
        try:
            self.delete(plan.delete)
        except StorageFailed as error:
            if error.fault is not StorageFault.NO_SPACE:
                raise
            _unlink(self._folder, plan.delete)  # the index cannot even note it; the next start finds these files gone
            self.delete(plan.delete)
        if plan.delete and free_bytes(self._folder) < sum(one.size_bytes for one in plan.delete) // 2:
            self._patient_until_ns = now_ns + _FRUITLESS_NS
        return dropped or bool(plan.delete)

    def delete(self, condemned: Sequence[Segment]) -> None:
        """Delete files for good, in the order that no crash can turn into a row without its file."""
        if not condemned:
            return
        self._index.condemn([one.id for one in condemned])
        _unlink(self._folder, condemned)
        self._index.forget(condemned)
        sacrificed = sum(map(self._custody.owed, condemned))
        if sacrificed:
            log.warning("the disk is full: %d files of footage went before their off-site copy was proved", sacrificed)
            self._custody.sacrificed += sacrificed


def _unlink(folder: Path, condemned: Sequence[Segment]) -> None:
    parents = set()
    try:
        for one in condemned:
            path = folder / one.path
            path.unlink(missing_ok=True)
            parents.add(path.parent)
        for parent in parents:
            if parent.is_dir():
                fsync_folder(parent)
    except OSError as error:
        raise storage_failed(error, "deleting footage") from error
