"""The courier: takes what is next in a target's queue, packs it, sends it, and believes nothing but the proof.

Two lanes for each target: what cannot wait (an emergency, an event that goes on) never stands behind a large file, which pauses
meanwhile where it is. Every target has its own courier: one that is slow or away holds up none of the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import BadReply, HearthwatchError, StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.retry import Backoff, keep_running_async
from hearthwatch.kit.traffic import TRAFFIC
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite import ledger
from hearthwatch.offsite.ledger import Queued
from hearthwatch.offsite.manifest import Head
from hearthwatch.offsite.pace import Throttle
from hearthwatch.offsite.pack import Content, Packed, Packing, pack, pack_again
from hearthwatch.offsite.upload import NotProved, Parcel, PieceKind, Progress, Proof, Target, TargetId, TargetRefused

log = logging.getLogger(__name__)

_IDLE_S = 30.0
_NOTE_S = 1.0
_LIES = 3
_AGAIN_US = 30 * US_PER_S
_MAX_AGAIN_US = 3600 * US_PER_S
_URGENT_BACKOFF_S = 5.0
_REFUSED_S = 300.0


class Contents(Protocol):
    """Where pieces come from. Called in a thread."""

    def content(self, queued: Queued, folder: Path) -> Content:
        """Return what the piece holds; files made for it go to `folder`, with names that begin as `making(queued)`.

        Raises Unsupported when there is nothing of it any more, StorageFailed."""
        ...


def making(queued: Queued) -> str:
    """Return how files begin that are only needed while a piece is packed."""
    return f"making-{queued.upload.id}-"


@dataclass(slots=True, kw_only=True)
class CourierNow:
    """How one courier gets on. `error` is empty while the target answers; `busy` counts what is being sent or noted,
    `sending` names the camera of one of them."""

    error: str = ""
    proved: int = 0
    proved_us: WallUs | None = None
    sent_bytes: int = 0
    resumed: int = 0
    sending: str = ""
    busy: int = 0


class Courier:
    """One target. `run` works until cancelled; `wake` says that something may be in the queue."""

    def __init__(
        self,
        name: TargetId,
        open_target: Callable[[], Target],
        contents: Contents,
        packing: Callable[[], Packing],
        *,
        db: Db,
        clock: Clock,
        health: HealthSink,
        throttle: Throttle,
        on_proved: Callable[[Queued], Awaitable[None]],
    ) -> None:
        """`on_proved` returns once what follows from the proof is noted."""
        self.name = name
        self.now = CourierNow()
        self._open_target = open_target
        self._contents = contents
        self._packing = packing
        self._db = db
        self._clock = clock
        self._health = health
        self._throttle = throttle
        self._on_proved = on_proved
        self._packs = asyncio.Lock()
        self._wakes = {True: asyncio.Event(), False: asyncio.Event()}
        self._no_hurry = asyncio.Event()
        self._no_hurry.set()
        self._lies = 0

    @property
    def subject(self) -> str:
        """What the owner reads of this target in an alert."""
        return f"backup {self.name}"

    def wake(self) -> None:
        """Look into the queue now."""
        for one in self._wakes.values():
            one.set()

    async def run(self) -> None:
        """Send until cancelled."""
        held = await self._db.run(lambda connection: ledger.proved_before(connection, self.name))
        self.now.proved, self.now.proved_us = held
        urgent = Backoff(cap_s=_URGENT_BACKOFF_S, refused_s=_REFUSED_S / 5)
        usual = Backoff(cap_s=60.0, refused_s=_REFUSED_S)
        async with asyncio.TaskGroup() as tasks:
            for is_urgent, backoff in ((True, urgent), (False, usual)):
                name = f"copies to {self.name}{' that cannot wait' if is_urgent else ''}"
                work = _bound(self._run_lane, backoff, urgent=is_urgent)
                tasks.create_task(keep_running_async(name, work, clock=self._clock, backoff=backoff), name=name)

    async def _run_lane(self, backoff: Backoff, *, urgent: bool) -> None:
        """Send what comes up, one after the other. Raises what the target raises: then nothing is asked of it for a while."""
        target = self._open_target()
        try:
            while True:
                wake = self._wakes[urgent]
                wake.clear()
                queued = await self._db.run(
                    lambda connection: ledger.next_up(connection, self.name, self._clock.wall_us(), urgent=urgent)
                )
                if urgent:
                    (self._no_hurry.clear if queued else self._no_hurry.set)()
                if queued is None:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_IDLE_S):
                            await wake.wait()
                    continue
                await self._deliver(target, queued, urgent=urgent)
                backoff.tries = 0
        finally:
            if urgent:
                self._no_hurry.set()
            await target.close()

    async def _deliver(self, target: Target, queued: Queued, *, urgent: bool) -> None:
        self.now.busy += 1
        self.now.sending = queued.upload.piece.camera
        try:
            await self._deliver_now(target, queued, urgent=urgent)
        finally:
            self.now.busy -= 1
            self.now.sending = self.now.sending if self.now.busy else ""

    async def _deliver_now(self, target: Target, queued: Queued, *, urgent: bool) -> None:
        parcels = queued.parcels if _are_there(queued.parcels) else ()
        progress = queued.progress if parcels else None
        if not parcels:
            made = await self._pack(queued)
            if made is None:
                return
            parcels, first = made.parcels, made.parcels[0]
            upload = replace(queued.upload, name=made.name, sealed_sha256=first.sha256)
            queued = replace(queued, upload=upload, parcel_bytes=first.size_bytes, manifest=made.manifest)
        elif progress is not None:
            self.now.resumed += 1
        try:
            for number, parcel in enumerate(parcels):
                proof = await self._put(target, queued, parcel, progress if number == 0 else None, urgent=urgent)
                _check(proof, parcel)
        except HearthwatchError as error:
            await self._failed(queued, error)
            raise
        await self._arrived(queued, parcels)

    async def _pack(self, queued: Queued) -> Packed | None:
        """Pack a piece and note it; None when there is nothing of it any more. One at a time: each names the one before."""
        async with self._packs:
            heads = await self._db.run(lambda connection: ledger.read_heads(connection, self.name))
            try:
                made = await asyncio.to_thread(_packed, self._contents, queued, self._packing(), heads)
            except Unsupported as error:
                log.info("%s: nothing left to copy of %s: %s", self.name, queued.upload.piece.camera, error)
            except StorageFailed as error:
                if error.fault is StorageFault.NO_SPACE:
                    raise
                log.warning("%s: a piece of %s cannot be copied: %s", self.name, queued.upload.piece.camera, error)
                if error.fault is StorageFault.BROKEN:
                    await self._db.run(
                        lambda connection: ledger.postponed(connection, queued.upload.id, self._again_us(queued), anew=True)
                    )
                    return None
            else:
                await self._db.run(lambda connection: ledger.packed(connection, queued, made))
                return made
            await self._db.run(lambda connection: ledger.gone(connection, queued.upload.id))
            return None

    async def _put(self, target: Target, queued: Queued, parcel: Parcel, resume: Progress | None, *, urgent: bool) -> Proof:
        latest: list[Progress] = []
        noted: Progress | None = None

        async def pace(size_bytes: int) -> None:
            if not urgent:
                await self._no_hurry.wait()
                await self._throttle.wait(size_bytes)
            self.now.sent_bytes += size_bytes
            TRAFFIC.sent(f"offsite.targets.{self.name}", size_bytes)

        putting = asyncio.ensure_future(target.put(parcel, pace, resume=resume, on_progress=latest.append))
        try:
            while not putting.done():
                await asyncio.wait({putting}, timeout=_NOTE_S)
                if latest and latest[-1] != noted and not putting.done():
                    noted = latest[-1]
                    latest.clear()
                    await self._note(queued, noted)
        finally:
            if not putting.done():
                putting.cancel()
                with contextlib.suppress(asyncio.CancelledError, HearthwatchError):
                    await putting
            if latest and (putting.cancelled() or putting.exception() is not None):
                await asyncio.shield(self._note(queued, latest[-1]))
        return putting.result()

    async def _note(self, queued: Queued, progress: Progress) -> None:
        await self._db.run(lambda connection: ledger.progressed(connection, queued.upload.id, progress))

    async def _failed(self, queued: Queued, error: HearthwatchError) -> None:
        """Say what is wrong; a piece the far end does not keep is sent anew, after others."""
        self.now.error = str(error)
        if isinstance(error, TargetRefused):
            self._health.failed(Fault.BACKUP_REFUSED, self.subject, str(error))
        if isinstance(error, BadReply | Unsupported):
            anew = isinstance(error, NotProved)
            self._lies += anew
            if self._lies >= _LIES:
                self._health.failed(Fault.BACKUP_NOT_KEPT, self.subject, f"{error}. Nothing is deleted here meanwhile.")
            until_us = self._again_us(queued) if queued.tries else self._clock.wall_us()
            await self._db.run(lambda connection: ledger.postponed(connection, queued.upload.id, until_us, anew=anew))

    def _again_us(self, queued: Queued) -> WallUs:
        wait_us = min(_MAX_AGAIN_US, _AGAIN_US * 2 ** min(queued.tries, 10))
        return WallUs(self._clock.wall_us() + wait_us)

    async def _arrived(self, queued: Queued, parcels: tuple[Parcel, ...]) -> None:
        now_us = self._clock.wall_us()
        await self._db.run(lambda connection: ledger.proved(connection, queued.upload.id, now_us))
        self.now.error, self.now.proved_us, self._lies = "", now_us, 0
        self.now.proved += 1
        for fault in (Fault.BACKUP_REFUSED, Fault.BACKUP_NOT_KEPT):
            self._health.recovered(fault, self.subject)
        await asyncio.to_thread(_unlink, [parcel.path for parcel in parcels])
        await self._on_proved(queued)


def _bound(lane: Callable[..., Awaitable[None]], backoff: Backoff, *, urgent: bool) -> Callable[[], Awaitable[None]]:
    return lambda: lane(backoff, urgent=urgent)


def _packed(contents: Contents, queued: Queued, packing: Packing, heads: Mapping[CameraId, Head]) -> Packed:
    try:
        content = contents.content(queued, packing.folder)
        if queued.manifest and queued.upload.piece.kind is not PieceKind.FRAGMENT:  # cut again, that would hold other bytes
            return pack_again(queued.manifest, content, packing)
        return pack(queued.upload.piece, content, packing, heads)
    finally:
        _unlink(packing.folder.glob(f"{making(queued)}*"))


def _are_there(parcels: tuple[Parcel, ...]) -> bool:
    """Tell whether what was packed is still whole here: it is hashed again by who proves it."""
    try:
        return bool(parcels) and all(parcel.path.stat().st_size == parcel.size_bytes for parcel in parcels)
    except OSError:
        return False


def _check(proof: Proof, parcel: Parcel) -> None:
    """A proof is of exactly what was sent, or it is none."""
    if (proof.name, proof.size_bytes, proof.sha256) != (parcel.name, parcel.size_bytes, parcel.sha256):
        raise NotProved("it proved something other than what it was sent")


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):  # the next start tidies the folder
            path.unlink(missing_ok=True)
