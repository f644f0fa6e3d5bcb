from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recording.conftest import FRONT, Bench
from tests.recording.packet_maker import START_US

from hearthwatch.feeds.packet import RunId, Stream
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.recording.custody import DONE_AFTER_US, Custody
from hearthwatch.recording.index import Asked
from hearthwatch.recording.owed import Owed
from hearthwatch.recording.retention import AgeClock, excess_bytes, must_bytes, plan_quota, plan_retention
from hearthwatch.recording.segment import (
    Backup,
    Copied,
    FootageClass,
    KeepOptions,
    Limits,
    Quota,
    Segment,
    SegmentId,
    SegmentState,
    StorageOptions,
)
from hearthwatch.recording.sweep import Sweep
from hearthwatch.recording.verify import verify

DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
ALL = frozenset(FootageClass)


def segment(number: int, **changes) -> Segment:
    given = {
        "id": SegmentId(number),
        "run": RunId("r"),
        "camera": FRONT,
        "stream": Stream.MAIN,
        "sequence": number,
        "start_us": WallUs(number * MINUTE_US),
        "duration_us": MINUTE_US,
        "size_bytes": 100,
        "frames": 1,
        "keyframes": 1,
        "path": PurePosixPath(f"front/main/{number:012d}.mp4"),
        "sha256": b"",
        "state": SegmentState.COMPLETE,
        "footage_class": FootageClass.CONTINUOUS,
        "pinned": False,
    }
    return Segment(**(given | changes))


footage = st.lists(
    st.builds(
        lambda number, size, state, kind, pinned, camera, proved: segment(
            number,
            size_bytes=size,
            state=state,
            footage_class=kind,
            pinned=pinned,
            camera=CameraId(camera),
            proved_us=WallUs(1) if proved else None,
        ),
        st.integers(0, 40_000),
        st.integers(0, 500),
        st.sampled_from([SegmentState.COMPLETE, SegmentState.RECORDING, SegmentState.SUSPECT]),
        st.sampled_from(FootageClass),
        st.booleans(),
        st.sampled_from(["front", "back"]),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda one: one.id,
)
ranges = st.lists(
    st.builds(
        lambda camera, start, length, kind, pinned: Asked(
            camera=CameraId(camera),
            start_us=WallUs(start * MINUTE_US),
            end_us=WallUs((start + length) * MINUTE_US),
            footage_class=kind,
            pinned=pinned,
        ),
        st.sampled_from(["front", "back"]),
        st.integers(0, 40_000),
        st.integers(1, 10_000),
        st.sampled_from(FootageClass),
        st.booleans(),
    ),
    max_size=4,
)


@given(footage, ranges, st.integers(0, 5000), st.integers(0, 60))
def test_pins_are_never_broken_and_what_can_be_freed_is(kept, asked, excess: int, day: int) -> None:
    now_us = WallUs(day * DAY_US)
    plan = plan_retention(kept, asked, StorageOptions(), excess_bytes=excess, now_us=now_us)
    gone = set(plan.delete)

    def is_held(one: Segment) -> bool:
        mine = [a for a in asked if a.camera == one.camera and a.start_us < one.end_us and one.start_us < a.end_us]
        return one.pinned or one.state is SegmentState.RECORDING or any(a.pinned for a in mine)

    assert not any(is_held(one) for one in gone)
    freed = sum(one.size_bytes for one in gone)
    assert plan.short_bytes == max(0, excess - freed)
    if plan.short_bytes:
        assert all(is_held(one) for one in kept if one not in gone)

    def may_be_old(one: Segment) -> bool:
        return one.end_us < now_us - (15 * MINUTE_US if one.footage_class is FootageClass.BRIEF else 7 * DAY_US)

    if not excess:
        assert all(map(may_be_old, gone))
        events = [one for one in gone if one.footage_class is FootageClass.EVENT]
        assert all(one.end_us < now_us - 30 * DAY_US for one in events)
    for one in gone:
        if may_be_old(one):
            continue
        assert all(is_held(other) or other in gone for other in kept if (other.start_us, other.id) < (one.start_us, one.id))


backups = st.dictionaries(
    st.sampled_from([CameraId("front"), CameraId("back")]),
    st.builds(Backup, classes=st.frozensets(st.sampled_from(FootageClass)), delete_proved=st.booleans()),
)


@given(footage, ranges, st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 60), backups)
def test_what_is_not_proved_goes_last_and_only_for_what_must_be(kept, asked, excess: int, must: int, day: int, backup) -> None:
    must = min(must, excess)
    now_us = WallUs(day * DAY_US)
    custody = Custody(backup=backup)
    plan = plan_retention(kept, asked, StorageOptions(), excess_bytes=excess, now_us=now_us, custody=custody, must_bytes=must)
    gone = list(plan.delete)

    def is_held(one: Segment) -> bool:
        mine = [a for a in asked if a.camera == one.camera and a.start_us < one.end_us and one.start_us < a.end_us]
        return one.pinned or one.state is SegmentState.RECORDING or any(a.pinned for a in mine)

    def is_owed(one: Segment) -> bool:
        return one.camera in backup and one.footage_class in backup[one.camera].classes and one.proved_us is None

    assert not any(is_held(one) for one in gone)
    willing = [one for one in gone if not is_owed(one)]
    owed = [one for one in gone if is_owed(one)]
    assert gone == willing + owed
    assert owed == sorted(owed, key=lambda one: (one.start_us, one.id))
    freed = sum(one.size_bytes for one in willing)
    for one in owed:
        assert freed < must
        freed += one.size_bytes
    if owed:
        assert all(is_held(one) or is_owed(one) or one in gone for one in kept)
    if freed < must:
        assert all(is_held(one) for one in kept if one not in gone)
    assert plan.short_bytes == max(0, excess - freed)
    for one in kept:
        done = one.camera in backup and backup[one.camera].delete_proved and one.proved_us is not None
        if done and not is_held(one) and one.end_us < now_us - DONE_AFTER_US:
            assert one in gone


