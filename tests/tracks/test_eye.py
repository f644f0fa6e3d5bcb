from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.motion.scene import headlight
from tests.tracks.stage import LABELS, Actor, Stage, around, parked, walker

from hearthwatch.detect.detection import BUILT_IN, LabelOptions
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.motion.motion import MotionOptions
from hearthwatch.tracks.track import TrackState, ZoneOptions


def test_one_visitor_is_one_track_told_within_half_a_second() -> None:
    stage = Stage([walker(1.0)]).play(14)
    (track,) = stage.ended
    assert track.label == "person"
    assert track.moved
    first_s, first = stage.updates[0]
    assert first.state is TrackState.CONFIRMED
    assert 3.0 <= first_s <= 3.7  # two empty seconds, then one until it comes in at the edge
    assert first.decided_ns > 0
    assert abs(track.first_us / 1e6 - 3.1) < 0.5
    assert 10.5 < track.last_us / 1e6 < 11.9


def test_where_the_camera_names_things_itself_nobody_else_is_asked_and_the_rest_is_seen() -> None:
    stage = Stage([walker(0.0)], detect=False).play(9)
    assert stage.asked == []
    assert stage.updates == []
    assert stage.eye.take_spans() != ()
    assert stage.eye.sight is not None
    assert Stage([walker(0.0)]).play(9).asked != []


@pytest.mark.parametrize("fps", [5, 10, 15, 25])
def test_any_frame_rate_will_do(fps: float) -> None:
    stage = Stage([walker(0.5, speed=0.2)], fps=fps).play(9)
    assert len(stage.ended) == 1


def test_who_is_hidden_for_a_moment_stays_one() -> None:
    stage = Stage([walker(0.0, seen=lambda s: not 3 < s < 5)]).play(14)
    assert len(stage.ended) == 1


def test_who_stands_still_where_the_detector_sees_badly_stays_one() -> None:
    stands = Actor(box=lambda s: around(min(0.5, 0.12 * s), 0.9), seen=lambda s: s < 17 or int(s) % 7 < 3)
    stage = Stage([stands]).play(70)
    assert {track.id for _s, track in stage.updates} == {stage.updates[0][1].id}
    assert stage.updates[-1][1].state is TrackState.STILL
    assert stage.end().ended[0].last_us > 56e6


def test_two_who_cross_stay_two() -> None:
    there, back = walker(0.0), Actor(box=lambda s: around(1.0 - 0.12 * s, 0.8) if s < 8.2 else None)
    stage = Stage([there, back]).play(14)
    assert len(stage.ended) == 2
    assert all(track.last_us - track.first_us > 7e6 for track in stage.ended)


def test_the_next_visitor_is_another_one() -> None:
    stage = Stage([walker(0.0, 8.0), walker(13.0)]).play(26)
    assert len(stage.ended) == 2


@pytest.mark.parametrize("label", ["car", "person"])
def test_what_was_there_before_anything_moved_is_quiet(label: str) -> None:
    car = parked(around(0.5, 0.8, 0.3, 0.3), label)
    stage = Stage([car], empty_s=0).play(20)
    assert stage.asked
    assert stage.updates == []


def test_who_walks_past_a_parked_car_is_told_and_the_car_is_not() -> None:
    car = parked(around(0.5, 0.8, 0.3, 0.3))
    stage = Stage([car, walker(6.0, y=0.85)], empty_s=0).play(20)
    assert [track.label for track in stage.ended] == ["person"]


def test_a_car_that_comes_and_parks_is_one_track_that_falls_still() -> None:
    comes = Actor(box=lambda s: around(min(0.5, 0.25 * s), 0.8, 0.3, 0.3), label="car")
    stage = Stage([comes]).play(25)
    assert {track.label for _s, track in stage.updates} == {"car"}
    assert len({track.id for _s, track in stage.updates}) == 1
    assert stage.updates[-1][1].state is TrackState.STILL


def test_a_light_switch_is_silent_even_if_the_detector_dreams() -> None:
    trunk = parked(around(0.3, 0.9, 0.1, 0.5), "person", score=0.5)
    stage = Stage([trunk], empty_s=0, light=lambda luma, s: luma * (0.35 if int(s / 4) % 2 else 1.0)).play(20)
    assert stage.updates == []


