"""What the faults of the ways to tell share: real channels to sinks that keep a ledger, and time that passes at once."""

from __future__ import annotations

import logging
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from hearthwatch.alerts.alert import Channel
from hearthwatch.alerts.courier import Courier
from hearthwatch.alerts.mail import EmailChannel
from hearthwatch.alerts.options import EmailOptions, Tls
from hearthwatch.alerts.telegram import TelegramBot, TelegramChat, open_bot
from hearthwatch.kit.units import NS_PER_S
from tests.alerts.house import BERLIN, House
from tests.devices.fake_telegram import OWNER, TOKEN, FakeTelegram
from tests.devices.smtp_sink import SmtpSink
from tests.faults.scripted_proxy import ScriptedProxy

_NUMBER = re.compile(r"person №(\d+)")
AGAIN = "Sent again"


def title(number: int) -> str:
    """The title of the alert of that number: it is found again in single messages and in digests."""
    return f"Front: person №{number}"


def numbers(text: str) -> list[int]:
    """The alerts that a message tells of."""
    return [int(found) for found in _NUMBER.findall(text)]


@dataclass(slots=True)
class Arrived:
    """What came out of one way to tell, in its order; `texts` are messages as a person reads them."""

    texts: list[str]
    marked: set[int] = field(default_factory=set)
    """Alerts that came in a message that says of itself that it may be a repeat."""

    def __post_init__(self) -> None:
        self.marked = {number for text in self.texts if AGAIN in text for number in numbers(text)}

    @property
    def counted(self) -> Counter[int]:
        """How often each alert was told; a title that stands twice in one message counts once."""
        return Counter(number for text in self.texts for number in dict.fromkeys(numbers(text)))

    def faults(self, wanted: Iterable[int], *, doubles: int = 0, way: str = "") -> list[str]:
        """Return what is wrong with it where each of `wanted` shall have come once, in that order."""
        wanted, found = list(wanted), self.counted
        said: list[str] = []
        if lost := [number for number in wanted if not found[number]]:
            said.append(f"{way}: {len(lost)} of {len(wanted)} alerts never came: {lost[:5]}")
        more = [number for number, times in found.items() if times > 1]
        if doubled(self) > doubles:
            said.append(f"{way}: {doubled(self)} messages told what had been told, at most {doubles} may: {more[:5]}")
        if unmarked := [number for number in more if number not in self.marked]:
            said.append(f"{way}: {len(unmarked)} alerts came again without saying so: {unmarked[:5]}")
        if found.keys() - set(wanted):
            said.append(f"{way}: told what never happened: {sorted(found.keys() - set(wanted))[:5]}")
        order = [number for number in found if number in set(wanted)]
        if order != [number for number in wanted if number in found]:
            said.append(f"{way}: not in order")
        return said


def lost(arrived: Arrived, wanted: Sequence[int]) -> int:
    return sum(not arrived.counted[number] for number in wanted)


def doubled(arrived: Arrived) -> int:
    """How many messages told of an alert that an earlier one had told of; a digest that comes twice is one."""
    told: set[int] = set()
    again = 0
    for text in arrived.texts:
        found = set(numbers(text))
        again += bool(found & told)
        told |= found
    return again


async def let_pass(house: House, couriers: Sequence[Courier], seconds: float) -> float:
    """Let `seconds` pass by the house's clock while the couriers do what is due; return when nothing waited any more, or
    `seconds` where something still does."""
    clock = house.clock
    begun_ns = clock.mono_ns()
    ends_ns = begun_ns + round(seconds * NS_PER_S)
    empty_s = 0.0
    while True:
        waits = [wait for one in couriers for wait in (await one.step_text(), await one.step_media()) if wait is not None]
        if any(house.outbox.waiting(one.channel.name) for one in couriers):
            empty_s = seconds
        elif empty_s == seconds:
            empty_s = (clock.mono_ns() - begun_ns) / NS_PER_S
        left_s = (ends_ns - clock.mono_ns()) / NS_PER_S
        if left_s <= 0:
            return empty_s
        clock.advance(min([left_s, *waits]) + 1e-6)


def courier(house: House, channel: Channel, rng: random.Random) -> Courier:
    return Courier(channel, house.outbox, clock=house.clock, health=house.health, zone=BERLIN, rng=rng)


@dataclass(slots=True)
class TelegramLine:
    """The stand-in for Telegram behind a line; `bot` goes by the line."""

    fake: FakeTelegram
    line: ScriptedProxy
    bot: TelegramBot

    def chat(self, chat_id: int = OWNER) -> TelegramChat:
        return TelegramChat(self.bot, chat_id, lambda _alert, _chat: ())

    def clean(self) -> None:
        """As if nothing had been sent yet."""
        fake = self.fake
        fake.taken.clear()
        fake.calls.clear()
        fake.scripts.clear()
        fake.left.clear()
        fake._minutes.clear()
        fake.per_minute = 0
        self.line.fates.clear()
        self.line.struck.clear()

    def arrived(self, chat_id: int = OWNER) -> Arrived:
        return Arrived([one.text for one in self.fake.taken if one.method == "sendMessage" and one.chat_id == chat_id])


@contextmanager
def quiet(*names: str) -> Iterator[None]:
    """Nothing is said of the failures that were asked for."""
    loggers = [logging.getLogger(name) for name in ("aiohttp.server", "hearthwatch.alerts", *names)]
    before = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)


@asynccontextmanager
async def telegram_line() -> AsyncIterator[TelegramLine]:
    fake = FakeTelegram()
    await fake.start()
    line = ScriptedProxy("127.0.0.1", int(fake.base.rpartition(":")[2]))
    await line.up()
    bot = await open_bot(TOKEN, f"http://127.0.0.1:{line.own_port}")
    try:
        with quiet():
            yield TelegramLine(fake, line, bot)
    finally:
        await bot.close()
        await line.down()
        await fake.stop()


@dataclass(slots=True)
class MailLine:
    """A mail server behind a line."""

    sink: SmtpSink
    line: ScriptedProxy

    def channel(self) -> EmailChannel:
        options = EmailOptions(
            to=("owner@example.org",), sender="house@example.org", host="127.0.0.1", port=self.line.own_port, tls=Tls.NONE
        )
        return EmailChannel(options, "")

    def clean(self) -> None:
        self.sink.messages.clear()
        self.sink.recipients.clear()
        self.sink.taken_ns.clear()
        self.sink.replies.clear()
        self.sink.at_rcpt.clear()
        self.sink.cut = 0
        self.line.fates.clear()
        self.line.struck.clear()

    def arrived(self) -> Arrived:
        bodies = [one.get_body(("plain",)) for one in self.sink.messages if not one["In-Reply-To"]]
        return Arrived([body.get_content() for body in bodies if body is not None])


@asynccontextmanager
async def mail_line() -> AsyncIterator[MailLine]:
    sink = SmtpSink()
    await sink.start()
    line = ScriptedProxy("127.0.0.1", sink.port)
    await line.up()
    try:
        with quiet():
            yield MailLine(sink, line)
    finally:
        await line.down()
        await sink.stop()
