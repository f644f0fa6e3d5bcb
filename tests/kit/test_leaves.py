"""One damaged page of a database hides no row that lies in another one, and brings back none that was deleted."""

from __future__ import annotations

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hearthwatch.kit.rescue import copy_now, is_sound, rescue
from hearthwatch.kit.units import WallUs

NOW_US = WallUs(1_800_000_000_000_000)
PAGE = 4096
SPARE = 40
"""So many more tables, that the schema itself has an inner page."""
Row = tuple[object, ...]


def bring_up(path: Path) -> None:
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("PRAGMA synchronous=OFF")
        sql.execute("BEGIN")
        for number in range(SPARE):
            columns = ", ".join(f"a_column_with_a_long_name_{number}_{at} TEXT NOT NULL" for at in range(6))
            sql.execute(f"CREATE TABLE IF NOT EXISTS spare_{number} (id INTEGER PRIMARY KEY, {columns})")
        sql.execute(
            "CREATE TABLE IF NOT EXISTS events (id VARCHAR(32) NOT NULL PRIMARY KEY, at INTEGER, score FLOAT, pad TEXT)"
        )
        sql.execute("CREATE TABLE IF NOT EXISTS lines (id INTEGER NOT NULL, pad TEXT NOT NULL, data BLOB, PRIMARY KEY (id))")
        sql.execute("CREATE INDEX IF NOT EXISTS events_by_at ON events (at)")
        if "late" not in {row[1] for row in sql.execute("PRAGMA table_info(lines)")}:
            sql.execute("ALTER TABLE lines ADD COLUMN late TEXT NOT NULL DEFAULT 'none'")


def pad(kind: str, number: int, size: int) -> str:
    word = f"<{kind}{number}>"
    return word * (size // len(word) + 1)


def grow(path: Path, first: int, count: int) -> None:
    with closing(sqlite3.connect(path)) as sql, sql:
        for number in range(first, first + count):
            size = 9000 if number % 97 == 0 else 120 + number % 50
            sql.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (f"e{number}", number, number / 3, pad("e", number, size)))
            sql.execute("INSERT INTO lines (id, pad, data) VALUES (?, ?, ?)", (number, pad("l", number, 60), b"\0\1"))


def made(path: Path) -> Path:
    """Return a database of more than two thousand rows, of which some were deleted and still lie in its pages, as does a table."""
    bring_up(path)
    grow(path, 1, 1500)
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("PRAGMA secure_delete=OFF")
        sql.execute("DELETE FROM lines WHERE id BETWEEN 300 AND 700 OR id % 9 = 0")
        sql.execute("DELETE FROM events WHERE at BETWEEN 1000 AND 1150 OR at % 13 = 0")
        sql.execute("CREATE TABLE over (id INTEGER PRIMARY KEY, pad TEXT NOT NULL, data BLOB)")
        sql.execute("INSERT INTO over SELECT id + 10000, pad, data FROM lines")
        sql.execute("DROP TABLE over")
        sql.commit()
        sql.execute("PRAGMA journal_mode=WAL")
        assert sql.execute("PRAGMA freelist_count").fetchone()[0] > 10
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("sound") / "house.db")


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "house.db"
    copy.write_bytes(sound.read_bytes())
    return copy


def root(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as sql:
        return sql.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]


def rows(path: Path) -> set[Row]:
    with closing(sqlite3.connect(path)) as sql:
        return {("events", *row) for row in sql.execute("SELECT * FROM events")} | {
            ("lines", *row) for row in sql.execute("SELECT * FROM lines")
        }


def wiped(path: Path, page: int, data: bytes | None = None) -> bytes:
    """Wipe one page; return what it held."""
    data = path.read_bytes() if data is None else data
    path.write_bytes(data[: (page - 1) * PAGE] + bytes(PAGE) + data[page * PAGE :])
    return data[(page - 1) * PAGE : page * PAGE]


def lay_in(page: bytes, row: Row) -> bool:
    """Whether any of a row lies in a page; each row is full of a word of its own."""
    word = re.match(r"<.*?>", str(row[4] if row[0] == "events" else row[2]))
    assert word
    return word.group().encode() in page


