from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.motion.scene import Luma, Yard, block, headlight

from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import Box
from hearthwatch.motion.difference import DifferenceDetector, changed_frac, own_changed_frac
from hearthwatch.motion.motion import Motion, MotionOptions


def look(detector: DifferenceDetector, frames: list[Frame]) -> list[Motion]:
    return [detector.look(frame) for frame in frames]


def settled(yard: Yard, options: MotionOptions | None = None) -> DifferenceDetector:
    detector = DifferenceDetector(options or MotionOptions())
    assert look(detector, list(yard.frames(3)))[-1].settled
    return detector


@pytest.mark.long
@pytest.mark.parametrize(("width", "height"), [(640, 360), (178, 100), (1280, 720), (626, 359), (1920, 1080), (480, 640)])
def test_a_person_far_away_is_seen_where_it_is(width: int, height: int) -> None:
    yard = Yard(width, height)
    detector = settled(yard)
    seen = look(detector, list(yard.frames(2, lambda luma, s: block(luma, 0.3 + 0.1 * s, 0.6, 0.03, 0.14))))
    with_boxes = [motion for motion in seen if motion.boxes]
    assert len(with_boxes) >= len(seen) - 1
    x, y = with_boxes[5].boxes[0].centre
    assert abs(x - 0.35) < 0.05
    assert abs(y - 0.53) < 0.05


def test_an_empty_yard_is_quiet_however_noisy() -> None:
    for noise in (1.0, 4.0, 10.0):
        yard = Yard(noise=noise)
        detector = settled(yard)
        assert sum(bool(motion.boxes) for motion in look(detector, list(yard.frames(6)))) <= 3


def test_nothing_is_concluded_while_learning() -> None:
    yard = Yard()
    seen = look(DifferenceDetector(MotionOptions()), list(yard.frames(0.4, lambda luma, s: block(luma, s, 0.9, 0.2, 0.5))))
    assert all(not motion.settled and not motion.boxes for motion in seen)


def test_a_light_that_is_switched_on_is_no_motion_and_learnt_within_a_second() -> None:
    yard = Yard()
    detector = settled(yard)

    def lamp(luma: Luma, _s: float) -> Luma:
        luma[:, 100:] = luma[:, 100:] * 0.4 + 140
        return luma

    seen = look(detector, list(yard.frames(3, lamp)))
    assert not any(motion.boxes for motion in seen)
    assert not seen[1].settled
    assert all(motion.settled for motion in seen[10:])


def test_a_person_is_seen_right_after_the_light_changed() -> None:
    yard = Yard()
    detector = settled(yard)
    look(detector, list(yard.frames(1, lambda luma, s: luma * 0.3 + 160)))
    seen = look(detector, list(yard.frames(1, lambda luma, s: block(luma * 0.3 + 160, 0.3 + 0.3 * s, 0.8, 0.08, 0.4, 40))))
    assert all(motion.boxes for motion in seen[1:])


def test_exposure_that_hunts_is_followed() -> None:
    yard = Yard()
    detector = settled(yard)
    seen = look(detector, list(yard.frames(8, lambda luma, s: luma * (1 + 0.2 * np.sin(2 * s)))))
    assert sum(bool(motion.boxes) for motion in seen) <= len(seen) // 10


def test_a_headlight_is_light() -> None:
    yard = Yard()
    detector = settled(yard)
    seen = look(detector, list(yard.frames(2, headlight)))
    assert max(motion.area_frac for motion in seen) < MotionOptions().sensitivity_frac


def test_a_thing_as_large_as_that_is_no_light() -> None:
    yard = Yard()
    detector = settled(yard)
    seen = look(detector, list(yard.frames(2, lambda luma, s: block(luma, s / 2, 0.9, 0.3, 0.6))))
    assert max(motion.area_frac for motion in seen) > 0.1


def test_what_is_masked_is_not_seen() -> None:
    yard = Yard()
    left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    detector = settled(yard, MotionOptions(masks=(left,)))
    assert not any(
        m.boxes for m in look(detector, list(yard.frames(1, lambda luma, s: block(luma, 0.2 + 0.1 * s, 0.8, 0.1, 0.4))))
    )
    assert any(m.boxes for m in look(detector, list(yard.frames(1, lambda luma, s: block(luma, 0.7 + 0.1 * s, 0.8, 0.1, 0.4)))))


def test_a_place_that_never_rests_soon_counts_for_little() -> None:
    yard = Yard()
    detector = settled(yard)

    def leaves(luma: Luma, s: float) -> Luma:
        luma[:80, :200] += 22 * np.sin(9 * s + np.arange(200) / 9)[None, :]
        return luma

    look(detector, list(yard.frames(15, leaves)))
    assert sum(bool(motion.boxes) for motion in look(detector, list(yard.frames(5, leaves)))) <= 12


