from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.kit.clock import FakeClock, Stop, SystemClock
from hearthwatch.kit.units import US_PER_S, WallUs, camera_id, from_datetime, iso, to_datetime


def test_the_fake_clock_moves_by_sleeping_and_by_hand() -> None:
    clock, stop = FakeClock(), Stop()
    wall_us, mono_ns = clock.wall_us(), clock.mono_ns()
    assert clock.sleep(stop, 1.5) is False
    clock.advance(0.5)
    assert clock.wall_us() - wall_us == 2 * US_PER_S
    assert clock.mono_ns() - mono_ns == 2_000_000_000


def test_a_step_of_the_wall_clock_leaves_the_monotonic_one_alone() -> None:
    clock = FakeClock()
    wall_us, mono_ns = clock.wall_us(), clock.mono_ns()
    clock.step_wall(-3600)
    assert (clock.wall_us() - wall_us, clock.mono_ns() - mono_ns) == (-3600 * US_PER_S, 0)


def test_nobody_sleeps_once_stopped() -> None:
    clock, stop = FakeClock(), Stop()
    stop.set()
    before = clock.mono_ns()
    assert clock.sleep(stop, 10) is True
    assert clock.mono_ns() == before
    assert SystemClock().sleep(stop, 3600) is True


def test_a_stop_wakes_a_sleeper_in_another_thread() -> None:
    stop, woken = Stop(), threading.Event()
    sleeper = threading.Thread(target=lambda: SystemClock().sleep(stop, 3600) and woken.set())
    sleeper.start()
    stop.set()
    assert woken.wait(60)
    sleeper.join()


def test_the_system_clocks_count_in_their_units() -> None:
    clock = SystemClock()
    assert clock.wall_us() > 1_700_000_000 * US_PER_S
    assert clock.wall_us() < 4_000_000_000 * US_PER_S
    assert clock.mono_ns() <= clock.mono_ns()


@given(st.integers(-(10**15), 10**17))
def test_wall_time_survives_the_way_through_a_datetime(at_us: int) -> None:
    assert from_datetime(to_datetime(WallUs(at_us))) == at_us


def test_iso_is_utc_with_microseconds() -> None:
    assert iso(WallUs(1_700_000_000_000_001)) == "2023-11-14T22:13:20.000001Z"


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        from_datetime(to_datetime(WallUs(0)).replace(tzinfo=None))


@pytest.mark.parametrize("text", ["front", "f", "a" * 32, "0-1"])
def test_a_camera_name(text: str) -> None:
    assert camera_id(text) == text


@pytest.mark.parametrize("text", ["", "-a", "A", "a_b", "a" * 33, "a\n", "ä", "a/b"])
def test_no_camera_name(text: str) -> None:
    with pytest.raises(ValueError, match="camera name"):
        camera_id(text)
