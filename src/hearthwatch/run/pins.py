"""Pins: footage somebody wants kept whatever the limits say, with a note why; the pin itself is the recorder's to set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, Text, delete, insert, select

from hearthwatch.feeds.packet import Stream
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.dbthread import Db
from hearthwatch.kit.errors import HearthwatchError, Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.segment import FootageClass, FootageKeeper, Segment, SegmentState

metadata = MetaData()
pins = Table(
    "pins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("camera", String(32), nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("pinned_us", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""An id is never given twice, so that dropping one twice cannot drop another."""

MAX_NOTE = 500
PAGE_NOTE = "kept on the page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """`[start_us, end_us)` as it was asked; whole files are kept, which reach up to a minute further."""

    id: int
    camera: CameraId
    start_us: WallUs
    end_us: WallUs
    note: str
    pinned_us: WallUs


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A Pin and what it keeps now."""

    pin: Pin
    segments: int
    size_bytes: int


class Pins:
    """Implements FootageKeeper for the page; `add`, `all` and `drop` are for who wants to name his pins."""

    def __init__(self, db: Db, keeper: FootageKeeper, index: Callable[[], IndexReader], clock: Clock) -> None:
        """`index` raises StorageFailed while there is none."""
        self._db = db
        self._keeper = keeper
        self._index = index
        self._clock = clock

    async def add(self, camera: CameraId, start_us: WallUs, end_us: WallUs, note: str) -> Pinned:
        """Keep the footage of the range, also what is still to come. Raises Unsupported where there is none, StorageFailed."""
        now_us = self._clock.wall_us()
        found = await self._footage(camera, start_us, end_us)
        if not found and end_us <= now_us:
            raise Unsupported(f"there is no footage of {camera} in that time, so nothing to keep")
        row = {"camera": camera, "start_us": start_us, "end_us": end_us, "note": note[:MAX_NOTE], "pinned_us": now_us}

        def note_it(connection: Connection) -> int:
            return int((connection.execute(insert(pins).values(**row)).inserted_primary_key or (0,))[0])

        key = await self._db.run(note_it)
        try:
            await self._keeper.keep(camera, start_us, end_us, pinned=True)
        except HearthwatchError:
            await self._db.run(lambda connection: connection.execute(delete(pins).where(pins.c.id == key)))
            raise
        return await self._weighed(Pin(id=key, **row))  # type: ignore[arg-type]

    async def once(self, camera: CameraId, start_us: WallUs, end_us: WallUs, note: str) -> Pinned:
        """As `add`, but the same range is kept by one pin however often it is asked for."""
        for each in await self._db.run(_read):
            if (each.camera, each.start_us, each.end_us) == (camera, start_us, end_us):
                return await self._weighed(each)
        return await self.add(camera, start_us, end_us, note)

    async def all(self) -> tuple[Pinned, ...]:
        """Return every pin, oldest footage first."""
        return tuple([await self._weighed(pin) for pin in await self._db.run(_read)])

    async def drop(self, key: int) -> Pinned:
        """Let go of a pin and return what it was; what another one holds too stays. Raises Unsupported for an id nobody has."""
        found = await self._db.run(_read)
        pin = next((each for each in found if each.id == key), None)
        if pin is None:
            known = ", ".join(str(each.id) for each in found)
            raise Unsupported(f"there is no pin {key}: " + (f"there are {known}" if known else "nothing is pinned"))
        weighed = await self._weighed(pin)
        await self._release(pin.camera, pin.start_us, pin.end_us, [each for each in found if each.id != key])
        await self._db.run(lambda connection: connection.execute(delete(pins).where(pins.c.id == key)))
        return weighed

    async def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, pinned: bool) -> int:
        """See FootageKeeper; letting go of a range drops every pin that lies within it, or begins as it does."""
        if pinned:
            return (await self.once(camera, start_us, end_us, PAGE_NOTE)).segments
        found = await self._db.run(_read)
        mine = [each for each in found if each.camera == camera and _is_of(each, start_us, end_us)]
        within = [each.id for each in mine]
        end_us = max([end_us, *(each.end_us for each in mine)])
        count = await self._release(camera, start_us, end_us, [each for each in found if each.id not in within])
        await self._db.run(lambda connection: connection.execute(delete(pins).where(pins.c.id.in_(within))))
        return count

    async def mark(self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass) -> None:
        """See FootageKeeper."""
        await self._keeper.mark(camera, start_us, end_us, footage_class)

    async def _release(self, camera: CameraId, start_us: WallUs, end_us: WallUs, others: Sequence[Pin]) -> int:
        held = [(each.start_us, each.end_us) for each in others if each.camera == camera]
        released = 0
        for low, high in to_release(start_us, end_us, await self._footage(camera, start_us, end_us), held):
            released += await self._keeper.keep(camera, low, high, pinned=False)
        return released

    async def _footage(self, camera: CameraId, start_us: WallUs, end_us: WallUs) -> tuple[Segment, ...]:
        return await asyncio.to_thread(lambda: self._index().segments(camera, Stream.MAIN, start_us, end_us))

    async def _weighed(self, pin: Pin) -> Pinned:
        found = await self._footage(pin.camera, pin.start_us, pin.end_us)
        return Pinned(pin=pin, segments=len(found), size_bytes=sum(each.size_bytes for each in found))


def to_release(
    start_us: WallUs, end_us: WallUs, segments: Sequence[Segment], held: Sequence[tuple[WallUs, WallUs]]
) -> list[tuple[WallUs, WallUs]]:
    """Return the ranges to unpin so that [start_us, end_us) is let go of, but no file that one of `held` touches.

    A pin is on whole files, and unpinning a range unpins every file it touches: a finished file is named by one moment
    inside of it. `segments` are the files that overlap the range, oldest first.
    """
    finished = [each for each in segments if each.state is not SegmentState.RECORDING]
    if not any(low < _reach(each) and each.start_us < high for each in segments for low, high in held) and not any(
        low < end_us and start_us < high for low, high in held
    ):
        return [(start_us, end_us)]
    ranges = []
    for each in finished:
        if not any(low < each.end_us and each.start_us < high for low, high in held):
            middle = (max(start_us, each.start_us) + min(end_us, each.end_us)) // 2
            ranges.append((WallUs(middle), WallUs(middle + 1)))
    at = max([start_us, *(each.end_us for each in finished)])
    for low, high in sorted(held):
        if at < min(low, end_us):
            ranges.append((at, WallUs(min(low, end_us))))
        at = max(at, high)
    if at < end_us:
        ranges.append((at, end_us))
    return ranges


def _is_of(pin: Pin, start_us: WallUs, end_us: WallUs) -> bool:
    """Whether a pin lies within a range, or was made of the same event while that lasted, and reaches further."""
    return start_us <= pin.start_us and (pin.end_us <= end_us or pin.start_us == start_us)


def _reach(segment: Segment) -> int:
    """Where a file ends; one still being written may reach as far as it likes."""
    return segment.end_us if segment.state is not SegmentState.RECORDING else 1 << 62


def _read(connection: Connection) -> tuple[Pin, ...]:
    return tuple(
        Pin(
            id=row.id,
            camera=CameraId(row.camera),
            start_us=WallUs(row.start_us),
            end_us=WallUs(row.end_us),
            note=row.note,
            pinned_us=WallUs(row.pinned_us),
        )
        for row in connection.execute(select(pins).order_by(pins.c.start_us, pins.c.id))
    )
