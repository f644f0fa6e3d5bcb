"""Opens a database of an older schema again and again, killed at one statement after the other: `python -m
tests.faults.old_schema_child house.db 0021 FOLDER`; prints what came of it as JSON."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import alembic.command
import alembic.config
from sqlalchemy import Engine, event

from hearthwatch.fleet.hub_db import MIGRATIONS as HUB_MIGRATIONS
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.db import migrate, open_writer, revisions
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.recording.index import IndexReader
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.schema import MIGRATIONS as INDEX_MIGRATIONS
from hearthwatch.run.house_db import MIGRATIONS as HOUSE_MIGRATIONS
from hearthwatch.run.house_db import open_house_db
from hearthwatch.run.schemas import newest
from tests.faults.old_databases import empty_log, fill, make_old, rows_of

SCRIPTS = {"house.db": HOUSE_MIGRATIONS, "index.db": INDEX_MIGRATIONS, "hub.db": HUB_MIGRATIONS}
NEWER = "9999"


def open_as_the_product(path: Path) -> None:
    """Open and let go, by the product's own way for this database."""
    if path.name == "house.db":
        open_house_db(path.parent, FakeClock()).engine.dispose()
    elif path.name == "index.db":
        IndexWriter(path).close()
        IndexReader(path).close()
    else:
        engine = open_writer(path)
        migrate(engine, HUB_MIGRATIONS)
        engine.dispose()


def dumped(path: Path) -> str:
    """All of a database as statements: two that are equal hold the same."""
    with closing(sqlite3.connect(path)) as sql:
        return hashlib.sha256("\n".join(sorted(sql.iterdump())).encode()).hexdigest()


def opened_in_a_fork(path: Path, kill_at: int) -> tuple[int, int]:
    """Open it in a fork that dies before its statement `kill_at`; return how it ended, and how many statements there were."""
    coming, going = os.pipe()
    child = os.fork()
    if child == 0:
        count = 0

        @event.listens_for(Engine, "before_cursor_execute")
        def step(_connection, _cursor, statement, *_rest) -> None:
            nonlocal count
            if statement.startswith("PRAGMA"):
                return
            count += 1
            os.write(going, b".")
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        status = 1
        try:
            open_as_the_product(path)
            status = 0
        finally:
            os._exit(status)
    os.close(going)
    with os.fdopen(coming, "rb") as file:
        steps = len(file.read())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), steps


def refused(folder: Path, name: str) -> list[str]:
    """What is wrong with how newer data is refused."""
    path = folder / name
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("UPDATE alembic_version SET version_num = ?", (NEWER,))
    empty_log(path)
    before = path.read_bytes()
    try:
        open_as_the_product(path)
    except StorageFailed as error:
        wrong = []
        if NEWER not in str(error) or "newer Hearthwatch" not in str(error) or "install that release" not in str(error):
            wrong.append(f"newer data is refused without saying what to do: {error}")
    else:
        wrong = ["newer data was opened"]
    if path.read_bytes() != before or list(folder.glob("*broken*")):
        wrong.append("newer data was touched")
    return wrong


def tried(name: str, revision: str, folder: Path) -> dict[str, object]:
    """Open it at every statement, killed and not; return the figures and what is wrong."""
    prepared, here = folder / "prepared", folder / "here"
    prepared.mkdir()
    make_old(prepared / name, SCRIPTS[name], revision)
    fill(prepared / name)
    empty_log(prepared / name)
    rows = rows_of(prepared / name)
    wrong: list[str] = []

    def fresh() -> Path:
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(prepared, here)
        return here / name

    path = fresh()
    ended, steps = opened_in_a_fork(path, 0)
    wanted, now = dumped(path), rows_of(path)
    lost = {table: count for table, count in rows.items() if table in now and now[table] < count}
    if ended or lost or rows.keys() - now.keys():
        wrong.append(f"from {revision}: ended with {ended}, rows lost in {lost or rows.keys() - now.keys()}")
    killed = 0
    for at in range(1, steps + 1):
        path = fresh()
        ended, _count = opened_in_a_fork(path, at)
        killed += ended == -signal.SIGKILL
        again, _count = opened_in_a_fork(path, 0)
        if again or dumped(path) != wanted:
            wrong.append(
                f"killed at statement {at} of {steps} from {revision}: ended with {again}, and it is not what it should be"
            )
    wrong += refused(here, name)
    assert newest().keys() <= SCRIPTS.keys()
    return {"statements": steps, "killed": killed, "rows": sum(rows.values()), "wrong": wrong}


def main() -> None:
    name, revision, folder = sys.argv[1:]
    assert alembic.command
    assert alembic.config
    assert revision in revisions(SCRIPTS[name])
    print(json.dumps(tried(name, revision, Path(folder))))


if __name__ == "__main__":
    main()
