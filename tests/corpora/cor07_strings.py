"""COR7: hostile words through each of the twelve places where somebody's words leave the house or are kept."""

from __future__ import annotations

import asyncio
import html.parser
import json
import logging
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

import tomlkit

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.mail import EmailChannel
from hearthwatch.alerts.mqtt_channel import alert_json
from hearthwatch.alerts.mqtt_discovery import Code, Shown, ShownCamera, announcements
from hearthwatch.alerts.mqtt_topics import Topics
from hearthwatch.alerts.options import EmailOptions, Tls
from hearthwatch.alerts.push_message import LENGTH_BYTES, message
from hearthwatch.alerts.telegram import TelegramChat
from hearthwatch.alerts.webhook import _body
from hearthwatch.ingest.drop import Via
from hearthwatch.kit import logs
from hearthwatch.kit.errors import ConfigFault, Unsupported
from hearthwatch.kit.units import CameraId, WallUs
from hearthwatch.logins import text_log
from hearthwatch.logins.syslog import message as syslog_message
from hearthwatch.run.config import parse
from hearthwatch.vendors import onvif_xml
from hearthwatch.web.api_shares import _document, _shown
from tests.alerts.test_naughty_messages import HEADERS, alert, controls
from tests.corpora.frame import Case, Corpus, Skip, Terms
from tests.fuzz.targets import _drop, _read
from tests.logins.rows import login
from tests.logins.test_syslog import kept
from tests.logins.test_syslog import read as read_syslog
from tests.web.naughty import BIG_LIST, HALF, big_list, kept_words

_MAIL = EmailChannel(EmailOptions(to=("a@example.org",), sender="b@example.org", host="127.0.0.1", port=25, tls=Tls.NONE), "")
_FORMATTER = logs._OneLine("test")
_NOW_US = WallUs(1_800_000_000_000_000)


def log_line(word: str) -> None:
    record = logging.LogRecord("somebody", logging.WARNING, __file__, 1, "%s was renamed to %s", (word, word), None)
    line = _FORMATTER.format(record)
    assert controls(line) == []
    line.encode()


def text_log_line(word: str) -> None:
    line = text_log.line(login(user=word, address="", origin=word), UTC)
    assert len(re.split(r" {3,}", line)) == 4, line
    assert controls(line) == []
    line.encode()


def syslog(word: str) -> None:
    read_syslog(syslog_message(kept(code=word, user=word, text=word)))


def mail(word: str) -> None:
    raw = _MAIL._message(alert(word), Part.TEXT, None, repeat=False).as_bytes()
    read = message_from_bytes(raw, policy=default)
    assert {name.lower() for name, _ in read.items()} <= HEADERS
    assert controls(str(read["Subject"])) == []
    assert read["To"] == "a@example.org"
    assert all(len(line) <= 998 for line in raw.split(b"\n")), "a line longer than SMTP takes"


