"""Letters about footage: what the recorder's index holds, read behind a cursor that `house.db` keeps.

The index itself is the queue: only so many letters are written at once, so that a hub that is away for a year costs no disk.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from hearthwatch.fleet import outbox
from hearthwatch.fleet.letter import LetterKind
from hearthwatch.fleet.outbox import Told
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import Segment, SegmentId, SegmentState

MOST_WAITING = 1000
_PAGE = 200


class SegmentLetters:
    """Used on the house's loop, one call at a time. Every method may raise StorageFailed."""

    def __init__(self, index: IndexReader, db: Db) -> None:
        self._index = index
        self._db = db
        self._told: set[SegmentId] = set()
        """Those behind the cursor that were told before an older one was finished."""

    async def tell(self) -> int:
        """Write letters about segments finished since the last call, as far as few wait; return how many."""
        fresh = 0
        while page := await self._page():
            fresh += len(page)
            if len(page) < _PAGE:
                break
        return fresh

    async def _page(self) -> Sequence[Segment]:
        joined, waiting = await self._db.run(lambda connection: (outbox.joined(connection), outbox.waiting(connection)))
        if joined is None or waiting.get(LetterKind.SEGMENT, 0) + _PAGE > MOST_WAITING:
            return ()
        settled = await asyncio.to_thread(self._index.unhashed_from)
        after = joined.segments_after
        if after >= settled:  # the index was made anew and counts from the beginning
            after = SegmentId(0)
            self._told.clear()
        found: list[Segment] = []
        last = after
        while len(found) < _PAGE:
            page = await asyncio.to_thread(self._index.hashed_since, last, _PAGE)
            found += [one for one in page if one.id not in self._told and one.end_us > joined.since_us]
            if len(page) < _PAGE:
                last = SegmentId(settled - 1)
                break
            last = page[-1].id
        cursor = SegmentId(min(last, settled - 1))
        if found or cursor != joined.segments_after:
            await self._db.run(lambda connection: _write(connection, found, cursor))
        self._told = {one for one in (*self._told, *(segment.id for segment in found)) if one > cursor}
        return found

    async def behind(self) -> int:
        """Return how many segments there are that no letter was written about yet."""
        joined = await self._db.run(outbox.joined)
        if joined is None:
            return 0
        count = await asyncio.to_thread(self._index.count_since, joined.segments_after)
        return max(0, count - len(self._told))

    async def untold(self) -> frozenset[str]:
        """Return what letters that are still to be written will be about."""
        joined = await self._db.run(outbox.joined)
        found: set[str] = set()
        last = SegmentId(0) if joined is None else joined.segments_after
        while page := await asyncio.to_thread(self._index.hashed_since, last, _PAGE):
            found |= {key_of(segment) for segment in page if segment.id not in self._told}
            last = page[-1].id
        return frozenset(found)

    async def told(self, start_us: WallUs, end_us: WallUs) -> tuple[Told, ...]:
        """Return the finished segments that begin in [start_us, end_us) as letters say them, by key: for a comparison."""
        found = await asyncio.to_thread(lambda: list(self._within(start_us, end_us)))
        return tuple(sorted(map(told_of, found), key=lambda one: one.key))

    def _within(self, start_us: WallUs, end_us: WallUs) -> Iterable[Segment]:
        for camera, stream in self._index.streams():
            for segment in self._index.segments(camera, stream, start_us, end_us):
                begins = start_us <= segment.start_us < end_us
                if begins and segment.state is SegmentState.COMPLETE and segment.sha256:
                    yield segment


def key_of(segment: Segment) -> str:
    """Return what letters about a file are about: its place and its bytes, so that a file of another disk cannot be meant."""
    return f"{segment.camera}/{segment.stream}/{segment.sequence}/{segment.sha256.hex()[:16]}"


def told_of(segment: Segment) -> Told:
    """Return what a letter says of a finished segment. What may change later, as its class, is not among it."""
    body = {
        "stream": segment.stream,
        "sequence": segment.sequence,
        "start_us": segment.start_us,
        "duration_us": segment.duration_us,
        "size_bytes": segment.size_bytes,
        "sha256": segment.sha256.hex(),
        "origin": segment.origin,
    }
    camera = CameraId(segment.camera)
    return Told(
        key=key_of(segment), at_us=segment.start_us, camera=camera, body=json.dumps(body, separators=(",", ":")).encode()
    )


def _write(connection: Connection, found: Iterable[Segment], cursor: SegmentId) -> None:
    _put(connection, found)
    outbox.tell_segments_after(connection, cursor)


def _put(connection: Connection, found: Iterable[Segment]) -> None:
    for segment in found:
        told = told_of(segment)
        outbox.put(connection, LetterKind.SEGMENT, told.key, at_us=told.at_us, camera=told.camera, body=told.body)
