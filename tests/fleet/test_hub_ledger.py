"""The hub's ledger, the same on SQLite and on PostgreSQL: letters by the newest word, nodes, and a database that goes away."""

from __future__ import annotations

import json
import random

import pytest
from tests.fleet.postgres import PASSWORD, Postgres, programs

from hearthwatch.fleet import hub_ledger, hub_letters
from hearthwatch.fleet.far_event import FarQuery
from hearthwatch.fleet.hub_db import open_hub_db
from hearthwatch.fleet.hub_schema import letters, metadata, segments
from hearthwatch.fleet.letter import GONE, Letter, LetterKind, Received
from hearthwatch.fleet.node import NodeState, node_id, site_id
from hearthwatch.kit.errors import ConfigFault, Refused, StorageFailed
from hearthwatch.kit.secrets import Secret
from hearthwatch.kit.units import CameraId, WallUs

pytestmark = pytest.mark.wired

A, B = node_id("aaaaaaaa"), node_id("bbbbbbbb")
HOME, CABIN = site_id("home"), site_id("cabin")
T0 = 1_700_000_000_000_000
MINUTE = 60_000_000
SITES = {A: HOME, B: CABIN}


@pytest.fixture(scope="module")
def server():
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (scripts/setup.sh system)")
    with Postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
async def db(request, tmp_path):
    address = ""
    if request.param == "postgresql":
        address = request.getfixturevalue("server").address
    opened = await open_hub_db(tmp_path, address, Secret(PASSWORD) if address else None)
    yield opened
    await opened.run(lambda connection: [connection.execute(table.delete()) for table in metadata.sorted_tables] and None)
    await opened.close()


def event(seq, key, start=0, *, node=A, camera="front", label="person", end=None, **more):
    body = {"kind": "object", "label": label, "start_us": T0 + start, "end_us": end and T0 + end, "score": 0.9, **more}
    body |= {"zones": "drive\nsteps", "picture": True, "reviewed": False}
    return Received(node=node, letter=letter(LetterKind.EVENT, key, seq, json.dumps(body).encode(), camera=camera, at=start))


def letter(kind, key, seq, body, *, camera="front", at=0):
    return Letter(kind=kind, key=key, seq=seq, at_us=WallUs(T0 + at), camera=camera and CameraId(camera), body=body)


async def found(db, merged=None, **query):
    got = await db.run(lambda connection: hub_letters.events(connection, FarQuery(**query), SITES, merged or {}))
    return [one.id for one in got]


async def test_newest_word_holds_in_whatever_order_and_however_often(db):
    said = [event(seq, f"E{seq % 5}", seq * MINUTE, label=f"v{seq}") for seq in range(40)]
    said += [Received(node=A, letter=letter(LetterKind.EVENT, "E9", 50, GONE)), event(49, "E9")]
    chance = random.Random(8)
    for _ in range(6):
        some = said * 2
        chance.shuffle(some)
        while some:
            batch, some = some[:17], some[17:]
            await db.run(lambda connection, batch=batch: hub_letters.keep(connection, batch))
    got = await db.run(lambda connection: hub_letters.events(connection, FarQuery(), SITES, {}))
    assert [(one.id, one.label) for one in got] == [(f"E{seq % 5}", f"v{seq}") for seq in range(39, 34, -1)]
    assert (got[0].zones, got[0].picture, got[0].site) == (("drive", "steps"), True, HOME)


async def test_search_is_by_columns(db):
    said = [
        event(1, "E1", 0, end=MINUTE),
        event(2, "E2", 5 * MINUTE, node=B, label="car"),
        event(3, "E3", 9 * MINUTE, camera="yard", end=10 * MINUTE),
    ]
    await db.run(lambda connection: hub_letters.keep(connection, said))
    assert await found(db) == ["E3", "E2", "E1"]
    assert await found(db, sites=frozenset({CABIN})) == ["E2"]
    assert await found(db, nodes=frozenset({A})) == ["E3", "E1"]
    assert await found(db, cameras=frozenset({CameraId("yard")})) == ["E3"]
    assert await found(db, labels=frozenset({"car"})) == ["E2"]
    assert await found(db, after_us=WallUs(T0 + 2 * MINUTE)) == ["E3", "E2"]  # one that lasts is after any moment
    assert await found(db, before_us=WallUs(T0 + MINUTE)) == ["E1"]
    assert await found(db, limit=1) == ["E3"]
    assert await found(db, {A: B}, nodes=frozenset({B})) == ["E3", "E2", "E1"]  # a wiped machine that joined again
    until = await db.run(hub_letters.events_until)
    assert until == {A: T0 + 9 * MINUTE, B: T0 + 5 * MINUTE}


