"""What files are by their first bytes, and what cameras' names of files tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthwatch.ingest.drop import Media
from hearthwatch.ingest.media import Reason, is_cut_off, is_mp4, media_of, said_by


@pytest.mark.parametrize(
    ("name", "at", "reason"),
    [
        (
            "/2018-05-06/001/dav/15/15.28.40-15.29.10[M][0@0][0].dav",
            "2018-05-06T15:28:40",
            Reason.MOTION,
        ),
        ("/20180506152840423ch01.jpg", "2018-05-06T15:28:40", Reason.UNKNOWN),
        ("/FI9800P/snap/MDAlarm_20180506-152840.jpg", "2018-05-06T15:28:40", Reason.MOTION),
        ("/Front_01_20210512093015.mp4", "2021-05-12T09:30:15", Reason.UNKNOWN),
        ("/2018-05-06/15.28.40[R].mp4", "2018-05-06T15:28:40", Reason.SCHEDULE),
        ("/Schedule_20180506-152840.jpg", "2018-05-06T15:28:40", Reason.SCHEDULE),
        ("/2024/2024_01_10T15-48-47.avi", "2024-01-10T15:48:47", Reason.UNKNOWN),
        ("/20180231-152840.jpg", None, Reason.UNKNOWN),
        ("/clip.mp4", None, Reason.UNKNOWN),
        ("/00408C18AA25.jpg", None, Reason.UNKNOWN),
    ],
)
def test_the_names_of_makers_say_when_and_why(name: str, at: str | None, reason: Reason) -> None:
    said = said_by(name)
    assert (said.at.isoformat() if said.at else None, said.reason) == (at, reason)


def test_a_file_is_what_its_bytes_say(test_data: Path) -> None:
    for path in sorted((test_data / "videos").iterdir()):
        assert media_of(path.read_bytes()[:16]) is Media.CLIP, path.name
    assert media_of(b"\xff\xd8\xff\xe0\0\x10JFIF") is Media.JPEG
    assert media_of(b"DHAV\xfd\0\0\0") is Media.CLIP
    for other in (b"", b"MZ\x90", b"PK\x03\x04", b"\x7fELF", b"#!/bin/sh", b"RIFF\0\0\0\0WAVE", b"<html>"):
        assert media_of(other) is None, other


def cut_off(data: bytes) -> bool:
    return is_cut_off(len(data), lambda at, length: data[at : at + length])


def box(kind: bytes, data: bytes) -> bytes:
    return (8 + len(data)).to_bytes(4) + kind + data


def test_a_clip_that_ends_before_it_says_so_is_cut_off(test_data: Path) -> None:
    clips = [path.read_bytes() for path in sorted((test_data / "videos").glob("*.mp4"))]
    assert clips
    for clip in clips:
        assert is_mp4(clip)
        assert not cut_off(clip)
        assert not cut_off(clip + bytes(512))
        for share in (0.01, 0.3, 0.9, 0.999):
            assert cut_off(clip[: int(len(clip) * share)])


def test_clips_that_are_written_in_other_ways_are_whole() -> None:
    index, pictures = box(b"moov", bytes(90)), bytes(1000)
    long = (1).to_bytes(4) + b"mdat" + (16 + len(pictures)).to_bytes(8) + pictures
    to_the_end = (0).to_bytes(4) + b"mdat" + pictures
    for rest in (long, to_the_end, box(b"moof", bytes(20)) + box(b"mdat", pictures)):
        assert not cut_off(box(b"ftyp", b"isom") + index + rest)
    assert cut_off(box(b"ftyp", b"isom") + to_the_end), "without its index nobody can play it"
