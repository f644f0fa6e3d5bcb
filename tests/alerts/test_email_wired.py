"""E-mail to a real SMTP server on loopback."""

from __future__ import annotations

import random

import pytest
from tests.alerts.house import BERLIN, House
from tests.devices.smtp_sink import SmtpSink

from hearthwatch.alerts.alert import MaybeSent, Part
from hearthwatch.alerts.courier import Courier
from hearthwatch.alerts.mail import EmailChannel
from hearthwatch.alerts.options import EmailOptions, Tls
from hearthwatch.health.outage import Fault
from hearthwatch.kit.errors import ConfigFault, Refused, Unreachable, Unsupported

pytestmark = pytest.mark.wired


@pytest.fixture
async def sink():
    sink = SmtpSink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    await house.start("email")
    yield house
    house.close()


def channel(port, **fields) -> EmailChannel:
    given = {"to": ("owner@example.org",), "sender": "house@example.org", "host": "127.0.0.1", "port": port, "tls": Tls.NONE}
    return EmailChannel(EmailOptions(**(given | fields)), "")


async def test_a_text_and_its_picture_are_one_thread(sink, house):
    alert = house.alert(title="Haustür: person", text="14:03:27 · 80% sure")
    one = channel(sink.port)
    await one.send(alert, Part.TEXT, None, repeat=False)
    await one.send(alert, Part.PICTURE, b"\xff\xd8jpeg", repeat=False)
    text, picture = sink.messages
    assert text["Subject"] == "Haustür: person"
    assert text.get_content().splitlines() == ["Haustür: person", "14:03:27 · 80% sure"]
    assert picture["In-Reply-To"] == text["Message-ID"]
    (attached,) = picture.iter_attachments()
    assert (attached.get_content_type(), attached.get_content_disposition()) == ("image/jpeg", "inline")
    assert attached.get_content() == b"\xff\xd8jpeg"
    assert sink.recipients == [["owner@example.org"]] * 2


async def test_a_repeat_carries_the_same_message_id(sink, house):
    one = channel(sink.port)
    alert = house.alert()
    sink.cut = 1
    with pytest.raises(MaybeSent):
        await one.send(alert, Part.TEXT, None, repeat=False)
    await one.send(alert, Part.TEXT, None, repeat=True)
    first, second = sink.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert "Sent again" in second.get_content()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("421 going down", Unreachable),
        ("450 greylisted", Unreachable),
        ("451 later", Unreachable),
        ("552 too large", Unsupported),
        ("550 no such user", Refused),
        ("554 spam", Refused),
    ],
)
@pytest.mark.parametrize("stage", ["replies", "at_rcpt"])
async def test_replies(sink, house, reply, error, stage):
    getattr(sink, stage).append(reply)
    with pytest.raises(error) as raised:
        await channel(sink.port).send(house.alert(), Part.TEXT, None, repeat=False)
    assert type(raised.value) is error


async def test_greylisting_is_waited_out(sink, house):
    sink.at_rcpt.extend(["450 come back in 15 minutes"] * 6)
    courier = Courier(
        channel(sink.port), house.outbox, clock=house.clock, health=house.health, zone=BERLIN, rng=random.Random(1)
    )
    await house.tell()
    passed = 0.0
    while (wait := await courier.step_text()) is not None:
        house.clock.advance(wait)
        passed += wait
    assert len(sink.messages) == 1
    assert 250 < passed < 900
    assert house.health.log == [
        ("failed", Fault.CHANNEL_DEAD, "email"),
        ("recovered", Fault.CHANNEL_DEAD, "email"),
    ]


async def test_no_server(house):
    with pytest.raises(Unreachable):
        await channel(1).send(house.alert(), Part.TEXT, None, repeat=False)


async def test_a_server_without_encryption_gets_neither_mail_nor_password(sink, house):
    options = EmailOptions(to=("a@example.org",), host="127.0.0.1", port=sink.port, tls=Tls.STARTTLS, user="house@example.org")
    with pytest.raises(Unreachable, match="encryption"):  # it may be stripped on the way for a while: the mail waits
        await EmailChannel(options, "hunter2hunter2").send(house.alert(), Part.TEXT, None, repeat=False)
    assert sink.messages == []


@pytest.mark.parametrize(
    "address",
    ["", "x", "a@b\r\nRCPT TO:<c@d>", "a@b\nBcc: c@d", "a b@c", "a@b,c@d", "<a@b>", "a@b>", "a" * 300 + "@b", "a@b\x00"],
)
def test_sec_25_addresses_with_line_breaks_or_tricks_are_refused(address):
    with pytest.raises(ConfigFault):
        channel(25, to=(address,))
    if address:
        with pytest.raises(ConfigFault):
            channel(25, sender=address)


@pytest.mark.parametrize("host", ["", "a b", "a\r\nb", "http://x"])
def test_hosts(host):
    with pytest.raises(ConfigFault, match="host"):
        channel(25, host=host)


async def test_too_large_a_picture(house, sink):
    with pytest.raises(Unsupported):
        await channel(sink.port).send(house.alert(), Part.PICTURE, bytes(16 * 1024 * 1024), repeat=False)
