"""The courier: order, back-off, digest, at least once; the clock stands still and the channel is a fake."""

from __future__ import annotations

import random

import pytest
from tests.alerts.house import BERLIN, FakeChannel, House

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import DeliveryState, MaybeSent, Part, RetryAfter
from hearthwatch.alerts.courier import Courier
from hearthwatch.health.outage import Fault
from hearthwatch.kit.errors import BadReply, Refused, Unreachable, Unsupported

DOWN = Unreachable("no route to the service")


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    await house.start("phone")
    yield house
    house.close()


def courier(house, channel) -> Courier:
    return Courier(channel, house.outbox, clock=house.clock, health=house.health, zone=BERLIN, rng=random.Random(1))


async def drain(house, one, seconds: float = 1e9) -> float:
    """Let time pass as the courier asks for, until nothing waits or `seconds` have passed; return how long it took."""
    passed = 0.0
    while passed < seconds:
        waits = [wait for wait in (await one.step_text(), await one.step_media()) if wait is not None]
        if not waits:
            return passed
        house.clock.advance(min(waits))
        passed += min(waits)
    return passed


async def states(house):
    told = await house.db.real.run(lambda connection: ledger.recent(connection, limit=1000))
    return [(d.part.value, d.state, d.tries) for one in reversed(told) for d in one.deliveries]


async def test_texts_in_order_then_the_picture_then_the_clip(house):
    channel = FakeChannel()
    one = courier(house, channel)
    first, second = await house.tell(), await house.tell()
    await house.outbox.attach(second.event, Part.CLIP, b"mp4")
    await house.outbox.attach(second.event, Part.PICTURE, b"jpeg")
    assert await one.step_media() is None, "nothing goes before its text"
    await drain(house, one)
    assert [(a.id, part) for a, part, _, _ in channel.got] == [
        (first.id, Part.TEXT),
        (second.id, Part.TEXT),
        (second.id, Part.PICTURE),
        (second.id, Part.CLIP),
    ]
    assert [data for _, _, data, _ in channel.got] == [None, None, b"jpeg", b"mp4"]
    assert not any(repeat for *_, repeat in channel.got)
    assert {state for _, state, _ in await states(house)} == {DeliveryState.SENT}


async def test_a_picture_waits_for_its_own_text_only(house):
    channel = FakeChannel(failures=[None, DOWN])
    one = courier(house, channel)
    first = await house.tell()
    await one.step_text()
    second = await house.tell()
    await one.step_text()
    await house.outbox.attach(second.event, Part.PICTURE, b"2")
    assert await one.step_media() is None
    await house.outbox.attach(first.event, Part.PICTURE, b"1")
    await one.step_media()
    assert [data for _, _, data, _ in channel.got] == [None, b"1"]


async def test_a_picture_that_does_not_go_holds_up_no_text(house):
    channel = FakeChannel(failures=[None, DOWN, None])
    one = courier(house, channel)
    alert = await house.tell()
    await one.step_text()
    await house.outbox.attach(alert.event, Part.PICTURE, b"1")
    assert (await one.step_media()) > 3
    await house.tell()
    await one.step_text()
    assert len(channel.texts) == 2
    assert (await one.step_media()) > 3, "the picture keeps its own pace"


async def test_a_picture_is_given_up_after_a_while(house):
    channel = FakeChannel(failures=[None, *[DOWN] * 50])
    one = courier(house, channel)
    alert = await house.tell()
    await house.outbox.attach(alert.event, Part.PICTURE, b"1")
    await drain(house, one)
    assert (await states(house))[-1] == ("picture", DeliveryState.DEAD, 12)


async def test_a_picture_that_is_gone_is_given_up(house):
    channel = FakeChannel()
    one = courier(house, channel)
    alert = await house.tell()
    await house.outbox.attach(alert.event, Part.PICTURE, b"1")
    house.outbox._bytes[Part.PICTURE].clear()
    house.files.forget([alert.event])
    await drain(house, one)
    assert (await states(house))[-1][:2] == ("picture", DeliveryState.DEAD)


async def test_back_off_grows_to_five_minutes_and_starts_over(house):
    channel = FakeChannel(failures=[DOWN] * 10)
    one = courier(house, channel)
    await house.tell()
    waits = []
    for _ in range(10):
        waits.append(await one.step_text())
        house.clock.advance(waits[-1])
    assert 4 <= waits[0] <= 6
    assert all(240 <= wait <= 360 for wait in waits[7:])
    assert await one.step_text() is None
    channel.failures = [DOWN]
    await house.tell()
    assert 4 <= await one.step_text() <= 6


