from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from tests.recording.packet_maker import START_US, Made, looped, make

from hearthwatch.feeds.packet import Gap, GapReason, Packet, Run, RunId, Stream
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.disk import Disk
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.recording.store import Store, open_store
from hearthwatch.recording.writer import DiskQueue, SegmentWriter

FRONT = CameraId("front")
FAR_US = WallUs(START_US + 10**14)


@cache
def empty_index() -> bytes:
    """A migrated index, made once: a migration takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.db"
        IndexWriter(path).close()
        with contextlib.closing(sqlite3.connect(path)) as sql:  # the child that migrates leaves all in the write-ahead log
            sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


@dataclass
class Bench:
    """A recorder without threads: packets go in, the queue is worked off at once, the clock follows the packets."""

    root: Path
    options: StorageOptions = field(default_factory=lambda: StorageOptions(segment_s=4, free_gib=0))
    clock: FakeClock = field(default_factory=lambda: FakeClock(wall_us=START_US))
    health: list[StorageFailed | None] = field(default_factory=list)
    queue: DiskQueue = field(default_factory=DiskQueue)
    runs: int = 0

    def __post_init__(self) -> None:
        self.open()

    @property
    def folder(self) -> Path:
        return self.root / "footage"

    @property
    def index_path(self) -> Path:
        return self.root / "data" / "index.db"

    def open(self) -> None:
        if not self.index_path.exists():
            self.index_path.parent.mkdir(parents=True, exist_ok=True)
            self.index_path.write_bytes(empty_index())
        self.store: Store = open_store(self.folder, self.index_path, self.clock)
        self.disk = Disk(self.store, self.options, self.clock, self.health.append)
        self.reader = IndexReader(self.index_path)

    def crash(self) -> None:
        """Let go of everything without closing a file, as a killed process does."""
        for track in self.disk._tracks.values():
            if track.file is not None:
                with contextlib.suppress(OSError):
                    os.close(track.file._fd)
        self.reader.close()
        self.store.close()

    def close(self) -> None:
        self.work()
        self.reader.close()
        self.disk.close(self.clock.wall_us())

    def writer(self, camera: str = "front", stream: Stream = Stream.MAIN) -> SegmentWriter:
        return SegmentWriter(CameraId(camera), stream, self.options, self.queue)

    def begin(self, writer: SegmentWriter, made: Made, start_us: int = START_US) -> None:
        self.runs += 1
        run = Run(id=RunId(f"run{self.runs}"), camera=writer.camera, stream=writer.stream, start_us=WallUs(start_us))
        writer.begin(run, made.info)

    def work(self) -> None:
        while (item := self.queue.get(0)) is not None:
            self.disk.handle(item)
        self.disk.tick()

    def feed(self, writer: SegmentWriter, packets: Iterator[Packet], each: Callable[[Packet], None] | None = None) -> None:
        for packet in packets:
            behind_us = packet.wall_us - self.clock.wall_us()
            if behind_us > 0:
                self.clock.advance(behind_us / 1e6)
            if each:
                each(packet)
            writer.take(packet)
            self.work()

    def record(self, seconds: float, *, made: Made | None = None, camera: str = "front", start_us: int = START_US) -> None:
        """Record one whole run and end it as a lost camera would."""
        made = made or make()
        writer = self.writer(camera)
        self.begin(writer, made, start_us)
        self.feed(writer, looped(made, seconds, camera=camera, start_us=start_us))
        self.end(writer)

    def end(self, writer: SegmentWriter, reason: GapReason = GapReason.NETWORK) -> None:
        writer.end(Gap(camera=writer.camera, stream=writer.stream, start_us=self.clock.wall_us(), end_us=None, reason=reason))
        self.work()

    def segments(self, camera: str = "front") -> tuple:
        return self.reader.segments(CameraId(camera), Stream.MAIN, WallUs(0), FAR_US)

    def gaps(self, camera: str = "front") -> tuple:
        return self.reader.gaps(CameraId(camera), Stream.MAIN, WallUs(0), FAR_US)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()
