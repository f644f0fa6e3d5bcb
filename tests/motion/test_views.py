"""A camera that turns by itself has several usual views: they are learnt, and a strange one is told all the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from tests.motion.scene import CAMERA

from hearthwatch.frames.frame import Frame
from hearthwatch.kit.units import NS_PER_S, MonoNs, WallUs
from hearthwatch.motion.motion import Sight, SightOptions
from hearthwatch.motion.sight import SightWatch
from hearthwatch.motion.views import MOST_VIEWS

pytestmark = pytest.mark.long

STEP_S = 2.0


class Place:
    """A wide street, of which the camera shows a part."""

    def __init__(self, seed: int = 3) -> None:
        rng = np.random.default_rng(seed)
        self._all = np.full((180, 3200), 110.0)
        for _ in range(420):
            x, y = rng.integers(0, 3180), rng.integers(0, 170)
            self._all[y : y + rng.integers(5, 60), x : x + rng.integers(5, 70)] = rng.integers(30, 220)
        self._noise = np.random.default_rng(1)
        self.now_s = 0.0

    def shown(self, x: int, seconds: float, level: float = 1.0, every_s: float = STEP_S) -> Iterator[Frame]:
        """Yield what the camera sees when it looks at `x`."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            y = self._all[:, x : x + 320] * level + self._noise.normal(0, 1.5, (180, 320))
            plane = np.clip(y, 16, 235).astype(np.uint8)
            yield Frame(
                camera=CAMERA,
                seq=round(self.now_s),
                wall_us=WallUs(0),
                received_ns=MonoNs(round((1 + self.now_s) * NS_PER_S)),
                pts_s=self.now_s,
                y=plane,
                u=plane,
                v=plane,
            )
            self.now_s += every_s


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def watch(place: Place) -> SightWatch:
    watch = SightWatch(SightOptions())
    assert sights(watch, place.shown(0, 60)) <= {None, Sight.CLEAR}
    return watch


def sights(watch: SightWatch, frames: Iterator[Frame]) -> set[Sight | None]:
    found = set()
    for frame in frames:
        watch.look(frame)
        found.add(watch.sight)
    return found


def patrol(watch: SightWatch, place: Place, *stops: int, rounds: int, stay_s: float = 40.0) -> list[set[Sight | None]]:
    return [set().union(*(sights(watch, place.shown(stop, stay_s)) for stop in stops)) for _ in range(rounds)]


def test_a_patrol_is_told_until_its_places_are_known_and_no_more(watch, place) -> None:
    told = patrol(watch, place, 0, 400, 800, 1200, rounds=9)
    assert Sight.TURNED in told[0]
    assert all(each == {Sight.CLEAR} for each in told[-3:])


def test_a_camera_that_the_wind_shifts_by_a_tenth_of_the_picture_is_known_for_it(watch, place) -> None:
    told = patrol(watch, place, 0, 32, rounds=12)
    assert all(each == {Sight.CLEAR} for each in told[-3:])


def test_a_strange_view_is_told_however_many_are_known(watch, place) -> None:
    patrol(watch, place, 0, 400, 800, 1200, rounds=9)
    assert sights(watch, place.shown(2000, 30)) == {Sight.CLEAR, Sight.TURNED}
    assert watch.sight is Sight.TURNED
    assert Sight.TURNED in sights(watch, place.shown(2000, 600))
    sights(watch, place.shown(800, 20))
    assert watch.sight is Sight.CLEAR
    assert Sight.TURNED in sights(watch, place.shown(2400, 30))


def test_a_view_that_was_turned_to_twice_or_quickly_is_still_strange(watch, place) -> None:
    for _ in range(2):
        assert Sight.TURNED in sights(watch, place.shown(900, 400))
        sights(watch, place.shown(0, 400))
    other = Place(seed=8)
    fresh = SightWatch(SightOptions())
    sights(fresh, other.shown(0, 60))
    for _ in range(6):
        assert Sight.TURNED in sights(fresh, other.shown(900, 20, every_s=1.0))
        sights(fresh, other.shown(0, 20, every_s=1.0))


def test_a_known_view_is_watched_like_the_first_one(watch, place) -> None:
    patrol(watch, place, 0, 800, rounds=12)
    sights(watch, place.shown(800, 20))
    assert watch.sight is Sight.CLEAR
    black = (dataclasses.replace(frame, y=np.full_like(frame.y, 16)) for frame in place.shown(800, 20))
    assert Sight.COVERED in sights(watch, black)
    assert sights(watch, place.shown(800, 30, level=0.7)) == {Sight.COVERED, Sight.CLEAR}


def test_what_is_remembered_is_bounded_and_the_patrol_stays_known(watch, place) -> None:
    patrol(watch, place, 0, 400, rounds=12)
    for stop in range(800, 2800, 100):
        sights(watch, place.shown(stop, 14))
    assert len(watch._views._all) <= MOST_VIEWS
    sights(watch, place.shown(400, 20))
    assert patrol(watch, place, 0, 400, rounds=2) == [{Sight.CLEAR}] * 2


def test_a_week_later_a_view_is_strange_again(watch, place) -> None:
    patrol(watch, place, 0, 800, rounds=12)
    sights(watch, place.shown(0, 8 * 24 * 3600, every_s=3600))
    sights(watch, place.shown(0, 60))
    assert Sight.TURNED in sights(watch, place.shown(1600, 30))  # what is learnt anew sorts out what is old
    assert Sight.TURNED in sights(watch, place.shown(800, 30))
