from __future__ import annotations

import os
import sqlite3
from itertools import islice

import pytest
from tests.recording.conftest import FRONT, Bench
from tests.recording.packet_maker import START_US, looped, make

from hearthwatch.feeds.packet import GapReason
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import WallUs
from hearthwatch.recording.index import Asked
from hearthwatch.recording.index_writer import IndexWriter
from hearthwatch.recording.segment import FootageClass, SegmentState, StorageOptions
from hearthwatch.recording.store import open_store
from hearthwatch.recording.verify import Flaw, Report, verify

ONE_FILE = StorageOptions(segment_s=60, free_gib=0)


def check(bench: Bench, *, deep: bool = True) -> Report:
    return verify(bench.folder, bench.reader, now_us=WallUs(int(1e18)), deep=deep)


def half_a_file(bench: Bench) -> None:
    """Record 8 s into one file and crash: whole fragments of 7 s are written, the eighth second waits in memory."""
    bench.options = ONE_FILE
    writer = bench.writer()
    bench.begin(writer, make())
    bench.feed(writer, looped(make(), 8))
    bench.crash()


def test_a_crash_costs_what_was_not_yet_written_and_leaves_a_gap(bench: Bench) -> None:
    half_a_file(bench)
    bench.open()
    (segment,) = bench.segments()
    assert segment.state is SegmentState.COMPLETE
    assert segment.frames == 105
    (gap,) = bench.gaps()
    assert (gap.start_us, gap.end_us, gap.reason) == (segment.end_us, None, GapReason.US)
    assert bench.store.repaired.cut == 1
    bench.record(4, start_us=START_US + 20_000_000)
    gap = bench.gaps()[0]
    assert (gap.reason, gap.end_us) == (GapReason.US, START_US + 20_000_000)
    assert check(bench).is_clean


@pytest.mark.parametrize("kept_frac", [0.999, 0.8, 0.41, 0.25])
def test_a_torn_end_is_cut_to_the_last_whole_fragment(bench: Bench, kept_frac: float) -> None:
    half_a_file(bench)
    (path,) = bench.folder.glob("front/main/*.mp4")
    os.truncate(path, int(path.stat().st_size * kept_frac))
    bench.open()
    (segment,) = bench.segments()
    assert segment.size_bytes == path.stat().st_size
    assert segment.frames % 15 == 0
    assert segment.frames >= 15 * int(7 * kept_frac) - 30
    assert check(bench).is_clean