class _Bot:
    """Takes what would go to the Bot API: text without a parse mode, the title bold by its length (an entity, no markup)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    async def send_text(self, _chat: int, text: str, *, bold: int, **_: object) -> int:
        self.sent.append((text, bold))
        return 1


def telegram(word: str) -> None:
    bot = _Bot()
    channel = TelegramChat(bot, 1, lambda *_: ())  # type: ignore[arg-type]
    asyncio.run(channel.send(alert(word), Part.TEXT, None, repeat=False))
    ((text, bold),) = bot.sent
    assert len(text.encode("utf-16-le")) // 2 <= 4096, "longer than Telegram takes"
    assert "\n" not in text[:bold]
    assert [char for char in controls(text) if char != "\n"] == []


def mqtt(word: str) -> None:
    assert isinstance(json.loads(alert_json(alert(word), repeat=False)), dict)
    topics = Topics("hearthwatch")
    label = topics.label("front", word)
    assert label.startswith("hearthwatch/camera/front/")
    assert not set(label) & set("+#\x00 ")
    assert len(label.encode()) < 65_536
    shown = Shown(
        name=word, version="1", cameras=(ShownCamera(id="front", name=word, labels=(word,)),), people=(("anna", word),),
        pictures=True, alerts=True, obeys=True, code=Code.NONE,
    )  # fmt: skip
    for topic, payload in announcements(shown, topics, "homeassistant").items():
        assert not set(topic) & set("+#\x00$")
        assert isinstance(json.loads(payload), dict)


def webhook(word: str) -> None:
    fields = json.loads(_body(alert(word), Part.TEXT, None, repeat=False))
    assert controls(fields["title"]) == []


def push(word: str) -> None:
    pushed = message(alert(word))
    assert len(pushed) == LENGTH_BYTES
    assert json.loads(pushed)["url"] == "/events/E1"


def configuration(word: str) -> None:
    """As a camera's name, written by the settings page: the file says the word, or the word is refused with a reason."""
    document = tomlkit.document()
    document["camera"] = {"front": {"main": "rtsp://192.0.2.7/live"}}
    try:
        document["camera"]["front"]["name"] = word  # type: ignore[index]
        text = tomlkit.dumps(document)
        text.encode()
        assert tomllib.loads(text)["camera"]["front"]["name"] == word
        made = parse(text)
    except (ConfigFault, UnicodeEncodeError, tomllib.TOMLDecodeError):
        return
    assert made.cameras[CameraId("front")].name == word


def inbox(word: str) -> None:
    for via in Via:
        drop = _drop(via, word, subject=word, text=word.encode("utf-8", "replace").decode())
        assert controls(drop.name + drop.subject) == []
        _read(drop)


class _Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def _tags(name: str) -> tuple[list[str], list[str]]:
    share = SimpleNamespace(start_us=_NOW_US, end_us=_NOW_US, expires_us=_NOW_US, cameras=(CameraId("front"),))
    page = _Page()
    page.feed(_document("Shared footage", _shown(share, "token", {CameraId("front"): name}, UTC)))  # type: ignore[arg-type]
    return page.tags, page.attributes


_PLAIN_TAGS = _tags("Front")


def shared_page(word: str) -> None:
    assert _tags(word) == _PLAIN_TAGS


def to_camera(word: str) -> None:
    try:
        text = onvif_xml.quoted(word)
    except Unsupported:
        return
    if any("\ud800" <= char <= "\udfff" for char in word):
        raise AssertionError("half a character would go into XML")
    read = onvif_xml.parse(f'<a b="{text}">{text}</a>'.encode())
    assert (read.tag, len(read.children)) == ("a", 0)
    assert read.text == word.replace("\r\n", "\n").replace("\r", "\n").strip()


SINKS: Mapping[str, Callable[[str], None]] = {
    "log": log_line,
    "text log of log-ins": text_log_line,
    "syslog": syslog,
    "mail": mail,
    "Telegram": telegram,
    "MQTT": mqtt,
    "webhook": webhook,
    "notification": push,
    "settings": configuration,
    "inbox": inbox,
    "page of a share": shared_page,
    "XML to a camera": to_camera,
}


def cases(terms: Terms) -> Iterator[Case | Skip]:
    assert len(SINKS) == 12
    words = [*kept_words(), *HALF, "\0", "a\0b"]
    if BIG_LIST.exists():
        words = [*big_list(), *words]
    else:
        yield Skip(why="big list of naughty strings: it comes with the page's packages (`make setup`)")
    for number, word in enumerate(terms.few(words, 40)):
        for sink, put in SINKS.items():
            yield Case(
                name=f"{sink}: {number} {word[:40]!r}", play=lambda put=put, word=word: put(word), cpu_s=0.5, rss_bytes=32 << 20
            )


CORPUS = Corpus(id="COR7", what="Strings: hostile words through twelve sinks", cases=cases)
