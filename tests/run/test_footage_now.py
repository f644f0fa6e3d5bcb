"""How much footage a day takes: judged from an hour on, scaled up to a day, summed over classes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from tests.run.leaping_loop import after, leap

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.recording.forecast import Bound
from hearthwatch.recording.index import Total
from hearthwatch.recording.segment import FootageClass, StorageOptions
from hearthwatch.recording.store import open_store
from hearthwatch.run.footage_now import FootageNow, by_camera
from hearthwatch.run.house_doors import Footage

NOW_US = WallUs(1_700_000_000 * US_PER_S)
HOUR_US = 3600 * US_PER_S
DAY_US = 24 * HOUR_US
GB, TB = 10**9, 10**12
FRONT, YARD = CameraId("front"), CameraId("yard")


def total(*, age_us: int, camera: CameraId = FRONT, size: int = 1000, newest: int = 1000, pinned: bool = False) -> Total:
    return Total(
        camera=camera,
        footage_class=FootageClass.CONTINUOUS,
        pinned=pinned,
        segments=1,
        size_bytes=size,
        oldest_us=WallUs(NOW_US - age_us),
        newest_day_bytes=newest,
    )


def test_no_footage_is_no_camera() -> None:
    assert by_camera((), NOW_US) == {}


def test_classes_of_one_camera_are_summed_and_cameras_kept_apart() -> None:
    found = by_camera(
        [total(age_us=DAY_US), total(age_us=2 * DAY_US, pinned=True), total(camera=YARD, age_us=DAY_US, size=7, newest=7)],
        NOW_US,
    )
    assert (found[FRONT].size_bytes, found[FRONT].bytes_per_day) == (2000, 2000)
    assert found[FRONT].oldest_us == NOW_US - 2 * DAY_US
    assert found[YARD].bytes_per_day == 7


@given(st.integers(0, HOUR_US - 1), st.integers(0, 1 << 50))
def test_nothing_is_judged_by_less_than_an_hour(age_us: int, newest: int) -> None:
    assert by_camera([total(age_us=age_us, newest=newest)], NOW_US)[FRONT].bytes_per_day == 0


@given(st.integers(HOUR_US, 40 * DAY_US), st.integers(0, 1 << 50))
def test_less_than_a_day_is_scaled_up_to_one(age_us: int, newest: int) -> None:
    per_day = by_camera([total(age_us=age_us, newest=newest)], NOW_US)[FRONT].bytes_per_day
    covered_us = min(age_us, DAY_US)
    assert newest <= per_day <= 24 * newest
    assert abs(per_day * covered_us - newest * DAY_US) < covered_us or per_day == newest


@given(st.integers(HOUR_US, DAY_US), st.integers(1, 1 << 30))
def test_a_steady_camera_is_judged_alike_at_every_hour(age_us: int, bytes_per_s: int) -> None:
    newest = bytes_per_s * age_us // US_PER_S
    per_day = by_camera([total(age_us=age_us, newest=newest)], NOW_US)[FRONT].bytes_per_day
    assert abs(per_day - bytes_per_s * 86_400) <= 24


@given(st.integers(1, DAY_US))
def test_footage_from_the_future_is_no_estimate(ahead_us: int) -> None:
    assert by_camera([total(age_us=-ahead_us)], NOW_US)[FRONT].bytes_per_day == 0


def test_before_the_recorder_has_made_its_index_there_is_no_footage(tmp_path: Path) -> None:
    """And once it is there it is read: the page asks long before a slow disk has answered."""
    clock = FakeClock()

    async def look() -> None:
        footage = Footage(tmp_path / "index.db", tmp_path)
        now = FootageNow(footage, clock)
        task = asyncio.create_task(after(600, now.run()))
        await asyncio.sleep(10)
        assert (now.used_bytes, now.forecast(StorageOptions(), {}, free=TB, disk=TB)) == (0, None)
        store = open_store(tmp_path, tmp_path / "index.db", clock)
        now.cameras = by_camera([total(age_us=DAY_US)], NOW_US)
        assert now.used_bytes == 1000
        await asyncio.sleep(120)
        assert now.cameras == {}
        await task
        footage.index.close()
        store.close()

    leap(look())


def test_the_forecast_of_the_disk_counts_what_is_kept_for_good() -> None:
    async def look() -> None:
        clock = FakeClock(wall_us=NOW_US)
        day = [total(age_us=DAY_US, size=GB, newest=GB), total(age_us=DAY_US, size=100 * GB, newest=0, pinned=True)]
        now = FootageNow(SimpleNamespace(index=SimpleNamespace(totals=lambda _now_us: day)), clock)
        task = asyncio.create_task(after(30, now.run()))
        await asyncio.sleep(10)
        options = StorageOptions(keep_continuous_days=0, free_gib=0)
        found = now.forecast(options, {}, free=199 * GB, disk=TB)
        assert found is not None
        assert (found.room_bytes, found.bytes_per_day, found.bound) == (200 * GB, GB, Bound.DISK)
        assert round(found.days) == 200
        await task

    leap(look())
