"""A damaged database: what can be read counts, a copy fills in the rest, and a copy is never made of what is damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.rescue import copies, copy_now, is_sound, rescue
from hearthwatch.kit.units import WallUs

NOW_US = WallUs(1_800_000_000_000_000)


def bring_up(path: Path) -> None:
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("CREATE TABLE IF NOT EXISTS people (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        sql.execute(
            "CREATE TABLE IF NOT EXISTS doors (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people (id), pad TEXT)"
        )
        sql.commit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in use whose two tables lie on pages of their own."""
    made = tmp_path / "house.db"
    bring_up(made)
    with closing(sqlite3.connect(made)) as sql, sql:
        sql.execute("PRAGMA journal_mode=WAL")
        sql.executemany("INSERT INTO people VALUES (?, ?)", [(at, f"person {at}") for at in range(1, 6)])
        sql.executemany("INSERT INTO doors VALUES (?, 1, ?)", [(at, "x" * 900) for at in range(1, 41)])
    return made


def rows(path: Path, table: str) -> list[int]:
    with closing(sqlite3.connect(path)) as sql:
        return [key for (key,) in sql.execute(f"SELECT id FROM {table} ORDER BY id")]


def page_of(path: Path, text: bytes) -> int:
    return path.read_bytes().index(text) // 4096 * 4096


def overwrite(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes(4096))


def test_copies_are_whole_and_the_newest_few_stay(path: Path, tmp_path: Path) -> None:
    for turn in range(5):
        copy_now(path, tmp_path / "backup", WallUs(NOW_US + turn), keep=3)
    found = copies(tmp_path / "backup", "house.db")
    assert [made_us for made_us, _path in found] == [NOW_US + 4, NOW_US + 3, NOW_US + 2]
    assert all(is_sound(each) and rows(each, "people") == [1, 2, 3, 4, 5] for _made_us, each in found)
    assert {each.name for each in (tmp_path / "backup").iterdir()} == {each.name for _made_us, each in found}


def test_no_copy_is_made_of_what_is_damaged(path: Path, tmp_path: Path) -> None:
    good = copy_now(path, tmp_path / "backup", NOW_US, keep=1)
    overwrite(path, page_of(path, b"x" * 900))
    with pytest.raises(StorageFailed, match="malformed"):
        copy_now(path, tmp_path / "backup", WallUs(NOW_US + 1), keep=1)
    assert [each for _made_us, each in copies(tmp_path / "backup", "house.db")] == [good]


def test_a_table_that_can_be_read_is_taken_as_it_is_the_other_is_filled_in(path: Path, tmp_path: Path) -> None:
    copy_now(path, tmp_path / "backup", NOW_US, keep=3)
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("DELETE FROM people WHERE id = 5")
        sql.execute("INSERT INTO people VALUES (6, 'new')")
        sql.execute("INSERT INTO doors VALUES (41, 1, 'new')")
    overwrite(path, page_of(path, b"x" * 900))
    found = rescue(path, tmp_path / "backup", bring_up, WallUs(NOW_US + 9))
    assert (found.copy_us, found.whole, found.partly) == (NOW_US, ("people",), ("doors",))
    assert rows(path, "people") == [1, 2, 3, 4, 6], "who was taken away since the copy stays away"
    assert rows(path, "doors") == list(range(1, 42))
    assert is_sound(path)
    assert found.broken.exists()
    assert not list(tmp_path.glob(".*"))


def test_without_a_copy_the_rest_is_kept(path: Path, tmp_path: Path) -> None:
    overwrite(path, page_of(path, b"x" * 900))
    found = rescue(path, tmp_path / "backup", bring_up, NOW_US)
    assert found.copy_us is None
    assert rows(path, "people") == [1, 2, 3, 4, 5]
    assert 0 < len(rows(path, "doors")) < 40


def test_first_bytes_alone_hide_nothing(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"\xa5" * 100 + path.read_bytes()[100:])
    assert not is_sound(path)
    found = rescue(path, tmp_path / "backup", bring_up, NOW_US)
    assert set(found.whole) == {"people", "doors"}
    assert rows(path, "people") == [1, 2, 3, 4, 5]
    assert rows(path, "doors") == list(range(1, 41))


def test_a_first_page_that_is_gone_leaves_the_copy(path: Path, tmp_path: Path) -> None:
    copy_now(path, tmp_path / "backup", NOW_US, keep=3)
    overwrite(path, 0)
    assert not is_sound(path)
    found = rescue(path, tmp_path / "backup", bring_up, WallUs(NOW_US + 1))
    assert found.whole == ()
    assert rows(path, "people") == [1, 2, 3, 4, 5]


def test_a_rescue_that_was_killed_is_taken_up_with_what_it_had_set_aside(path: Path, tmp_path: Path) -> None:
    copy_now(path, tmp_path / "backup", NOW_US, keep=3)
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("INSERT INTO people VALUES (6, 'new')")
        sql.commit()
        log = path.with_name("house.db-wal").read_bytes()
    path.with_name("house.db-wal").write_bytes(log)
    overwrite(path, page_of(path, b"x" * 900))
    broken = path.with_name(f"house.db.broken-{NOW_US + 1}")
    broken.hardlink_to(path)
    path.with_name("house.db-wal").rename(broken.with_name(broken.name + "-wal"))
    found = rescue(path, tmp_path / "backup", bring_up, WallUs(NOW_US + 9))
    assert found.broken == broken
    assert rows(path, "people") == [1, 2, 3, 4, 5, 6], "the newest row is in the log that was set aside"
    assert sorted(each.name for each in tmp_path.glob("*.broken-*")) == [broken.name, f"{broken.name}-wal"]


def test_a_second_damage_at_the_same_microsecond_finds_another_name(path: Path, tmp_path: Path) -> None:
    copy_now(path, tmp_path / "backup", NOW_US, keep=3)
    found = []
    for _turn in range(2):
        overwrite(path, page_of(path, b"x" * 900))
        found.append(rescue(path, tmp_path / "backup", bring_up, NOW_US).broken)
    assert len(set(found)) == 2
    assert all(each.exists() for each in found)


def test_rows_that_point_at_nothing_are_left_out(path: Path, tmp_path: Path) -> None:
    overwrite(path, page_of(path, b"person 1"))
    rescue(path, tmp_path / "backup", bring_up, NOW_US)
    assert rows(path, "people") == []
    assert rows(path, "doors") == []


def test_a_database_somebody_holds_is_not_called_damaged(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_names, **_options):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(sqlite3, "connect", locked)
    with pytest.raises(StorageFailed, match="locked") as caught:
        is_sound(path)
    assert caught.value.fault is StorageFault.BROKEN
