"""The dispatcher and the couriers as they run: board, policy, outbox and channels together."""

from __future__ import annotations

import asyncio

import pytest
from tests.alerts.house import BERLIN, FRONT, FakeChannel, House

from hearthwatch.alerts import ledger
from hearthwatch.alerts.alert import DeliveryState, Part
from hearthwatch.alerts.dispatch import Dispatcher, _end
from hearthwatch.alerts.outbox import Outbox
from hearthwatch.alerts.policy import CameraAlerts, Policy
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import SystemClock
from hearthwatch.kit.errors import Refused, Unreachable
from hearthwatch.kit.ids import Ulids


class Slow(FakeChannel):
    """A channel that tells when it took something."""

    def __init__(self, name, failures=()) -> None:
        super().__init__(name=name, failures=list(failures))
        self.took = asyncio.Event()
        self.closed = False

    async def send(self, alert, part, attachment, *, repeat) -> None:
        await super().send(alert, part, attachment, repeat=repeat)
        self.took.set()

    async def close(self) -> None:
        self.closed = True


async def until(ready) -> None:
    async with asyncio.timeout(60):
        while not ready():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0)


class Wired:
    def __init__(self, folder) -> None:
        self.house = House(folder, SystemClock())
        clock = self.house.clock
        self.policy = Policy(home="Home", zone=BERLIN, cameras={FRONT: CameraAlerts(name="Front")}, ids=Ulids(clock))
        self.board = Board(self.house.db, clock, self.tell)
        self.outbox = Outbox(self.house.db, self.house.files, clock, self.board)
        self.dispatcher = Dispatcher(self.outbox, clock=clock, health=self.board, zone=BERLIN)

    async def tell(self, outage) -> None:
        await self.outbox.record(None, self.policy.on_outage(outage, now_us=self.house.clock.wall_us()))


@pytest.fixture
async def wired(tmp_path):
    wired = Wired(tmp_path)
    await wired.outbox.load()
    await wired.board.load()
    yield wired
    await wired.dispatcher.close()
    wired.house.close()


async def test_an_alert_reaches_every_channel(wired):
    channels = [Slow("a"), Slow("b")]
    await wired.dispatcher.set_channels(channels)
    change = wired.house.change()
    await wired.outbox.record(change, wired.house.alert(change, title="Front: person"))
    await wired.outbox.attach(change.event.id, Part.PICTURE, b"jpeg")
    await until(lambda: not any(wired.outbox.waiting(name) for name in "ab"))
    await wired.dispatcher.close()
    for channel in channels:
        assert [part for _, part, _, _ in channel.got] == [Part.TEXT, Part.PICTURE]
    (told,) = await wired.house.db.run(ledger.recent)
    assert {delivery.state for delivery in told.deliveries} == {DeliveryState.SENT}


async def test_a_channel_that_does_not_work_is_told_on_another(wired):
    phone, mail = Slow("phone", [Refused("the bot was blocked")] * 3), Slow("mail")
    await wired.dispatcher.set_channels([phone, mail])
    await wired.outbox.record(None, wired.house.alert(title="Front: person"))
    async with asyncio.timeout(60):
        await mail.took.wait()
        await until(wired.board.snapshot)
        mail.took.clear()
        await wired.board.tick()
        await mail.took.wait()
    assert [outage.fault for outage in wired.board.snapshot()] == [Fault.CHANNEL_DEAD]
    assert mail.texts == ["Front: person", "Phone: does not deliver alerts"]
    assert "the bot was blocked" in mail.got[-1][0].text
    assert phone.got == []


async def test_channels_come_and_go(wired):
    first, second = Slow("a"), Slow("b")
    await wired.dispatcher.set_channels([first, second])
    assert wired.dispatcher.channels == ("a", "b")
    fresh = Slow("b")
    await wired.dispatcher.set_channels([first, fresh])
    assert (first.closed, second.closed, fresh.closed) == (False, True, False)
    await wired.outbox.record(None, wired.house.alert(title="one"))
    async with asyncio.timeout(60):
        await asyncio.gather(first.took.wait(), fresh.took.wait())
    assert second.got == []
    await wired.dispatcher.close()
    assert first.closed
    assert fresh.closed


async def test_what_is_under_way_at_the_end_is_sent_and_written_down(wired, monkeypatch):
    monkeypatch.setattr("hearthwatch.alerts.courier._FINISH_S", 60)

    class Busy(Slow):
        async def send(self, alert, part, attachment, *, repeat) -> None:
            self.took.set()
            for _ in range(100):
                await asyncio.sleep(0)
            self.got.append((alert, part, attachment, repeat))

    channel = Busy("a")
    await wired.dispatcher.set_channels([channel])
    await wired.outbox.record(None, wired.house.alert())
    await wired.outbox.record(None, wired.house.alert())
    async with asyncio.timeout(60):
        await channel.took.wait()
    await wired.dispatcher.close()
    second, first = await wired.house.db.run(ledger.recent)
    assert (first.deliveries[0].state, second.deliveries[0].state) == (DeliveryState.SENT, DeliveryState.WAITING)
    assert len(channel.got) == 1


async def test_what_waits_for_a_channel_that_is_replaced_goes_by_the_new_one(wired):
    broken = Slow("a", [Unreachable("down")] * 100)
    await wired.dispatcher.set_channels([broken])
    await wired.outbox.record(None, wired.house.alert(title="one"))
    await until(lambda: broken.tried and wired.outbox.waiting("a")[0].tries)
    mended = Slow("a")
    await wired.dispatcher.set_channels([mended])
    async with asyncio.timeout(60):
        await mended.took.wait()
    assert mended.texts == ["one"]


async def test_who_is_to_end_while_a_courier_ends_does_end():
    courier = asyncio.create_task(asyncio.Event().wait())
    await asyncio.sleep(0)
    ending = asyncio.create_task(_end(courier))
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert courier.cancelled()
