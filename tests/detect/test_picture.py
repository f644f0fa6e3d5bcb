"""Regions, letterbox and colours: what the network sees, and the way back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.detect.picture import Crop, crop_of, fitting_input, frame_of, see
from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.kit.units import CameraId, MonoNs, WallUs


def _frame(width, height, *, luma=128, u=128, v=128, full_range=False):
    half = ((height + 1) // 2, (width + 1) // 2)
    return Frame(
        camera=CameraId("front"),
        seq=1,
        wall_us=WallUs(0),
        received_ns=MonoNs(0),
        pts_s=0.0,
        y=np.full((height, width), luma, np.uint8),
        u=np.full(half, u, np.uint8),
        v=np.full(half, v, np.uint8),
        full_range=full_range,
    )


_side = st.integers(2, 700)
_share = st.floats(0, 1)


@given(_side, _side, _share, _share, _share, _share)
def test_a_crop_is_even_at_its_corner_inside_and_holds_the_region(width, height, xa, ya, xb, yb):
    region = Box(x0=min(xa, xb), y0=min(ya, yb), x1=max(xa, xb), y1=max(ya, yb))
    crop = crop_of(_frame(width, height), region)
    assert crop.x % 2 == crop.y % 2 == 0
    assert crop.width >= 2
    assert crop.height >= 2
    assert crop.x >= 0
    assert crop.x + crop.width <= width
    assert crop.y + crop.height <= height
    if region.x0 * width <= width - 2:
        assert crop.x <= region.x0 * width + 1e-9
    assert crop.x + crop.width >= region.x1 * width - 1e-9


@given(st.integers(2, 4000), st.integers(2, 4000), st.sampled_from([320, 416, 640]))
def test_an_input_fits_the_network_and_costs_no_more_than_a_wide_picture(width, height, long_side):
    wide, high = fitting_input(width, height, long_side)
    assert wide % 32 == high % 32 == 0
    assert min(wide, high) >= 32
    assert max(wide, high) <= long_side
    assert wide * high <= long_side * (-(-long_side * 10 // 16 // 32) * 32)


def test_inputs_of_usual_pictures():
    assert fitting_input(640, 360, 416) == (416, 256)
    assert fitting_input(1920, 1080, 640) == (640, 384)
    assert fitting_input(360, 640, 416) == (256, 416)
    assert fitting_input(300, 300, 416) == (320, 320)


@given(
    st.integers(16, 300),
    st.integers(16, 300),
    st.sampled_from([(416, 256), (320, 320), (64, 128)]),
    st.booleans(),
    st.booleans(),
    st.lists(st.tuples(_share, _share, _share, _share), min_size=1, max_size=5),
)
def test_boxes_come_back_to_where_they_were(width, height, size, centred, stretch, shares):
    seen = see(_frame(width, height), WHOLE, size, centred=centred, stretch=stretch)
    boxes = np.array([(a * width, b * height, c * width, d * height) for a, b, c, d in shares], np.float32)
    there = np.empty_like(boxes)
    there[:, 0::2] = boxes[:, 0::2] * seen.scale_x + seen.pad_x
    there[:, 1::2] = boxes[:, 1::2] * seen.scale_y + seen.pad_y
    assert there[:, 0::2].max() <= size[0] + 1e-3
    assert there[:, 1::2].max() <= size[1] + 1e-3
    assert seen.to_frame(there) == pytest.approx(boxes, abs=1e-2)


def test_boxes_of_a_crop_are_moved_to_the_frame_and_clipped_to_the_crop():
    seen = see(_frame(640, 360), Box(x0=0.25, y0=0.5, x1=0.5, y1=1.0), (320, 320))
    assert seen.crop == Crop(x=160, y=180, width=160, height=180)
    edges = np.array([[-100, -100, 900, 900]], np.float32)
    assert seen.to_frame(edges).tolist() == [[160, 180, 320, 360]]


def test_the_shape_is_kept_and_the_rest_is_grey_114():
    seen = see(_frame(640, 360, luma=235), WHOLE, (416, 416))
    assert seen.bgr.shape == (416, 416, 3)
    assert (seen.scale_x, seen.scale_y) == pytest.approx((0.65, 0.65), rel=0.01)
    assert (seen.pad_x, seen.pad_y) == (0, 90)
    assert np.abs(seen.bgr[:80].astype(int) - 114).max() <= 1
    assert seen.bgr[200].min() == 255


def test_a_picture_not_centred_lies_at_the_upper_left():
    seen = see(_frame(640, 360, luma=235), WHOLE, (416, 416), centred=False)
    assert (seen.pad_x, seen.pad_y) == (0, 0)
    assert seen.bgr[0].min() == 255
    assert np.abs(seen.bgr[-1].astype(int) - 114).max() <= 1


def test_a_stretched_picture_fills_the_input():
    seen = see(_frame(640, 360, luma=235), WHOLE, (352, 352), stretch=True)
    assert seen.bgr.min() == 255
    assert (seen.scale_x, seen.scale_y) == pytest.approx((352 / 640, 352 / 360))


@pytest.mark.parametrize("size", [(640, 360), (626, 353), (178, 100), (3, 3)])
def test_odd_sizes_and_infrared_pictures_are_seen(size):
    frame = _frame(*size, luma=128)
    seen = see(frame, WHOLE, (416, 256))
    middle = seen.bgr[128, 208].astype(int)
    assert middle.max() - middle.min() <= 1
    assert middle[0] == pytest.approx(130, abs=2)


@pytest.mark.parametrize(("luma", "wanted"), [(0, 0), (255, 255), (100, 100)])
def test_full_range_levels_are_not_stretched(luma, wanted):
    seen = see(_frame(64, 64, luma=luma, full_range=True), WHOLE, (64, 64))
    assert seen.bgr[32, 32].tolist() == pytest.approx([wanted] * 3, abs=2)


@pytest.mark.parametrize("colour", [(200, 40, 30), (20, 180, 60), (40, 30, 220)])
def test_colours_arrive_as_blue_green_red(colour):
    seen = see(frame_of(np.full((64, 64, 3), colour, np.uint8)), WHOLE, (64, 64))
    assert seen.bgr[32, 32].tolist() == pytest.approx(colour, abs=4)


@pytest.mark.parametrize("colour", [(200, 40, 30), (20, 180, 60)])
def test_full_range_colours_too(colour):
    ycrcb = cv2.cvtColor(np.full((1, 1, 3), colour, np.uint8), cv2.COLOR_BGR2YCrCb)[0, 0].tolist()
    frame = _frame(64, 64, luma=ycrcb[0], v=ycrcb[1], u=ycrcb[2], full_range=True)
    assert see(frame, WHOLE, (64, 64)).bgr[32, 32].tolist() == pytest.approx(colour, abs=5)


def test_what_is_left_in_the_picture_stays_left():
    frame = _frame(640, 360, luma=16)
    frame.y[:, :320] = 235
    seen = see(frame, Box(x0=0.25, y0=0, x1=0.75, y1=1), (320, 352))
    assert seen.bgr[176, 40].min() == 255
    assert seen.bgr[176, 280].max() == 0
