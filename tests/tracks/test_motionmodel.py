from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.units import NS_PER_S
from hearthwatch.tracks.motionmodel import BoxFilter


def at(x: float, size: float = 0.1) -> Box:
    return Box(x0=x - size / 2, y0=0.4, x1=x + size / 2, y1=0.6)


def test_a_steady_walk_is_foreseen() -> None:
    model = BoxFilter(at(0.1), 0)
    for step in range(1, 11):
        model.update(at(0.1 + 0.02 * step), step * NS_PER_S // 5)
    x, _y = model.box_at(3 * NS_PER_S).centre
    assert abs(x - 0.4) < 0.04
    assert model.distance(at(0.4), 3 * NS_PER_S) < 2
    assert model.distance(at(0.95), 3 * NS_PER_S) > 16


def test_what_stands_is_expected_where_it_stands() -> None:
    model = BoxFilter(at(0.5), 0)
    for step in range(1, 30):
        model.update(at(0.5 + 0.004 * (-1) ** step), step * NS_PER_S // 2)
    x, _y = model.box_at(17 * NS_PER_S).centre
    assert abs(x - 0.5) < 0.03


times = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.5), st.integers(-1, 5)), min_size=1, max_size=20)


@given(times)
def test_the_expected_box_always_lies_in_the_picture(steps: list[tuple[float, float, float, int]]) -> None:
    now_ns = 0
    model = BoxFilter(at(0.5), now_ns)
    for x, y, size, seconds in steps:
        now_ns += seconds * NS_PER_S
        model.update(Box(x0=x - size, y0=y - size, x1=x + size, y1=y + size), now_ns)
        box = model.box_at(now_ns + 3 * NS_PER_S)
        assert 0 <= box.x0 <= box.x1 <= 1
        assert 0 <= box.y0 <= box.y1 <= 1
        assert model.distance(WHOLE, now_ns) >= 0
