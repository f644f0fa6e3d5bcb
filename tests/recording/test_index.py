from __future__ import annotations

import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import OperationalError
from tests.recording.conftest import FAR_US, FRONT, Bench
from tests.recording.packet_maker import START_US, make

from hearthwatch.feeds.packet import RunId, Stream
from hearthwatch.kit.db import open_reader, open_writer
from hearthwatch.kit.errors import StorageFailed
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.index import Asked, IndexReader
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.schema import metadata, segments
from hearthwatch.recording.segment import FootageClass, StorageOptions

HOUR_US = 3_600_000_000


def test_the_migrations_lead_to_the_tables_of_the_schema(tmp_path: Path) -> None:
    IndexWriter(tmp_path / "index.db").close()
    engine = open_writer(tmp_path / "index.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_reader_cannot_write(bench: Bench) -> None:
    engine = open_reader(bench.index_path)
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(segments.delete())
    engine.dispose()


def test_days_are_local_days(bench: Bench) -> None:
    bench.options = StorageOptions(segment_s=60, free_gib=0)
    midnight_in_sydney_us = 1_800_018_000_000_000 - 1_800_018_000_000_000 % (24 * HOUR_US) + 13 * HOUR_US
    bench.record(4, start_us=midnight_in_sydney_us - 20_000_000)
    bench.record(4, start_us=midnight_in_sydney_us + 20_000_000)
    sydney = bench.reader.days(FRONT, zone=ZoneInfo("Australia/Sydney"))
    assert len(bench.reader.days(FRONT)) == 1
    assert len(sydney) == 2
    assert sydney[0].date < sydney[1].date
    assert [day.kept_us for day in sydney] == [4_000_000, 4_000_000]
    assert sum(day.size_bytes for day in sydney) == sum(one.size_bytes for one in bench.segments())


def test_totals_tell_what_is_kept_and_what_a_day_adds(bench: Bench) -> None:
    bench.options = StorageOptions(segment_s=60, free_gib=0)
    bench.record(4)
    bench.disk.mark(Asked(camera=FRONT, start_us=WallUs(0), end_us=FAR_US, footage_class=FootageClass.MOTION, pinned=False))
    bench.record(4, camera="back", start_us=START_US + 30 * HOUR_US)
    totals = {one.camera: one for one in bench.reader.totals(WallUs(START_US + 31 * HOUR_US))}
    assert totals[FRONT].footage_class is FootageClass.MOTION
    assert totals[FRONT].newest_day_bytes == 0
    assert totals[FRONT].oldest_us == START_US
    back = totals[CameraId("back")]
    assert (back.footage_class, back.segments) == (FootageClass.CONTINUOUS, 1)
    assert back.newest_day_bytes == back.size_bytes > 1000
    assert bench.reader.streams() == ((CameraId("back"), Stream.MAIN), (FRONT, Stream.MAIN))


def test_ranges_touch_without_overlapping(bench: Bench) -> None:
    bench.record(20)
    third = bench.segments()[2]
    found = bench.reader.segments(FRONT, Stream.MAIN, third.start_us, third.end_us)
    assert found == (third,)
    assert bench.reader.segments(FRONT, Stream.SUB, WallUs(0), FAR_US) == ()
    assert bench.reader.segment(FRONT, Stream.MAIN, third.sequence) == third
    assert list(bench.reader.all_segments()) == list(bench.segments())


def test_a_pin_is_taken_off_in_the_middle_of_a_range(bench: Bench) -> None:
    index = bench.store.index
    whole = Asked(camera=FRONT, start_us=WallUs(100), end_us=WallUs(200), footage_class=FootageClass.CONTINUOUS, pinned=True)
    index.mark(whole)
    index.unpin(FRONT, WallUs(120), WallUs(150))
    assert [(one.start_us, one.end_us) for one in index.asked(WallUs(0), FAR_US)] == [(100, 120), (150, 200)]
    index.unpin(FRONT, WallUs(0), WallUs(1000))
    assert index.asked(WallUs(0), FAR_US) == ()


def test_many_threads_may_read_at_once(bench: Bench) -> None:
    bench.record(12)
    expected = bench.segments()
    wrong: list[object] = []

    def read() -> None:
        for _count in range(50):
            if (found := bench.segments()) != expected:
                wrong.append(found)

    threads = [threading.Thread(target=read) for _count in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []


def test_what_a_run_holds_is_known_as_long_as_footage_of_it_is(bench: Bench) -> None:
    bench.record(4)
    run = bench.segments()[0].run
    assert bench.reader.info(run) == make().info
    assert bench.reader.info(RunId("never")) is None
    bench.store.index.forget(bench.segments())
    assert bench.reader.info(run) is None


def test_a_missing_index_is_a_clear_error(tmp_path: Path) -> None:
    with IndexReader(tmp_path / "none.db") as reader, pytest.raises(StorageFailed, match=r"opening .*none\.db"):
        reader.streams()
