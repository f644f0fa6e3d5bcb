"""F13: the line is dead for ten minutes, a day or a week while 500 things happen, with crashes of the house in between."""

from __future__ import annotations

from hearthwatch.kit.units import NS_PER_S
from tests.alerts.house import House
from tests.devices.fake_telegram import OWNER
from tests.faults.fault import Fault, Outcome, Terms
from tests.faults.sinks import courier, doubled, let_pass, lost, mail_line, telegram_line, title

EVENTS = 500
PER_MINUTE = 20
_LENGTHS_S = {"10 min": 600.0, "24 h": 86_400.0, "7 days": 7 * 86_400.0}
_AFTER_S = 1800.0


def _length(number: int) -> str:
    """A week costs a minute or two, a day ten seconds."""
    return "7 days" if number % 48 == 5 else "24 h" if number % 8 == 3 else "10 min"


async def run(terms: Terms) -> Outcome:
    rng = terms.random
    phone, mail = await terms.shared.once(telegram_line), await terms.shared.once(mail_line)
    phone.clean()
    mail.clean()
    house = House(terms.folder)
    clock = house.clock
    phone.fake.per_minute, phone.fake.now_s = PER_MINUTE, lambda: clock.mono_ns() / NS_PER_S
    names = f"telegram:{OWNER}", "email"
    await house.start(*names)
    channels = phone.chat(), mail.channel()
    couriers = [courier(house, channel, rng) for channel in channels]
    await phone.line.down()
    await mail.line.down()
    kind = _length(terms.number)
    length_s = _LENGTHS_S[kind]
    moments = sorted(rng.uniform(0, length_s) for _ in range(EVENTS))
    crashes = set(rng.sample(range(EVENTS), rng.randrange(3)))
    recorded: list[int] = []
    passed_s = 0.0
    try:
        for number, at_s in enumerate(moments):
            await let_pass(house, couriers, at_s - passed_s)
            passed_s = at_s
            if recorded and rng.random() < 0.05:  # the same cause once more, from another alert
                again = rng.choice(recorded)
                await house.tell(title=title(again), dedupe_key=f"cause/{again}")
            await house.tell(title=title(number), dedupe_key=f"cause/{number}")
            recorded.append(number)
            if number in crashes:
                house = await house.again(*names)
                couriers = [courier(house, channel, rng) for channel in channels]
        await let_pass(house, couriers, length_s - passed_s)
        await phone.line.up()
        await mail.line.up()
        noticed_s = rng.uniform(0, 20) if rng.random() < 0.5 else 0.0  # by the guard of the connection, or by nobody
        if noticed_s:
            await let_pass(house, couriers, noticed_s)
            for one in couriers:
                one.hurry()
        drained_s = noticed_s + await let_pass(house, couriers, _AFTER_S)
    finally:
        await phone.line.up()
        await mail.line.up()
        phone.fake.per_minute = 0
        house.close()
    by_phone, by_mail = phone.arrived(), mail.arrived()
    broken = by_phone.faults(recorded, way="Telegram") + by_mail.faults(recorded, way="e-mail")
    if drained_s >= _AFTER_S:
        broken.append("half an hour after the line was back something still waited")
    if drained_s > 600:
        broken.append(f"it took {drained_s:.0f} s until all was told")
    return Outcome(
        figures={
            "lost_alerts": lost(by_phone, recorded) + lost(by_mail, recorded),
            "doubled_messages": doubled(by_phone) + doubled(by_mail),
            "drained_s": drained_s,
            "telegram_messages": len(by_phone.texts),
            "mail_messages": len(by_mail.texts),
        },
        broken=tuple(broken),
        notes={"length": kind, "crashes": str(len(crashes))},
    )


FAULT = Fault(
    id="F13",
    what="The line is dead for 10 minutes, 24 hours or 7 days while 500 things happen; the house crashes up to twice meanwhile",
    promise="P6",
    short=1,
    full=50,
    trial=run,
    limit_s=600.0,
)