def test_wiped_roots_hide_no_row(path: Path, tmp_path: Path) -> None:
    had, good = rows(path), path.read_bytes()
    for table in ("events", "lines"):
        page = wiped(path, root(path, table), good)
        assert page[0] == 5, "the page of the table that leads to all others"
        found = rescue(path, tmp_path / "none", bring_up, NOW_US)
        assert found.partly == (table,)
        assert rows(path) == had


def test_a_wiped_inner_page_of_a_high_tree_hides_no_row(tmp_path: Path) -> None:
    path = tmp_path / "house.db"
    bring_up(path)
    with closing(sqlite3.connect(path)) as sql, sql:
        entries = ((number, pad("l", number, 1200)) for number in range(1, 4000))
        sql.executemany("INSERT INTO lines (id, pad) VALUES (?, ?)", entries)
    had, good = rows(path), path.read_bytes()
    inner = [at + 1 for at in range(1, len(good) // PAGE) if good[at * PAGE] == 5 and at + 1 != root(path, "lines")]
    assert len(inner) > 1
    for page in inner:
        wiped(path, page, good)
        rescue(path, tmp_path / "none", bring_up, NOW_US)
        assert rows(path) == had


def test_any_wiped_page_costs_what_lay_in_it(path: Path, tmp_path: Path) -> None:
    had, good = rows(path), path.read_bytes()
    harmed = 0
    for page in range(1, len(good) // PAGE + 1):
        was = wiped(path, page, good)
        if is_sound(path):
            continue
        harmed += 1
        rescue(path, tmp_path / "none", bring_up, NOW_US)
        there = rows(path)
        assert there <= had, f"page {page}: rows that were deleted or never were"
        assert all(lay_in(was, row) for row in had - there), f"page {page}: rows of other pages are lost"
    assert harmed > 80


def test_a_wiped_page_of_the_schema_costs_no_row_written_since_the_copy(path: Path, tmp_path: Path) -> None:
    copy_now(path, tmp_path / "backup", NOW_US, keep=1)
    grow(path, 5000, 200)
    had, good = rows(path), path.read_bytes()
    pages = {good.index(f"CREATE TABLE {name} ".encode()) // PAGE + 1 for name in ("events", "lines", "spare_0")} | {1}
    assert len(pages) > 2
    for page in pages:
        wiped(path, page, good)
        rescue(path, tmp_path / "backup", bring_up, NOW_US)
        assert rows(path) == had


@pytest.mark.parametrize("harm", ["first bytes", "list of free pages"])
def test_where_the_free_pages_are_not_known_nothing_deleted_comes_back(path: Path, tmp_path: Path, harm: str) -> None:
    had, good, lines = rows(path), path.read_bytes(), root(path, "lines")
    wiped(path, lines)
    if harm == "first bytes":
        path.write_bytes(b"\xa5" * 100 + path.read_bytes()[100:])
    else:
        wiped(path, int.from_bytes(good[32:36], "big"))
    rescue(path, tmp_path / "none", bring_up, NOW_US)
    assert rows(path) == {row for row in had if row[0] == "events"}


def test_pages_of_nonsense_never_keep_a_new_one_from_being_made(path: Path, tmp_path: Path) -> None:
    good, rng = path.read_bytes(), random.Random(7)
    for _turn in range(60):
        data = bytearray(good)
        for _smash in range(rng.randrange(1, 8)):
            at, size = rng.randrange(len(data)), rng.choice((1, 8, 200, 4000))
            data[at : at + size] = rng.randbytes(min(size, len(data) - at))
        path.write_bytes(data)
        if not is_sound(path):
            rescue(path, tmp_path / "none", bring_up, NOW_US)
            assert is_sound(path)


def test_a_row_younger_than_the_last_migration_has_what_was_put_for_the_others(path: Path, tmp_path: Path) -> None:
    wiped(path, root(path, "lines"))
    rescue(path, tmp_path / "none", bring_up, NOW_US)
    assert {row[4] for row in rows(path) if row[0] == "lines"} == {"none"}
