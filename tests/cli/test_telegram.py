"""`hearthwatch telegram` on a house that does not run: people are listed, changed and removed; only a code needs the house."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from tests.cli.conftest import Home

ROWS = (
    (1000, 1000, "Anna", 1_700_000_000_000_000, "owner"),
    (2000, 2000, "Ben", 1_700_000_060_000_000, "member"),
    (-77, 2000, "Ben", 1_700_000_120_000_000, "member"),
)


@pytest.fixture
def family(empty_home: Home) -> Home:
    with closing(sqlite3.connect(empty_home.data / "house.db")) as connection, connection:
        connection.executemany(
            "INSERT INTO telegram_people (chat_id, user_id, name, enrolled_us, role) VALUES (?, ?, ?, ?, ?)", ROWS
        )
    return empty_home


def test_nobody_is_enrolled_yet(empty_home: Home) -> None:
    assert empty_home.run("telegram", "list").out == "nobody is enrolled yet: `hearthwatch telegram invite`\n"


def test_people_are_listed_with_their_groups(family: Home) -> None:
    lines = family.run("telegram", "list").out.splitlines()
    assert [line.partition(", since")[0] for line in lines] == [
        "1000 Anna: owner",
        "2000 Ben: member",
        "2000 Ben: member in the group -77",
    ]
    assert json.loads(family.run("telegram", "list", "--json").out)[2]["chat_id"] == -77


def test_a_role_is_changed_in_every_chat_and_a_person_removed_from_every_one(family: Home) -> None:
    assert family.run("telegram", "role", "2000", "viewer").out.count("Ben: viewer") == 2
    assert "Ben" not in family.run("telegram", "remove", "2000").out
    assert "Anna: owner" in family.run("telegram", "list").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("role", "666", "viewer"), 1, "nobody with the Telegram id 666 is enrolled"),
        (("remove", "666"), 1, "nobody with the Telegram id 666 is enrolled"),
        (("role", "2000", "king"), 2, "viewer"),
        (("invite",), 1, "Hearthwatch is not running"),
    ],
)
def test_what_cannot_be_done_is_said(family: Home, words: tuple[str, ...], code: int, said: str) -> None:
    ran = family.run("telegram", *words)
    assert (ran.code, said in ran.err) == (code, True)
