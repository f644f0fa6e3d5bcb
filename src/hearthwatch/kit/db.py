"""Opening SQLite: one writer that survives power cuts, readers that cannot write, and migrations run by the owner."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

from hearthwatch.kit.errors import StorageFailed, StorageFault

log = logging.getLogger(__name__)

_BUSY_TIMEOUT_MS = 10_000


def open_writer(path: Path, *, busy_ms: int = _BUSY_TIMEOUT_MS) -> Engine:
    """Return the one writing engine of the SQLite file at `path`: WAL, `synchronous=FULL`, foreign keys on.

    It holds a single connection, may be used from any one thread at a time, and alone checkpoints (the WAL-reset race of
    SQLite < 3.51.3 needs two connections that write). It waits `busy_ms` for somebody else who writes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return _engine(path, writable=True, busy_ms=busy_ms)


def open_reader(path: Path) -> Engine:
    """Return a `query_only` engine on a file another process or thread writes; several threads may use it at once."""
    return _engine(path, writable=False)


def _engine(path: Path, *, writable: bool, busy_ms: int = _BUSY_TIMEOUT_MS) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool if writable else QueuePool,
        connect_args={"check_same_thread": False, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" event below opens every transaction itself
        run = connection.execute
        run(f"PRAGMA busy_timeout={busy_ms}")
        run("PRAGMA foreign_keys=ON")
        if writable:
            run("PRAGMA journal_mode=WAL")
            run("PRAGMA synchronous=FULL")
        else:
            run("PRAGMA wal_autocheckpoint=0")
            run("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writable else "BEGIN")

    return engine


def migrate(engine: Engine, scripts: Path) -> None:
    """Bring the database to the newest revision in the alembic folder `scripts`; refuse one that a newer release wrote.

    alembic is imported only when there is something to do, and then in a child where that can be: a restarted process must
    be back in two seconds, and one that runs for months should not hold 11 MB for what it did in its first second.
    """
    known = revisions(scripts)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").first()
        current = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if found else None
    if current == known[-1]:
        return
    if current is not None and current not in known:
        raise too_new(Path(str(engine.url.database)), current, known[-1])
    engine.dispose()  # SQLite forbids to carry a connection into a child
    if not _in_a_child(lambda: _upgrade(engine, scripts)):
        _upgrade(engine, scripts)  # also where the child failed, so that its error is raised here
    log.info("database %s brought from schema %s to %s", engine.url.database, current, known[-1])


def revisions(scripts: Path) -> tuple[str, ...]:
    """Return the schemas the alembic folder `scripts` leads to, oldest first."""
    return tuple(sorted(path.stem.split("_", 1)[0] for path in (scripts / "versions").glob("[0-9]*.py")))


def revision_of(path: Path) -> str | None:
    """Return the schema of the SQLite file at `path` and change nothing; None where there is none that can be read."""
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_TIMEOUT_MS / 1000)) as sql:
            sql.execute("PRAGMA query_only=ON")
            row = sql.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):  # damaged, or none of ours: whoever opens it to work with it says so
        return None
    return str(row[0]) if row else None


def too_new(path: Path, found: str, known: str) -> StorageFailed:
    """Return what is told of a database that a newer release wrote; this one knows schemas up to `known`."""
    return StorageFailed(
        StorageFault.BROKEN,
        f"{path} was written by a newer Hearthwatch (schema {found}, this one knows {known}): "
        "install that release, or restore a backup of before",
    )


def _upgrade(engine: Engine, scripts: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _in_a_child(work: Callable[[], None]) -> bool:
    """Do `work` in a fork of this process; False when it failed there, or when other threads run, whose locks a fork copies."""
    if threading.active_count() > 1:
        return False
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0