def test_zeroes_at_the_end_are_cut_off(bench: Bench) -> None:
    half_a_file(bench)
    (path,) = bench.folder.glob("front/main/*.mp4")
    size = path.stat().st_size
    os.truncate(path, size * 6 // 10)
    os.truncate(path, size)
    bench.open()
    (segment,) = bench.segments()
    assert 45 <= segment.frames <= 60
    assert check(bench).is_clean


def test_a_file_without_a_frame_is_dropped(bench: Bench) -> None:
    half_a_file(bench)
    (path,) = bench.folder.glob("front/main/*.mp4")
    os.truncate(path, 900)
    bench.open()
    assert bench.segments() == ()
    assert bench.store.repaired.dropped == 1
    assert check(bench).is_clean


def test_a_file_that_cannot_be_parsed_is_set_aside(bench: Bench) -> None:
    half_a_file(bench)
    (path,) = bench.folder.glob("front/main/*.mp4")
    path.write_bytes(b"\xff" * 5000)
    bench.open()
    assert bench.segments() == ()
    assert [one.read_bytes() for one in (bench.folder / "quarantine").iterdir()] == [b"\xff" * 5000]
    report = check(bench)
    assert report.is_clean
    assert "set aside" in report.notes[0]


def test_a_row_whose_file_never_was_is_dropped(bench: Bench) -> None:
    half_a_file(bench)
    (path,) = bench.folder.glob("front/main/*.mp4")
    path.unlink()
    bench.open()
    assert bench.segments() == ()


def test_only_one_recorder_owns_a_folder(bench: Bench) -> None:
    with pytest.raises(StorageFailed, match="another Hearthwatch is recording"):
        open_store(bench.folder, bench.root / "other" / "index.db", bench.clock)
    with pytest.raises(StorageFailed, match="another Hearthwatch is recording"):
        open_store(bench.root / "elsewhere", bench.index_path, bench.clock)


def test_an_empty_mount_drops_no_row_and_the_disk_may_come_back(bench: Bench) -> None:
    bench.record(20)
    before = bench.segments()
    bench.close()
    bench.folder.rename(bench.root / "away")
    bench.open()
    assert bench.store.is_new
    assert bench.segments() == ()
    bench.record(3, start_us=START_US + 100_000_000)
    assert bench.segments()[0].sequence > before[-1].sequence
    bench.close()
    bench.folder.rename(bench.root / "blank")
    (bench.root / "away").rename(bench.folder)
    bench.open()
    bench.clock.advance(20)
    bench.work()
    assert bench.segments() == before
    assert check(bench).is_clean


def test_verify_does_not_judge_the_wrong_disk(bench: Bench) -> None:
    bench.record(4)
    (bench.folder / ".hearthwatch-store").write_text("00000000-0000-4000-8000-000000000000")
    assert [one.flaw for one in check(bench).findings] == [Flaw.WRONG_DISK]


@pytest.mark.parametrize("loss", ["gone", "broken"])
def test_the_index_is_made_anew_from_the_files(bench: Bench, loss: str) -> None:
    bench.record(10)
    bench.record(10, start_us=START_US + 60_000_000)
    bench.disk.mark(asked_pin(bench, 1))
    before = bench.segments()
    bench.close()
    if loss == "gone":
        for path in bench.index_path.parent.glob("index.db*"):
            path.unlink()
    else:
        bench.index_path.write_bytes(b"not a database at all" * 1000)
    bench.open()
    for _ in range(4):
        bench.clock.advance(20)
        bench.work()
    after = bench.segments()
    key = ("run", "sequence", "start_us", "size_bytes", "frames", "keyframes", "pinned")
    assert [[getattr(one, name) for name in key] for one in after] == [[getattr(one, name) for name in key] for one in before]
    assert sum(one.pinned for one in after) == 1
    assert all(one.footage_class is FootageClass.EVENT for one in after)
    (hole,) = [gap for gap in bench.gaps() if gap.end_us == START_US + 60_000_000]
    assert abs(hole.start_us - (START_US + 12_000_000)) < 100_000
    assert hole.reason is GapReason.DISK
    bench.record(3, start_us=START_US + 200_000_000)
    assert bench.segments()[len(before)].sequence == before[-1].sequence + 1
    assert (GapReason.US, START_US + 200_000_000) in {(gap.reason, gap.end_us) for gap in bench.gaps()}
    assert check(bench).is_clean
    if loss == "broken":
        assert len(list(bench.index_path.parent.glob("index.db.broken-*"))) == 1


def asked_pin(bench: Bench, at: int):
    segment = bench.segments()[at]
    middle = WallUs(segment.start_us + segment.duration_us // 2)
    return Asked(camera=FRONT, start_us=middle, end_us=WallUs(middle + 1), footage_class=FootageClass.CONTINUOUS, pinned=True)


def test_files_somebody_deleted_become_a_gap(bench: Bench) -> None:
    bench.record(20)
    before = bench.segments()
    bench.close()
    (bench.folder / before[2].path).unlink()
    bench.open()
    assert [one.flaw for one in check(bench).findings] == [Flaw.MISSING]
    bench.work()
    assert [one.sequence for one in bench.segments()] == [1, 2, 4, 5, 6]
    assert (before[2].start_us, before[2].end_us, GapReason.DISK) in {
        (gap.start_us, gap.end_us, gap.reason) for gap in bench.gaps()
    }
    assert check(bench).is_clean


def test_many_missing_files_are_a_wrong_disk_and_no_row_is_dropped(bench: Bench) -> None:
    bench.options = StorageOptions(segment_s=1.1, free_gib=0)
    bench.record(40)
    count = len(bench.segments())
    assert count > 12
    bench.close()
    for path in bench.folder.glob("front/main/*.mp4"):
        path.unlink()
    bench.open()
    bench.work()
    assert len(bench.segments()) == count


@pytest.mark.parametrize(
    ("harm", "flaw"),
    [
        (lambda path: os.truncate(path, path.stat().st_size - 7), Flaw.SIZE),
        (lambda path: path.write_bytes(bytes([*path.read_bytes()[:-9], 1, 2, 3, 4, 5, 6, 7, 8, 9])), Flaw.HASH),
        (lambda path: path.unlink(), Flaw.MISSING),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), Flaw.TABLES),
    ],
)
def test_verify_finds_harm(bench: Bench, harm, flaw: Flaw) -> None:
    bench.record(12)
    assert check(bench).is_clean
    harm(bench.folder / bench.segments()[1].path)
    assert [one.flaw for one in check(bench).findings] == [flaw]


def test_verify_finds_strangers_holes_and_overlaps(bench: Bench) -> None:
    bench.record(20)
    segments = bench.segments()
    (bench.folder / "front/main/000000000099.mp4").write_bytes(b"stranger")
    with sqlite3.connect(bench.index_path) as database:
        shift = "UPDATE segments SET start_us = start_us + ?, duration_us = duration_us - 1000000 WHERE id = ?"
        database.execute(shift, (-500_000, segments[2].id))
    database.close()
    flaws = sorted(one.flaw for one in check(bench, deep=False).findings)
    assert flaws == [Flaw.HOLE, Flaw.ORPHAN, Flaw.OVERLAP]


