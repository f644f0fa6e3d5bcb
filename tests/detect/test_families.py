"""Decoding of each family, on tensors whose boxes are worked out by hand."""

import numpy as np
import pytest

from hearthwatch.detect.families import RECIPES, Found
from hearthwatch.detect.model import Family
from hearthwatch.kit.errors import BadReply

SURE = 20.0  # a logit that takes the whole softmax


def _sides(left, top, right, bottom):
    """Logits whose expected distances are the given whole numbers of strides."""
    logits = np.full((4, 8), -SURE, np.float32)
    for side, distance in enumerate((left, top, right, bottom)):
        logits[side, distance] = SURE
    return logits.reshape(32)


def _cells(size, stride):
    return -(-size[0] // stride) * -(-size[1] // stride)


def _only(found: Found) -> tuple[list[float], float, int]:
    assert len(found) == 1
    return found.boxes[0].tolist(), float(found.scores[0]), int(found.classes[0])


def test_nanodet_plus_centres_have_no_half_cell_and_rows_run_across_first():
    size = (96, 64)  # stride 8: 12x8 cells; stride 16: 6x4 cells
    table = np.zeros((sum(_cells(size, s) for s in (8, 16, 32, 64)), 112), np.float32)
    row = _cells(size, 8) + 2 * 6 + 3  # stride 16, x 3, y 2: centre (48, 32)
    table[row, 16] = 0.75
    table[row, 80:] = _sides(1, 2, 2, 1)

    box, score, label = _only(RECIPES[Family.NANODET_PLUS].decode([table], size, 0.4))

    assert box == pytest.approx([48 - 16, 32 - 32, 48 + 32, 32 + 16], abs=1e-3)
    assert (score, label) == (0.75, 16)


def test_nanodet_plus_distances_are_expected_values_of_the_distribution():
    size = (32, 32)
    table = np.zeros((16 + 4 + 1 + 1, 112), np.float32)
    table[5, 0] = 0.9  # stride 8, x 1, y 1; all logits equal: each distance is 3.5 strides

    box, _score, _label = _only(RECIPES[Family.NANODET_PLUS].decode([table], size, 0.4))

    assert box == pytest.approx([8 - 28, 8 - 28, 8 + 28, 8 + 28])


@pytest.mark.parametrize(("family", "strides"), [(Family.NANODET_M, (8, 16, 32)), (Family.PICODET, (8, 16, 32, 64))])
def test_split_heads_have_centres_in_the_middle_of_cells(family, strides):
    size = (64, 64)
    scores = [np.zeros((1, _cells(size, s), 80), np.float32) for s in strides]
    sides = [np.zeros((1, _cells(size, s), 32), np.float32) for s in strides]
    scores[2][0, 1, 2] = 0.6  # stride 32, x 1, y 0: centre (48, 16)
    sides[2][0, 1] = _sides(1, 0, 0, 1)

    box, score, label = _only(RECIPES[family].decode([*scores, *sides], size, 0.5))

    assert box == pytest.approx([16, 16, 48, 48], abs=1e-3)
    assert (score, label) == (pytest.approx(0.6), 2)


@pytest.mark.parametrize("classes", [80, 1])
def test_yolox_multiplies_objectness_and_class_and_grows_exponentially(classes):
    size = (64, 64)
    table = np.zeros((1, 64 + 16 + 4, 5 + classes), np.float32)
    table[0, 64 + 6, :5] = (0.5, 0.25, np.log(2.0), np.log(3.0), 0.8)  # stride 16, x 2, y 1
    table[0, 64 + 6, 5] = 0.5

    box, score, label = _only(RECIPES[Family.YOLOX].decode([table], size, 0.3))

    assert box == pytest.approx([40 - 16, 20 - 24, 40 + 16, 20 + 24])
    assert (score, label) == (pytest.approx(0.4), 0)


def test_fastestdet_gives_fractions_of_the_frame_and_a_softened_score():
    size = (352, 352)
    table = np.zeros((1, 85, 22, 22), np.float32)
    table[0, 0, 10, 11] = 0.5
    table[0, 5 + 7, 10, 11] = 0.25  # tx = ty = 0: the cell's own corner; tw = th = 0: half the frame

    box, score, label = _only(RECIPES[Family.FASTESTDET].decode([table], size, 0.3))

    assert box == pytest.approx([176 - 88, 160 - 88, 176 + 88, 160 + 88])
    assert (score, label) == (pytest.approx(0.5**0.6 * 0.25**0.4), 7)


def test_only_the_best_300_cells_are_kept():
    size = (416, 416)
    table = np.zeros((2704 + 676 + 169 + 49, 112), np.float32)
    table[:2000, 0] = np.linspace(0.3, 0.9, 2000)

    found = RECIPES[Family.NANODET_PLUS].decode([table], size, 0.2)

    assert len(found) == 300
    assert found.scores.min() == pytest.approx(table[1700, 0])


@pytest.mark.parametrize("family", [Family.NANODET_PLUS, Family.YOLOX, Family.NANODET_M, Family.FASTESTDET])
def test_an_answer_of_another_shape_is_told_apart_from_an_empty_one(family):
    with pytest.raises(BadReply, match="right file"):
        RECIPES[family].decode([np.zeros((7, 9), np.float32)], (416, 416), 0.2)
