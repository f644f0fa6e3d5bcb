"""Firmware files: what may be one, and how it is wrapped."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hearthwatch.kit.errors import StorageFailed, Unsupported
from hearthwatch.vendors import firmware
from hearthwatch.vendors.firmware import MIN_BYTES, Form, FormUpload


def image(folder: Path, name: str = "FW v2.bin", body: bytes = b"\x7fELF" + b"\x00\xff" * MIN_BYTES) -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("notes.txt", b"\x00" * MIN_BYTES, "end in .bin or .pak"),
        ("small.bin", b"\x00" * 100, "too few"),
        ("page.bin", b"<!DOCTYPE html>" + b" " * MIN_BYTES, "page or a text"),
        ("answer.PAK", b'{"error": 1}' + b" " * MIN_BYTES, "page or a text"),
    ],
)
def test_what_cannot_be_firmware_is_refused_in_words(tmp_path: Path, name: str, body: bytes, why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        firmware.look_at(image(tmp_path, name, body), (".bin", ".pak"))


def test_a_file_that_is_not_there_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        firmware.look_at(tmp_path / "gone.bin", (".bin",))


async def test_the_form_is_as_long_as_it_says_and_holds_the_file(tmp_path: Path) -> None:
    path = image(tmp_path)
    file = firmware.look_at(path, (".bin",))
    upload = FormUpload(firmware=file, form=Form.of(file, "file", random.Random(1)))
    body = b"".join([data async for data in upload.body()])
    again = b"".join([data async for data in upload.body()])
    assert len(body) == upload.length_bytes
    assert body == again
    boundary = upload.content_type.partition("boundary=")[2].encode()
    empty, part, end = body.split(b"--" + boundary)
    assert (empty, end) == (b"", b"--\r\n")
    head, _, content = part.partition(b"\r\n\r\n")
    assert b'name="file"; filename="FW_v2.bin"' in head
    assert content == path.read_bytes() + b"\r\n"


async def test_pieces_are_of_the_size_asked_for(tmp_path: Path) -> None:
    file = firmware.look_at(image(tmp_path, body=b"\x01" * (MIN_BYTES + 10)), (".bin",))
    assert [len(data) async for data in firmware.pieces(file, MIN_BYTES // 2)] == [MIN_BYTES // 2, MIN_BYTES // 2, 10]
