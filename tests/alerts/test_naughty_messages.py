"""Every hostile word as what a camera, a house and a visitor are called, in every kind of message: words stay words."""

from __future__ import annotations

import json
import logging
import unicodedata
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import pytest
from tests.web.naughty import BIG_LIST, HALF, big_list, kept_words

from hearthwatch.alerts.alert import Alert, AlertId, Part, Severity
from hearthwatch.alerts.mail import EmailChannel
from hearthwatch.alerts.mqtt_channel import alert_json
from hearthwatch.alerts.mqtt_discovery import Code, Shown, ShownCamera, announcements
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.alerts.options import EmailOptions, Tls
from hearthwatch.alerts.push_message import LENGTH_BYTES, message
from hearthwatch.alerts.push_message import test_message as trial
from hearthwatch.alerts.webhook import _body
from hearthwatch.alerts.wording import many_lines, one_line
from hearthwatch.kit.logs import set_up
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.web.media import clip_name

HEADERS = {
    "subject", "from", "to", "date", "message-id", "auto-submitted", "content-type", "content-transfer-encoding", "mime-version",
}  # fmt: skip


@pytest.fixture(scope="module")
def words() -> list[str]:
    return [*(big_list() if BIG_LIST.exists() else ()), *kept_words(), *HALF, "\x00", "a\x00b"]


def alert(word: str) -> Alert:
    return Alert(
        id=AlertId("A1"),
        event="E1",
        camera=CameraId("front"),
        severity=Severity.WARN,
        title=f"{word}: person",
        text=f"{word} was seen at {word}.",
        at_us=WallUs(1_763_000_000_000_000),
        dedupe_key="E1",
        received_ns=MonoNs(1),
        decided_ns=MonoNs(2),
    )


def controls(text: str) -> list[str]:
    """What could move a cursor, forge a line or turn the writing round."""
    return [
        char for char in text if unicodedata.category(char) in {"Cc", "Cs"} or char in "\u2028\u2029\u202a\u202b\u202d\u202e"
    ]


def test_words_are_plain_before_they_go_anywhere(words: list[str]) -> None:
    for word in words:
        assert controls(one_line(word)) == [], repr(word)
        assert [char for char in controls(many_lines(word)) if char != "\n"] == [], repr(word)
        assert len(one_line(word)) <= 201


@pytest.mark.long
def test_mails_have_our_headers_and_no_others(words: list[str]) -> None:
    options = EmailOptions(to=("a@example.org",), sender="b@example.org", host="127.0.0.1", port=25, tls=Tls.NONE)
    channel = EmailChannel(options, "")
    for word in words:
        raw = channel._message(alert(word), Part.TEXT, None, repeat=False).as_bytes()
        read = message_from_bytes(raw, policy=default)
        assert {name.lower() for name, _ in read.items()} <= HEADERS, repr(word)
        assert (read["To"], len(read.get_all("Subject"))) == ("a@example.org", 1), repr(word)
        assert controls(str(read["Subject"])) == [], repr(word)
        assert not read.is_multipart()


def test_webhooks_brokers_and_browsers_get_json_of_the_words(words: list[str]) -> None:
    for word in words:
        one = alert(word)
        fields = json.loads(_body(one, Part.TEXT, None, repeat=False))
        assert fields["title"] == one_line(one.title)
        assert json.loads(alert_json(one, repeat=False))["title"] == one_line(one.title), repr(word)
        pushed = message(one)
        assert len(pushed) == LENGTH_BYTES, repr(word)
        assert json.loads(pushed)["url"] == "/events/E1"
        assert json.loads(trial(word, 1))["id"] == "test"


def test_topics_stay_below_ours(words: list[str]) -> None:
    topics = Topics("hearthwatch")
    for word in words:
        shown = Shown(
            name=word,
            version="1",
            cameras=(ShownCamera(id="front", name=word, labels=(word,)),),
            people=(("anna", word),),
            pictures=True,
            alerts=True,
            obeys=True,
            code=Code.NONE,
        )
        for topic, payload in announcements(shown, topics, "homeassistant").items():
            assert not set(topic) & set("+#\x00$"), repr(word)
            assert topic.startswith("homeassistant/"), topic
            assert topic.count("/") <= 4, topic
            assert isinstance(json.loads(payload), dict)
        label = topics.label("front", word)
        assert label.startswith("hearthwatch/camera/front/"), label
        assert not set(label) & set("+#\x00 "), label


@pytest.fixture
def root_logger() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = before, level
    logging.captureWarnings(False)


def test_a_log_line_is_one_line(words: list[str], root_logger: None, capsys: pytest.CaptureFixture[str]) -> None:
    set_up("test")
    for word in words:
        logging.getLogger("somebody").warning("%s was renamed", word)
    lines = capsys.readouterr().err.split("\n")
    assert len([line for line in lines if line]) == len(words)
    assert all(" WARNING test " in line for line in lines if line)
    assert [line for line in lines if controls(line)] == []


def test_file_names_are_of_the_house(words: list[str]) -> None:
    for camera in ("front", "front-door-2"):
        assert clip_name(CameraId(camera), WallUs(1_763_000_000_000_000)).isascii()
