"""An empty house.db as the house leaves it after its migrations."""

from __future__ import annotations

import contextlib
import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hearthwatch.kit.db import migrate, open_writer
from hearthwatch.run import pins

MIGRATIONS = Path(pins.__file__).parent / "migrations"


@cache
def empty_house_db() -> bytes:
    """A migrated house.db, made once: a migration takes longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "house.db"
        engine = open_writer(path)
        migrate(engine, MIGRATIONS)
        engine.dispose()
        with contextlib.closing(sqlite3.connect(path)) as connection:  # a child migrated and left all in the write-ahead log
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()