@pytest.mark.long
async def test_a_week_without_network_and_restarts_in_between(house):
    channel = FakeChannel(failures=[DOWN] * 100_000)
    alerts = []
    current = house
    for day in range(7):
        one = courier(current, channel)
        alerts += [await current.tell() for _ in range(2)]
        await drain(current, one, 3 * 3600)
        current.clock.advance(21 * 3600)
        if day < 6:
            current = await current.again("phone")
    assert 7 * 3 * 3600 / 360 < channel.tried < 7 * 3 * 3600 / 240 + 100
    assert channel.got == []
    assert current.health.open[Fault.CHANNEL_DEAD, "phone"].startswith(str(DOWN))
    channel.failures = []
    one = courier(current, channel)
    took = await drain(current, one)
    assert took <= 360
    assert channel.texts == [alert.title for alert in alerts]
    assert not any(repeat for *_, repeat in channel.got)
    current.close()


@pytest.mark.long
async def test_a_dark_week_of_many_alerts_ends_in_a_digest_that_names_each_once(house):
    channel = FakeChannel(failures=[DOWN] * 10_000)
    one = courier(house, channel)
    alerts = []
    for number in range(500):
        alerts.append(await house.tell())
        house.clock.advance(1200)
        if not number % 25:
            await drain(house, one, 1)
    await house.outbox.attach(alerts[3].event, Part.PICTURE, b"1")
    channel.failures = []
    await drain(house, one)
    texts = [alert for alert, part, _, _ in channel.got if part is Part.TEXT]
    told = "\n".join(alert.text + alert.title for alert in texts)
    assert [told.count(f"{alert.title}:") for alert in alerts[:480]] == [1] * 480
    assert len(texts) < 30
    assert all(len(alert.text) <= 3500 for alert in texts)
    found = await states(house)
    assert DeliveryState.WAITING not in {state for _, state, _ in found}
    assert ("picture", DeliveryState.FOLDED, 1) in found


@pytest.mark.parametrize(("error", "lost"), [(Unsupported("no such text"), 0), (Refused("blocked"), 1)])
async def test_a_digest_that_is_not_taken_takes_no_alert_along(house, error, lost):
    channel = FakeChannel(failures=[error])
    one = courier(house, channel)
    alerts = [await house.tell() for _ in range(25)]
    house.clock.advance(120)
    await drain(house, one)
    told = "\n".join(f"{alert.title}\n{alert.text}" for alert, *_ in channel.got)
    assert sum(told.count(f"{alert.title}:") + channel.texts.count(alert.title) for alert in alerts) == 25 - lost
    assert [state for _, state, _ in await states(house)].count(DeliveryState.DEAD) == lost


async def test_no_digest_for_a_fresh_burst(house):
    channel = FakeChannel()
    one = courier(house, channel)
    for _ in range(30):
        await house.tell()
    await drain(house, one)
    assert len(channel.texts) == 30


async def test_a_chat_that_takes_twenty_a_minute_gets_the_rest_of_a_burst_as_one(house):
    class Chat(FakeChannel):
        per_minute = 20

    channel = Chat()
    one = courier(house, channel)
    for _ in range(30):
        await house.tell()
    await drain(house, one)
    assert channel.texts[20:] == ["10 more alerts"]
    await house.tell(title="alone")
    await drain(house, one)
    assert channel.texts[21:] == ["alone"], "nothing waits to become a digest"
    house.clock.advance(60)
    await house.tell()
    await house.tell()
    await drain(house, one)
    assert len(channel.texts) == 24


async def test_retry_after_is_obeyed_by_both_lanes(house):
    channel = FakeChannel(failures=[None, RetryAfter("slow down", 37)])
    one = courier(house, channel)
    first = await house.tell()
    await one.step_text()
    await house.outbox.attach(first.event, Part.PICTURE, b"1")
    await house.tell()
    assert await one.step_text() == pytest.approx(37)
    assert await one.step_media() == pytest.approx(37)
    tried = channel.tried
    house.clock.advance(36.9)
    await one.step_text()
    assert channel.tried == tried
    house.clock.advance(0.2)
    await drain(house, one)
    assert [repeat for *_, repeat in channel.got] == [False, False, False]


async def test_an_ambiguous_result_is_repeated_once_and_says_so(house):
    channel = FakeChannel(failures=[MaybeSent("cut")])
    one = courier(house, channel)
    await house.tell()
    await drain(house, one)
    assert [repeat for *_, repeat in channel.got] == [True]
    assert channel.tried == 2


async def test_a_crash_between_sent_and_marked_doubles_one_text_at_most(house):
    channel = FakeChannel()
    await house.tell()
    await house.tell()
    sent = await house.again("phone")
    # the former house had handed the first one over, but died before it wrote that down
    one = courier(sent, channel)
    await drain(sent, one)
    assert [repeat for *_, repeat in channel.got] == [True, False]
    sent.close()