def test_headlights_are_silent() -> None:
    stage = Stage([], light=lambda luma, s: headlight(luma, s % 5)).play(20)
    assert stage.updates == []
    assert stage.eye.take_spans() == ()


def test_a_single_dream_is_not_told() -> None:
    shrub = parked(around(0.5, 0.8), score=0.45, label="person", seen=lambda s: 2.0 < s < 2.15)
    stage = Stage([shrub], light=lambda luma, s: luma + 25 * (np.arange(320)[None, :] > 160) * (int(s * 10) % 2)).play(10)
    assert stage.updates == []


def test_a_clear_view_of_somebody_who_moves_is_told_at_once() -> None:
    stage = Stage([walker(0.0, score=0.8, seen=lambda s: s > 1)]).play(3)
    asked_s = next(s for s, _regions in stage.asked if s > 3.0)
    assert stage.updates[0][0] == asked_s


def test_what_nobody_asked_for_is_not_told() -> None:
    stage = Stage([walker(0.0, label="giraffe")]).play(12)
    assert stage.updates == []


def test_what_is_too_small_or_too_uncertain_is_not_told() -> None:
    labels = LABELS | {"person": LabelOptions(min_score=0.75, min_area_frac=0.0)}
    assert Stage([walker(0.0, score=0.7)], labels=labels).play(12).updates == []
    labels = LABELS | {"person": LabelOptions(min_area_frac=0.1)}
    assert Stage([walker(0.0)], labels=labels).play(12).updates == []


def test_a_mask_hides_motion_and_who_is_in_it() -> None:
    lower = ((0.0, 0.3), (1.0, 0.3), (1.0, 1.0), (0.0, 1.0))
    stage = Stage([walker(0.0)], motion=MotionOptions(masks=(lower,))).play(12)
    assert stage.updates == []


def test_motion_that_is_switched_off_is_not_looked_at() -> None:
    stage = Stage([walker(0.0)], motion=MotionOptions(enabled=False)).play(5)
    assert stage.asked == []


def test_zones_are_entered_and_left_by_the_feet() -> None:
    door = ZoneOptions(points=((0.4, 0.6), (0.6, 0.6), (0.6, 1.0), (0.4, 1.0)))
    sky = ZoneOptions(points=((0.0, 0.0), (1.0, 0.0), (1.0, 0.6), (0.0, 0.6)))
    cars = ZoneOptions(points=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), labels=("car",))
    stage = Stage([walker(0.0)], zones={"door": door, "sky": sky, "cars": cars}).play(14)
    inside = [bool(track.zones) for _s, track in stage.updates]
    assert not inside[0]
    assert any(inside)
    assert not inside[-1]
    assert stage.ended[0].entered_zones == {"door"}


def test_unknown_motion_is_looked_at_three_times_then_twice_a_second_and_around_itself_first() -> None:
    stage = Stage([walker(0.0, label="giraffe")]).play(6)
    asked = [(s, regions) for s, regions in stage.asked if s >= 2.0]
    moments = [s for s, _regions in asked]
    assert moments[2] - moments[0] < 0.35
    assert 8 <= len(moments) <= 18
    assert asked[0][1][0] != WHOLE
    assert asked[0][1][-1] == WHOLE


def test_a_known_visitor_is_looked_at_at_most_twice_a_second() -> None:
    stage = Stage([walker(0.0, speed=0.05)]).play(12)
    assert 8 <= len([s for s, _regions in stage.asked if s > 4.0]) <= 22


def test_an_empty_scene_is_hardly_looked_at() -> None:
    stage = Stage([]).play(90)
    assert 1 <= len(stage.asked) <= 4


def test_the_best_picture_is_kept_until_the_end() -> None:
    stage = Stage([walker(0.0)]).play(9.0)
    track = stage.eye.tracks[0] if stage.eye.tracks else stage.ended[0]
    kept = stage.eye.picture(track.id)
    assert kept is not None
    frame, box = kept
    assert box == track.best_box
    assert frame.wall_us == track.best_us
    x, y = box.centre
    assert frame.y[int(y * frame.height_px), int(x * frame.width_px)] > 190
    stage.play(10)
    assert stage.eye.picture(track.id) is None


