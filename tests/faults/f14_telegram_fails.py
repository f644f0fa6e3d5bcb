"""F14: Telegram answers with every failure it knows, breaks off before, in and after the answer, and stands still."""

from __future__ import annotations

from dataclasses import dataclass, field

from hearthwatch.alerts.alert import Part
from hearthwatch.alerts.courier import Courier
from hearthwatch.health.outage import Fault as Outage
from hearthwatch.kit.units import NS_PER_S
from tests.alerts.house import House
from tests.devices.fake_telegram import OWNER
from tests.devices.fake_telegram import Fault as Says
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.scripted_proxy import Fate, Way
from tests.faults.sinks import (
    MailLine,
    TelegramLine,
    courier,
    doubled,
    let_pass,
    lost,
    mail_line,
    telegram_line,
    title,
)

PHONE = f"telegram:{OWNER}"
WEATHER = 60
"""Alerts of a trial in which any of the failures that pass may strike any of them."""
_STALL_S = 0.4
"""Instead of 30 s, of real time: nothing else here takes any."""
_PASSING = ("429", "500", "502", "400", "cut after the body", "reset in the answer", "reset in the question", "stall")
_DIRECTED = ("429", "403", "401", "409", "413", "400", "500", "cut after the body", "stall", "reset in the answer")
_AMBIGUOUS = frozenset({"cut after the body", "reset in the answer", "reset in the question", "stall"})


@dataclass(slots=True)
class Bench:
    house: House
    phone: TelegramLine
    mail: MailLine
    couriers: list[Courier]
    struck: list[str] = field(default_factory=list)
    patience_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.patience_s = self.couriers[0]._text.limit_s

    async def strike(self, kind: str, asked_s: int) -> None:
        """Have the next message meet it."""
        self.struck.append(kind)
        fake, line = self.phone.fake, self.phone.line
        if kind in {"429", "500", "502", "400", "403", "401", "409", "413"}:
            fake.fail(Says(kind), retry_after=asked_s)
            return
        if kind == "cut after the body":
            fake.fail(Says.CUT_AFTER_BODY)
            return
        if kind == "stall":
            self.couriers[0]._text.limit_s = _STALL_S
        await line.cut()
        way = {"stall": Way.STALL_DOWN, "reset in the answer": Way.RESET_DOWN, "reset in the question": Way.RESET_UP}[kind]
        line.fates.append(Fate(way=way, after_bytes=60))

    def calm(self) -> None:
        """Wait as long as usual again once the stall is over: what is slow to answer then is a busy machine."""
        if not self.phone.line.fates:
            self.couriers[0]._text.limit_s = self.patience_s

    async def tell(self, number: int) -> None:
        await self.house.tell(title=title(number), dedupe_key=f"cause/{number}")

    def asked(self) -> int:
        return len([method for method, _ in self.phone.fake.calls if method == "sendMessage"])