def test_a_file_stays_until_its_copy_is_proved_and_then_goes_at_once_where_that_is_wanted(bench: Bench) -> None:
    bench.record(20)
    bench.store.custody.backup = {FRONT: Backup(classes=ALL, delete_proved=True)}
    bench.disk.set_options(StorageOptions(segment_s=4, free_gib=0, max_gib=1e-9))
    bench.clock.advance(200)
    before = bench.segments()
    bench.work()
    assert bench.segments() == before
    first = before[0]
    copied = Copied(camera=FRONT, stream=first.stream, sequence=first.sequence, sha256=first.sha256)
    other = Copied(camera=FRONT, stream=first.stream, sequence=before[1].sequence, sha256=b"of another disk's file")
    assert bench.store.index.prove([copied, other], bench.clock.wall_us()) == 1
    bench.clock.advance(20)
    bench.work()
    assert bench.segments() == before[1:]
    assert not (bench.folder / first.path).exists()
    assert bench.store.custody.sacrificed == 0


def test_a_full_disk_takes_the_oldest_that_is_not_proved_and_counts_it(bench: Bench) -> None:
    bench.record(20)
    before = bench.segments()
    bench.store.custody.backup = {FRONT: Backup(classes=ALL)}
    sweep = Sweep(bench.store, bench.clock, Owed(bench.clock, bench.health.append))
    assert sweep.make_room()
    left = bench.segments()
    gone = len(before) - len(left)
    assert gone > 0
    assert left == before[gone:]
    assert bench.store.custody.sacrificed == gone