@pytest.mark.parametrize("error", [Refused("blocked"), Unsupported("bad mark-up")])
async def test_undeliverable(house, error):
    channel = FakeChannel(failures=[error])
    one = courier(house, channel)
    first = await house.tell()
    await house.outbox.attach(first.event, Part.PICTURE, b"1")
    second = await house.tell()
    await one.step_text()
    found = await states(house)
    assert found[:2] == [("text", DeliveryState.DEAD, 1), ("picture", DeliveryState.DEAD, 1)]
    refused = isinstance(error, Refused)
    assert ((Fault.CHANNEL_DEAD, "phone") in house.health.open) is refused
    took = await drain(house, one)
    assert (took >= 60) is refused
    assert channel.texts == [second.title]
    assert house.health.open == {}


async def test_nonsense_is_tried_again(house):
    channel = FakeChannel(failures=[BadReply("what?")])
    one = courier(house, channel)
    await house.tell()
    await drain(house, one)
    assert len(channel.got) == 1


async def test_a_fault_of_ours_blocks_nobody_for_ever(house):
    channel = FakeChannel(failures=[KeyError("bug")] * 2)
    one = courier(house, channel)
    first, second = await house.tell(), await house.tell()
    for _ in range(2):
        with pytest.raises(KeyError):
            await one.step_text()
    await drain(house, one)
    assert [a.id for a, *_ in channel.got] == [first.id, second.id]
    channel.failures = [KeyError("bug")] * 100
    await house.tell()
    for _ in range(3):
        with pytest.raises(KeyError):
            await one.step_text()
    channel.failures = []
    third = await house.tell()
    await drain(house, one)
    assert channel.texts[-1] == third.title
    assert len(channel.got) == 3


async def test_a_hanging_service_counts_as_maybe_sent(house, monkeypatch):
    import asyncio

    class Hanging(FakeChannel):
        async def send(self, alert, part, attachment, *, repeat):
            if not self.tried:
                self.tried += 1
                await asyncio.Event().wait()
            await super().send(alert, part, attachment, repeat=repeat)

    channel = Hanging()
    one = courier(house, channel)
    one._text.limit_s = 0.01
    await house.tell()
    await drain(house, one)
    assert [repeat for *_, repeat in channel.got] == [True]


async def test_a_clock_set_back_delays_nothing(house):
    channel = FakeChannel(failures=[DOWN])
    one = courier(house, channel)
    await house.tell()
    await one.step_text()
    house.clock.step_wall(-86_400 * 365)
    after = await house.again("phone")
    one = courier(after, channel)
    assert await drain(after, one) <= 300
    assert len(channel.got) == 1
    after.close()


async def test_when_the_network_is_back_what_waits_is_tried_at_once_but_not_what_the_service_put_off(house):
    channel = FakeChannel("phone", failures=[DOWN, DOWN, DOWN, None, RetryAfter("later", 60)])
    one = courier(house, channel)
    await house.tell()
    for _ in range(2):
        house.clock.advance(await one.step_text() or 0)
    assert (await one.step_text() or 0) > 0
    assert (await one.step_text() or 0) > 0
    assert channel.tried == 3
    one.hurry()
    assert await one.step_text() is None
    assert len(channel.got) == 1
    await house.tell()
    await one.step_text()
    one.hurry()
    assert (await one.step_text() or 0) > 50


async def test_a_text_that_had_to_wait_and_is_over_by_now_is_left_out(house):
    channel = FakeChannel(failures=[DOWN])
    one = courier(house, channel)
    over: list[str] = []

    async def is_over(alert) -> bool:
        return alert.dedupe_key in over

    house.outbox.is_over = is_over
    await house.tell(dedupe_key="outage/internet-lost/x/1/start", title="lost")
    await house.tell(title="person")
    house.clock.advance(await one.step_text())
    over.append("outage/internet-lost/x/1/start")
    await drain(house, one)
    assert channel.texts == ["person"]
    over.append("fresh")
    await house.tell(dedupe_key="fresh", title="told at once")
    await drain(house, one)
    assert channel.texts == ["person", "told at once"]
    assert [state for _, state, _ in await states(house)] == [DeliveryState.FOLDED, DeliveryState.SENT, DeliveryState.SENT]


async def test_what_is_folded_while_it_is_asked_whether_it_is_over_is_not_sent(house):
    channel = FakeChannel(failures=[DOWN])
    one = courier(house, channel)

    async def is_over(alert) -> bool:
        await house.outbox.fold(alert.dedupe_key)
        return False

    house.outbox.is_over = is_over
    await house.tell(title="lost")
    house.clock.advance(await one.step_text())
    await drain(house, one)
    assert channel.got == []
