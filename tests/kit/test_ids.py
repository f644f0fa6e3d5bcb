"""Ids in order."""

from __future__ import annotations

import random

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.ids import Ulids


def test_ids_are_unique_and_sort_by_time_even_when_the_clock_goes_back():
    clock = FakeClock()
    ids = Ulids(clock, random.Random(1))
    made = []
    for number in range(1000):
        clock.advance(0.0001)
        if number == 500:
            clock.step_wall(-3600)
        made.append(ids())
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {26}


def test_the_front_is_the_wall_clock_in_crockfords_alphabet():
    """The ULID specification's own example: 1469918176385 ms is 01ARYZ6S41."""
    clock = FakeClock(wall_us=1469918176385 * 1000)
    assert Ulids(clock)().startswith("01ARYZ6S41")