def test_an_index_of_a_newer_release_is_refused(bench: Bench) -> None:
    bench.close()
    with sqlite3.connect(bench.index_path) as database:
        (ours,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StorageFailed, match="newer Hearthwatch") as caught:
        IndexWriter(bench.index_path)
    assert caught.value.fault is StorageFault.BROKEN
    with sqlite3.connect(bench.index_path) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (ours,))
    database.close()
    bench.open()


def test_an_index_that_breaks_while_recording_is_made_anew_and_recording_goes_on(bench: Bench) -> None:
    bench.record(10)
    before = bench.segments()
    bench.reader.close()
    bench.store.index.engine.dispose()  # the last connection empties the log into the file and forgets it
    with bench.index_path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (bench.index_path.stat().st_size - 4096))
    bench.record(12, start_us=START_US + 20_000_000)
    for _step in range(3):
        bench.clock.advance(20)
        bench.work()
    after = bench.segments()
    assert [one.sequence for one in before] == [one.sequence for one in after[: len(before)]]
    assert sum(one.frames for one in after) >= sum(one.frames for one in before) + 120
    assert len(list(bench.index_path.parent.glob("index.db.broken-*"))) >= 1
    assert check(bench).is_clean


def test_damage_where_only_readers_would_look_is_found_at_the_start(bench: Bench) -> None:
    bench.record(10)
    before = bench.segments()
    bench.close()
    with sqlite3.connect(bench.index_path) as database:
        rows = [("front", "main", at, at + 1, "network", "a hole with a mark") for at in range(500)]
        put = "INSERT INTO gaps (camera, stream, start_us, end_us, reason, detail) VALUES (?, ?, ?, ?, ?, ?)"
        database.executemany(put, rows)
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    at = bench.index_path.read_bytes().index(b"a hole with a mark") // 4096 * 4096
    with bench.index_path.open("r+b") as file:
        file.seek(at)
        file.write(bytes(4096))
    bench.open()
    for _ in range(4):
        bench.clock.advance(20)
        bench.work()
    assert [one.sequence for one in bench.segments()] == [one.sequence for one in before]
    assert len(bench.gaps()) < 500
    assert check(bench).is_clean


def test_taking_in_a_stranger_repeats_no_gap(bench: Bench) -> None:
    bench.record(4)
    bench.record(4, start_us=START_US + 10_000_000)
    lost = bench.segments()[0]
    bench.store.index.forget((lost,))
    before = bench.gaps()
    bench.close()
    bench.open()
    bench.work()
    assert bench.segments()[0].sequence == lost.sequence
    assert bench.gaps() == before


def test_a_file_that_lost_its_end_is_listed_as_long_as_it_is(bench: Bench) -> None:
    bench.record(20)
    bench.disk.mark(asked_pin(bench, 2))
    before = bench.segments()
    bench.close()
    for one in before[1:3]:
        path = bench.folder / one.path
        path.chmod(0o640)
        os.truncate(path, one.size_bytes * 6 // 10)
    bench.open()
    for _ in range(6):
        bench.clock.advance(11)
        bench.work()
    after = bench.segments()
    assert [one.sequence for one in after] == [one.sequence for one in before]
    for one, was in zip(after[1:3], before[1:3], strict=True):
        assert one.size_bytes == (bench.folder / one.path).stat().st_size
        assert 1_000_000 <= one.duration_us < was.duration_us
        assert (one.end_us, was.end_us) in {(gap.start_us, gap.end_us) for gap in bench.gaps()}
    assert [one.pinned for one in after[1:3]] == [False, True]
    assert (bench.folder / after[2].path).stat().st_mode & 0o777 == 0o440
    assert check(bench).is_clean


@pytest.mark.long
def test_footage_goes_on_while_somebody_else_holds_the_index(bench: Bench) -> None:
    writer = bench.writer()
    bench.begin(writer, make())
    packets = looped(make(), 60)
    bench.feed(writer, islice(packets, 100))
    with sqlite3.connect(bench.index_path) as other:
        other.execute("BEGIN IMMEDIATE")
        bench.feed(writer, islice(packets, 200))
        assert bench.health[-1] is not None
        assert "locked" in str(bench.health[-1])
        other.rollback()
    other.close()
    bench.clock.advance(11)
    bench.work()
    bench.feed(writer, islice(packets, 300))
    bench.end(writer)
    assert bench.health[-1] is None
    assert sum(one.frames for one in bench.segments()) == 600
    assert check(bench).is_clean
