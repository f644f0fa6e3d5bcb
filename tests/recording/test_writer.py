from __future__ import annotations

import pytest
from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US, looped, make

from hearthwatch.feeds.packet import Gap, GapReason
from hearthwatch.kit.units import WallUs
from hearthwatch.recording import cut
from hearthwatch.recording.ballast import Ballast
from hearthwatch.recording.index import Asked
from hearthwatch.recording.retention import plan_retention
from hearthwatch.recording.segment import FootageClass, StorageOptions


def test_a_camera_that_sends_no_key_frames_is_cut_off_until_one_comes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut, "OVERRUN_BYTES", 20_000)
    bench.options = StorageOptions(segment_s=1000, free_gib=0)
    made = make(gop=1000, frames=300)
    writer = bench.writer()
    bench.begin(writer, made)
    bench.feed(writer, looped(made, 40))
    bench.end(writer)
    first, second = bench.segments()
    assert 10_000 < first.size_bytes < 40_000
    gap = bench.gaps()[0]
    assert (gap.reason, gap.start_us, gap.end_us) == (GapReason.DISCONTINUITY, first.end_us, second.start_us)
    assert second.start_us == START_US + 20_000_000
    assert second.run != first.run


def test_packets_without_a_run_are_ignored(bench: Bench) -> None:
    writer = bench.writer()
    bench.feed(writer, looped(make(), 4))
    bench.begin(writer, make())
    bench.feed(writer, looped(make(), 4))
    bench.end(writer)
    bench.feed(writer, looped(make(), 4))
    assert sum(one.frames for one in bench.segments()) == 60


def test_a_new_run_ends_the_one_that_was_not_ended(bench: Bench) -> None:
    bench.options = StorageOptions(segment_s=1000, free_gib=0)
    writer = bench.writer()
    bench.begin(writer, make())
    bench.feed(writer, looped(make(), 4))
    bench.begin(writer, make(), START_US + 4_000_000)
    bench.feed(writer, looped(make(), 4, start_us=START_US + 4_000_000))
    bench.end(writer)
    assert [(one.run, one.frames) for one in bench.segments()] == [("run1", 60), ("run2", 60)]


def test_closing_ends_every_run_in_order(bench: Bench) -> None:
    writer = bench.writer()
    bench.begin(writer, make())
    bench.feed(writer, looped(make(), 4))
    bench.close()
    bench.open()
    (gap,) = bench.gaps()
    assert (gap.reason, gap.end_us) == (GapReason.STOPPED, None)
    assert gap.start_us == bench.segments()[-1].end_us
    assert bench.store.repaired.gaps == bench.store.repaired.cut == 0


def test_the_ballast_is_built_let_go_and_built_again(tmp_path) -> None:
    ballast = Ballast(tmp_path / "ballast")
    assert ballast.build()
    assert ballast.held_bytes() > 0
    assert (tmp_path / "ballast").stat().st_blocks * 512 >= ballast.held_bytes()
    assert ballast.drop()
    assert not ballast.drop()
    assert ballast.held_bytes() == 0
    assert ballast.build()


def test_a_ballast_that_cannot_be_built_is_no_error(tmp_path) -> None:
    ballast = Ballast(tmp_path / "nowhere" / "ballast")
    assert not ballast.build()
    assert not ballast.drop()


def test_how_far_footage_is_on_the_disk_is_told(bench: Bench) -> None:
    writer = bench.writer()
    bench.begin(writer, make())
    bench.feed(writer, looped(make(), 4))
    (told,) = bench.disk.confirmed()
    assert told.recording
    assert 0 <= bench.clock.wall_us() - told.until_us <= 2_200_000
    bench.end(writer)
    (told,) = bench.disk.confirmed()
    assert not told.recording
    assert told.until_us == bench.segments()[-1].end_us


def test_what_is_recorded_for_events_alone_begins_a_file_and_goes_after_a_quarter_of_an_hour(bench: Bench) -> None:
    bench.options = StorageOptions(segment_s=1000, free_gib=0)
    made, writer = make(), bench.writer()
    bench.begin(writer, made)
    bench.feed(writer, looped(made, 4))
    writer.set_class(FootageClass.BRIEF)
    bench.feed(writer, looped(made, 4, start_us=START_US + 4_000_000))
    bench.end(writer)
    kept = bench.segments()
    assert [one.footage_class for one in kept] == [FootageClass.CONTINUOUS, FootageClass.BRIEF]

    def goes(after_s: float, *asked: Asked) -> list[FootageClass]:
        now_us = WallUs(kept[-1].end_us + round(after_s * 1_000_000))
        plan = plan_retention(kept, asked, StorageOptions(), excess_bytes=0, now_us=now_us)
        return [one.footage_class for one in plan.delete]

    assert goes(890) == []
    assert goes(910) == [FootageClass.BRIEF]
    event = Asked(
        camera=kept[1].camera,
        start_us=kept[1].start_us,
        end_us=kept[1].end_us,
        footage_class=FootageClass.EVENT,
        pinned=False,
    )
    assert goes(910, event) == []


def test_a_file_ends_where_the_next_run_begins_though_the_clock_was_followed_slowly(bench: Bench) -> None:
    """The wall clock of a run follows ours by 500 ppm, so that the last file's media may be milliseconds longer than its time."""
    made, writer = make(), bench.writer()
    bench.begin(writer, made)
    bench.feed(writer, looped(made, 3))
    end_us = WallUs(START_US + 4_000_000 - 3_000)
    writer.end(Gap(camera=writer.camera, stream=writer.stream, start_us=end_us, end_us=None, reason=GapReason.DISCONTINUITY))
    bench.work()
    assert bench.segments()[-1].end_us == end_us == bench.gaps()[-1].start_us
