"""A house reduced to its copies: footage and index as the recorder leaves them, the real queue, scanner and couriers."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from pathlib import Path

from hearthwatch.events.ledger import EventFiles
from hearthwatch.feeds.packet import Codec, RunId, Stream, StreamInfo, VideoInfo
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import Clock, SystemClock
from hearthwatch.kit.db import migrate, open_reader, open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite import ledger
from hearthwatch.offsite.courier import Courier
from hearthwatch.offsite.ledger import Queued
from hearthwatch.offsite.pace import Throttle
from hearthwatch.offsite.pack import Packing
from hearthwatch.offsite.seal import KeyPair, new_pair
from hearthwatch.offsite.upload import Target, TargetId, TargetKind, TargetOptions
from hearthwatch.recording.filled import Filled
from hearthwatch.recording.label import Label, footage_path
from hearthwatch.recording.owed import Owed
from hearthwatch.recording.segment import Backup, Copied, FootageClass, SegmentState, StorageOptions
from hearthwatch.recording.store import Store, open_store
from hearthwatch.recording.sweep import Sweep
from hearthwatch.run.house_db import MIGRATIONS
from hearthwatch.run.house_doors import Footage
from hearthwatch.run.offsite_contents import HouseContents
from hearthwatch.run.offsite_scan import Scanner

START_US = 1_800_000_000 * US_PER_S
NAS = TargetId("nas")
INFO = StreamInfo(video=VideoInfo(codec=Codec.H264, width_px=16, height_px=16, ticks_per_s=90_000, extradata=b"x"), audio=None)


@cache
def empty_house() -> bytes:
    """A migrated house.db, made once."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_writer(Path(folder) / "house.db")
        migrate(engine, MIGRATIONS)
        with engine.connect() as connection:  # whoever closes last brings the log into the file
            connection.exec_driver_sql("SELECT 1")
        engine.dispose()
        return (Path(folder) / "house.db").read_bytes()


@dataclass
class Complaints:
    """A HealthSink that remembers: what is wrong now, and everything that was told."""

    now: dict[tuple[Fault, str], str] = field(default_factory=dict)
    told: list[tuple[Fault, str]] = field(default_factory=list)

    def failed(self, fault: Fault, subject: str, detail: str, **_more: object) -> None:
        if (fault, subject) not in self.now:
            self.told.append((fault, subject))
        self.now[fault, subject] = detail

    def recovered(self, fault: Fault, subject: str) -> None:
        self.now.pop((fault, subject), None)


