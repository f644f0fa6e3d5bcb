"""The outbox: nothing lost, nothing told twice, whatever the disk does."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.alerts.house import PATIENCE_S, House

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import DeliveryState, Part
from hearthwatch.events import ledger as events
from hearthwatch.events.event import ChangeKind
from hearthwatch.health.outage import Fault
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import WallUs


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    await house.start("phone", "mail")
    yield house
    house.close()


async def rows(house) -> list[tuple[str, str, str]]:
    told = await house.db.real.run(ledger.recent)
    return [(d.channel, d.part.value, d.state.value) for one in reversed(told) for d in one.deliveries]


async def test_event_alert_and_one_text_a_channel_are_committed_together(house):
    change = house.change()
    alert = house.alert(change)
    await house.outbox.record(change, alert)
    assert await house.db.run(events.recent) == (change.event,)
    (told,) = await house.db.run(ledger.recent)
    assert told.alert == alert
    assert await rows(house) == [("phone", "text", "waiting"), ("mail", "text", "waiting")]
    assert [d.alert for d in house.outbox.waiting("phone")] == [alert.id]


async def test_an_event_nobody_is_told_of_is_kept(house):
    change = house.change()
    await house.outbox.record(change, None)
    assert await house.db.run(events.recent) == (change.event,)
    await house.outbox.record(None, None)
    assert await rows(house) == []


async def test_all_or_nothing(house):
    """A fault between the event's row and the alert's leaves neither."""
    change = house.change()
    bad = house.alert(change, title=None)
    with pytest.raises(Exception, match="NOT NULL"):
        await house.outbox.record(change, bad)
    assert await house.db.run(events.recent) == ()
    assert house.outbox.waiting("phone") == ()


async def test_one_cause_is_told_once_even_after_a_restart(house):
    first = await house.tell(dedupe_key="outage/1")
    await house.outbox.record(None, house.alert(dedupe_key="outage/1"))
    assert len(house.outbox.waiting("phone")) == 1
    await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)
    await house.outbox.settle(house.outbox.waiting("mail"), DeliveryState.SENT)
    after = await house.again("phone", "mail")
    await after.outbox.record(None, after.alert(dedupe_key="outage/1"))
    assert after.outbox.waiting("phone") == ()
    assert [one.alert.id for one in await after.db.run(ledger.recent)] == [first.id]
    after.close()


async def settled(house) -> None:
    for name in ("phone", "mail"):
        await house.outbox.settle(house.outbox.waiting(name), DeliveryState.SENT)


async def test_what_was_told_says_what_is_known_now(house):
    house.outbox.routes.set({"phone": frozenset(Part), "mail": frozenset(Part)}, {"phone": lambda _alert: True})
    assert await house.outbox.amend(house.alert(dedupe_key="guesses/1", title="1 failed"), again=False) is None
    first = house.outbox.waiting("phone")[0].alert
    before = await house.outbox.amend(house.alert(dedupe_key="guesses/1", title="2 failed"), again=False)
    assert before is not None
    assert before.title == "1 failed"
    assert house.outbox.alert(house.outbox.waiting("mail")[0]).title == "2 failed", "what waits says the newest"
    await settled(house)
    await house.outbox.amend(house.alert(dedupe_key="guesses/1", title="3 failed"), again=False)
    assert [house.outbox.alert(delivery).title for delivery in house.outbox.waiting("phone")] == ["3 failed"]
    assert house.outbox.waiting("mail") == ()
    await settled(house)
    await house.outbox.amend(house.alert(dedupe_key="guesses/1", title="3 failed"), again=False)
    assert house.outbox.waiting("phone") == (), "it was told that"
    await house.outbox.amend(house.alert(dedupe_key="guesses/1", title="4 failed"), again=True)
    assert len(house.outbox.waiting("mail")) == 1
    (told,) = await house.db.run(ledger.recent)
    assert (told.alert.id, told.alert.title) == (first, "4 failed")
    assert sorted(await rows(house)) == [("mail", "text", "waiting"), ("phone", "text", "waiting")]


async def test_after_a_restart_the_same_alert_is_amended(house):
    await house.outbox.amend(house.alert(dedupe_key="guesses/1", title="1 failed"), again=False)
    await settled(house)
    after = await house.again("phone", "mail")
    assert await after.outbox.amend(after.alert(dedupe_key="guesses/1", title="2 failed"), again=False)
    assert after.outbox.waiting("phone") == ()
    (told,) = await after.db.run(ledger.recent)
    assert told.alert.title == "2 failed"
    after.close()


async def test_a_channel_is_spared_news_of_itself(house):
    await house.tell(skip_channel="phone")
    assert house.outbox.waiting("phone") == ()
    assert len(house.outbox.waiting("mail")) == 1


async def test_pictures_follow_where_they_may(house):
    house.outbox.routes.set({"phone": frozenset(Part), "mail": frozenset({Part.TEXT})})
    alert = await house.tell(parts=frozenset({Part.TEXT, Part.PICTURE}))
    await house.outbox.attach(alert.event, Part.PICTURE, b"one")
    await house.outbox.attach(alert.event, Part.PICTURE, b"better")
    await house.outbox.attach(alert.event, Part.CLIP, b"mp4")
    assert await rows(house) == [("phone", "text", "waiting"), ("mail", "text", "waiting"), ("phone", "picture", "waiting")]
    assert house.files.picture(alert.event) == b"better"
    assert (await house.db.run(events.recent))[0].picture
    (_, picture) = house.outbox.waiting("phone")
    assert await house.outbox.attachment(picture) == b"better"


async def test_pictures_of_cameras_that_are_not_opted_in_stay_here(house):
    alert = await house.tell(parts=frozenset({Part.TEXT}))
    await house.outbox.attach(alert.event, Part.PICTURE, b"one")
    assert [part for _, part, _ in await rows(house)] == ["text", "text"]
    assert house.files.picture(alert.event) == b"one"


async def test_a_channel_set_up_since_gets_no_picture_of_what_it_was_not_told(house):
    alert = await house.tell(parts=frozenset({Part.TEXT, Part.PICTURE}))
    house.outbox.routes.set({"phone": frozenset(Part), "mail": frozenset(Part), "tablet": frozenset(Part)})
    await house.outbox.attach(alert.event, Part.PICTURE, b"one")
    assert house.outbox.waiting("tablet") == ()
    assert [d.part for d in house.outbox.waiting("phone")] == [Part.TEXT, Part.PICTURE]


async def test_after_a_restart_each_channel_gets_what_it_lacks_and_nothing_twice(house):
    alert = await house.tell(parts=frozenset({Part.TEXT, Part.PICTURE}))
    await house.outbox.attach(alert.event, Part.PICTURE, b"one")
    await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)
    after = await house.again("phone", "mail")
    await after.outbox.attach(alert.event, Part.PICTURE, b"better")
    assert after.outbox.waiting("phone") == ()
    assert [d.part for d in after.outbox.waiting("mail")] == [Part.TEXT, Part.PICTURE]
    after.close()


async def test_after_a_restart_a_picture_follows_a_text_that_was_sent(house):
    alert = await house.tell(parts=frozenset({Part.TEXT, Part.PICTURE}))
    await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)
    after = await house.again("phone", "mail")
    await after.outbox.attach(alert.event, Part.PICTURE, b"one")
    assert [d.part for d in after.outbox.waiting("phone")] == [Part.PICTURE]
    after.close()


async def test_after_a_restart_the_clip_still_follows_and_no_picture_goes_twice(house):
    alert = await house.tell(parts=frozenset({Part.TEXT, Part.PICTURE, Part.CLIP}))
    await house.outbox.attach(alert.event, Part.PICTURE, b"one")
    for name in ("phone", "mail"):
        await house.outbox.settle(house.outbox.waiting(name), DeliveryState.SENT)
    after = await house.again("phone", "mail")
    await after.outbox.attach(alert.event, Part.PICTURE, b"better")
    assert after.outbox.waiting("phone") == ()
    await after.outbox.attach(alert.event, Part.CLIP, b"mp4")
    assert [d.part for d in after.outbox.waiting("phone")] == [Part.CLIP]
    after.db.full = True
    await after.outbox.attach("E-unknown", Part.CLIP, b"mp4")
    after.close()


async def test_what_was_under_way_at_a_crash_counts_as_maybe_sent(house):
    await house.tell()
    await house.tell()
    after = await house.again("phone", "mail")
    first, second = after.outbox.waiting("phone")
    assert (first.maybe_sent, second.maybe_sent) == (True, False)
    after.close()


async def test_a_failed_try_that_cannot_have_arrived_is_no_repeat_after_a_crash(house):
    await house.tell()
    await house.outbox.retry(house.outbox.waiting("phone"), "no route", 5, maybe_sent=False)
    after = await house.again("phone", "mail")
    (waiting,) = after.outbox.waiting("phone")
    assert (waiting.maybe_sent, waiting.tries, waiting.last_error) == (False, 1, "no route")
    await after.outbox.begin([waiting])
    again = await after.again("phone", "mail")
    assert again.outbox.waiting("phone")[0].maybe_sent
    again.close()


async def test_pictures_survive_a_restart(house):
    alert = await house.tell()
    await house.outbox.attach(alert.event, Part.PICTURE, b"jpeg")
    after = await house.again("phone", "mail")
    await after.outbox.attach(alert.event, Part.PICTURE, b"better")
    text, picture = after.outbox.waiting("phone")
    assert (text.part, picture.part) == (Part.TEXT, Part.PICTURE)
    fresh = await after.again("phone", "mail")
    assert await fresh.outbox.attachment(picture) == b"better"
    fresh.files.forget([alert.event])
    assert await fresh.outbox.attachment(picture) is None
    fresh.close()


async def test_with_a_full_disk_the_alert_goes_out_and_is_written_down_later(house):
    house.db.full = True
    change = house.change()
    alert = house.alert(change)
    await house.outbox.record(change, alert)
    (waiting,) = house.outbox.waiting("phone")
    assert house.outbox.alert(waiting).degraded
    assert house.outbox.degraded
    assert house.health.log == [("failed", Fault.DISK_FULL, "house.db")]
    await house.outbox.settle([waiting], DeliveryState.SENT)
    await house.outbox.record(replace(change, kind=ChangeKind.CLOSED, event=replace(change.event, end_us=WallUs(9))), None)
    house.db.full = False
    assert not await house.outbox.pay(), "too soon for another try"
    house.clock.advance(6)
    assert await house.outbox.pay()
    (told,) = await house.db.run(ledger.recent)
    assert told.alert == replace(alert, degraded=True)
    assert [d.state for d in told.deliveries] == [DeliveryState.SENT, DeliveryState.WAITING]
    (event,) = await house.db.run(events.recent)
    assert event.end_us == 9
    assert house.health.log[-1] == ("recovered", Fault.DISK_FULL, "house.db")


async def test_a_dead_disk_is_not_asked_for_every_alert(house):
    house.db.full = True
    before = house.db.tries
    for _ in range(20):
        await house.tell()
    assert house.db.tries - before == 1
    assert len(house.outbox.waiting("phone")) == 20


async def test_a_cause_told_before_a_dark_time_is_not_written_twice(house):
    await house.tell(dedupe_key="outage/1")
    after = await house.again("phone", "mail")
    after.db.full = True
    await after.outbox.record(None, after.alert(dedupe_key="outage/1"))
    await after.outbox.settle([after.outbox.waiting("phone")[-1]], DeliveryState.SENT)
    after.db.full = False
    after.clock.advance(6)
    assert await after.outbox.pay()
    assert len(await after.db.run(ledger.recent)) == 1
    after.close()


async def test_a_slow_disk_does_not_hold_an_alert_back(house):
    house.wait_for_the_disk(0.01)
    gate = asyncio.Event()
    quick = house.db.run

    async def slow(work):
        await gate.wait()
        return await quick(work)

    house.db.run = slow
    change = house.change()
    await house.outbox.record(change, house.alert(change))
    assert house.outbox.alert(house.outbox.waiting("phone")[0]).degraded
    gate.set()
    house.wait_for_the_disk(PATIENCE_S)
    house.db.run = quick
    house.clock.advance(6)
    assert await house.outbox.pay()
    assert len(await house.db.run(ledger.recent)) == 1


class LateDisk:
    """Takes everything, but only when told to: later than anybody waits."""

    def __init__(self, house) -> None:
        self._quick = house.db.run
        self._journal = house.outbox._journal
        self.fails: Exception | None = None
        self.writes = 0
        self.gate = asyncio.Event()
        house.wait_for_the_disk(0.01)
        house.db.run = self.run

    async def run(self, work):
        self.writes += 1
        await self.gate.wait()
        if self.fails is not None:
            raise self.fails
        return await self._quick(work)

    async def takes(self) -> None:
        """Let it take what it was given, and be heard; what comes after that is late again."""
        gate, self.gate = self.gate, asyncio.Event()
        gate.set()
        while self._journal._late is not None:  # noqa: ASYNC110 the journal tells nobody
            await asyncio.sleep(0.001)


async def test_what_the_disk_took_late_is_not_owed_any_more(house):
    disk = LateDisk(house)
    first = await house.tell()
    second = await house.tell()
    assert house.outbox.degraded
    assert disk.writes == 1, "one at a time"
    await disk.takes()
    assert [one.alert.id for one in await disk._quick(ledger.recent)] == [first.id]
    await house.outbox.pay()
    await disk.takes()
    assert await house.outbox.pay()
    assert not house.outbox.degraded
    assert {one.alert.id for one in await disk._quick(ledger.recent)} == {first.id, second.id}
    assert disk.writes == 2, "nothing is written twice"
    assert house.health.log == []


async def test_what_the_disk_refused_late_is_tried_again(house):
    disk = LateDisk(house)
    disk.fails = StorageFailed(StorageFault.NO_SPACE, "house.db: no space left on the disk")
    alert = await house.tell()
    await disk.takes()
    assert house.health.log == [("failed", Fault.DISK_FULL, "house.db")]
    assert not await house.outbox.pay(), "too soon for another try"
    assert disk.writes == 1
    disk.fails = None
    house.clock.advance(6)
    assert not await house.outbox.pay()
    await disk.takes()
    assert await house.outbox.pay()
    assert [one.alert.id for one in await disk._quick(ledger.recent)] == [alert.id]
    assert house.health.log[-1] == ("recovered", Fault.DISK_FULL, "house.db")


async def test_what_is_written_while_debts_are_paid_is_not_overtaken_by_them(house):
    """A payment that hangs and is owed again must not bring back what was settled meanwhile."""
    house.db.full = True
    await house.tell()
    house.clock.advance(6)
    house.db.full = False
    gate = asyncio.Event()
    quick = house.db.run

    async def slow(work):
        await gate.wait()
        return await quick(work)

    house.db.run = slow
    paying = asyncio.create_task(house.outbox.pay())
    await asyncio.sleep(0)
    await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)
    assert house.outbox.degraded
    gate.set()
    house.db.run = quick
    assert not await paying
    house.clock.advance(6)
    assert await house.outbox.pay()
    (told,) = await house.db.run(ledger.recent)
    assert [d.state for d in told.deliveries] == [DeliveryState.SENT, DeliveryState.WAITING]


async def test_a_full_disk_loses_no_picture_either(house):
    alert = await house.tell()

    class Full:
        def write_picture(self, event, data):
            from hearthwatch.kit.errors import StorageFailed, StorageFault

            raise StorageFailed(StorageFault.NO_SPACE, "no space")

    house.outbox._files = Full()
    await house.outbox.attach(alert.event, Part.PICTURE, b"jpeg")
    picture = house.outbox.waiting("phone")[-1]
    assert await house.outbox.attachment(picture) == b"jpeg"
    assert ("failed", Fault.DISK_FULL, "pictures") in house.health.log
    assert not (await house.db.run(events.recent))[0].picture
    house.outbox._files = house.files
    await house.outbox.attach(alert.event, Part.PICTURE, b"jpeg")
    assert house.health.open == {}


async def test_latency_is_stored_with_the_delivery(house):
    now_ns = house.clock.mono_ns()
    await house.tell(received_ns=now_ns - 30_000_000, decided_ns=now_ns - 10_000_000)
    house.clock.advance(0.05)
    await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)
    (latency,) = await house.db.run(ledger.latencies)
    assert (latency.channel, latency.part, latency.count) == ("phone", Part.TEXT, 1)
    assert latency.p50_ms == latency.p95_ms == pytest.approx(80.0)


async def test_percentiles_are_ranks(house):
    for number in range(1, 21):
        now_ns = house.clock.mono_ns()
        await house.tell(received_ns=now_ns - number * 1_000_000, decided_ns=now_ns)
        await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)
    (latency,) = await house.db.run(ledger.latencies)
    assert (latency.p50_ms, latency.p95_ms) == (10.0, 19.0)


async def test_old_alerts_are_dropped_but_none_that_waits(house):
    await house.tell(at_us=WallUs(10))
    await house.outbox.settle([*house.outbox.waiting("phone"), *house.outbox.waiting("mail")], DeliveryState.SENT)
    waiting = await house.tell(at_us=WallUs(20))
    fresh = await house.tell()
    drop = lambda connection: ledger.drop_before(connection, WallUs(1000))  # noqa: E731
    assert await house.db.run(drop) == 1
    assert {one.alert.id for one in await house.db.run(ledger.recent)} == {waiting.id, fresh.id}
    assert await house.db.run(drop) == 0


async def test_what_channels_remember(house):
    def work(connection):
        ledger.set_state(connection, "k", "1")
        ledger.set_state(connection, "k", "2")
        return ledger.state(connection, "k"), ledger.state(connection, "other")

    assert await house.db.run(work) == ("2", "")


async def test_memory_of_old_alerts_is_bounded(house, monkeypatch):
    monkeypatch.setattr("hearthwatch.alerts.outbox._KEPT_ALERTS", 16)
    house.outbox.routes.set({"phone": frozenset(Part)})
    for _ in range(50):
        await house.outbox.record(None, house.alert())
        if len(house.outbox.waiting("phone")) > 10:
            await house.outbox.settle(house.outbox.waiting("phone")[:1], DeliveryState.SENT)
    assert len(house.outbox._alerts) <= 32
    assert all(house.outbox.alert(d) for d in house.outbox.waiting("phone"))


async def test_of_whatever_waits_the_alert_is_at_hand_after_a_restart_too(house, monkeypatch):
    monkeypatch.setattr("hearthwatch.alerts.outbox._KEPT_ALERTS", 4)
    told = [await house.tell() for _ in range(20)]
    after = await house.again("phone")
    waiting = after.outbox.waiting("phone")
    assert [after.outbox.alert(one).id for one in waiting] == [alert.id for alert in told]
    await after.outbox.fold(told[0].dedupe_key)
    assert len(after.outbox.waiting("phone")) == 19
    after.close()


@pytest.mark.parametrize("again", [True, False])
async def test_of_a_part_or_a_correction_the_alert_is_at_hand_whatever_is_told_meanwhile(house, monkeypatch, again):
    monkeypatch.setattr("hearthwatch.alerts.outbox._KEPT_ALERTS", 4)
    house.outbox.routes.set({"phone": frozenset(Part)})
    alert = await house.tell()
    await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)
    late = (
        house.outbox.amend(replace(alert, text="later"), again=True)
        if again
        else house.outbox.attach(alert.event, Part.CLIP, b"mp4")
    )
    await asyncio.gather(late, *(house.tell(parts=frozenset()) for _ in range(20)))
    [one] = [one for one in house.outbox.waiting("phone") if one.alert == alert.id]
    assert house.outbox.alert(one).id == alert.id


async def test_what_was_folded_while_it_was_sent_may_still_be_settled(house, monkeypatch):
    monkeypatch.setattr("hearthwatch.alerts.outbox._KEPT_ALERTS", 4)
    alert = await house.tell()
    sending = house.outbox.waiting("phone")
    await house.outbox.fold(alert.dedupe_key)
    house.outbox.routes.set({})
    for _ in range(20):
        await house.tell()
    await house.outbox.settle(sending, DeliveryState.SENT)
    assert house.outbox.waiting("phone") == ()


async def test_a_clip_follows_an_alert_that_memory_holds_no_more(house, monkeypatch):
    monkeypatch.setattr("hearthwatch.alerts.outbox._KEPT_ALERTS", 4)
    house.outbox.routes.set({"phone": frozenset(Part)})
    long_ago = await house.tell()
    for _ in range(12):
        await house.tell()
    await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)
    for _ in range(12):
        await house.tell()
    assert long_ago.id not in house.outbox._alerts
    await house.outbox.attach(long_ago.event, Part.CLIP, b"mp4")
    [clip] = [one for one in house.outbox.waiting("phone") if one.part is Part.CLIP]
    assert house.outbox.alert(clip).id == long_ago.id
    await house.outbox.attach(long_ago.event, Part.CLIP, b"mp4 again")
    assert [one for one in house.outbox.waiting("phone") if one.part is Part.CLIP] == [clip]


async def test_what_a_later_alert_tells_whole_is_folded_even_while_it_is_being_tried(house):
    first = house.alert(dedupe_key="outage/x/start")
    await house.outbox.record(None, first)
    await house.outbox.record(None, house.alert(dedupe_key="other"))
    [tried, other] = house.outbox.waiting("phone")
    await house.outbox.begin([tried])
    await house.outbox.fold("outage/x/start")
    await house.outbox.retry([tried], "no route", 5, maybe_sent=False)
    assert house.outbox.waiting("phone") == (other,)
    await house.outbox.fold("outage/never/told")
    assert house.outbox.waiting("phone") == (other,)


async def test_what_is_owed_is_written_at_the_end(house):
    house.db.full = True
    alert = await house.tell()
    assert house.outbox.degraded
    house.db.full = False
    await house.outbox.close()
    assert [one.alert.id for one in await house.db.real.run(ledger.recent)] == [alert.id]
