"""`house.db` opened whole or made whole: the house starts, and says what may be missing."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import text
from tests.alerts.house import Health, opened

from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.run.house_db import COPIES, NAME, Safekeeper, open_house_db


def remember(data: Path, key: str) -> None:
    with closing(sqlite3.connect(data / NAME)) as sql, sql:
        sql.execute("INSERT INTO channel_state VALUES (?, 'x')", (key,))


def remembered(data: Path) -> set[str]:
    with closing(sqlite3.connect(data / NAME)) as sql:
        return {key for (key,) in sql.execute("SELECT key FROM channel_state")}


def test_a_whole_one_is_opened_and_a_new_house_has_none_to_rescue(tmp_path: Path) -> None:
    opened(tmp_path).dispose()
    found = open_house_db(tmp_path, FakeClock())
    with found.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM users")).scalar() == 0
    found.engine.dispose()
    assert found.rescued == ""


def test_a_damaged_one_is_made_anew_from_the_copy_and_the_owner_is_told(tmp_path: Path) -> None:
    clock = FakeClock()
    opened(tmp_path).dispose()
    remember(tmp_path, "before")
    keeper = Safekeeper(tmp_path, clock, Health(), "")
    keeper.copy()
    remember(tmp_path, "after")
    for harm in ("first page", "empty", "gone"):
        clock.advance(60)
        path = tmp_path / NAME
        for end in ("-wal", "-shm"):
            path.with_name(NAME + end).unlink(missing_ok=True)
        if harm == "first page":
            path.write_bytes(b"\xa5" * 4096 + path.read_bytes()[4096:])
        elif harm == "empty":
            path.write_bytes(b"")
        else:
            path.unlink()
        found = open_house_db(tmp_path, clock)
        found.engine.dispose()
        assert "was damaged" in found.rescued, harm
        assert remembered(tmp_path) == ({"before", "after"} if harm == "first page" else {"before"}), harm
    assert len(list((tmp_path / COPIES).iterdir())) == 1


async def test_what_was_rescued_is_told_and_damage_found_by_a_copy_asks_for_a_new_start(tmp_path: Path, monkeypatch) -> None:
    opened(tmp_path).dispose()
    path = tmp_path / NAME
    health, damage = Health(), []
    keeper = Safekeeper(tmp_path, FakeClock(), health, "house.db was damaged", lambda: damage.append(1))
    monkeypatch.setattr("hearthwatch.run.house_db._FIRST_S", 0.0)

    async def slept(seconds: float) -> None:
        if seconds:
            raise InterruptedError

    monkeypatch.setattr("asyncio.sleep", slept)
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(bytes(4096))
    with suppress(InterruptedError):
        await keeper.run()
    assert health.open[Fault.DISK_BROKEN, NAME] == "house.db was damaged"
    assert damage == [1]
