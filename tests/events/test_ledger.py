"""The ledger of events."""

from __future__ import annotations

import stat
import threading
from dataclasses import replace

import pytest
from tests.alerts.house import an_event
from tests.house_db import MIGRATIONS

from hearthwatch.events import ledger
from hearthwatch.events.event import EventId, EventKind
from hearthwatch.events.ledger import EventFiles
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.db import migrate, open_reader, open_writer
from hearthwatch.kit.units import CameraId, WallUs


@pytest.fixture
def connection(tmp_path):
    engine = open_writer(tmp_path / "house.db")
    migrate(engine, MIGRATIONS)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_an_event_comes_back_as_it_was(connection):
    event = an_event(box=Box(x0=0.1, y0=0.2, x1=0.3, y1=0.4), zones=frozenset({"porch", "a b"}), detail="x", end_us=WallUs(5))
    ledger.save(connection, event)
    assert ledger.find(connection, event.id) == event
    assert ledger.find(connection, EventId("none")) is None


def test_an_update_takes_back_neither_picture_nor_review(connection):
    event = an_event()
    ledger.save(connection, event, told=True)
    ledger.set_picture(connection, event.id)
    ledger.set_reviewed(connection, event.id)
    ledger.save(connection, replace(event, score=0.9, end_us=WallUs(9)))
    found = ledger.find(connection, event.id)
    assert (found.picture, found.reviewed, found.score, found.end_us) == (True, True, 0.9, 9)
    told = connection.exec_driver_sql("SELECT told FROM events").scalar()
    assert told == 1


def test_filters_and_pages(connection):
    made = []
    for number in range(10):
        event = an_event(
            start_us=WallUs(100 + number // 2),
            camera=CameraId("front" if number % 2 else "back"),
            label="person" if number % 3 else "car",
            kind=EventKind.OBJECT if number else EventKind.MOTION,
        )
        ledger.save(connection, event)
        made.append(event)
    newest = sorted(made, key=lambda e: (e.start_us, e.id), reverse=True)
    assert list(ledger.recent(connection)) == newest
    page = ledger.recent(connection, limit=3)
    rest = ledger.recent(connection, before=page[-1].id)
    assert [*page, *rest] == newest
    assert ledger.recent(connection, before=EventId("none")) == ()
    assert {e.camera for e in ledger.recent(connection, camera=CameraId("back"))} == {"back"}
    assert {e.label for e in ledger.recent(connection, label="car")} == {"car"}
    assert len(ledger.recent(connection, kind=EventKind.MOTION)) == 1
    between = ledger.recent(connection, since_us=WallUs(101), until_us=WallUs(103))
    assert {e.start_us for e in between} == {101, 102}
    assert ledger.labels(connection) == ("car", "person")


def test_old_events_are_dropped_oldest_first_and_never_an_open_one(connection):
    old = [an_event(start_us=WallUs(n), end_us=WallUs(n + 1)) for n in range(5)]
    lasting, fresh = an_event(start_us=WallUs(0)), an_event(start_us=WallUs(50), end_us=WallUs(60))
    for event in (*old, lasting, fresh):
        ledger.save(connection, event)
    assert ledger.drop_before(connection, WallUs(5), limit=3) == tuple(event.id for event in old[:3])
    assert ledger.drop_before(connection, WallUs(5)) == (old[3].id,)
    assert {event.id for event in ledger.recent(connection)} == {old[4].id, lasting.id, fresh.id}


def test_left_open(connection):
    over, lasting = an_event(end_us=WallUs(1)), an_event()
    ledger.save(connection, over)
    ledger.save(connection, lasting)
    assert ledger.left_open(connection) == (lasting,)


def test_a_reader_sees_it_and_cannot_write(tmp_path):
    writer = open_writer(tmp_path / "house.db")
    migrate(writer, MIGRATIONS)
    event = an_event()
    with writer.begin() as connection:
        ledger.save(connection, event)
    reader = open_reader(tmp_path / "house.db")
    with reader.begin() as connection:
        assert ledger.recent(connection) == (event,)
    reader.dispose()
    writer.dispose()


def test_the_schema_is_that_of_the_tables(tmp_path):
    from sqlalchemy import inspect

    from hearthwatch.alerts import enrolment
    from hearthwatch.alerts import ledger as alerts
    from hearthwatch.audit import trail
    from hearthwatch.health import ledger as health

    engine = open_writer(tmp_path / "house.db")
    migrate(engine, MIGRATIONS)
    found = inspect(engine)
    for metadata in (ledger.metadata, alerts.metadata, health.metadata, enrolment.metadata, trail.metadata):
        for table in metadata.tables.values():
            columns = {column["name"]: column for column in found.get_columns(table.name)}
            assert set(columns) == set(table.columns.keys())
            for column in table.columns:
                assert columns[column.name]["nullable"] == column.nullable, f"{table.name}.{column.name}"
            assert {index["name"] for index in found.get_indexes(table.name)} == {index.name for index in table.indexes}
    engine.dispose()


def test_pictures_are_private_files_by_id(tmp_path):
    files = EventFiles(tmp_path)
    event = EventId("E1")
    assert files.picture(event) is None
    files.write_picture(event, b"first")
    files.write_picture(event, b"jpeg")
    files.write_clip(event, b"mp4")
    assert (files.picture(event), files.clip(event)) == (b"jpeg", b"mp4")
    path = tmp_path / "pictures" / "E1.jpg"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files.forget([event])
    assert files.picture(event) is None
    with pytest.raises(ValueError, match="plain file name"):
        files.picture(EventId("../x"))


def test_a_picture_can_be_seen_while_a_slow_disk_still_takes_it(tmp_path, monkeypatch):
    files, event = EventFiles(tmp_path), EventId("e1")
    begun, goes_on = threading.Event(), threading.Event()

    def slow(path, data):
        begun.set()
        goes_on.wait(60)
        path.write_bytes(data)

    monkeypatch.setattr(ledger, "write_atomic", slow)
    writing = threading.Thread(target=files.write_picture, args=(event, b"jpeg"))
    writing.start()
    assert begun.wait(60)
    assert files.picture(event) == b"jpeg"
    goes_on.set()
    writing.join()
    assert files.picture(event) == b"jpeg"
    files.forget([event])
    assert files.picture(event) is None
