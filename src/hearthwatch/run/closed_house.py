"""A house that does not run: what the command line may do to its footage and its database all the same."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from hearthwatch.copies.shelf import CopyShelf
from hearthwatch.kit.clock import Clock
from hearthwatch.kit.db import migrate, open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import StorageFailed, StorageFault, Unreachable
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.presence import ledger as presence
from hearthwatch.recording.disk import Disk
from hearthwatch.recording.index import Asked, IndexReader
from hearthwatch.recording.segment import FootageClass, StorageOptions
from hearthwatch.recording.store import open_store
from hearthwatch.run.control import Ask, Reply, ask_house
from hearthwatch.run.control_actions import ActionsClerk
from hearthwatch.run.control_arming import ArmingClerk
from hearthwatch.run.control_audit import AuditClerk
from hearthwatch.run.control_cameras import CamerasClerk, ClosedDoors
from hearthwatch.run.control_copies import CopiesClerk
from hearthwatch.run.control_people import PeopleClerk
from hearthwatch.run.control_remedies import RemedyClerk
from hearthwatch.run.control_telegram import TelegramClerk
from hearthwatch.run.pins import Pins
from hearthwatch.run.places import Places, is_held
from hearthwatch.run.steward import Steward

_MIGRATIONS = Path(__file__).parent / "migrations"


def ask(places: Places, question: Ask, clock: Clock, answer_s: float = 30.0) -> Reply:
    """Ask the house that runs, else answer for it. Raises what both raise; a house that runs but is silent is no closed one."""
    reply = ask_house(places.data, question, answer_s)
    if reply is not None:
        return reply

    async def answer() -> Reply:
        async with closed_house(places, clock) as steward:
            return await steward.answer(question)

    return asyncio.run(answer())


def forget_person(data_folder: Path, person: str) -> None:
    """Drop where a person was last; a house that runs does so itself. Raises StorageFailed."""
    path = data_folder / "house.db"
    if not path.exists() or is_held(data_folder):
        return
    engine = open_writer(path)
    try:
        migrate(engine, _MIGRATIONS)
        with engine.begin() as connection:
            presence.forget(connection, person)
    except DatabaseError as error:
        raise StorageFailed(StorageFault.BROKEN, f"opening {path}: {error.orig}") from error
    finally:
        engine.dispose()


class ClosedKeeper:
    """Implements FootageKeeper on the footage folder itself, which it holds for the moment of each call."""

    def __init__(self, folder: Path, index_path: Path, clock: Clock) -> None:
        self._folder = folder
        self._index_path = index_path
        self._clock = clock

    async def keep(self, camera: CameraId, start_us: WallUs, end_us: WallUs, *, pinned: bool) -> int:
        """See FootageKeeper. Raises StorageFailed also while a recorder has the folder."""
        return await asyncio.to_thread(
            self._with_disk,
            lambda disk: (
                disk.mark(_asked(camera, start_us, end_us, FootageClass.CONTINUOUS, pinned=True))
                if pinned
                else disk.unpin(camera, start_us, end_us)
            ),
        )

    async def mark(self, camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass) -> None:
        """See FootageKeeper."""
        asked = _asked(camera, start_us, end_us, footage_class, pinned=False)
        await asyncio.to_thread(self._with_disk, lambda disk: disk.mark(asked))

    def _with_disk(self, work: Callable[[Disk], int]) -> int:
        store = open_store(self._folder, self._index_path, self._clock)
        disk = Disk(store, StorageOptions(), self._clock, lambda _failure: None)
        try:
            return work(disk)
        finally:
            disk.close(self._clock.wall_us())


def _asked(camera: CameraId, start_us: WallUs, end_us: WallUs, footage_class: FootageClass, *, pinned: bool) -> Asked:
    return Asked(camera=camera, start_us=start_us, end_us=end_us, footage_class=footage_class, pinned=pinned)


@contextlib.asynccontextmanager
async def closed_house(places: Places, clock: Clock) -> AsyncIterator[Steward]:
    """A Steward of a house that does not run. Raises StorageFailed when there is none, Unreachable when one runs after all."""
    path = places.data / "house.db"
    if not path.exists():
        raise StorageFailed(
            StorageFault.MISSING,
            f"no house was ever started with the data folder {places.data}: name the right one with --data, "
            "or run `hearthwatch run` first",
        )
    if is_held(places.data):
        raise Unreachable("Hearthwatch is just starting or ending: try again in a few seconds")
    engine = open_writer(path)
    db = DbThread(engine)
    reader: IndexReader | None = None

    def index() -> IndexReader:
        nonlocal reader
        if reader is None:
            reader = places.open_index()
        return reader

    try:
        try:
            migrate(engine, _MIGRATIONS)
        except DatabaseError as error:
            raise StorageFailed(StorageFault.BROKEN, f"opening {path}: {error.orig}") from error
        pins = Pins(db, ClosedKeeper(places.footage, places.index_path, clock), index, clock)
        doors = ClosedDoors(db, places.config)
        await doors.load()
        yield Steward(
            db,
            pins,
            CamerasClerk(doors),
            CopiesClerk(CopyShelf(db, Secrets.open(places.data))),
            clock,
            actions=ActionsClerk(),
            arming=ArmingClerk(),
            people=PeopleClerk(db),
            audit=AuditClerk(),
            remedies=RemedyClerk(),
            telegram=TelegramClerk(db, clock),
        )
    finally:
        db.close()
        engine.dispose()
        if reader is not None:
            reader.close()
