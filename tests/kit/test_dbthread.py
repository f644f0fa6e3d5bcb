"""The database thread: one transaction after the other, faults in our words."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from hearthwatch.kit.db import open_writer
from hearthwatch.kit.dbthread import DbThread
from hearthwatch.kit.errors import StorageFailed, StorageFault


@pytest.fixture
async def db(tmp_path):
    engine = open_writer(tmp_path / "a.db")
    db = DbThread(engine)
    await db.run(lambda connection: connection.exec_driver_sql("CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)"))
    yield db
    db.close()
    engine.dispose()


def insert(number):
    return lambda connection: connection.exec_driver_sql(f"INSERT INTO t (n) VALUES ({number})")


def numbers(connection):
    return list(connection.exec_driver_sql("SELECT n FROM t ORDER BY n").scalars())


async def test_calls_are_served_in_order_and_committed(db):
    order = []

    def work(number):
        def do(connection):
            order.append(number)
            insert(number)(connection)

        return do

    await asyncio.gather(*(db.run(work(number)) for number in range(20)))
    assert order == list(range(20)) == await db.run(numbers)


async def test_an_error_takes_back_the_whole_transaction(db):
    def half(connection):
        insert(1)(connection)
        raise KeyError

    with pytest.raises(KeyError):
        await db.run(half)
    assert await db.run(numbers) == []


async def test_a_broken_constraint_stays_what_it_is(db):
    await db.run(insert(1))
    with pytest.raises(IntegrityError):
        await db.run(insert(1))


async def test_a_full_disk_is_said_to_be_full(db):
    await db.run(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count=4"))
    with pytest.raises(StorageFailed) as raised:
        await db.run(lambda connection: connection.exec_driver_sql("INSERT INTO t (n, b) VALUES (1, zeroblob(100000))"))
    assert raised.value.fault is StorageFault.NO_SPACE
    assert await db.run(numbers) == []


async def test_a_broken_file_is_said_to_be_broken(tmp_path):
    path = tmp_path / "a.db"
    engine = open_writer(path)
    db = DbThread(engine)
    await db.run(lambda connection: connection.exec_driver_sql("CREATE TABLE t (n INTEGER)"))
    db.close()
    engine.dispose()
    path.write_bytes(b"x" * 8192)
    engine = open_writer(path)
    db = DbThread(engine)
    with pytest.raises(StorageFailed) as raised:
        await db.run(numbers)
    assert raised.value.fault is StorageFault.BROKEN
    db.close()
    engine.dispose()
