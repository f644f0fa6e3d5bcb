"""Which of several boxes stays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.detect.doubles import merged, suppressed
from hearthwatch.detect.families import Found


def _found(*rows):
    """Rows of (x0, y0, x1, y1, score, class)."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Found(boxes=table[:, :4], scores=table[:, 4], classes=table[:, 5].astype(np.intp))


def _merged(found, region, cut):
    return merged(found, np.array(region), np.array(cut, np.bool_), 0.5)


def test_the_best_of_overlapping_boxes_of_one_label_stays():
    found = suppressed(_found((0, 0, 10, 10, 0.6, 0), (1, 0, 11, 10, 0.9, 0), (50, 0, 60, 10, 0.3, 0)), 0.5)
    assert found.scores.tolist() == np.float32([0.9, 0.3]).tolist()


def test_boxes_of_different_labels_do_not_touch_each_other():
    assert len(suppressed(_found((0, 0, 10, 10, 0.6, 0), (0, 0, 10, 10, 0.9, 16)), 0.5)) == 2


def test_an_overlap_at_the_limit_is_no_double():
    # Common 5x10, union 15x10: one third.
    assert len(suppressed(_found((0, 0, 10, 10, 0.6, 0), (5, 0, 15, 10, 0.9, 0)), 0.34)) == 2
    assert len(suppressed(_found((0, 0, 10, 10, 0.6, 0), (5, 0, 15, 10, 0.9, 0)), 0.33)) == 1


def test_a_part_cut_by_a_crop_loses_against_the_whole_even_with_the_better_score():
    found = _merged(_found((10, 0, 20, 40, 0.5, 0), (10, 0, 20, 12, 0.9, 0)), [0, 1], [False, True])
    assert found.boxes.tolist() == [[10, 0, 20, 40]]


def test_two_cut_parts_of_one_thing_leave_one_box():
    found = _merged(_found((10, 0, 20, 30, 0.5, 0), (10, 12, 20, 31, 0.7, 0)), [0, 1], [True, True])
    assert len(found) == 1


def test_a_whole_small_thing_inside_a_large_one_stays():
    found = _merged(_found((0, 0, 100, 100, 0.9, 0), (40, 40, 60, 80, 0.6, 0)), [0, 1], [False, False])
    assert len(found) == 2


def test_what_one_region_sees_cut_is_not_doubted_by_that_region():
    found = _merged(_found((0, 0, 100, 100, 0.9, 0), (0, 40, 10, 80, 0.6, 0)), [0, 0], [False, True])
    assert len(found) == 2


_box = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 40)] * 2, st.integers(1, 99), st.integers(0, 2)).map(
    lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3], v[4] / 100, v[5])
)


@given(st.lists(_box, max_size=25))
def test_survivors_do_not_overlap_and_every_lost_box_has_a_better_survivor(rows):
    found = _found(*rows)
    kept = suppressed(found, 0.5)

    def iou(a, b):
        width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        common = max(0, width) * max(0, height)
        return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)

    stays = [(*box, score, label) for box, score, label in zip(kept.boxes, kept.scores, kept.classes, strict=True)]
    for index, one in enumerate(stays):
        assert all(iou(one, other) <= 0.5 + 1e-6 for other in stays[:index] if other[5] == one[5])
    for row in rows:
        assert any(iou(row, one) > 0.5 and one[4] >= np.float32(row[4]) and one[5] == row[5] for one in stays)


@given(st.lists(st.tuples(_box, st.integers(0, 2), st.booleans()), max_size=20))
def test_merging_never_loses_the_best_whole_box(rows):
    found = _found(*[row for row, _region, _cut in rows])
    kept = _merged(found, [region for _row, region, _cut in rows], [cut for _row, _region, cut in rows])
    whole = [row for row, _region, cut in rows if not cut]
    if whole:
        assert np.float32(max(row[4] for row in whole)) in kept.scores
    assert (len(kept) > 0) == (len(rows) > 0)
