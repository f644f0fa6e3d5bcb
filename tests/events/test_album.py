"""A burst's pictures as one piece of bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.events.album import MAX_PICTURES, packed, unpacked
from hearthwatch.kit.errors import BadReply


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=MAX_PICTURES))
@settings(max_examples=30)
def test_what_goes_in_comes_out(pictures: list[bytes]) -> None:
    assert unpacked(packed(pictures)) == tuple(pictures)


@pytest.mark.parametrize(
    "album", [b"\0", b"\0\0\0\5abc", b"\0\0\0\0", packed([b"x"])[:-1], packed([b"x"] * MAX_PICTURES) + b"\0\0\0\1x"]
)
def test_what_is_no_album_is_told(album: bytes) -> None:
    with pytest.raises(BadReply):
        unpacked(album)