@pytest.mark.parametrize(("level", "drop_px"), [(30, 14), (45, 24)])
def test_rain_stays_below_what_is_told_and_somebody_in_it_is_seen(level: int, drop_px: int) -> None:
    yard, rng = Yard(), np.random.default_rng(4)
    told_frac = MotionOptions().sensitivity_frac
    detector = settled(yard)

    def rain(luma: Luma, _s: float) -> Luma:
        for x, y in zip(rng.integers(0, 640, 220), rng.integers(0, 330, 220), strict=True):
            luma[y : y + drop_px, x : x + 1] += level
        return luma

    look(detector, list(yard.frames(3, rain)))
    assert max(motion.area_frac for motion in look(detector, list(yard.frames(5, rain)))) < told_frac / 3

    def walker(luma: Luma, s: float) -> Luma:
        return block(rain(luma, s), 0.3 + 0.1 * s, 0.8, 0.08, 0.4)

    assert min(motion.area_frac for motion in look(detector, list(yard.frames(1, walker)))) > told_frac


def test_a_clock_in_the_picture_soon_counts_for_nothing() -> None:
    yard = Yard()
    detector = settled(yard)

    def clock(luma: Luma, s: float) -> Luma:
        luma[10:30, 10:90] = 20
        digit = int(s) % 10
        luma[10:30, 70 + digit : 74 + digit] = 235
        return luma

    look(detector, list(yard.frames(30, clock)))
    assert sum(bool(motion.boxes) for motion in look(detector, list(yard.frames(10, clock)))) <= 15


def test_what_stays_becomes_part_of_the_scene() -> None:
    yard = Yard()
    detector = settled(yard)
    seen = look(detector, list(yard.frames(30, lambda luma, s: block(luma, 0.5, 0.8, 0.1, 0.3))))
    assert seen[5].boxes
    assert not seen[-1].boxes


def test_a_change_of_size_starts_anew() -> None:
    detector = settled(Yard())
    assert not detector.look(next(Yard(320, 180).frames(1))).settled


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 300), (700, 3), (31, 17)])
def test_any_shape_is_taken(width: int, height: int) -> None:
    yard = Yard(max(width, 20), max(height, 20))
    detector = DifferenceDetector(MotionOptions())
    for frame in yard.frames(2):
        detector.look(dataclasses.replace(frame, y=frame.y[:height, :width]))


def test_the_share_that_changed_is_asked_of_any_box() -> None:
    mask = np.zeros((100, 200), np.uint8)
    mask[50:, :100] = 255
    assert changed_frac(mask, Box(x0=0, y0=0.5, x1=0.5, y1=1)) == 1
    assert changed_frac(mask, Box(x0=0, y0=0, x1=1, y1=1)) == 0.25
    assert changed_frac(mask, Box(x0=0.5, y0=0, x1=1, y1=1)) == 0
    assert changed_frac(np.full((100, 200), 255, np.uint8), Box(x0=0.2, y0=0.2, x1=0.4, y1=0.6)) == 0
    assert changed_frac(None, Box(x0=0, y0=0, x1=1, y1=1)) == 0


def test_movement_that_is_larger_beside_a_box_is_not_its_own() -> None:
    mask = np.zeros((100, 200), np.uint8)
    mask[40:80, 100:160] = 255
    edge, whole, sole = (
        Box(x0=0.45, y0=0.3, x1=0.55, y1=0.9),
        Box(x0=0.48, y0=0.35, x1=0.82, y1=0.85),
        Box(x0=0, y0=0, x1=1, y1=1),
    )
    assert changed_frac(mask, edge) > 0.15
    assert own_changed_frac(mask, edge) == 0
    assert own_changed_frac(mask, whole) == changed_frac(mask, whole) > 0.5
    assert own_changed_frac(mask, sole) == changed_frac(mask, sole)
    assert own_changed_frac(None, edge) == own_changed_frac(np.zeros((100, 200), np.uint8), edge) == 0


@pytest.mark.parametrize("x0", [0.0, 0.93, 0.99])
def test_whose_movement_it_is_can_be_asked_at_the_edge_of_the_picture(x0: float) -> None:
    mask = np.full((90, 160), 255, np.uint8)
    mask[:, 20:140] = 0
    box = Box(x0=x0, y0=0.2, x1=min(1.0, x0 + 0.06), y1=0.8)
    assert own_changed_frac(mask, box) == changed_frac(mask, box) > 0.5


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.02, 0.3), st.floats(0.02, 0.3)), min_size=1, max_size=6)
)
def test_boxes_lie_in_the_picture_apart_from_each_other_and_cover_what_changed(
    things: list[tuple[float, float, float, float]],
) -> None:
    detector = settled(YARD)

    def paint(luma: Luma, _s: float) -> Luma:
        for x, y, width, height in things:
            luma = block(luma, x, y, width, height, 250)
        return luma

    motion = next(detector.look(frame) for frame in YARD.frames(0.1, paint))
    for index, box in enumerate(motion.boxes):
        assert 0 <= box.x0 < box.x1 <= 1
        assert 0 <= box.y0 < box.y1 <= 1
        assert all(box.intersection_frac(other) == 0 for other in motion.boxes[index + 1 :])
    assert 0 <= motion.area_frac <= 1


YARD = Yard(320, 180)