@dataclass
class Copies:
    """`footage(...)` writes files, `courier(...)` makes one for a target. It is also the recorder: what is proved is swept at
    once when `delete_proved`, and `deleted` says of each file that went what the far end held then (`held`)."""

    root: Path
    clock: Clock = field(default_factory=SystemClock)
    options: dict[TargetId, TargetOptions] = field(default_factory=lambda: {NAS: TargetOptions(kind=TargetKind.FOLDER)})
    delete_proved: bool = False
    keys: KeyPair = field(default_factory=new_pair)
    held: Callable[[Copied], bool] = lambda _file: True
    deleted: list[tuple[Copied, bool]] = field(default_factory=list)
    refuses: bool = False

    def _failed(self, error: StorageFailed) -> None:
        raise error

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        if not (self.root / "house.db").exists():
            (self.root / "house.db").write_bytes(empty_house())
        self.store: Store = open_store(self.root / "footage", self.root / "footage" / "index.db", self.clock)
        self.sweep = Sweep(self.store, self.clock, Owed(self.clock, self._failed))
        self.engine = open_writer(self.root / "house.db")
        self.reader = open_reader(self.root / "house.db")
        self.db = DbThread(self.engine)
        self.health = Complaints()
        self.spool = self.root / "offsite"
        self.spool.mkdir(exist_ok=True)
        self.footage = Footage(self.root / "footage" / "index.db", self.root / "footage")
        self.files = EventFiles(self.root)
        self.scanner = Scanner(self.footage, self, lambda: self.options, db=self.db, clock=self.clock)
        self.contents = HouseContents(self.footage, self.files, self.reader, lambda name: self.options[name].sealed)
        self.arrived: list[Queued] = []
        self._couriers: list[Courier] = []

    def close(self) -> None:
        self.db.close()
        self.footage.index.close()
        self.reader.dispose()
        self.engine.dispose()
        self.store.close()

    def record(
        self,
        camera: str,
        count: int,
        size_bytes: int = 2000,
        *,
        footage_class: FootageClass = FootageClass.CONTINUOUS,
        start_us: int = START_US,
    ) -> list[Copied]:
        """Write `count` finished files of a minute each, of random bytes."""
        name, rng, made = CameraId(camera), random.Random(f"{camera} {start_us}"), []
        first = self.store.next_sequence(name, Stream.MAIN)
        for number in range(first, first + count):
            data = rng.randbytes(size_bytes)
            path = self.store.folder / footage_path(name, Stream.MAIN, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            at_us = WallUs(start_us + (number - first) * 60 * US_PER_S)
            label = Label(
                run=RunId(f"run-{camera}"), camera=name, stream=Stream.MAIN, sequence=number, start_us=at_us, info=INFO
            )
            filled = Filled(
                start_us=at_us,
                duration_us=60 * US_PER_S,
                size_bytes=len(data),
                frames=1,
                keyframes=1,
                sha256=hashlib.sha256(data).digest(),
                state=SegmentState.COMPLETE,
            )
            self.store.index.adopt(label, filled, footage_class, pinned=False)
            made.append(Copied(camera=name, stream=Stream.MAIN, sequence=number, sha256=filled.sha256))
        return made

    async def prove(self, copied: tuple[Copied, ...], *, proved: bool) -> int:
        """See ProofKeeper."""
        if self.refuses:
            from hearthwatch.kit.errors import StorageFailed, StorageFault

            raise StorageFailed(StorageFault.MISSING, "the recorder is just being restarted")
        found = self.store.index.prove(copied, self.clock.wall_us() if proved else None)
        if self.delete_proved:
            classes = frozenset(FootageClass)
            self.store.custody.backup = {
                one.camera: Backup(classes=classes, delete_proved=True) for one in self.footage.index.all_segments()
            }
            for one in self.sweep.run(StorageOptions(keep_continuous_days=0.0001, free_gib=0)).delete:
                file = Copied(camera=one.camera, stream=one.stream, sequence=one.sequence, sha256=one.sha256)
                self.deleted.append((file, self.held(file)))
        return found

    def path_of(self, file: Copied) -> Path:
        return self.store.folder / footage_path(file.camera, file.stream, file.sequence)

    def courier(self, name: TargetId, open_target: Callable[[], Target], bit_s: float | None = None) -> Courier:
        async def on_proved(queued: Queued) -> None:
            self.arrived.append(queued)
            await self.scanner.proved(queued)

        made = Courier(
            name,
            open_target,
            self.contents,
            lambda: self.packing(name),
            db=self.db,
            clock=self.clock,
            health=self.health,
            throttle=Throttle(lambda: bit_s, self.clock),
            on_proved=on_proved,
        )
        self._couriers.append(made)
        return made

    def packing(self, name: TargetId) -> Packing:
        return Packing(
            target=name,
            sealed=self.options[name].sealed,
            recipients=(self.keys.recipient,),
            folder=self.spool,
            zone=UTC,
            is_free=lambda _name: True,
            chance=random.randbytes,
        )

    async def waiting(self, name: TargetId = NAS) -> int:
        return (await self.db.run(lambda connection: ledger.count(connection, name))).waiting

    async def until_sent(self, *names: TargetId) -> None:
        """Return when nothing waits any more, and what follows from it is noted."""
        while any([await self.waiting(name) for name in names or tuple(self.options)]):  # noqa: ASYNC110 see until
            await asyncio.sleep(0.02)
        await until(lambda: not any(one.now.busy for one in self._couriers if not names or one.name in names))


async def until(holds: Callable[[], object]) -> None:
    """Return when it holds."""
    while not holds():  # noqa: ASYNC110 - what is waited for is a state of many parts
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(*couriers: Courier) -> AsyncIterator[None]:
    """Have couriers work meanwhile."""
    tasks = [asyncio.create_task(one.run()) for one in couriers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
