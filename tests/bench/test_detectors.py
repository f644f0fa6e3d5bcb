"""The measure itself, on pictures and answers whose score is worked out by hand."""

import cv2
import numpy as np
import pytest

from hearthwatch.bench.detectors import Labelled, Row, Timing, accuracy, labelled_pictures, markdown, timing
from hearthwatch.detect.detection import Detection, Looked
from hearthwatch.detect.picture import frame_of
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.clock import FakeClock

FRAME = frame_of(np.zeros((10, 10, 3), np.uint8))
LEFT = Box(x0=0.0, y0=0.0, x1=0.4, y1=1.0)
RIGHT = Box(x0=0.6, y0=0.0, x1=1.0, y1=1.0)
MIDDLE = Box(x0=0.4, y0=0.4, x1=0.6, y1=0.6)


class Scripted:
    """Answers each picture with the next of the given lists of (label, score, box); each look takes 10 ms of the clock."""

    name = "scripted"
    labels = ("person", "dog")

    def __init__(self, answers, clock=None):
        self.answers = list(answers)
        self.clock = clock

    def detect(self, frame, regions):
        if self.clock:
            self.clock.advance(0.01 * (1 + len(self.answers)))
        found = self.answers.pop(0)
        return Looked(
            camera=frame.camera,
            frame_seq=0,
            wall_us=frame.wall_us,
            detections=tuple(Detection(label=label, score=score, box=box) for label, score, box in found),
            regions=tuple(regions),
            model=self.name,
            took_ms=0.0,
        )

    def close(self):
        pass


def _picture(*people, unjudged=()):
    return Labelled(frame=FRAME, people=people, unjudged=unjudged)


def test_recall_precision_and_the_area_under_the_curve():
    pictures = [_picture(LEFT, RIGHT), _picture(LEFT), _picture(), _picture()]
    answers = [
        [("person", 0.9, LEFT), ("person", 0.6, MIDDLE)],
        [("person", 0.8, RIGHT), ("person", 0.3, LEFT), ("dog", 0.99, LEFT)],
        [("person", 0.7, MIDDLE)],
        [("dog", 0.9, LEFT)],
    ]
    measured = accuracy(Scripted(answers), pictures, score=0.5)

    assert measured.recall == pytest.approx(1 / 3)
    assert measured.precision == pytest.approx(1 / 4)
    # By score: right, wrong, wrong, wrong, right: precision 1 up to recall 1/3, then 2/5 up to 2/3.
    assert measured.average_precision == pytest.approx(1 / 3 + 2 / 5 / 3)
    assert (measured.false_pictures, measured.empty_pictures, measured.pictures) == (1, 2, 4)


def test_a_second_box_for_the_same_person_is_wrong():
    measured = accuracy(Scripted([[("person", 0.9, LEFT), ("person", 0.8, LEFT)]]), [_picture(LEFT)])
    assert (measured.recall, measured.precision) == (1.0, 0.5)


def test_what_its_labellers_would_not_judge_is_neither_right_nor_wrong_nor_empty():
    measured = accuracy(Scripted([[("person", 0.9, LEFT)]]), [_picture(unjudged=(LEFT,))])
    assert (measured.precision, measured.empty_pictures, measured.false_pictures) == (1.0, 0, 0)


def test_times_are_percentiles_without_the_first_two():
    clock = FakeClock()
    scripted = Scripted([[]] * 12, clock)  # takes 130, 120, then 110 … 20 ms
    measured = timing(scripted, FRAME, [WHOLE], clock=clock, looks=10)
    assert (measured.p50_ms, measured.p95_ms) == (pytest.approx(65.0), pytest.approx(105.5))


def test_labels_are_read_with_difficult_people_apart_and_parts_left_out(tmp_path):
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((100, 200, 3), np.uint8))
    (tmp_path / "a.xml").write_text(
        "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>"
        "<object><name>person</name><difficult>0</difficult><bndbox><xmax>120</xmax><xmin>20</xmin><ymax>90</ymax><ymin>10</ymin>"
        "</bndbox><part><name>head</name><bndbox><xmin>50</xmin><ymin>10</ymin><xmax>60</xmax><ymax>20</ymax></bndbox></part>"
        "</object><object><name>person</name><difficult>1</difficult><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>100</xmax>"
        "<ymax>100</ymax></bndbox></object></annotation>"
    )
    (picture,) = labelled_pictures(tmp_path)
    assert picture.people == (Box(x0=0.1, y0=0.1, x1=0.6, y1=0.9),)
    assert picture.unjudged == (Box(x0=0.0, y0=0.0, x1=0.5, y1=1.0),)


def test_the_table_has_a_line_per_model():
    measured = accuracy(Scripted([[("person", 0.9, LEFT)]]), [_picture(LEFT)])
    took = Timing(model="scripted", looks=1, p50_ms=1.0, p95_ms=2.0)
    lines = markdown([Row(accuracy=measured, whole=took, crop=took)] * 2).splitlines()
    assert len(lines) == 4
    assert lines[2] == "| scripted | 1.00 / 1.00 / 1.00 | 0/0 | 1.0 / 2.0 | 1.0 / 2.0 |"
    assert len({line.count("|") for line in lines}) == 1
