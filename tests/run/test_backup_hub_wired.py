"""The backup of a hub: its ledger in a file and in PostgreSQL, its authority, its nodes; what nodes sent is said apart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.fleet.postgres import PASSWORD, Postgres, programs

from hearthwatch.fleet import hub_ledger
from hearthwatch.fleet.authority import open_authority
from hearthwatch.fleet.hub_db import open_hub_db
from hearthwatch.fleet.node import SiteId
from hearthwatch.fleet.options import DATABASE_PASSWORD
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.secrets import Secret, Secrets
from hearthwatch.kit.units import WallUs
from hearthwatch.offsite.seal import new_pair
from hearthwatch.run.backup import Made, Wishes, take
from hearthwatch.run.backup_file import BackupFile, Locked
from hearthwatch.run.house_db import open_house_db
from hearthwatch.run.restore import restore

pytestmark = pytest.mark.wired

PAIR = new_pair()


def make_hub(data: Path, database: str = "") -> None:
    data.mkdir()
    (data / "hearthwatch.toml").write_text(f'[hub]\nenabled = true\ndatabase = "{database}"\n')
    Secrets(data).set(DATABASE_PASSWORD, PASSWORD)
    open_house_db(data, FakeClock()).engine.dispose()
    open_authority(data / "fleet", Secrets(data), FakeClock())
    (data / "fleet" / "footage" / "aaaabbbb").mkdir(parents=True)
    (data / "fleet" / "footage" / "aaaabbbb" / "piece.age").write_bytes(b"of a node")
    asyncio.run(ledger(data, database, make=True))


async def ledger(data: Path, database: str, *, make: bool = False) -> list[str]:
    """Return the names of the nodes in a hub's ledger."""
    db = await open_hub_db(data, database, Secret(PASSWORD))
    try:
        if make:
            await db.run(lambda connection: hub_ledger.own_node(connection, SiteId("home"), "The hub", WallUs(1)))
        return [one.node.name for one in await db.run(hub_ledger.listed)]
    finally:
        await db.close()


def taken(data: Path, path: Path) -> Made:
    locked = Locked(recipients=(PAIR.recipient,))
    return take(path, data / "hearthwatch.toml", data, locked=locked, wishes=Wishes(), clock=FakeClock())


def test_a_hub_at_home_comes_back_with_its_nodes_and_its_authority(tmp_path: Path) -> None:
    make_hub(tmp_path / "data")
    made = taken(tmp_path / "data", tmp_path / "hub.backup")
    assert made.about.schemas["hub.db"]
    assert any("fleet/footage" in note for note in made.notes)
    restore(BackupFile(tmp_path / "hub.backup"), (PAIR.identity,), tmp_path / "bare/hearthwatch.toml", tmp_path / "bare")
    assert asyncio.run(ledger(tmp_path / "bare", "")) == ["The hub"]
    here, there = (
        open_authority(tmp_path / name / "fleet", Secrets(tmp_path / name), FakeClock()) for name in ("data", "bare")
    )
    assert here.fingerprint == there.fingerprint, "nodes trust it as before"
    assert not (tmp_path / "bare" / "fleet" / "footage").exists()


@pytest.mark.skipif(programs() is None, reason="there is no PostgreSQL")
def test_a_ledger_in_postgresql_comes_back_into_an_empty_database_only(tmp_path: Path) -> None:
    with Postgres() as old:
        make_hub(tmp_path / "data", old.address)
        made = taken(tmp_path / "data", tmp_path / "hub.backup")
        assert "hub/ledger.dump" in {entry.name for entry in made.entries}
        assert not list((tmp_path / "data").glob(".backup-*"))
        bare = tmp_path / "bare"
        with pytest.raises(StorageFailed, match="not empty"):
            restore(BackupFile(tmp_path / "hub.backup"), (PAIR.identity,), bare / "hearthwatch.toml", bare)
        assert not (bare / "house.db").exists(), "then nothing is restored at all"
        asyncio.run(emptied(tmp_path, old.address))
        restore(BackupFile(tmp_path / "hub.backup"), (PAIR.identity,), bare / "hearthwatch.toml", bare)
        assert asyncio.run(ledger(bare, old.address)) == ["The hub"]
        assert not list(bare.glob(".restore*"))


async def emptied(data: Path, database: str) -> None:
    db = await open_hub_db(data, database, Secret(PASSWORD))
    for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
        await db.run(lambda connection, statement=statement: connection.exec_driver_sql(statement))
    await db.close()
