"""RFC 5424 as a strict reader of its own sees it."""

from __future__ import annotations

import re
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins.login import KeptLine
from hearthwatch.logins.syslog import framed, message

NOW_US = WallUs(1_700_000_000_123_456)
_HEAD = re.compile(
    rb"<(?P<pri>0|[1-9][0-9]{0,2})>1 "
    rb"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})) "
    rb"(?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<proc>[!-~]{1,128}) (?P<msgid>[!-~]{1,32}) "
    rb"(?P<data>-|(?:\[[!#-<>-\\^-~]{1,32}(?: [!#-<>-\\^-~]{1,32}=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*\])+)"
    rb"(?: (?P<text>.*))?",
    re.DOTALL,
)


def read(data: bytes) -> dict[str, bytes]:
    """Read one message by the grammar of RFC 5424 section 6; AssertionError for anything else."""
    found = _HEAD.fullmatch(data)
    assert found, data
    assert int(found["pri"]) <= 191
    datetime.fromisoformat(found["time"].decode())
    assert found["text"].startswith(b"\xef\xbb\xbf")
    found["text"].decode("utf-8")
    assert len(data) <= 2048
    return found.groupdict()


def kept(**more) -> KeptLine:
    fields = {
        "id": 1,
        "camera": CameraId("front"),
        "at_us": NOW_US,
        "seen_us": NOW_US,
        "local_us": None,
        "code": "Login",
        "user": "admin",
        "text": "192.168.1.5",
        "raw": "",
    }
    return KeptLine(**(fields | more))


def test_a_line_as_a_message() -> None:
    found = read(message(kept()))
    assert found["pri"] == b"134"
    assert found["time"] == b"2023-11-14T22:13:20.123456Z"
    assert (found["host"], found["app"], found["msgid"]) == (b"front", b"hearthwatch", b"Login")
    assert found["text"] == b"\xef\xbb\xbfLogin user=admin 192.168.1.5"


@given(st.text(max_size=300), st.text(max_size=100), st.text(max_size=3000), st.integers(1, 2**40))
@settings(max_examples=60)
def test_sec_14_nothing_a_camera_says_leaves_its_field(code: str, user: str, text: str, number: int) -> None:
    found = read(message(kept(code=code, user=user, text=text, id=number)))
    assert b"\n" not in found["text"]
    assert b"\x1b" not in found["text"]


def test_two_messages_on_one_connection_are_told_apart_by_their_lengths() -> None:
    first, second = message(kept(text="a\n<134>1 forged")), message(kept(id=2))
    stream = framed(first) + framed(second)
    for expected in (first, second):
        length, _, rest = stream.partition(b" ")
        data, stream = rest[: int(length)], rest[int(length) :]
        assert data == expected
        read(data)
    assert stream == b""
