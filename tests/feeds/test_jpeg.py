"""A JPEG's own word on its size, and what happens to those that lie."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.http_camera import claiming, picture

from hearthwatch.feeds.jpeg import jpeg_size
from hearthwatch.frames.decode import jpeg_size_px
from hearthwatch.kit.errors import BadReply


@pytest.mark.parametrize("size", [(64, 48), (1920, 1080), (17, 3)])
def test_size_is_read_from_the_frame_header(size: tuple[int, int]) -> None:
    assert jpeg_size(picture(3, *size)) == size


def test_progressive_header_fill_bytes_and_a_thumbnail_before_it() -> None:
    real = picture(3, 320, 240)
    thumbnail = picture(1)
    app1 = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    assert jpeg_size(real[:2] + app1 + b"\xff\xff" + real[2:]) == (320, 240)
    assert jpeg_size(real.replace(b"\xff\xc0", b"\xff\xc2", 1)) == (320, 240)


@pytest.mark.parametrize("size", [(32_000, 32_000), (65_535, 65_535), (10_000, 4_001)])
def test_sec_20_more_than_forty_megapixels_is_refused_with_the_claim(size: tuple[int, int]) -> None:
    with pytest.raises(BadReply, match=f"claims {size[0]}x{size[1]}"):
        jpeg_size(claiming(*size))


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"\xff\xd8", b"\xff\xd8\xff\xd9", picture(1)[:20], b"\xff\xd8\xff\xc0\x00\x11\x08"]
)
def test_what_is_no_jpeg_is_a_bad_reply(data: bytes) -> None:
    with pytest.raises(BadReply):
        jpeg_size(data)


def test_sec_20_empty_picture_and_too_many_bytes_are_refused() -> None:
    with pytest.raises(BadReply, match="empty"):
        jpeg_size(claiming(0, 10))
    with pytest.raises(BadReply, match="26 MB"):
        jpeg_size(picture(1) + bytes(25 * 1024 * 1024))


@given(data=st.binary(max_size=300))
def test_any_bytes_give_a_size_or_a_bad_reply(data: bytes) -> None:
    for candidate in (data, b"\xff\xd8" + data, b"\xff\xd8\xff\xe0" + data):
        try:
            width_px, height_px = jpeg_size(candidate)
        except BadReply:
            continue
        assert 0 < width_px * height_px <= 40_000_000


@pytest.mark.parametrize("filling", [b"\xff" * 8_000_000, b"\xff\xd0" * 4_000_000, b"\xff\xfe\x00\x02" * 2_000_000])
def test_sec_20_megabytes_before_the_frame_header_are_not_walked_through(filling: bytes) -> None:
    """A second of it in the recorder is a second without the other cameras."""
    began_s = time.process_time()
    for size in (jpeg_size, jpeg_size_px):
        with pytest.raises(BadReply):
            size(b"\xff\xd8" + filling)
    assert time.process_time() - began_s < 0.3