async def test_letters_of_any_kind_and_of_odd_houses_are_kept(db):
    segment = json.dumps({"start_us": T0, "duration_us": MINUTE, "size_bytes": 700, "sha256": "00"}).encode()
    odd = [
        letter(LetterKind.SEGMENT, "front/main/7", 1, segment),
        letter(LetterKind.HEALTH, "machine", 2, b'{"version": "9"}', camera=None),
        letter(LetterKind.EVENT, "E1", 3, b"\xff\x00 no JSON"),
        letter(LetterKind.EVENT, "E\x002", 4, b'{"label": 7, "start_us": -1}'),
        letter(LetterKind.OUTAGE, "9", 5, b'{"start_us": 99999999999999999999999}'),
    ]
    await db.run(lambda connection: hub_letters.keep(connection, [Received(node=A, letter=one) for one in odd]))
    rows = await db.run(lambda connection: connection.execute(segments.select()).all())
    assert [(row.start_us, row.end_us, row.size_bytes) for row in rows] == [(T0, T0 + MINUTE, 700)]
    kept = await db.run(lambda connection: connection.execute(letters.select().order_by(letters.c.seq)).all())
    assert [row.key for row in kept] == ["machine", "E1", "E2", "9"]
    assert [one.letter.key for one in await db.run(lambda c: list(hub_letters.newest(c, LetterKind.HEALTH)))] == ["machine"]
    assert await found(db) == []


async def test_nodes_come_and_go(db):
    own = await db.run(lambda connection: hub_ledger.own_node(connection, HOME, "Home", WallUs(T0)))
    assert own == await db.run(lambda connection: hub_ledger.own_node(connection, CABIN, "House", WallUs(T0)))

    async def joins(word):
        await db.run(lambda c: hub_ledger.invite(c, word, site=CABIN, name="", now_us=WallUs(T0), life_s=60))
        return await db.run(lambda c: hub_ledger.redeem(c, word, key_sha256=word, name="attic", now_us=WallUs(T0)))

    first, second = await joins(b"1"), await joins(b"2")
    assert not await db.run(lambda connection: hub_ledger.revoke(connection, own))
    assert not await db.run(lambda connection: hub_ledger.retire(connection, first.node, None, WallUs(T0)))
    assert await db.run(lambda connection: hub_ledger.revoke(connection, first.node))
    with pytest.raises(Refused):
        await db.run(lambda connection: hub_ledger.retire(connection, first.node, first.node, WallUs(T0)))
    assert await db.run(lambda connection: hub_ledger.retire(connection, first.node, second.node, WallUs(T0 + 1)))
    await db.run(lambda connection: hub_ledger.heard(connection, {second.node: WallUs(T0 + 5)}))
    await db.run(lambda connection: hub_ledger.heard(connection, {second.node: WallUs(T0 + 2)}))
    listed = {one.node.id: one for one in await db.run(hub_ledger.listed)}
    assert (listed[own].node.name, listed[own].node.site, listed[own].own) == ("House", CABIN, True)
    assert (listed[first.node].node.state, listed[first.node].retired) == (NodeState.REVOKED, True)
    assert listed[second.node].node.heard_us == T0 + 5
    assert hub_ledger.merged(tuple(listed.values())) == {first.node: second.node}


async def test_models_are_what_the_migrations_make(db):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    assert await db.run(lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)) == []


async def test_database_that_goes_away_is_told_and_comes_back(server, tmp_path):
    db = await open_hub_db(tmp_path, server.address, Secret(PASSWORD))
    await db.run(lambda connection: hub_letters.keep(connection, [event(1, "E1")]))
    server.stop()
    with pytest.raises(StorageFailed, match="the database postgres at"):
        await db.run(lambda connection: hub_letters.keep(connection, [event(2, "E2")]))
    with pytest.raises(StorageFailed):
        await open_hub_db(tmp_path, server.address, Secret(PASSWORD))
    server.start()
    await db.run(lambda connection: hub_letters.keep(connection, [event(2, "E2")]))
    assert await found(db) == ["E1", "E2"]
    await db.close()
    with pytest.raises(StorageFailed) as told:
        await open_hub_db(tmp_path, server.address, Secret("not this one"))
    assert "not this one" not in str(told.value)


async def test_address_of_a_database_that_is_none(tmp_path):
    for address in ("mysql://x/y", "postgresql://u:p@h/x", "nothing"):
        with pytest.raises(ConfigFault):
            await open_hub_db(tmp_path, address, None)


async def test_only_codes_that_still_wait_count_against_their_number(db):
    def joined(connection, number):
        word = number.to_bytes(32)
        hub_ledger.invite(connection, word, site=CABIN, name="", now_us=WallUs(T0), life_s=60)
        hub_ledger.redeem(connection, word, key_sha256=word, name=f"pi-{number}", now_us=WallUs(T0))

    def asked(connection, number):
        return hub_ledger.invite(connection, number.to_bytes(32), site=CABIN, name="", now_us=WallUs(T0), life_s=60)

    for number in range(51):
        await db.run(lambda connection, number=number: joined(connection, number))
    for number in range(100, 150):
        await db.run(lambda connection, number=number: asked(connection, number))
    with pytest.raises(Refused, match="50 codes wait"):
        await db.run(lambda connection: asked(connection, 150))
