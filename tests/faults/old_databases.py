"""Databases as an older release left them, with rows in every table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from hearthwatch.kit.db import open_writer

_ROWS = 40


def make_old(path: Path, scripts: Path, revision: str) -> None:
    """Make an empty database of a former schema."""
    from alembic import command
    from alembic.config import Config

    engine = open_writer(path)
    config = Config()
    config.set_main_option("script_location", str(scripts))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    empty_log(path)


def empty_log(path: Path) -> None:
    """Bring everything into the file itself."""
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill(path: Path) -> None:
    """Put rows into every table that is empty: words and numbers that fit its columns, no two alike."""
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("PRAGMA foreign_keys=OFF")
        for table in tables(sql):
            if sql.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]:
                continue
            columns = sql.execute(f'PRAGMA table_info("{table}")').fetchall()
            names = ", ".join(f'"{column[1]}"' for column in columns)
            put = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'
            for number in range(1, _ROWS + 1):
                sql.execute(put, [_value(column[2], number) for column in columns])


def copy_rows(source: Path, target: Path) -> None:
    """Take what an older schema knows of the rows of a newer one."""
    with closing(sqlite3.connect(target)) as sql, sql:
        sql.execute("ATTACH ? AS new", (str(source),))
        newer = {name for (name,) in sql.execute("SELECT name FROM new.sqlite_master WHERE type = 'table'")}
        for table in tables(sql):
            if table in newer:
                has = {row[1] for row in sql.execute(f'PRAGMA new.table_info("{table}")')}
                names = ", ".join(f'"{row[1]}"' for row in sql.execute(f'PRAGMA table_info("{table}")') if row[1] in has)
                sql.execute(f'DELETE FROM main."{table}"')
                sql.execute(f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM new."{table}"')


def tables(sql: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name != 'alembic_version'"
    return [name for (name,) in sql.execute(query).fetchall()]


def rows_of(path: Path) -> dict[str, int]:
    """Return how many rows each table holds."""
    with closing(sqlite3.connect(path)) as sql:
        return {table: sql.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables(sql)}


def _value(kind: str, number: int) -> object:
    kind = kind.upper()
    if "BOOL" in kind:
        return number % 2
    if "INT" in kind:
        return number
    if "FLOAT" in kind or "REAL" in kind:
        return number / 2
    if "BLOB" in kind or "BINARY" in kind:
        return number.to_bytes(32, "big")
    return f"w{number}"
