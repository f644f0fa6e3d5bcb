"""From the index of footage to the queue of copies: what is finished is wanted elsewhere, and what is there is said back.

The index is the truth and the queue takes everything twice: after a crash the whole index is read once more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite import ledger
from hearthwatch.offsite.ledger import Queued, Wanted
from hearthwatch.offsite.upload import Piece, PieceKind, Priority, TargetId, TargetOptions
from hearthwatch.recording.segment import Copied, FootageClass, ProofKeeper, Segment, SegmentId, SegmentState
from hearthwatch.run.house_doors import Footage

log = logging.getLogger(__name__)

_PAGE = 200
_TOUCHED_US = 300 * US_PER_S
_MAX_SEEN = 20_000
_PRIORITIES = {FootageClass.EVENT: Priority.EVENT, FootageClass.MOTION: Priority.MOTION}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Touched:
    """A range whose class may rise: its files are looked at again until `until_us`."""

    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    until_us: WallUs


class Scanner:
    """Used on the house's loop, one call at a time."""

    def __init__(
        self,
        footage: Footage,
        keeper: ProofKeeper,
        targets: Callable[[], Mapping[TargetId, TargetOptions]],
        *,
        db: Db,
        clock: Clock,
    ) -> None:
        self._footage = footage
        self._keeper = keeper
        self._targets = targets
        self._db = db
        self._clock = clock
        self._after = SegmentId(0)
        self._seen: dict[SegmentId, FootageClass] = {}
        self._touched: list[_Touched] = []
        self._unsaid: set[Copied] = set()

    @property
    def unsaid(self) -> int:
        """How many files are kept elsewhere that the recorder has not heard of yet."""
        return len(self._unsaid)

    def start_over(self) -> None:
        """Read the whole index again: there are other targets."""
        self._after = SegmentId(0)
        self._seen.clear()

    def touch(self, camera: CameraId, start_us: WallUs, end_us: WallUs) -> None:
        """The footage of that range may become worth more, or is still being written."""
        until_us = WallUs(max(end_us, self._clock.wall_us()) + _TOUCHED_US)
        self._touched.append(_Touched(camera=camera, start_us=start_us, end_us=end_us, until_us=until_us))

    async def scan(self) -> int:
        """Put what is finished into the queue; return how many pieces are new to it. Raises StorageFailed."""
        if not self._targets():
            return 0
        await self._say()
        fresh = 0
        settled = await asyncio.to_thread(self._footage.index.unfinished_from)
        after = self._after
        while True:
            page = await asyncio.to_thread(self._footage.index.finished_since, after, _PAGE)
            fresh += await self._take(page)
            if len(page) < _PAGE:
                break
            after = page[-1].id
        self._after = SegmentId(max(self._after, settled - 1))
        fresh += await self._take(await asyncio.to_thread(self._of_touched))
        return fresh

    def _of_touched(self) -> list[Segment]:
        now_us = self._clock.wall_us()
        self._touched = [one for one in self._touched if one.until_us > now_us]
        found = {}
        for one in self._touched:
            for segment in self._footage.index.segments(one.camera, Stream.MAIN, one.start_us, one.end_us):
                if segment.state is SegmentState.COMPLETE and segment.sha256:
                    found[segment.id] = segment
        return list(found.values())

    async def _take(self, found: Sequence[Segment]) -> int:
        news = [one for one in found if self._seen.get(one.id) != one.footage_class]
        if not news:
            return 0
        if len(self._seen) > _MAX_SEEN:
            self._seen.clear()
        targets, now_us = self._targets(), self._clock.wall_us()
        wanted = [one for segment in news for one in wanted_of(segment, targets)]
        files = {copied_of(segment) for segment in news if segment.proved_us is None}

        def note(connection: Connection) -> tuple[Copied, ...]:
            ledger.want(connection, wanted, now_us)
            return ledger.everywhere(connection, files, targets)

        self._unsaid.update(await self._db.run(note))
        self._seen |= {one.id: one.footage_class for one in news}
        await self._say()
        return len(wanted)

    async def proved(self, queued: Queued) -> None:
        """Tell the recorder of a file that all targets hold now that were to get it."""
        piece = queued.upload.piece
        if piece.kind is not PieceKind.SEGMENT:
            return
        file = Copied(camera=piece.camera, stream=piece.stream, sequence=queued.sequence, sha256=piece.sha256)
        targets = self._targets()
        self._unsaid.update(await self._db.run(lambda connection: ledger.everywhere(connection, (file,), targets)))
        await self._say()

    async def lost(self, queued: Queued) -> None:
        """Tell the recorder of a file that a target has lost: it stays here until it is there again. Raises StorageFailed."""
        piece = queued.upload.piece
        if piece.kind is PieceKind.SEGMENT:
            file = Copied(camera=piece.camera, stream=piece.stream, sequence=queued.sequence, sha256=piece.sha256)
            self._unsaid.discard(file)
            await self._keeper.prove((file,), proved=False)

    async def _say(self) -> None:
        """What the recorder does not take now, it is told with the next scan; after a crash the index shows what it lacks."""
        said = tuple(self._unsaid)[:_PAGE]
        if not said:
            return
        try:
            await self._keeper.prove(said, proved=True)
        except StorageFailed as error:
            log.info("the recorder hears later of what is kept elsewhere: %s", error)
            return
        self._unsaid.difference_update(said)


def copied_of(segment: Segment) -> Copied:
    return Copied(camera=segment.camera, stream=segment.stream, sequence=segment.sequence, sha256=segment.sha256)


def wanted_of(
    segment: Segment, targets: Mapping[TargetId, TargetOptions], priority: Priority | None = None
) -> Iterator[Wanted]:
    """Yield where a finished segment is to go; with a `priority` of its own to every target, whatever that takes else."""
    piece = Piece(
        kind=PieceKind.SEGMENT,
        camera=segment.camera,
        stream=segment.stream,
        start_us=segment.start_us,
        end_us=segment.end_us,
        size_bytes=segment.size_bytes,
        sha256=segment.sha256,
        footage_class=segment.footage_class,
        pinned=segment.pinned,
    )
    usual = _PRIORITIES.get(segment.footage_class, Priority.CONTINUOUS)
    for name, options in targets.items():
        if priority is not None or segment.footage_class in options.footage:
            yield Wanted(target=name, piece=piece, priority=usual if priority is None else priority, sequence=segment.sequence)
