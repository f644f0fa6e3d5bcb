"""The mails of cameras, and such as no camera writes: what the porch reads of them before anybody believes anything."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.ingest.letters import OLDER_DIALECT, alarm_letter, folded

from hearthwatch.ingest.letter import Letter, read_letter
from hearthwatch.kit.errors import BadReply

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)) * 20 + b"\xff\xd9"


@pytest.fixture
def tape(test_data: Path) -> bytes:
    return (test_data / "tapes" / "dahua" / "dahua-ipcmanview" / "mail-body-intrusion.txt").read_bytes()


@pytest.mark.parametrize("closed", [True, False])
def test_an_alarm_mail_has_its_text_and_its_picture(tape: bytes, closed: bool) -> None:
    letter = read_letter(alarm_letter(tape, JPEG, closed=closed))
    assert letter.subject == "IPC Message"
    assert letter.text.encode() == tape
    assert letter.picture_name == "20180506152840423ch01.jpg"
    assert letter.picture.startswith(JPEG)


def test_a_mail_without_a_picture_and_a_plain_one() -> None:
    assert read_letter(alarm_letter(OLDER_DIALECT.encode())).picture == b""
    plain = read_letter(b"Subject: Alarm\r\n\r\nSomebody is at the door\r\n")
    assert (plain.subject, plain.text, plain.picture) == ("Alarm", "Somebody is at the door\r\n", b"")


def test_text_in_chinese_and_in_no_charset_at_all() -> None:
    for data, said in (("移动侦测".encode("gb18030"), "移动侦测"), (b"\xff\xfe\x81", "ÿþ\x81")):
        assert read_letter(alarm_letter(data)).text == said


def test_an_attachment_that_is_no_picture_is_none() -> None:
    letter = read_letter(alarm_letter(b"x", b"MZ\x90\0" * 100, name="holiday.jpg"))
    assert letter.picture == b""


def nested(depth: int) -> bytes:
    data = b"Subject: deep\r\n"
    for level in range(depth):
        data += f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'.encode()
    return data + b"\r\nx\r\n"


def crowd(parts: int) -> bytes:
    return b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * parts + b"--b--\r\n"


@pytest.mark.parametrize("data", [nested(8), nested(100), nested(5000), crowd(51), crowd(10_000), b"X: y\r\n" * 5000 + b"\r\n"])
def test_sec_25_a_mail_no_camera_writes_is_refused(data: bytes) -> None:
    with pytest.raises(BadReply):
        read_letter(data)


HEADERS = [
    b"Content-Disposition: attachment; filename*=utf-8''..%2f..%2fetc%2fpasswd",
    b'Content-Disposition: attachment; filename*0="../"; filename*1="../x.jpg"',
    b"Content-Disposition: attachment; filename*0*=utf-9''%ff%fe",
    b'Content-Disposition: attachment; filename="\x00\x07\xff"',
    b"Content-Disposition: attachment; filename=",
    b'Content-Type: image/jpeg; name="=?utf-8?b?Li4vLi4veA==?="',
    b"Content-Type: ;;;===",
    b"Content-Transfer-Encoding: x-uuencode",
    b"Content-Transfer-Encoding: quoted-printable",
    b"Subject: =?utf-9?Q?=zz?= =?x?B?!!!?=",
    b"Subject: " + b"=?utf-8?B?" + b"A" * 5000 + b"?=",
    b"\xff\xfe: \x80",
    b"Subject",
    b"",
]


@pytest.mark.parametrize("header", HEADERS)
def test_strange_headers_are_read_or_refused(header: bytes) -> None:
    for place in (0, 1):
        inner = header if place else b""
        outer = b"" if place else header + b"\r\n"
        mail = outer + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' + inner + b"\r\n\r\n"
        answer(mail + "\r\n".join(folded(JPEG)).encode() + b"\r\n--b--\r\n")


def test_mutations_of_the_tape_are_read_or_refused(tape: bytes) -> None:
    rng = random.Random(5)
    whole = alarm_letter(tape, JPEG)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 12)):
            at = rng.randrange(len(data))
            match rng.randrange(3):
                case 0:
                    data[at] = rng.randrange(256)
                case 1:
                    del data[at : at + rng.randrange(60)]
                case _:
                    data[at:at] = data[: rng.randrange(80)]
        answer(bytes(data))


def answer(data: bytes) -> Letter | None:
    try:
        return read_letter(data)
    except BadReply:
        return None
