"""Opens the hub's ledger, in a file or in PostgreSQL: behind both the same calls, models and migrations."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from hearthwatch.kit.db import migrate, open_writer, revisions, too_new
from hearthwatch.kit.dbthread import Db, DbThread
from hearthwatch.kit.errors import ConfigFault, StorageFailed, StorageFault, Unsupported
from hearthwatch.kit.secrets import Secret

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

log = logging.getLogger(__name__)

T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
NAME = "hub.db"
_PATIENCE_S = 30.0
_CONNECT_S = 10.0
_FULL = frozenset({"53100", "53200"})
"""SQLSTATE disk_full and out_of_memory."""


class HubDb(Db, Protocol):
    """A Db that is closed when done."""

    async def close(self) -> None: ...


def database_fault(text: str) -> str | None:
    """Return what is wrong with the address of a database, None for nothing."""
    try:
        url = make_url(text)
    except ArgumentError:
        return "is no address of a database: write it as postgresql://USER@HOST:5432/NAME"
    if url.drivername not in {"postgresql", "postgres"} or not url.database:
        return "is not the address of a PostgreSQL database: write it as postgresql://USER@HOST:5432/NAME"
    if url.password:
        return "holds a password: leave it out and store it with `hearthwatch secrets set hub.database.password`"
    return None


async def open_hub_db(data: Path, address: str, password: Secret | None) -> HubDb:
    """Open the ledger at `address`, or in a file of the folder `data`, with its present schema. Raises StorageFailed,
    ConfigFault and Unsupported."""
    if not address:
        return await asyncio.to_thread(_in_file, data)
    found = _Postgres(address, password)
    try:
        await found.migrate()
    except BaseException:
        await found.close()
        raise
    return found


class _InFile:
    """A HubDb over a SQLite file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = DbThread(engine)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See DbThread."""
        return await self._thread.run(work)

    async def close(self) -> None:
        """See HubDb."""
        await asyncio.to_thread(self._thread.close)
        self._engine.dispose()


def _in_file(data: Path) -> HubDb:
    engine = open_writer(data / NAME)
    try:
        migrate(engine, MIGRATIONS)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StorageFailed(StorageFault.BROKEN, f"opening {data / NAME}: {error}") from error
    return _InFile(engine)


class _Postgres:
    """A HubDb over asyncpg. A server that is away is looked for anew by each call; nothing is kept here meanwhile."""

    def __init__(self, address: str, password: Secret | None) -> None:
        fault = database_fault(address)
        if fault:
            raise ConfigFault(f"hub.database: {address!r} {fault}")
        url = make_url(address)
        self._where = f"the database {url.database} at {url.host or 'this machine'}"
        self._engine = _engine(url.set(drivername="postgresql+asyncpg"), password)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See Db. Raises StorageFailed when the database cannot be used, IntegrityError for a broken constraint."""
        with self._translated():
            async with asyncio.timeout(_PATIENCE_S), self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def migrate(self) -> None:
        """Bring it to the present schema. Raises StorageFailed."""
        known = revisions(MIGRATIONS)

        def upgrade(connection: Connection) -> None:
            # several hubs on one database would disturb each other; so would two starts at the same moment
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4733126)")
            there = connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar()
            current = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if there else None
            if current == known[-1]:
                return
            if current is not None and current not in known:
                raise too_new(Path(self._where), str(current), known[-1])
            from alembic import command
            from alembic.config import Config

            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            log.info("%s brought from schema %s to %s", self._where, current, known[-1])

        await self.run(upgrade)

    async def close(self) -> None:
        """See HubDb."""
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            async with asyncio.timeout(_CONNECT_S):
                await self._engine.dispose()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, ProgrammingError):
            raise
        except DBAPIError as error:
            code = getattr(error.orig, "sqlstate", None) or ""
            if code in _FULL:
                raise StorageFailed(StorageFault.NO_SPACE, f"{self._where} has no room left") from error
            raise StorageFailed(StorageFault.BROKEN, f"{self._where} cannot be used ({_first_line(error.orig)})") from error
        except (OSError, TimeoutError) as error:
            why = getattr(error, "strerror", None) or "it takes too long"
            raise StorageFailed(StorageFault.MISSING, f"{self._where} does not answer ({why})") from error
        except SQLAlchemyError as error:
            raise StorageFailed(StorageFault.BROKEN, f"{self._where} cannot be used ({_first_line(error)})") from error


def _engine(url: URL, password: Secret | None) -> AsyncEngine:
    try:
        from sqlalchemy.ext.asyncio import create_async_engine

        return create_async_engine(
            url.set(password=password.reveal() if password else None),
            pool_size=2,
            max_overflow=2,
            pool_timeout=_CONNECT_S,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"timeout": _CONNECT_S, "command_timeout": _PATIENCE_S},
        )
    except ImportError as error:
        raise Unsupported(
            "a hub with PostgreSQL needs libraries that a home does not: install Hearthwatch with its extra, as "
            "`pip install hearthwatch[hub]`"
        ) from error


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
