"""An older release on newer data stops with one clear sentence, before it touches anything; `doctor` says the same."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from tests.cli.conftest import Home, empty_home, home

from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.secrets import Secrets
from hearthwatch.run.check import Verdict
from hearthwatch.run.doctor_schemas import databases
from hearthwatch.run.schemas import newest, schemas

__all__ = ["empty_home", "home"]

NEWER = "9001"


@pytest.fixture(autouse=True)
def no_house(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` becomes the house itself: a test that does not refuse must fail, not turn into one."""

    def started(*_: object) -> None:
        raise AssertionError("the house was started")

    monkeypatch.setattr(os, "execv", started)


def written_by_a_newer(path: Path) -> bytes:
    with contextlib.closing(sqlite3.connect(path)) as sql:
        sql.execute("UPDATE alembic_version SET version_num = ?", (NEWER,))
        sql.commit()
        sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def run(home: Home, *argv: str) -> str:
    """One sentence of a command that ends at once."""
    ran = home.run(*argv)
    assert ran.code == 1
    assert ran.err.count("\n") == 1, ran.err
    return ran.err


@pytest.mark.parametrize("name", ["house.db", "footage/index.db", "hub.db"])
def test_f27_a_database_of_a_newer_release_stops_the_start_and_stays_as_it_is(home: Home, name: str) -> None:
    path = home.data / name
    if name == "hub.db":  # what is refused is its number, before anything looks into it
        path.write_bytes((home.data / "house.db").read_bytes())
    before = written_by_a_newer(path)
    known = newest()[path.name]
    said = run(home, "run")
    assert said == (
        f"hearthwatch: {path} was written by a newer Hearthwatch (schema {NEWER}, this one knows {known}): "
        "install that release, or restore a backup of before\n"
    )
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.broken-*")), "nothing is set aside: it is not damaged"
    told = [check for check in databases(home.data, None) if check.verdict is Verdict.FAIL]
    assert [(check.subject, check.detail + "\n") for check in told] == [(path.name, said.removeprefix("hearthwatch: "))]
    asked = home.run("upgrade-check")
    assert asked.code == 1
    assert f"{path.name}: schema {NEWER}, by a newer release" in asked.out


def test_f27_a_command_on_a_closed_house_says_the_same(empty_home: Home) -> None:
    written_by_a_newer(empty_home.data / "house.db")
    assert "was written by a newer Hearthwatch" in run(empty_home, "people", "list")


def test_f27_a_setting_of_a_newer_release_is_named_with_its_line(empty_home: Home) -> None:
    config = empty_home.data / "hearthwatch.toml"
    config.write_text(config.read_text() + "[storage]\nkeep_for_ever = true\n")
    ran = empty_home.run("run")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "hearthwatch.toml:8: storage.keep_for_ever" in ran.err


@pytest.mark.parametrize("magic", [b"HWSEAL2\n", b"HWSEAL12\n"])
def test_f27_secrets_of_a_newer_release_are_not_called_damaged(empty_home: Home, magic: bytes) -> None:
    Secrets(empty_home.data).set("camera.front.password", "x1")
    path = empty_home.data / "secrets.sealed"
    path.write_bytes(magic + path.read_bytes().partition(b"\n")[2])
    before = path.read_bytes()
    said = run(empty_home, "run")
    assert said == (
        f"hearthwatch: {path} was written by a newer Hearthwatch and was left as it is: "
        "install that release, or restore a backup of before\n"
    )
    assert path.read_bytes() == before


def test_f27_what_is_kept_sealed_by_a_newer_release_is_not_called_damaged(tmp_path: Path) -> None:
    store = Secrets(tmp_path)
    blob = store.seal(b"x", "copies")
    with pytest.raises(StorageFailed, match="written by a newer Hearthwatch"):
        store.unseal(blob.replace(b"HWBLOB1\n", b"HWBLOB2\n"), "copies")


def test_a_damaged_or_missing_database_is_none_of_the_newer_ones(tmp_path: Path) -> None:
    (tmp_path / "house.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert [each.found for each in schemas(tmp_path, None)] == [None, None]
    assert not any(each.is_too_new for each in schemas(tmp_path, None))
