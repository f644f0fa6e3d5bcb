"""The Pi camera's address and commands, and what its programs say in the owner's words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.feeds.picamera import in_words, parse_picamera, still_arguments, video_arguments
from hearthwatch.kit.errors import ConfigFault


def after(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


def test_the_address_says_what_the_program_is_told() -> None:
    options = parse_picamera("picamera://1?width=1280&height=720&fps=10&kbps=2500&rotation=180&hflip=1&codec=libx264")
    told = video_arguments(options)
    wanted = {
        "--camera": "1",
        "--width": "1280",
        "--height": "720",
        "--framerate": "10",
        "--bitrate": "2500000",
        "--rotation": "180",
        "--libav-video-codec": "libx264",
        "--intra": "20",
        "--timeout": "0",
        "--libav-format": "mpegts",
        "--output": "-",
    }
    assert {name: after(told, name) for name in wanted} == wanted
    assert "--hflip" in told
    assert "--vflip" not in told
    still = still_arguments(options)
    assert (after(still, "--width"), after(still, "--output"), "--libav-format" in still) == ("1280", "-", False)


def test_an_address_without_settings_has_sensible_ones() -> None:
    told = video_arguments(parse_picamera("picamera://0"))
    assert (after(told, "--width"), after(told, "--height")) == ("1920", "1080")
    assert "--libav-video-codec" not in told, "the program knows best what this Pi can do"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("picamera://0?rotation=90", "rotation"),
        ("picamera://0?width=1921", "even"),
        ("picamera://0?width=9999999", "width"),
        ("picamera://0?fps=0", "fps"),
        ("picamera://0?codec=h265", "codec"),
        ("picamera://0?with=3", "with"),
        ("picamera://9", "picamera://0"),
        ("picamera://0/x", "picamera://0"),
    ],
)
def test_a_wrong_address_is_named(url: str, word: str) -> None:
    with pytest.raises(ConfigFault, match=word):
        parse_picamera(url)


@given(st.text(max_size=60))
@settings(max_examples=60)
def test_no_address_becomes_an_argument_of_its_own_making(text: str) -> None:
    try:
        told = video_arguments(parse_picamera(f"picamera://{text}"))
    except (ConfigFault, ValueError):
        return
    assert all(
        one.startswith("--") or one in {"-", "libav", "mpegts", "libx264", "h264_v4l2m2m"} or one.isdigit() for one in told
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("[0:01] INFO Camera\nERROR: *** no cameras available ***\n", "ribbon cable"),
        ("ERROR: *** failed to acquire camera /base/soc ***", "in use by another program"),
        ("ERROR: *** libav: unable to open video codec: -22 ***", "codec=libx264"),
        ("one\nERROR: *** something new ***\n\n", "the camera program says: something new"),
        ("", "without a word"),
        ("\x1b[31mred", "the camera program says: [31mred"),
    ],
)
def test_what_the_program_says_last_is_told_in_words(said: str, words: str) -> None:
    assert words in in_words(said)
