from __future__ import annotations

from hearthwatch.detect.detection import Detection, LabelOptions, Looked
from hearthwatch.frames.geometry import WHOLE, Box, Polygon
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.tracks.sightings import sightings_of

LABELS = {"person": LabelOptions(), "dog": LabelOptions(), "car": LabelOptions(min_area_frac=0.01), "truck": LabelOptions()}


def found(label: str, score: float, x0: float, y0: float, x1: float, y1: float) -> Detection:
    return Detection(label=label, score=score, box=Box(x0=x0, y0=y0, x1=x1, y1=y1))


def kept(*detections: Detection, masks: tuple[Polygon, ...] = ()) -> list[Detection]:
    looked = Looked(
        camera=CameraId("yard"),
        frame_seq=1,
        wall_us=WallUs(0),
        detections=detections,
        regions=(WHOLE,),
        model="stage",
        took_ms=1.0,
    )
    return [sighting.detection for sighting in sightings_of(looked, lambda _box: 0.0, labels=LABELS, masks=masks)]


BODY = found("person", 0.6, 0.2, 0.4, 0.3, 0.9)


def test_legs_give_way_to_the_body_they_belong_to() -> None:
    legs = found("person", 0.8, 0.22, 0.7, 0.27, 0.9)
    assert kept(BODY, legs) == [BODY]


def test_a_doubtful_box_around_two_does_not_swallow_them() -> None:
    two = (found("person", 0.8, 0.1, 0.4, 0.2, 0.9), found("person", 0.8, 0.22, 0.4, 0.32, 0.9))
    assert kept(*two, found("person", 0.42, 0.1, 0.4, 0.32, 0.9)) == list(two)


def test_a_shadow_of_a_detection_is_no_second_person_but_a_neighbour_is() -> None:
    assert kept(BODY, found("person", 0.3, 0.25, 0.4, 0.34, 0.9)) == [BODY]
    neighbour = found("person", 0.5, 0.26, 0.4, 0.36, 0.9)
    assert kept(BODY, neighbour) == [BODY, neighbour]


def test_a_car_that_is_also_a_truck_is_one_thing() -> None:
    car, truck = found("car", 0.6, 0.4, 0.4, 0.7, 0.7), found("truck", 0.5, 0.41, 0.4, 0.7, 0.7)
    assert kept(car, truck) == [car]


def test_a_coat_is_no_dog() -> None:
    assert kept(BODY, found("dog", 0.5, 0.21, 0.5, 0.29, 0.8)) == [BODY]
    dog = found("dog", 0.5, 0.35, 0.7, 0.5, 0.9)
    assert kept(BODY, dog) == [BODY, dog]


def test_the_small_the_unwanted_and_the_dim_are_left_out() -> None:
    assert kept(found("car", 0.9, 0, 0, 0.05, 0.05), found("horse", 0.9, 0, 0, 1, 1), found("person", 0.2, 0, 0, 1, 1)) == []


def test_what_lies_mostly_in_a_mask_is_left_out() -> None:
    left = Polygon(points=((0.0, 0.0), (0.28, 0.0), (0.28, 1.0), (0.0, 1.0)))
    assert kept(BODY, masks=(left,)) == []
    half = Polygon(points=((0.0, 0.0), (0.24, 0.0), (0.24, 1.0), (0.0, 1.0)))
    assert kept(BODY, masks=(half,)) == [BODY]


def test_change_is_asked_for_where_the_thing_is() -> None:
    looked = Looked(
        camera=CameraId("yard"), frame_seq=1, wall_us=WallUs(0), detections=(BODY,), regions=(), model="stage", took_ms=1.0
    )
    (sighting,) = sightings_of(looked, lambda box: box.x0, labels=LABELS, masks=())
    assert sighting.changed_frac == BODY.box.x0
