"""Retention, done: garbage row, unlink, sync of the folder, row dropped."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.files import free_bytes, fsync_folder, storage_failed
from hearthwatch.kit.units import NS_PER_S, CameraId, WallUs
from hearthwatch.recording.custody import DONE_AFTER_US
from hearthwatch.recording.index import Asked
from hearthwatch.recording.owed import Owed
from hearthwatch.recording.retention import (
    DAY_US,
    FOR_EVER,
    GIB,
    AgeClock,
    Plan,
    days_of,
    excess_bytes,
    must_bytes,
    plan_quota,
    plan_retention,
)
from hearthwatch.recording.rows import Among
from hearthwatch.recording.segment import FootageClass, KeepOptions, Limits, Origin, Segment, SegmentId, StorageOptions
from hearthwatch.recording.store import Store

log = logging.getLogger(__name__)

_BATCH = 64
_EMERGENCY_BYTES = 8 << 20
_FRUITLESS_NS = 20 * NS_PER_S
_EXPIRY_NS = 60 * NS_PER_S


class Sweep:
    """Deletes footage of one folder. Belongs to the thread that owns the index."""

    def __init__(self, store: Store, clock: Clock, owed: Owed) -> None:
        """`owed` takes the rows of files that are gone, for an index that has no room just now."""
        self._folder = store.folder
        self._index = store.index
        self._ballast = store.ballast
        self._clock = clock
        self._custody = store.custody
        self._owed = owed
        self._gone: set[SegmentId] = set()
        """Files that went before the index could note it."""
        self._age = AgeClock(clock, store.index.newest_end_us())
        self._patient_until_ns = 0
        self._expiry_ns = 0
        self.limits = Limits()
        """Quotas of uploads are set aside: filling one costs no other footage its place."""

    def prune_uploads(self, camera: CameraId) -> None:
        """Hold a camera's uploads to its quota. Raises StorageFailed."""
        quota = self.limits.uploads.get(camera)
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
        uploaded = self._index.bytes_of(origins=(Origin.UPLOAD,))
        set_aside = max(0, sum(quota.size_bytes for quota in self.limits.uploads.values()) - uploaded)
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
            keep=self.limits.keep,
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
        keep = self.limits.keep
        for one in FootageClass:
            for own, cameras in ((None, Among(but=frozenset(keep))), *((keep[name], Among(only=name)) for name in keep)):
                if days := days_of(options, own, one):
                    before_us = WallUs(round(now_us - days * DAY_US))
                    found += self._index.older_than(one, before_us, _BATCH, self._custody.backup, among=cameras)
        if len(found) < _BATCH:
            self._expiry_ns = now_ns + _EXPIRY_NS
            for camera in self.limits.uploads:
                self.prune_uploads(camera)
            for camera, own in keep.items():
                self._prune_camera(camera, own)
        return found

    def _prune_camera(self, camera: CameraId, own: KeepOptions) -> None:
        """Hold a camera to its `max_gib`; what waits for the proof of its copy stays."""
        if not own.max_gib:
            return
        excess = self._index.bytes_of(Among(only=camera)) - int(own.max_gib * GIB)
        while excess > 0:
            oldest = self._index.oldest(_BATCH, self._custody.backup, among=Among(only=camera))
            plan = plan_retention(
                oldest, self._asked(oldest), FOR_EVER, excess_bytes=excess, now_us=WallUs(0), custody=self._custody
            )
            if not plan.delete:
                return
            self.delete(plan.delete)
            excess -= sum(one.size_bytes for one in plan.delete)

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
        oldest = tuple(one for one in self._oldest(at_any_price=True) if one.id not in self._gone)
        plan = plan_retention(
            oldest,
            self._asked(oldest),
            FOR_EVER,
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
            self._remove(plan.delete)  # the index cannot even note that they will go
        if plan.delete and free_bytes(self._folder) < sum(one.size_bytes for one in plan.delete) // 2:
            self._patient_until_ns = now_ns + _FRUITLESS_NS
        return dropped or bool(plan.delete)

    def delete(self, condemned: Sequence[Segment]) -> None:
        """Delete files for good, in the order that no crash can turn into a row without its file."""
        if not condemned:
            return
        self._index.condemn([one.id for one in condemned])
        self._remove(condemned)

    def _remove(self, condemned: Sequence[Segment]) -> None:
        ids = {one.id for one in condemned}

        def forget() -> None:
            self._index.forget(condemned)
            self._gone -= ids

        _unlink(self._folder, condemned)
        self._gone |= ids
        self._owed.note(forget)
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
