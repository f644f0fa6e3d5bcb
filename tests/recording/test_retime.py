"""A machine that starts with a wrong clock: what it recorded is put where it belongs once somebody sets the clock."""

from __future__ import annotations

from itertools import pairwise

from tests.recording.conftest import Bench
from tests.recording.packet_maker import START_US, looped, make

from hearthwatch.feeds.packet import Gap, GapReason, Run, RunId, Stream
from hearthwatch.kit.clock import UnsetClock, offset_us
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording.segment import SegmentState, StorageOptions
from hearthwatch.recording.verify import verify

SLOW_US = -3 * 3600 * US_PER_S


def record(bench: Bench, seconds: float, *, start_us: int, unset: UnsetClock | None, why: GapReason) -> None:
    """Record one run as the pump would hand it over under such a clock."""
    made, writer = make(), bench.writer()
    bench.runs += 1
    writer.begin(
        Run(id=RunId(f"run{bench.runs}"), camera=writer.camera, stream=Stream.MAIN, start_us=WallUs(start_us), unset=unset),
        made.info,
    )
    bench.feed(writer, looped(made, seconds, start_us=start_us))
    end_us = start_us + round(seconds * US_PER_S)
    writer.end(Gap(camera=writer.camera, stream=Stream.MAIN, start_us=WallUs(end_us), end_us=None, reason=why, unset=unset))
    bench.work()


def tidy(bench: Bench) -> None:
    bench.clock.advance(11)
    bench.work()


def slow_start(bench: Bench) -> UnsetClock:
    """Ten seconds of yesterday by a right clock, then the machine starts anew with one that is three hours slow."""
    record(bench, 8, start_us=START_US, unset=None, why=GapReason.STOPPED)
    bench.clock.advance(600 - 8)
    bench.clock.step_wall(SLOW_US / US_PER_S)
    bench.clock.kept = False
    return UnsetClock(boot="fake", offset_us=offset_us(bench.clock))


def test_footage_of_a_slow_clock_moves_behind_what_was_there_and_nothing_else_does(bench: Bench) -> None:
    unset = slow_start(bench)
    before = bench.segments()
    wrong_us = bench.clock.wall_us()
    record(bench, 8, start_us=wrong_us, unset=unset, why=GapReason.CLOCK_STEP)
    tidy(bench)
    assert min(one.start_us for one in bench.segments()) == wrong_us, "nothing moves before somebody set the clock"
    bench.clock.step_wall(-SLOW_US / US_PER_S)
    bench.clock.kept = True
    right_us = bench.clock.wall_us()
    record(bench, 8, start_us=right_us, unset=None, why=GapReason.NETWORK)
    tidy(bench)
    after = bench.segments()
    assert after[: len(before)] == before
    moved = [one for one in after if one.run == "run2"]
    assert moved[0].start_us == wrong_us - SLOW_US
    assert [one.sequence for one in after] == sorted(one.sequence for one in after)
    assert all(left.end_us <= right.start_us for left, right in pairwise(after))
    gaps = bench.gaps()
    assert [(gap.reason, gap.start_us, gap.end_us) for gap in gaps] == [
        (GapReason.STOPPED, before[-1].end_us, moved[0].start_us),
        (GapReason.CLOCK_STEP, moved[-1].end_us, right_us),
        (GapReason.NETWORK, after[-1].end_us, None),
    ]
    assert verify(bench.folder, bench.reader, now_us=bench.clock.wall_us(), deep=True).findings == ()


def test_a_file_that_is_open_when_the_clock_is_set_follows_when_it_is_finished(bench: Bench) -> None:
    unset = slow_start(bench)
    wrong_us = bench.clock.wall_us()
    made, writer = make(), bench.writer()
    writer.begin(Run(id=RunId("open"), camera=writer.camera, stream=Stream.MAIN, start_us=wrong_us, unset=unset), made.info)
    bench.feed(writer, looped(made, 2, start_us=wrong_us))
    bench.clock.step_wall(-SLOW_US / US_PER_S)
    bench.clock.kept = True
    tidy(bench)
    assert [one.start_us for one in bench.segments() if one.state is SegmentState.RECORDING] == [wrong_us]
    bench.end(writer, GapReason.CLOCK_STEP)
    tidy(bench)
    assert min(one.start_us for one in bench.segments() if one.run == "open") == wrong_us - SLOW_US


