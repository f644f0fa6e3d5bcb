"""What a camera costs, in words, and what is remarked about its streams."""

from __future__ import annotations

import pytest

from hearthwatch.run.camera_setup import id_for
from hearthwatch.run.trial_words import cost, in_words, remarks
from hearthwatch.vendors.device import Vendor
from hearthwatch.web.camera_setup_doors import StreamTried


def stream(name: str, codec: str, width_px: int = 2560, height_px: int = 1440, trouble: str = "") -> StreamTried:
    return StreamTried(name=name, url=f"rtsp://c/{name}", codec=codec, width_px=width_px, height_px=height_px, trouble=trouble)


@pytest.mark.parametrize(
    ("bytes_per_day", "words"),
    [(0, ""), (40_000, "about 1 MB a day"), (260e6, "about 260 MB a day"), (2.8e9, "about 2.8 GB a day"), (9.02e9, "about 9 GB a day"), (33.4e9, "about 33 GB a day")],
)  # fmt: skip
def test_cost(bytes_per_day: float, words: str) -> None:
    assert cost(round(bytes_per_day)) == words


def test_a_stream_is_one_line() -> None:
    assert in_words("h264", 1920, 1080, 15.02, 9_000_000_000) == "H.264, 1920 x 1080, 15 pictures a second, about 9 GB a day"
    assert in_words("H265", 0, 0, 0, 0) == "H.265"


@pytest.mark.parametrize(
    ("streams", "words"),
    [
        ((stream("main", "h265"), stream("sub", "h264", 640, 360)), "live pictures come from the small one"),
        ((stream("main", "h265"),), "H.265 only"),
        ((stream("main", "h265"), stream("sub", "H.265", 640, 360)), "H.265 only"),
        ((stream("main", "h264"),), "about 16 times the work"),
        ((stream("main", "h264"), stream("sub", "h264", 640, 360, trouble="no key frame")), "no key frame"),
        ((stream("main", "h264"), stream("sub", "h265", 640, 360)), "set it to H.264"),
    ],
)
def test_remarks(streams: tuple[StreamTried, ...], words: str) -> None:
    sub = streams[1].url if len(streams) > 1 else ""
    assert words in " ".join(remarks(streams, streams[0].url, sub, user="watch", vendor=Vendor.DAHUA))


def test_a_good_camera_needs_no_remark_but_that_of_its_account() -> None:
    streams = (stream("main", "h264"), stream("sub", "h264", 640, 360))
    assert list(remarks(streams, streams[0].url, streams[1].url, user="watch", vendor=Vendor.DAHUA)) == []
    [text] = remarks(streams, streams[0].url, streams[1].url, user="admin", vendor=Vendor.DAHUA)
    assert "an account for Hearthwatch alone" in text


@pytest.mark.parametrize(
    ("name", "id_"),
    [("Front door", "front-door"), ("  Straße 7 ", "strasse-7"), ("居間", "camera"), ("add", "add-2"), ("porch", "porch-3"), ("x" * 60, "x" * 32)],
)  # fmt: skip
def test_an_id_is_made_of_the_name_and_free(name: str, id_: str) -> None:
    assert id_for(name, {"add", "porch", "porch-2"}) == id_
