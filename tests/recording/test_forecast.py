"""How many days of footage will be there: by the disk, by the rules, and by both together, checked against a filling disk."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.forecast import Bound, Flow, Forecast, flows, forecast, room_bytes
from hearthwatch.recording.index import Total
from hearthwatch.recording.retention import FOR_EVER, GIB, days_of
from hearthwatch.recording.segment import FootageClass, KeepOptions, StorageOptions

FRONT, YARD = CameraId("front"), CameraId("yard")
GB, TB = 10**9, 10**12
CONTINUOUS, MOTION, EVENT, BRIEF = (
    FootageClass.CONTINUOUS,
    FootageClass.MOTION,
    FootageClass.EVENT,
    FootageClass.BRIEF,
)
NOW = WallUs(1_700_000_000 * US_PER_S)
DAY = 86_400 * US_PER_S


def flow(gb_per_day: float, footage_class: FootageClass = CONTINUOUS, camera: CameraId = FRONT) -> Flow:
    return Flow(camera=camera, footage_class=footage_class, bytes_per_day=round(gb_per_day * GB))


def told(
    *rates: Flow,
    options: StorageOptions | None = None,
    keep: Mapping[CameraId, KeepOptions] | None = None,
    room: int = 4 * TB,
    pinned: Mapping[CameraId, int] | None = None,
) -> Forecast:
    found = forecast(rates, options or StorageOptions(), keep=keep or {}, room_bytes=room, pinned=pinned)
    assert found is not None
    return found


@pytest.mark.parametrize(("gb_per_day", "days"), [(7, 571.4), (250, 16.0)])
def test_four_terabytes_where_nothing_goes_by_its_age(gb_per_day: float, days: float) -> None:
    found = told(flow(gb_per_day), options=FOR_EVER)
    assert found.days == found.disk_days == pytest.approx(days, abs=0.05)
    assert found.bound is Bound.DISK


@pytest.mark.parametrize(
    ("gb_per_day", "keep_days", "days", "bound"),
    [(7, 7, 7, Bound.RULES), (7, 600, 571.4, Bound.DISK), (250, 7, 7, Bound.RULES), (250, 30, 16, Bound.DISK)],
)
def test_four_terabytes_and_the_rules_what_is_less_binds(
    gb_per_day: float, keep_days: float, days: float, bound: Bound
) -> None:
    found = told(flow(gb_per_day), options=StorageOptions(keep_continuous_days=keep_days))
    assert found.days == pytest.approx(days, abs=0.05)
    assert found.bound is bound
    assert found.disk_days == pytest.approx(4000 / gb_per_day, rel=1e-6)


def test_what_rules_take_away_leaves_room_for_the_rest() -> None:
    """250 GB a day, of which 50 are events: after 7 days 50 GB a day are added alone, and 4 TB hold 52 days of events."""
    found = told(flow(200), flow(50, EVENT), options=StorageOptions(keep_event_days=0))
    (front,) = found.cameras
    continuous, event = front.stays
    assert (continuous.footage_class, continuous.days, continuous.bound) == (CONTINUOUS, 7, Bound.RULES)
    assert (event.footage_class, event.days, event.bound) == (EVENT, pytest.approx(52), Bound.DISK)
    assert (found.days, found.bound, found.disk_days) == (7, Bound.RULES, 16)


def test_cameras_share_the_disk_and_have_rules_and_room_of_their_own() -> None:
    keep = {YARD: KeepOptions(continuous_days=0, max_gib=100 * GB / GIB)}
    found = told(flow(240), flow(10, camera=YARD), options=FOR_EVER, keep=keep)
    front, yard = found.cameras
    assert (yard.days, yard.bound) == (pytest.approx(10), Bound.CAMERA) == (found.days, found.bound)
    assert (front.days, front.bound) == (pytest.approx(3900 / 240), Bound.DISK)
    pinned = told(flow(10, camera=YARD), options=FOR_EVER, keep=keep, pinned={YARD: 40 * GB})
    assert pinned.days == pytest.approx(6)
    full = told(flow(10, camera=YARD), options=FOR_EVER, keep=keep, pinned={YARD: 130 * GB})
    assert (full.days, full.bound) == (0, Bound.CAMERA)


def test_brief_footage_is_no_day_to_look_back_to() -> None:
    found = told(flow(50, BRIEF), flow(1, EVENT))
    assert [stay.footage_class for stay in found.cameras[0].stays] == [EVENT]
    assert (found.days, found.bound) == (30, Bound.RULES)
    assert forecast([flow(50, BRIEF)], StorageOptions(), room_bytes=TB) is None
    assert forecast([], StorageOptions(), room_bytes=TB) is None


def test_a_full_disk_has_room_for_nothing() -> None:
    found = told(flow(1), room=0)
    assert (found.days, found.bound) == (0, Bound.DISK)


RATES = st.lists(
    st.builds(
        Flow,
        camera=st.sampled_from([FRONT, YARD]),
        footage_class=st.sampled_from([CONTINUOUS, MOTION, EVENT]),
        bytes_per_day=st.integers(1, 1000),
    ),
    min_size=1,
    unique_by=lambda each: (each.camera, each.footage_class),
)
DAYS = st.integers(0, 40)


@settings(max_examples=40)
@given(RATES, DAYS, DAYS, DAYS, st.integers(0, 100_000))
def test_it_is_what_a_disk_comes_to_that_is_filled_day_by_day(
    rates: list[Flow], continuous: int, motion: int, event: int, room: int
) -> None:
    options = StorageOptions(keep_continuous_days=continuous, keep_motion_days=motion, keep_event_days=event)
    found = told(*rates, options=options, room=room)
    held = {(camera.camera, stay.footage_class): (stay.days, stay.bound) for camera in found.cameras for stay in camera.stays}
    assert held.keys() == {(each.camera, each.footage_class) for each in rates}
    used = sum(held[each.camera, each.footage_class][0] * each.bytes_per_day for each in rates)
    assert used <= room * (1 + 1e-9)
    for each in rates:
        days, bound = held[each.camera, each.footage_class]
        rule = days_of(options, None, each.footage_class)
        if bound is Bound.RULES:
            assert days == rule
        else:
            assert not rule or days < rule
            assert used == pytest.approx(room), "the disk takes nothing while it has room"
    by_disk = {days for days, bound in held.values() if bound is Bound.DISK}
    assert len(by_disk) <= 1
    assert all(days <= min(by_disk, default=days) for days, bound in held.values() if bound is Bound.RULES)
    assert found.days == min(days for days, _ in held.values())


def total(newest: int, *, age_us: int = 3 * DAY, footage_class: FootageClass = CONTINUOUS, pinned: bool = False) -> Total:
    return Total(
        camera=FRONT,
        footage_class=footage_class,
        pinned=pinned,
        segments=1,
        size_bytes=newest,
        oldest_us=WallUs(NOW - age_us),
        newest_day_bytes=newest,
    )


def test_todays_rates_are_scaled_up_to_a_day() -> None:
    whole = flows([total(10), total(5, pinned=True), total(7, footage_class=EVENT)], StorageOptions(), now_us=NOW)
    assert [(each.footage_class, each.bytes_per_day) for each in whole] == [(CONTINUOUS, 15), (EVENT, 7)]
    (young,) = flows([total(10, age_us=DAY // 4)], StorageOptions(), now_us=NOW)
    assert young.bytes_per_day == 40
    assert flows([total(10, age_us=DAY // 25)], StorageOptions(), now_us=NOW) == ()
    assert flows([total(0)], StorageOptions(), now_us=NOW) == ()


def test_where_footage_stays_for_less_than_a_day_what_is_left_of_it_is_not_taken_for_all() -> None:
    (half,) = flows([total(10)], StorageOptions(keep_continuous_days=0.5), now_us=NOW)
    assert half.bytes_per_day == 20


def test_what_footage_may_take() -> None:
    options = StorageOptions(free_gib=100, max_gib=0)
    assert room_bytes(options, used=3 * TB, free=TB, disk=4 * TB, pinned=0) == 4 * TB - 100 * GIB
    assert room_bytes(options, used=0, free=10 * GIB, disk=10 * GIB, pinned=0) == 9 * GIB
    assert room_bytes(StorageOptions(max_gib=100), used=0, free=TB, disk=TB, pinned=30 * GIB) == 70 * GIB
    assert room_bytes(StorageOptions(max_gib=100), used=0, free=20 * GIB, disk=TB, pinned=0) == 18 * GIB
    assert room_bytes(options, used=0, free=0, disk=TB, pinned=TB) == 0
