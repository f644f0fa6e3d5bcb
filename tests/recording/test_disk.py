from __future__ import annotations

import hashlib
from itertools import pairwise

import av
import pytest
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US, looped, make

from hearthwatch.feeds.packet import Codec, Gap, GapReason, Kind, Stream
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import WallUs
from hearthwatch.recording.segment import SegmentState, StorageOptions
from hearthwatch.recording.segment_file import sha256_of
from hearthwatch.recording.walk import read_footage_at
from hearthwatch.recording.writer import DiskQueue

ONE_FILE = StorageOptions(segment_s=60, free_gib=0)


def test_a_run_becomes_touching_segments_of_whole_groups_of_pictures(bench: Bench) -> None:
    bench.record(20)
    segments = bench.segments()
    assert len(segments) >= 5
    assert all(one.state is SegmentState.COMPLETE for one in segments)
    assert segments[0].start_us == START_US
    for one, after in pairwise(segments):
        assert one.end_us == after.start_us
    assert sum(one.frames for one in segments) == 300
    assert all(one.duration_us == pytest.approx(4_000_000) for one in segments[1:-1])
    for one in segments:
        path = bench.folder / one.path
        assert path.stat().st_size == one.size_bytes
        assert sha256_of(path) == one.sha256 == hashlib.sha256(path.read_bytes()).digest()
        with av.open(str(path)) as file:
            assert sum(1 for _frame in file.decode(video=0)) == one.frames


def test_a_gap_reaches_from_the_last_frame_before_to_the_first_after(bench: Bench) -> None:
    bench.options = ONE_FILE
    bench.record(3)
    bench.record(3, start_us=START_US + 10_000_000)
    first, second = bench.segments()
    (gap, lasting) = bench.gaps()
    assert (gap.start_us, gap.end_us, gap.reason) == (first.end_us, second.start_us, GapReason.NETWORK)
    assert (lasting.start_us, lasting.end_us) == (second.end_us, None)


def test_nothing_is_kept_before_the_first_key_frame(bench: Bench) -> None:
    bench.options = ONE_FILE
    writer = bench.writer()
    bench.begin(writer, make())
    bench.feed(writer, iter(list(looped(make(), 4))[10:]))
    bench.end(writer)
    (segment,) = bench.segments()
    assert segment.start_us == START_US + 1_000_000
    assert segment.frames == 45


def test_sound_lies_in_the_same_files(bench: Bench) -> None:
    made = make(audio=Codec.AAC)
    bench.record(8, made=made)
    kept = b""
    for one in bench.segments():
        with av.open(str(bench.folder / one.path)) as file:
            packets = [packet for packet in file.demux(audio=0) if packet.size]
            assert packets[0].pts * packets[0].time_base < 0.2
            kept += b"".join(bytes(packet) for packet in packets)
    assert kept == b"".join(packet.data for packet in looped(made, 8) if packet.kind is Kind.AUDIO)


def test_causes_that_follow_each_other_are_kept_apart(bench: Bench) -> None:
    bench.options = ONE_FILE
    bench.record(3)
    (segment,) = bench.segments()
    writer = bench.writer()
    for at, reason in ((10, GapReason.NETWORK), (20, GapReason.REFUSED), (30, GapReason.REFUSED)):
        start_us = WallUs(START_US + at * 1_000_000)
        writer.end(Gap(camera=writer.camera, stream=Stream.MAIN, start_us=start_us, end_us=None, reason=reason))
    bench.work()
    assert [(gap.reason, gap.start_us, gap.end_us) for gap in bench.gaps()] == [
        (GapReason.NETWORK, segment.end_us, START_US + 20_000_000),
        (GapReason.REFUSED, START_US + 20_000_000, None),
    ]


def test_a_slow_disk_costs_whole_groups_of_pictures_and_says_so(bench: Bench) -> None:
    bench.queue = DiskQueue(limit_bytes=40_000)
    writer = bench.writer()
    bench.begin(writer, make())
    packets = list(looped(make(), 60))
    for packet in packets[:600]:
        writer.take(packet)
    dropped = bench.queue.count().dropped
    bench.clock.advance(40)
    bench.work()
    bench.feed(writer, iter(packets[600:]))
    bench.end(writer)
    assert dropped == 1
    gap = bench.gaps()[0]
    assert gap.reason is GapReason.DISK_SLOW
    segments = bench.segments()
    assert gap.start_us in {one.end_us for one in segments}
    assert gap.end_us in {one.start_us for one in segments}
    assert any(error is not None and error.fault is StorageFault.SLOW for error in bench.health)
    assert sum(one.frames for one in segments) < 900


def test_a_name_that_is_taken_is_never_overwritten(bench: Bench) -> None:
    folder = bench.folder / "front" / "main"
    writer = bench.writer()
    bench.begin(writer, make())
    packets = list(looped(make(), 8))
    bench.feed(writer, iter(packets[:40]))
    for number in (2, 3, 9):
        (folder / f"{number:012d}.mp4").write_bytes(b"precious")
    bench.feed(writer, iter(packets[40:]))
    bench.end(writer)
    assert [one.sequence for one in bench.segments()] == [1, 10, 11]
    assert [path.name for path in folder.iterdir() if path.read_bytes() == b"precious"]


def test_a_stranger_is_set_aside_and_never_deleted(bench: Bench) -> None:
    folder = bench.folder / "front" / "main"
    folder.mkdir(parents=True)
    (folder / "000000000007.mp4").write_bytes(b"precious")
    bench.work()
    assert [path.read_bytes() for path in (bench.folder / "quarantine").iterdir()] == [b"precious"]


def test_the_files_say_what_they_are(bench: Bench) -> None:
    bench.options = ONE_FILE
    bench.record(3)
    (segment,) = bench.segments()
    footage = read_footage_at(bench.folder / segment.path)
    assert footage.label.run == segment.run
    assert footage.label.start_us == segment.start_us
    assert footage.label.info == make().info == bench.reader.info(segment.run)
    assert (footage.frames, footage.keyframes) == (segment.frames, segment.keyframes)
    assert abs(footage.duration_us - segment.duration_us) <= 1


def test_an_error_while_writing_makes_a_gap_and_recording_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from hearthwatch.recording import segment_file

    broken = {"from": START_US + 6_000_000, "to": START_US + 9_000_000}
    write = segment_file._write_all

    def write_all(fd: int, data: bytes) -> None:
        if broken["from"] <= bench.clock.wall_us() < broken["to"]:
            write(fd, data[:20])
            raise OSError(5, "Input/output error")
        write(fd, data)

    monkeypatch.setattr(segment_file, "_write_all", write_all)  # no disk here fails on demand
    bench.record(20)
    gap = bench.gaps()[0]
    assert gap.reason is GapReason.DISK
    assert gap.start_us <= broken["from"]
    assert broken["to"] <= gap.end_us <= broken["to"] + 3_000_000
    states = [one.state for one in bench.segments()]
    assert SegmentState.SUSPECT in states
    for one in bench.segments():
        footage = read_footage_at(bench.folder / one.path)
        assert footage.whole_bytes == footage.size_bytes == one.size_bytes
        assert sha256_of(bench.folder / one.path) == one.sha256
    assert bench.health[-1] is None
    assert isinstance(bench.health[0], StorageFailed)