async def run(terms: Terms) -> Outcome:
    phone, mail = await terms.shared.once(telegram_line), await terms.shared.once(mail_line)
    phone.clean()
    mail.clean()
    await phone.line.cut()
    house = House(terms.folder)
    await house.start(PHONE, "email")
    couriers = [courier(house, phone.chat(), terms.random), courier(house, mail.channel(), terms.random)]
    bench = Bench(house, phone, mail, couriers)
    try:
        if terms.number % 2:
            kind = _DIRECTED[terms.number // 2 % len(_DIRECTED)]
            return await _directed(bench, kind, terms)
        return await _weather(bench, terms)
    finally:
        phone.line.fates.clear()
        phone.fake.scripts.clear()
        house.close()


async def _weather(bench: Bench, terms: Terms) -> Outcome:
    rng, wanted = terms.random, list(range(WEATHER))
    for number in wanted:
        if rng.random() < 0.3:
            weights = [4 if kind != "stall" else 1 for kind in _PASSING]
            await bench.strike(rng.choices(_PASSING, weights)[0], rng.randint(1, 3600))
        await bench.tell(number)
        await let_pass(bench.house, bench.couriers, rng.choice((0.5, 30.0, 400.0)))
        bench.calm()
    drained_s = await let_pass(bench.house, bench.couriers, 2 * 3600.0)
    ambiguous = sum(kind in _AMBIGUOUS for kind in bench.struck)
    came, by_mail = bench.phone.arrived(), bench.mail.arrived()
    broken = came.faults(wanted, doubles=ambiguous, way="Telegram") + by_mail.faults(wanted, way="e-mail")
    return Outcome(
        figures={
            "lost_alerts": lost(came, wanted) + lost(by_mail, wanted),
            "doubles_per_1000": 1000 * doubled(came) / len(wanted),
            "ambiguous_per_1000": 1000 * ambiguous / len(wanted),
            "drained_s": drained_s,
        },
        broken=tuple(broken),
        notes={"failure": "weather"},
    )


async def _directed(bench: Bench, kind: str, terms: Terms) -> Outcome:
    rng, house = terms.random, bench.house
    asked_s = rng.randint(1, 3600)
    await bench.strike(kind, asked_s)
    figures: dict[str, float] = {}
    broken: list[str] = []
    match kind:
        case "429":
            await bench.tell(0)
            await let_pass(house, bench.couriers, 0.001)
            before = bench.asked()
            await let_pass(house, bench.couriers, asked_s - 0.1)
            if bench.asked() != before:
                broken.append(f"asked again within the {asked_s} s Telegram wished to be left alone")
            figures["after_asked_s"] = await let_pass(house, bench.couriers, 10.0)
        case "403" | "401" | "409":
            figures["failover_s"] = await _failover(bench, broken)
        case "413":
            alert = await house.tell(title=title(0), dedupe_key="cause/0")
            bench.phone.fake.scripts.clear()
            await let_pass(house, bench.couriers, 1.0)
            await bench.strike(kind, 0)
            await house.outbox.attach(alert.event, Part.PICTURE, b"\xff\xd8 too large \xff\xd9")
            await let_pass(house, bench.couriers, 600.0)
            if house.outbox.waiting(PHONE) or any(one.method == "sendPhoto" for one in bench.phone.fake.taken):
                broken.append("a picture Telegram does not take was not given up")
        case _:
            await bench.tell(0)
            figures["delivered_s"] = await let_pass(house, bench.couriers, 600.0)
    bench.calm()
    await bench.tell(1)
    await let_pass(house, bench.couriers, 7200.0)
    came = bench.phone.arrived()
    if kind in {"403", "401", "409"}:
        broken += came.faults([1], way="Telegram, once it takes us again")
    else:
        broken += came.faults([0, 1], doubles=int(kind in _AMBIGUOUS), way="Telegram")
    if kind == "400" and any("entities" in one.fields for one in bench.phone.fake.taken[:1]):
        broken.append("what Telegram could not read was sent once more as it was")
    broken += bench.mail.arrived().faults([0, 1], way="e-mail")
    if house.health.open:
        broken.append(f"afterwards something still counts as broken: {list(house.health.open)}")
    figures["doubled_messages"] = doubled(came)
    return Outcome(figures=figures, broken=tuple(broken), notes={"failure": kind})


async def _failover(bench: Bench, broken: list[str]) -> float:
    """Return the seconds from the failing message to the word of it and to the alert by another way."""
    house = bench.house
    began_ns = house.clock.mono_ns()
    await bench.tell(0)
    while not (house.health.open and bench.mail.arrived().counted[0]):
        await let_pass(house, bench.couriers, 1.0)
        if house.clock.mono_ns() - began_ns > 120 * NS_PER_S:
            broken.append("two minutes later neither another way nor the page had told of it")
            break
    if (Outage.CHANNEL_DEAD, PHONE) not in house.health.open:
        broken.append("the page does not say that Telegram refuses us")
    return (house.clock.mono_ns() - began_ns) / NS_PER_S


FAULT = Fault(
    id="F14",
    what="Telegram: 429 with 1 to 3600 s, 500, 502, 400, 403, 409, 401, 413, cut after the body, reset in question or answer, stall",
    promise="P6",
    short=3,
    full=120,
    trial=run,
)