def test_after_a_restart_in_the_same_boot_footage_still_moves_and_of_another_boot_it_stays(bench: Bench) -> None:
    unset = slow_start(bench)
    wrong_us = bench.clock.wall_us()
    other = UnsetClock(boot="another", offset_us=unset.offset_us)
    record(bench, 5, start_us=wrong_us, unset=other, why=GapReason.STOPPED)
    record(bench, 5, start_us=wrong_us + 60 * US_PER_S, unset=unset, why=GapReason.STOPPED)
    bench.close()
    bench.open()
    bench.clock.step_wall(-SLOW_US / US_PER_S)
    bench.clock.kept = True
    tidy(bench)
    first = {one.run: one.start_us for one in reversed(bench.segments())}
    assert first["run2"] == wrong_us
    assert first["run3"] == wrong_us + 60 * US_PER_S - SLOW_US


def test_a_clock_that_was_right_all_along_moves_nothing(bench: Bench) -> None:
    bench.clock.kept = False
    unset = UnsetClock(boot="fake", offset_us=offset_us(bench.clock) + 200_000)
    record(bench, 8, start_us=START_US, unset=unset, why=GapReason.NETWORK)
    before = bench.segments()
    bench.clock.kept = True
    tidy(bench)
    assert bench.segments() == before
    bench.clock.step_wall(7200)
    tidy(bench)
    assert bench.segments() == before


def test_what_was_recorded_before_the_clock_knew_any_year_has_no_age(tmp_path) -> None:
    bench = Bench(tmp_path, StorageOptions(segment_s=4, free_gib=0, keep_continuous_days=1))
    try:
        record(bench, 5, start_us=90 * US_PER_S, unset=UnsetClock(boot="another", offset_us=0), why=GapReason.STOPPED)
        record(bench, 5, start_us=START_US - 5 * 86_400 * US_PER_S, unset=None, why=GapReason.STOPPED)
        record(bench, 5, start_us=START_US, unset=None, why=GapReason.STOPPED)
        bench.clock.advance(61)
        bench.work()
        assert {one.run for one in bench.segments()} == {"run1", "run3"}
    finally:
        bench.close()


def test_a_kill_under_a_slow_clock_leaves_a_hole_with_its_cause_where_it_was(bench: Bench) -> None:
    unset = slow_start(bench)
    wrong_us = bench.clock.wall_us()
    made, writer = make(), bench.writer()
    writer.begin(Run(id=RunId("killed"), camera=writer.camera, stream=Stream.MAIN, start_us=wrong_us, unset=unset), made.info)
    bench.feed(writer, looped(made, 8, start_us=wrong_us))
    bench.crash()
    bench.open()
    bench.clock.advance(30)
    again_us = bench.clock.wall_us()
    record(bench, 8, start_us=again_us, unset=unset, why=GapReason.STOPPED)
    bench.clock.step_wall(-SLOW_US / US_PER_S)
    bench.clock.kept = True
    tidy(bench)
    assert verify(bench.folder, bench.reader, now_us=bench.clock.wall_us(), deep=True).findings == ()
    (hole,) = [gap for gap in bench.gaps() if gap.reason is GapReason.US]
    assert hole.end_us == again_us - SLOW_US


def test_a_clock_that_only_went_wrong_by_itself_leaves_old_footage_where_it_was_right(bench: Bench) -> None:
    bench.clock.kept = False
    unset = UnsetClock(boot="fake", offset_us=offset_us(bench.clock))
    record(bench, 8, start_us=START_US, unset=unset, why=GapReason.STOPPED)
    before = bench.segments()
    bench.clock.advance(5 * 86_400)
    late_us = bench.clock.wall_us()
    record(bench, 8, start_us=late_us, unset=unset, why=GapReason.STOPPED)
    bench.clock.step_wall(40)
    bench.clock.kept = True
    tidy(bench)
    after = bench.segments()
    assert after[: len(before)] == before
    assert min(one.start_us for one in after if one.run == "run2") == late_us + 40 * US_PER_S
