from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.frames.frame import Frame
from hearthwatch.frames.geometry import WHOLE, Box
from hearthwatch.frames.jpeg import _jpeg_planes, crop, encode, encode_marked
from hearthwatch.kit.units import CameraId, MonoNs, WallUs


def frame(width: int, height: int, *, full_range: bool = False, level: int = 120) -> Frame:
    chroma = np.full((-(-height // 2), -(-width // 2)), 128, np.uint8)
    return Frame(
        camera=CameraId("front"),
        seq=1,
        wall_us=WallUs(0),
        received_ns=MonoNs(0),
        pts_s=0.0,
        y=np.full((height, width), level, np.uint8),
        u=chroma,
        v=chroma,
        full_range=full_range,
    )


def decoded(jpeg: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def test_every_studio_level_is_stretched_as_bt601_says() -> None:
    levels = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    wanted = np.clip(np.round((np.arange(256) - 16) * (255 / 219)), 0, 255)
    wanted_chroma = np.clip(np.round((np.arange(256) - 128) * (255 / 224) + 128), 0, 255)
    whole = dataclasses.replace(frame(512, 128), y=np.tile(levels, (2, 2)), u=levels, v=levels[:, ::-1])
    y, u, v = _jpeg_planes(whole, 0)
    assert (y == np.tile(wanted, 2)).all()
    assert (u == wanted_chroma).all()
    assert (v == wanted_chroma[::-1]).all()


@pytest.mark.parametrize(
    ("full_range", "level", "expected"), [(True, 120, 120), (False, 16, 0), (False, 235, 255), (False, 120, 121)]
)
def test_levels_are_those_a_viewer_expects(full_range: bool, level: int, expected: int) -> None:
    picture = decoded(encode(frame(64, 48, full_range=full_range, level=level)))
    assert picture.shape == (48, 64, 3)
    assert abs(int(picture.mean()) - expected) <= 1


def test_a_picture_is_made_no_wider_than_asked_and_never_larger() -> None:
    assert decoded(encode(frame(1280, 720), max_width_px=320)).shape == (180, 320, 3)
    assert decoded(encode(frame(64, 48), max_width_px=320)).shape == (48, 64, 3)


def test_the_box_is_drawn_where_the_thing_is_and_leaves_it_to_be_seen() -> None:
    picture = decoded(encode_marked(frame(640, 480), Box(x0=0.25, y0=0.5, x1=0.5, y1=0.75), "person", 0.83)).astype(int)
    blue, _green, red = picture[300, 160]
    assert red > blue + 100
    assert abs(picture[300, 240] - picture[10, 600]).max() <= 2
    plate = picture[240 - 26 : 240 - 4, 165:220]
    assert (plate[..., 2] - plate[..., 0]).mean() > 80
    assert plate[..., 2].min() < 120


def test_a_plane_with_padding_at_its_lines_is_taken() -> None:
    wide = frame(704, 480)
    view = Frame(
        camera=wide.camera,
        seq=1,
        wall_us=wide.wall_us,
        received_ns=wide.received_ns,
        pts_s=0.0,
        y=wide.y[:, :641],
        u=wide.u[:, :321],
        v=wide.v[:, :321],
    )
    assert decoded(encode(view)).shape == (480, 640, 3)


edges = st.floats(0, 1).map(lambda x: round(x, 3))


@settings(max_examples=60, deadline=None)
@given(st.tuples(edges, edges), st.tuples(edges, edges), st.integers(20, 400), st.integers(20, 300))
def test_any_box_in_any_picture_can_be_drawn_and_cut_out(
    xs: tuple[float, float], ys: tuple[float, float], width: int, height: int
) -> None:
    box = Box(x0=min(xs), y0=min(ys), x1=max(xs), y1=max(ys))
    assert decoded(encode_marked(frame(width, height), box, "person", 0.5)).shape == (height & ~1, width & ~1, 3)
    assert decoded(crop(frame(width, height), box)).shape == (240, 320, 3)
    assert decoded(encode_marked(frame(width, height), WHOLE, "", 0.5)).shape == (height & ~1, width & ~1, 3)
