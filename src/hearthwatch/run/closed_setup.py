"""The set-up as the command line does it: on the files themselves, whether a house runs or not; one that runs follows them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.db import migrate, open_reader, open_writer
from hearthwatch.kit.errors import HearthwatchError, StorageFailed, StorageFault
from hearthwatch.kit.files import storage_failed
from hearthwatch.kit.ids import Ulids
from hearthwatch.kit.secrets import Secrets
from hearthwatch.kit.units import CameraId
from hearthwatch.run.camera_setup import CameraSetup
from hearthwatch.run.closed_house import ask
from hearthwatch.run.control_cameras import AskForget
from hearthwatch.run.places import is_held, places
from hearthwatch.vendors import known_ledger
from hearthwatch.vendors.doorman import Doorman
from hearthwatch.vendors.known import KnownCamera

_MIGRATIONS = Path(__file__).parent / "migrations"


def closed_camera_setup(config_path: Path, data_folder: Path, clock: Clock) -> CameraSetup:
    """Return what finds, tries, adds and removes cameras; use it on one event loop."""

    async def known() -> Sequence[KnownCamera]:
        return await asyncio.to_thread(_known, data_folder / "house.db")

    async def forget(camera: CameraId) -> None:
        if any(one.camera == camera for one in await known()):
            await asyncio.to_thread(lambda: ask(places(config_path, data_folder), AskForget(camera=camera), clock))

    async def nothing(_camera: CameraId | None = None) -> None:
        """A house that runs sees the changed files by itself."""

    return CameraSetup(
        Doorman(clock=clock, rng=random.Random()),  # noqa: S311 - client nonces
        Secrets.open(data_folder),
        config_path=config_path,
        clock=clock,
        ids=Ulids(clock),
        known=known,
        take_over=nothing,
        look=nothing,
        forget=forget,
    )


def _known(path: Path) -> Sequence[KnownCamera]:
    if not path.exists():
        return ()
    engine = open_reader(path)
    try:
        with engine.connect() as connection:
            return known_ledger.load(connection)
    except DatabaseError:
        return ()  # an old or half-made database: then nobody is recognised
    finally:
        engine.dispose()


def found_house(data_folder: Path) -> None:
    """Make the data folder and its database where there is none yet, so that accounts can be made before the first start.

    Raises StorageFailed."""
    try:
        data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise storage_failed(error, f"making the data folder {data_folder}") from error
    path = data_folder / "house.db"
    if path.exists() or is_held(data_folder):
        return
    engine = open_writer(path)
    try:
        migrate(engine, _MIGRATIONS)
    except DatabaseError as error:
        raise StorageFailed(StorageFault.BROKEN, f"making {path}: {error.orig}") from error
    finally:
        engine.dispose()


def runs(data_folder: Path) -> bool:
    """Tell whether a house has the data folder."""
    try:
        return is_held(data_folder)
    except HearthwatchError:
        return False