def test_files_that_went_while_the_index_had_no_room_leave_no_row(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.record(20)
    before = bench.segments()
    index, owed = bench.store.index, Owed(bench.clock, bench.health.append)
    sweep = Sweep(bench.store, bench.clock, owed)

    def full(_what: object) -> None:
        raise StorageFailed(StorageFault.NO_SPACE, "database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(index, "condemn", full)
        patch.setattr(index, "forget", full)
        assert sweep.make_room()
        gone = [one for one in before if not (bench.folder / one.path).exists()]
        assert gone
        assert bench.segments() == before
        bench.clock.advance(60)
        assert not sweep.make_room(), "what is gone already gives no room"
        assert owed.is_full
    assert owed.settle()
    assert bench.segments() == tuple(one for one in before if one not in gone)
    assert verify(bench.folder, bench.reader, now_us=bench.clock.wall_us()).is_clean


def test_an_upload_that_is_not_proved_goes_last_but_never_beyond_the_quota() -> None:
    custody = Custody(backup={FRONT: Backup(classes=ALL)})
    kept = [segment(0), segment(1, proved_us=WallUs(1)), segment(2)]
    assert [one.id for one in plan_quota(kept, Quota(size_bytes=250), now_us=WallUs(0), custody=custody)] == [1]
    assert [one.id for one in plan_quota(kept, Quota(size_bytes=100), now_us=WallUs(0), custody=custody)] == [1, 0]
    old = Quota(size_bytes=1000, keep_days=1)
    assert [one.id for one in plan_quota(kept, old, now_us=WallUs(9 * DAY_US), custody=custody)] == [1]


@pytest.mark.parametrize(("free", "must"), [(0, 50), (49, 1), (50, 0), (99, 0)])
def test_half_of_what_is_to_be_free_is_worth_any_footage(free: int, must: int) -> None:
    assert must_bytes(StorageOptions(free_gib=2), free=free, disk=1000) == must


def test_a_range_raises_the_class_of_what_it_overlaps() -> None:
    kept = [segment(0), segment(1)]
    asked = Asked(
        camera=FRONT,
        start_us=WallUs(MINUTE_US + 1),
        end_us=WallUs(2 * MINUTE_US),
        footage_class=FootageClass.EVENT,
        pinned=False,
    )
    plan = plan_retention(kept, [asked], StorageOptions(), excess_bytes=0, now_us=WallUs(10 * DAY_US))
    assert [one.id for one in plan.delete] == [0]


def test_zero_days_mean_no_limit_by_age() -> None:
    options = StorageOptions(keep_continuous_days=0)
    assert plan_retention([segment(0)], [], options, excess_bytes=0, now_us=WallUs(9_999 * DAY_US)).delete == ()


@pytest.mark.parametrize(
    ("max_gib", "free_gib", "used", "free", "disk", "expected"),
    [
        (0, 0, 10**12, 0, 10**12, 0),
        (1, 0, (1 << 30) + 5, 0, 10**12, 5),
        (0, 2, 0, (2 << 30) - 7, 10**12, 7),
        (0, 2, 0, 50, 1000, 50),
        (0, 2, 0, 100, 1000, 0),
    ],
)
def test_excess_is_what_the_limits_ask_for(max_gib, free_gib, used, free, disk, expected) -> None:
    assert excess_bytes(StorageOptions(max_gib=max_gib, free_gib=free_gib), used=used, free=free, disk=disk) == expected


def test_a_clock_that_leaps_ages_no_footage_for_a_day() -> None:
    clock = FakeClock(wall_us=START_US)
    age = AgeClock(clock, WallUs(START_US))
    clock.advance(3600)
    assert age.now_us() == clock.wall_us()
    clock.step_wall(20 * 365 * 86_400)
    for _hour in range(23):
        clock.advance(3600)
        assert age.now_us() < START_US + 2 * DAY_US
    clock.step_wall(-20 * 365 * 86_400)
    clock.advance(60)
    assert age.now_us() == clock.wall_us()


def test_a_clock_that_stays_ahead_is_believed_after_a_day() -> None:
    clock = FakeClock(wall_us=START_US)
    age = AgeClock(clock, None)
    clock.step_wall(100 * 86_400)
    age.now_us()
    clock.advance(86_400 + 1)
    age.now_us()
    assert age.now_us() == clock.wall_us()


def test_footage_goes_by_bytes_oldest_first_and_pins_stay(bench: Bench) -> None:
    bench.record(60)
    before = bench.segments()
    middle = WallUs(before[3].start_us + 1)
    bench.disk.mark(
        Asked(camera=FRONT, start_us=middle, end_us=WallUs(middle + 1), footage_class=FootageClass.CONTINUOUS, pinned=True)
    )
    half = sum(one.size_bytes for one in before) / 2
    bench.disk.set_options(StorageOptions(segment_s=4, free_gib=0, max_gib=half / (1 << 30)))
    bench.clock.advance(20)
    bench.work()
    after = bench.segments()
    assert sum(one.size_bytes for one in after) <= half
    assert after[0].sequence == before[3].sequence
    assert [one.sequence for one in after[1:]] == [one.sequence for one in before[-len(after) + 1 :]]
    files = {path.name for path in bench.folder.glob("front/main/*.mp4")}
    assert files == {one.path.name for one in after}
    assert bench.store.index.used_bytes == sum(one.size_bytes for one in after)
    assert (bench.folder / after[0].path).stat().st_mode & 0o777 == 0o440


@pytest.mark.long
def test_footage_goes_by_age_and_class(bench: Bench) -> None:
    bench.record(20)
    before = bench.segments()
    bench.disk.mark(
        Asked(
            camera=FRONT,
            start_us=before[1].start_us,
            end_us=WallUs(before[1].start_us + 5),
            footage_class=FootageClass.EVENT,
            pinned=False,
        )
    )
    for _step in range(8 * 30):
        bench.clock.advance(2880)
        bench.work()
    assert [one.sequence for one in bench.segments()] == [before[1].sequence]
    for _step in range(30 * 30):
        bench.clock.advance(2880)
        bench.work()
    assert bench.segments() == ()
    assert list(bench.folder.glob("front/main/*.mp4")) == []


def test_a_camera_may_have_days_of_its_own() -> None:
    back = CameraId("back")
    now_us = WallUs(20 * DAY_US)
    old, older = WallUs(now_us - 3 * DAY_US), WallUs(now_us - 10 * DAY_US)
    kept = [
        segment(1, start_us=old),
        segment(2, start_us=older),
        segment(3, start_us=old, camera=back),
        segment(4, start_us=older, camera=back, footage_class=FootageClass.MOTION),
    ]

    def goes(**own) -> set[int]:
        keep = {back: KeepOptions(**own)}
        plan = plan_retention(kept, [], StorageOptions(), keep=keep, excess_bytes=0, now_us=now_us)
        return {one.sequence for one in plan.delete}

    assert goes() == {2}
    assert goes(continuous_days=2) == {2, 3}
    assert goes(motion_days=5) == {2, 4}
    assert goes(continuous_days=0, motion_days=0) == {2}


def test_a_cameras_own_limits_hold_for_it_alone(bench: Bench) -> None:
    back = CameraId("back")
    bench.record(40)
    bench.record(40, camera=back)
    before = {name: list(bench.segments(name)) for name in (FRONT, back)}
    limit = sum(one.size_bytes for one in before[back]) / 2
    bench.disk.set_limits(Limits(keep={back: KeepOptions(max_gib=limit / (1 << 30), event_days=1)}))
    bench.clock.advance(120)
    bench.work()
    left = bench.segments(back)
    assert 0 < sum(one.size_bytes for one in left) <= limit
    assert list(left) == before[back][-len(left) :]
    assert list(bench.segments(FRONT)) == before[FRONT]
    bench.disk.set_limits(Limits(keep={back: KeepOptions(continuous_days=1)}))
    for _step in range(60):
        bench.clock.advance(2880)
        bench.work()
    assert bench.segments(back) == ()
    assert list(bench.segments(FRONT)) == before[FRONT]


def test_a_mark_holds_for_footage_still_to_come_and_unpin_lets_go(bench: Bench) -> None:
    future = Asked(
        camera=FRONT,
        start_us=WallUs(START_US + 6_000_000),
        end_us=WallUs(START_US + 9_000_000),
        footage_class=FootageClass.MOTION,
        pinned=True,
    )
    bench.disk.mark(future)
    bench.record(20)
    marked = [one for one in bench.segments() if one.start_us < future.end_us and one.end_us > future.start_us]
    assert marked
    for one in bench.segments():
        assert one.pinned == (one in marked)
        assert one.footage_class == (FootageClass.MOTION if one in marked else FootageClass.CONTINUOUS)
        assert (bench.folder / one.path).stat().st_mode & 0o777 == (0o440 if one in marked else 0o640)
    assert bench.disk.unpin(FRONT, future.start_us, WallUs(future.start_us + 1)) == 1
    assert sum(one.pinned for one in bench.segments()) == len(marked) - 1