def test_answers_that_come_late_twice_or_never_do_no_harm() -> None:
    stage = Stage([])
    frames = list(stage.yard.frames(2, lambda luma, s: luma + 60 * (np.arange(320)[None, :] < 160 * s)))
    asks = [ask for frame in frames if (ask := stage.eye.see(frame)) is not None]
    assert len(asks) >= 3
    from tests.tracks.stage import _looked

    for ask in reversed(asks[:2]):
        looked = _looked(ask.frame, ask.regions, [walker(0.0)], 1.0, model="stage")
        stage.eye.answer(looked, ask.frame)
        stage.eye.answer(looked, ask.frame)


def test_motion_nobody_can_name_is_a_span() -> None:
    bush = Actor(box=lambda s: around(0.3 + 0.1 * s, 0.9, 0.3, 0.6) if s < 6 else None, seen=lambda _s: False)
    stage = Stage([bush]).play(12)
    spans = stage.eye.take_spans()
    assert [span.end_us is None for span in spans] == [True, False]
    assert abs(spans[1].start_us / 1e6 - 2.0) < 0.5
    assert spans[1].peak_frac > 0.05


def test_motion_that_has_a_name_is_none() -> None:
    stage = Stage([walker(0.0)]).play(14)
    assert stage.eye.take_spans() == ()


@pytest.mark.long
@settings(max_examples=15, deadline=None)
@given(
    st.floats(0.06, 0.3),
    st.floats(0.55, 1.0),
    st.floats(0.45, 0.9),
    st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_whoever_crosses_the_yard_is_told_once_even_if_seen_badly(
    speed: float, y: float, score: float, seen: list[bool]
) -> None:
    actor = walker(0.0, speed=speed, y=y, score=score, seen=lambda s: seen[int(s * 4) % 40] or int(s * 4) % 3 == 0)
    stage = Stage([actor]).play(1.1 / speed + 6)
    assert 1 <= len({track.id for _s, track in stage.updates}) <= 2
    for track in stage.ended:
        assert track.first_us <= track.best_us <= track.last_us
        assert Box(x0=0, y0=0, x1=1, y1=1).intersection_frac(track.best_box) >= 0.99 * track.best_box.area_frac


def test_pictures_of_what_stands_there_untold_are_not_hoarded() -> None:
    things = [parked(around(0.1 + 0.08 * i, 0.9, 0.05, 0.3)) for i in range(10)]
    stage = Stage(things, empty_s=0).play(12)
    assert len(stage.eye._best) == 0


def test_who_stood_there_and_then_walks_off_is_told_with_a_picture() -> None:
    stands = Actor(box=lambda s: around(0.3 + max(0.0, s - 10) * 0.12, 0.9) if s < 15 else None, level=40)
    stage = Stage([stands], empty_s=0).play(13)
    (track,) = stage.eye.tracks
    assert track.first_us > 9.5e6
    assert stage.eye.picture(track.id) is not None


def test_a_car_that_stays_for_long_is_hardly_looked_at() -> None:
    comes = Actor(box=lambda s: around(min(0.5, 0.25 * s), 0.8, 0.3, 0.3), label="car")
    stage = Stage([comes]).play(90)
    assert 2 <= len([s for s, _regions in stage.asked if s > 60]) <= 6
    assert [track.state for track in stage.eye.tracks] == [TrackState.STILL]


def test_who_is_part_of_a_passing_car_is_nobody_to_the_built_in_detector() -> None:
    def car(at_s: float) -> Box | None:
        x = 0.3 * at_s - 0.4
        return Box(x0=max(0.0, x), y0=0.4, x1=min(1.0, x + 0.4), y1=0.7) if 0.05 < at_s < 4 else None

    def front(at_s: float) -> Box | None:
        x = 0.3 * at_s - 0.03
        return Box(x0=x, y0=0.35, x1=x + 0.08, y1=0.75) if 0.1 < x < 0.9 else None

    body = Actor(box=car, seen=lambda _s: False)
    mistaken = Actor(box=front, score=0.76, level=None)
    assert Stage([mistaken, body]).play(5).updates, "another detector is believed"
    assert Stage([mistaken, body], model=BUILT_IN).play(5).updates == []


def test_who_walks_alone_or_with_another_is_somebody_to_the_built_in_detector() -> None:
    stage = Stage([walker(1.0), walker(1.6)], model=BUILT_IN).play(14)
    assert len({track.id for track in stage.ended}) == 2
