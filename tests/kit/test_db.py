from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from hearthwatch.kit.db import migrate, open_reader, open_writer
from hearthwatch.kit.errors import StorageFailed

ENV = """
from alembic import context
context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
"""
REVISION = """
from alembic import op
revision = "{0}"
down_revision = {1}
def upgrade():
    op.execute("CREATE TABLE t{0} (x)")
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations %40"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_text(ENV)
    (folder / "versions" / "0001_first.py").write_text(REVISION.format("0001", None))
    return folder


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Engine]:
    engine = open_writer(tmp_path / "deep" / "house.db")
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_the_writer_survives_power_cuts_by_its_settings(writer: Engine) -> None:
    with writer.connect() as connection:
        read: Callable[[str], object] = lambda name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()  # noqa: E731
        assert read("journal_mode") == "wal"
        assert read("synchronous") == 2
        assert read("foreign_keys") == 1


def test_a_reader_sees_what_was_committed_and_cannot_write(writer: Engine, tmp_path: Path) -> None:
    with writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
    reader = open_reader(tmp_path / "deep" / "house.db")
    with reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT x FROM t").scalar() == 1
    with pytest.raises(OperationalError, match="readonly"), reader.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (2)")
    reader.dispose()


def test_what_fails_half_way_is_rolled_back_whole(writer: Engine) -> None:
    with writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")

    def fail_half_way() -> None:
        with writer.begin() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with writer.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


def test_migrate_goes_step_by_step_and_again_does_nothing(writer: Engine, scripts: Path) -> None:
    migrate(writer, scripts)
    assert "t0001" in tables(writer)
    migrate(writer, scripts)
    (scripts / "versions" / "0002_second.py").write_text(REVISION.format("0002", '"0001"'))
    migrate(writer, scripts)
    assert {"t0001", "t0002"} < tables(writer)


def test_a_process_of_one_thread_migrates_without_holding_alembic_ever_after(scripts: Path, tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from hearthwatch.kit.db import migrate, open_writer
engine = open_writer(Path({str(tmp_path / "own.db")!r}))
migrate(engine, Path({str(scripts)!r}))
with engine.begin() as connection:
    connection.exec_driver_sql("INSERT INTO t0001 VALUES (1)")
print("alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_migration_that_fails_leaves_the_old_schema(writer: Engine, scripts: Path) -> None:
    migrate(writer, scripts)
    (scripts / "versions" / "0002_second.py").write_text(REVISION.format("0002", '"0001"') + "    op.execute('nonsense')\n")
    with pytest.raises(OperationalError):
        migrate(writer, scripts)
    assert "t0002" not in tables(writer)
    with writer.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0001"


def test_a_database_of_a_newer_release_is_refused_and_left_alone(writer: Engine, scripts: Path) -> None:
    migrate(writer, scripts)
    with writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageFailed, match="newer Hearthwatch"):
        migrate(writer, scripts)
