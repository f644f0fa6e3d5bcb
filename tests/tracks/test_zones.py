from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.frames.geometry import Box
from hearthwatch.tracks.track import ZoneOptions
from hearthwatch.tracks.zones import ZonePresence, zones_of

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
ALL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
ZONES = zones_of({"left": ZoneOptions(points=LEFT), "cars": ZoneOptions(points=ALL, labels=("car",))})


def standing(x: float) -> Box:
    return Box(x0=x - 0.05, y0=0.2, x1=x + 0.05, y1=0.8)


def test_a_zone_is_entered_at_once_and_left_at_the_second_look_outside() -> None:
    presence = ZonePresence().at(ZONES, "person", standing(0.4))
    assert presence.inside == {"left"}
    presence = presence.at(ZONES, "person", standing(0.6))
    assert presence.inside == {"left"}
    presence = presence.at(ZONES, "person", standing(0.6))
    assert presence.inside == frozenset()
    assert presence.entered == {"left"}


def test_a_foot_on_the_line_does_not_come_and_go() -> None:
    presence = ZonePresence()
    for step in range(20):
        presence = presence.at(ZONES, "person", standing(0.49 + 0.02 * (step % 2)))
        assert presence.inside == {"left"}


def test_a_label_that_a_zone_does_not_ask_for_is_not_in_it() -> None:
    assert ZonePresence().at(ZONES, "dog", standing(0.7)).entered == frozenset()
    assert ZonePresence().at(ZONES, "car", standing(0.7)).entered == {"cars"}


@pytest.mark.long
@given(st.lists(st.floats(0.05, 0.95), max_size=30))
def test_one_is_inside_only_what_one_entered(places: list[float]) -> None:
    presence = ZonePresence()
    for x in places:
        before = presence.entered
        presence = presence.at(ZONES, "person", standing(x))
        assert presence.inside <= presence.entered
        assert before <= presence.entered
    assert ("left" in presence.entered) == any(x < 0.5 for x in places)
