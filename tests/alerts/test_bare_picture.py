"""What a camera wrote beside its picture does not leave the house, and the picture is the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.web.scene import LOOKS, draw, jpeg

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.bare_picture import bare, bare_part
from hearthwatch.events.album import packed, unpacked
from hearthwatch.feeds.jpeg import jpeg_size

PICTURE = jpeg(draw(LOOKS["front-door"], 0.0, 320, 180)[0])


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


EXIF = segment(0xE1, b"Exif\x00\x00GPSLatitude 52 31 12 N, SerialNumber 4711")
XMP = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>home</x:xmpmeta>")
WITH_NOTES = PICTURE[:2] + EXIF + PICTURE[2:20] + XMP + segment(0xFE, b"taken by Anna") + PICTURE[20:]
"""The JFIF segment is the first 18 bytes after the start."""


def test_sec_33_no_place_serial_number_or_comment_goes_with_a_picture() -> None:
    assert jpeg_size(WITH_NOTES) == (320, 180)
    left = bare(WITH_NOTES)
    assert left == PICTURE
    for note in (b"GPSLatitude", b"4711", b"xmpmeta", b"Anna"):
        assert note in WITH_NOTES
        assert note not in left


def test_sec_33_pictures_of_a_burst_are_bare_too_and_clips_are_left_alone() -> None:
    album = packed([WITH_NOTES, PICTURE])
    assert unpacked(bare_part(Part.ALBUM, album)) == (PICTURE, PICTURE)
    assert bare_part(Part.PICTURE, WITH_NOTES) == PICTURE
    assert bare_part(Part.CLIP, WITH_NOTES) == WITH_NOTES
    assert bare_part(Part.ALBUM, b"damaged") == b"damaged"


@given(st.binary(max_size=200))
def test_whatever_comes_is_passed_on_or_shortened(data: bytes) -> None:
    for given_ in (data, b"\xff\xd8" + data, WITH_NOTES[: len(data) * 10]):
        assert len(bare(given_)) <= len(given_)
