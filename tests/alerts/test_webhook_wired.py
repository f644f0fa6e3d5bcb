"""Webhook and Apprise, to a receiver on loopback; and names that are out to break every sink."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from tests.alerts.house import BERLIN, FRONT, House
from tests.devices.fake_telegram import OWNER, TOKEN, FakeTelegram
from tests.devices.smtp_sink import SmtpSink
from tests.devices.webhook_sink import WebhookSink

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import MaybeSent, Part, RetryAfter
from hearthwatch.alerts.apprise import open_apprise
from hearthwatch.alerts.mail import EmailChannel
from hearthwatch.alerts.options import EmailOptions, Tls, WebhookOptions
from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.alerts.telegram import TelegramChat, open_bot
from hearthwatch.alerts.webhook import WebhookChannel
from hearthwatch.arming.arming import Mode
from hearthwatch.kit.errors import ConfigFault, Refused, Unreachable, Unsupported
from hearthwatch.kit.logs import redact

pytestmark = [
    pytest.mark.wired,
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),  # of a plug-in Apprise loads
]


@pytest.fixture
async def sink():
    sink = WebhookSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    await house.start()
    yield house
    house.close()


@pytest.fixture
async def hook(sink):
    hook = WebhookChannel(WebhookOptions(url=sink.url), "s3cret-s3cret")
    yield hook
    await hook.close()


async def test_what_is_posted_and_its_signature(sink, hook, house):
    alert = house.alert(title="Front: person", camera=FRONT)
    await hook.send(alert, Part.PICTURE, b"jpeg", repeat=True)
    ((headers, body),) = sink.got
    fields = json.loads(body)
    assert (fields["title"], fields["part"], fields["repeat"], fields["camera"]) == ("Front: person", "picture", True, "front")
    assert base64.b64decode(fields["content_base64"]) == b"jpeg"
    expected = hmac.new(b"s3cret-s3cret", body, hashlib.sha256).hexdigest()
    assert headers["X-Hearthwatch-Signature"] == f"sha256={expected}"


async def test_repeats_carry_the_same_key_and_parts_another(sink, hook, house):
    alert = house.alert()
    for part, repeat in ((Part.TEXT, False), (Part.TEXT, True), (Part.PICTURE, False)):
        await hook.send(alert, part, b"x" if part is Part.PICTURE else None, repeat=repeat)
    first, second, picture = (headers["Idempotency-Key"] for headers, _ in sink.got)
    assert first == second != picture


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, Unreachable),
        (503, Unreachable),
        (429, Unreachable),
        (413, Unsupported),
        (404, Refused),
        (302, Refused),
        (-1, MaybeSent),
    ],
)
async def test_answers(sink, hook, house, status, error):
    sink.statuses.append(status)
    with pytest.raises(error) as raised:
        await hook.send(house.alert(), Part.TEXT, None, repeat=False)
    assert type(raised.value) is error
    await hook.send(house.alert(), Part.TEXT, None, repeat=False)


async def test_retry_after(sink, hook, house):
    sink.statuses.append(429)
    sink.headers["Retry-After"] = "17"
    with pytest.raises(RetryAfter) as raised:
        await hook.send(house.alert(), Part.TEXT, None, repeat=False)
    assert raised.value.seconds == 17


async def test_nobody_there(house):
    hook = WebhookChannel(WebhookOptions(url="http://127.0.0.1:1/secret-path-1234"), "")
    with pytest.raises(Unreachable) as raised:
        await hook.send(house.alert(), Part.TEXT, None, repeat=False)
    assert "secret-path" not in str(raised.value)
    await hook.close()


def test_only_http():
    with pytest.raises(ConfigFault):
        WebhookChannel(WebhookOptions(url="ftp://x"), "")


async def test_apprise_takes_text_and_picture_and_hides_its_urls(sink, house):
    url = sink.url.replace("http://", "json://user:t0ken-t0ken@")
    channel = await open_apprise(f"# mine\n{url}\n\n")
    await channel.send(house.alert(title="Front: person"), Part.TEXT, None, repeat=False)
    await channel.send(house.alert(title="Front: person"), Part.PICTURE, b"jpegjpeg", repeat=True)
    text, picture = (json.loads(body) for _, body in sink.got)
    assert text["title"] == "Front: person"
    assert "Sent again" in picture["message"]
    assert base64.b64decode(picture["attachments"][0]["base64"]) == b"jpegjpeg"
    sink.statuses.append(500)
    with pytest.raises(Unreachable):
        await channel.send(house.alert(), Part.TEXT, None, repeat=False)
    assert "t0ken" not in redact(f"failed: {url}")
    await channel.close()


@pytest.mark.parametrize("urls", ["", "# nothing", "nonsense://t0ken@x", "json://ok\nbad"])
async def test_apprise_urls_nobody_knows(urls):
    with pytest.raises(ConfigFault) as raised:
        await open_apprise(urls)
    assert "t0ken" not in str(raised.value)


NAUGHTY = [
    "*_[](){}`~>#+-=|.!\\ <b>&amp;</b>",
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x07\x00",
    "\u202egnp.exe",
    "a\r\nBcc: x@y\r\n\r\nbody",
    "+/#/$SYS",
    "x" * 4096,
    "\ud800 lone \udfff",
    "👨‍👩‍👧‍👦" * 40,
    "Ω≈ç√∫µ≤≥÷ 田中さん ثم نفس",
    "'; DROP TABLE alerts; --",
    "%s%n{0}{{}}${jndi:ldap://x}",
    " \u2028\u2029\t",
]


@pytest.mark.parametrize("name", NAUGHTY, ids=range(len(NAUGHTY)))
async def test_naughty_names_reach_every_sink_harmless(sink, hook, house, name):
    policy = Policy(home=name, zone=BERLIN, cameras={FRONT: CameraAlerts(name=name)}, ids=lambda: "A1")
    change = house.change()
    alert = policy.on_event(
        change, Mode.AWAY, snoozed_until_us=0, now_us=house.clock.wall_us(), decided_ns=house.clock.mono_ns()
    )
    await house.outbox.record(change, alert)
    assert (await house.db.run(ledger.recent))[0].alert == replace(alert, label="")
    alert = replace(alert, title=f"{name}: person", text=f"{name} · {name}")
    fake, mail = FakeTelegram(), SmtpSink()
    bot = await open_bot(TOKEN, await fake.start())
    port = await mail.start()
    options = EmailOptions(to=("a@example.org",), sender="b@example.org", host="127.0.0.1", port=port, tls=Tls.NONE)
    chat = TelegramChat(bot, OWNER, lambda alert, chat: ())
    try:
        for channel in (chat, EmailChannel(options, ""), hook):
            await channel.send(alert, Part.TEXT, None, repeat=False)
            await channel.send(alert, Part.PICTURE, b"\xff\xd8", repeat=False)
        texts = [fake.taken[0].text, mail.messages[0].get_content(), json.loads(sink.got[0][1])["text"]]
        subject = mail.messages[0]["Subject"]
    finally:
        await bot.close()
        await fake.stop()
        await mail.stop()
    assert len(fake.taken) == len(mail.messages) == len(sink.got) == 2
    for text in (*texts, subject):
        assert not any(c in text for c in "\x1b\x00\x07\u202e\ud800\u2028")
    assert "\n" not in subject
    assert mail.messages[0]["Bcc"] is None
    assert len(fake.taken[0].text) <= 4096
