from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.frames.geometry import WHOLE, Box, Polygon, bounding

fracs = st.floats(0, 1, allow_nan=False).map(lambda x: round(x, 4))


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, x1 = sorted((draw(fracs), draw(fracs)))
    y0, y1 = sorted((draw(fracs), draw(fracs)))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


@given(boxes(), boxes())
def test_overlap_is_mutual_and_never_more_than_either(one: Box, other: Box) -> None:
    common = one.intersection_frac(other)
    assert common == other.intersection_frac(one)
    assert 0 <= common <= min(one.area_frac, other.area_frac) + 1e-9
    assert 0 <= one.iou(other) <= 1 + 1e-9


@given(boxes())
def test_a_box_is_itself(box: Box) -> None:
    assert box.area_frac == 0 or abs(box.iou(box) - 1) < 1e-6


@given(boxes(), st.floats(0, 1))
def test_a_grown_box_holds_the_old_one_and_stays_in_the_picture(box: Box, margin: float) -> None:
    grown = box.grown(margin)
    assert grown.x0 <= box.x0
    assert grown.y1 >= box.y1
    assert WHOLE.intersection_frac(grown) >= grown.area_frac - 1e-9


@given(st.lists(boxes(), min_size=1))
def test_the_bounding_box_holds_all(found: list[Box]) -> None:
    around = bounding(found)
    assert around is not None
    assert all(around.x0 <= b.x0 and around.y0 <= b.y0 and around.x1 >= b.x1 and around.y1 >= b.y1 for b in found)


def test_nothing_has_no_bounds() -> None:
    assert bounding([]) is None


@given(st.lists(st.tuples(fracs, fracs), min_size=3, max_size=7), st.integers(1, 24), st.integers(1, 24))
def test_a_mask_is_the_polygon_asked_for_every_pixel(points: list[tuple[float, float]], width: int, height: int) -> None:
    polygon = Polygon(points=tuple(points))
    mask = polygon.mask(width, height)
    assert mask.shape == (height, width)
    for row in range(height):
        for column in range(width):
            assert mask[row, column] == polygon.contains(((column + 0.5) / width, (row + 0.5) / height))
