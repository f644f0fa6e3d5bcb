"""The plain text log: its format to the blank, hostile names, and no line twice whatever happened in between."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.logins.rows import login
from tests.run.quiet_db import QuietDb

from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId
from hearthwatch.logins import ledger
from hearthwatch.logins.text_log import TextLogs, append, line
from hearthwatch.vendors.device import LoginAction

FRONT = CameraId("front")
BERLIN = ZoneInfo("Europe/Berlin")
AT_US = 1_421_152_295_000_000  # Tue, 2015-01-13 13:31:35 in Berlin... minus its hour


def test_the_line_is_the_sample_with_the_right_weekday() -> None:
    found = login(user="USER", address="192.168.1.11", at_us=AT_US - 3_600_000_000)
    assert line(found, BERLIN) == "Tue, 2015-01-13 12:31:35   USER       192.168.1.11      access"


@pytest.mark.parametrize(
    ("action", "word"),
    [(LoginAction.LOGIN, "access"), (LoginAction.DENIED, "denied"), (LoginAction.LOGOUT, "logout")],
)
def test_the_action_is_the_last_column(action: LoginAction, word: str) -> None:
    assert line(login(action=action), UTC).endswith(f"   {word}")


@given(st.text(max_size=100), st.text(max_size=60))
@settings(max_examples=60)
def test_whatever_a_user_is_called_a_line_has_four_columns(user: str, origin: str) -> None:
    text = line(login(user=user, address=None, origin=origin), UTC)
    assert text.isprintable()
    assert len(re.split(r" {2,}", text)) == 4


def test_sec_14_a_name_cannot_forge_a_line() -> None:
    text = line(login(user="x\nTue, 2015-01-13 12:31:35   admin      1.2.3.4      access\u202e"), UTC)
    assert "\n" not in text
    assert "\\u202e" in text
    assert len(re.split(r" {2,}", text)) == 4


def test_appending_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "logins" / "front.log"
    size = append(path, ["a", "b"], 0)
    assert append(path, ["b"], size) == 6
    assert path.read_text() == "a\nb\nb\n"


@pytest.mark.parametrize("left", ["", "b\n", "b\nc\n", "b\nc", "b"])
def test_after_a_crash_what_was_written_is_not_written_again(tmp_path: Path, left: str) -> None:
    path = tmp_path / "front.log"
    size = append(path, ["a"], 0)
    with path.open("a") as file:
        file.write(left)
    append(path, ["b", "c"], size)
    assert path.read_text() == "a\nb\nc\n"


def test_a_file_its_owner_rotated_or_wrote_into_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "front.log"
    size = append(path, ["a", "b"], 0)
    path.write_text("note")
    assert append(path, ["c"], size) == len("note\nc\n")
    assert path.read_text() == "note\nc\n"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed):
        append(tmp_path / "file" / "front.log", ["a"], 0)


@asynccontextmanager
async def logs(folder: Path) -> AsyncIterator[tuple[TextLogs, QuietDb, Path]]:
    db = QuietDb(folder)
    path = folder / "logins" / "front.log"
    found = TextLogs(db, lambda: UTC)
    found.renew({FRONT: path})
    try:
        yield found, db, path
    finally:
        db.close()


async def test_every_row_is_written_once_over_restarts(tmp_path: Path) -> None:
    for number in range(3):
        async with logs(tmp_path) as (found, db, path):
            await db.run(lambda connection, number=number: ledger.add(connection, [login(user=f"u{number}")] * 2))
            await found.catch_up(FRONT)
            await found.catch_up(FRONT)
    assert [text.split()[3] for text in path.read_text().splitlines()] == ["u0", "u0", "u1", "u1", "u2", "u2"]


async def test_a_new_place_gets_what_is_new(tmp_path: Path) -> None:
    async with logs(tmp_path) as (found, db, path):
        await db.run(lambda connection: ledger.add(connection, [login(user="old")]))
        await found.catch_up(FRONT)
        found.renew({FRONT: tmp_path / "elsewhere.log"})
        await db.run(lambda connection: ledger.add(connection, [login(user="new")]))
        await found.catch_up(FRONT)
        assert "new" not in path.read_text()
        assert "old" not in (tmp_path / "elsewhere.log").read_text()


async def test_what_comes_while_it_writes_is_written_at_once(tmp_path: Path) -> None:
    async with logs(tmp_path) as (found, db, path):
        real = db.run

        async def seen(count: int) -> None:
            async with asyncio.timeout(60):
                while f'"last":{count},' not in await real(lambda connection: ledger.state(connection, FRONT, "text")):  # noqa: ASYNC110 no event tells
                    await asyncio.sleep(0)

        async def first(work):
            db.run = real
            await real(lambda connection: ledger.add(connection, [login(user="meanwhile")]))
            found.news(FRONT)
            return await real(work)

        db.run = first
        writing = asyncio.create_task(found.run())
        try:
            await seen(1)
            await real(lambda connection: ledger.add(connection, [login(user="later")]))
            found.news(FRONT)
            await seen(2)
        finally:
            writing.cancel()
        assert [text.split()[3] for text in path.read_text().splitlines()] == ["meanwhile", "later"]
