"""The numbers can be read back from what the camera sends, and what is missing between them is counted."""

from __future__ import annotations

import struct

import av

from tests.faults import ledger_camera


def test_every_picture_carries_its_number() -> None:
    head = struct.Struct("!QQQI")
    decoder = av.CodecContext.create("h264", "r")
    read = []
    with ledger_camera.units().open("rb") as file:
        for _ in range(25):
            *_times, length = head.unpack(file.read(head.size))
            read += [ledger_camera.number_of(picture) for picture in decoder.decode(av.Packet(file.read(length)))]
    read += [ledger_camera.number_of(picture) for picture in decoder.decode(None)]
    assert read == list(range(25))


def test_holes_are_what_is_missing_between_the_first_and_the_last() -> None:
    assert ledger_camera.holes([7, 5, 4, 8, 12, 14]) == [
        ledger_camera.Hole(first=6, last=6),
        ledger_camera.Hole(first=9, last=11),
        ledger_camera.Hole(first=13, last=13),
    ]
    assert ledger_camera.Hole(first=9, last=11).lasts_s == 0.3
    assert ledger_camera.holes([]) == []
