"""The entry delay: who disarms in time hears nothing, everybody else hears that it waited; a crash in between changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.alerts.house import House
from tests.run.findings import JPEG, a_picture, seen
from tests.run.test_happenings import Bench

from hearthwatch.alerts.alert import Part
from hearthwatch.arming.arming import Mode

WAITED = "Waited 30 s for somebody to disarm; nobody did."


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    house = House(tmp_path)
    await house.start("phone")
    bench = Bench(house)
    bench.delay_s = 30.0
    bench.since_us = house.clock.wall_us()
    house.clock.advance(60)
    yield bench
    await bench.close()
    house.close()


async def visit(bench: Bench) -> str:
    bench.happenings.put(seen())
    return (await bench.told.get()).id


async def test_nobody_disarms_and_it_is_told_with_picture_and_that_it_waited(bench: Bench) -> None:
    event = await visit(bench)
    bench.happenings.put(a_picture())
    await bench.stored.get()
    bench.house.clock.advance(29)
    await bench.entry.look()
    assert await bench.alerts() == []
    assert bench.acted == [], "a siren waits, too"
    assert bench.asked == 1, "the phones were asked whether they are here"
    bench.house.clock.advance(2)
    await bench.entry.look()
    assert [change.event.id for change in bench.acted] == [event]
    (told,) = await bench.alerts()
    assert (told.alert.event, told.alert.title) == (event, "Front: person")
    assert told.alert.text.endswith(WAITED)
    waiting = bench.house.outbox.waiting("phone")
    assert [delivery.part for delivery in waiting] == [Part.TEXT, Part.PICTURE]
    assert await bench.house.outbox.attachment(waiting[1]) == JPEG
    await bench.entry.look()
    assert len(await bench.alerts()) == 1


@pytest.mark.parametrize("mode", [Mode.HOME, Mode.DISARMED, Mode.DISABLED])
async def test_who_disarms_in_time_hears_nothing_and_the_event_is_kept(bench: Bench, mode: Mode) -> None:
    event = await visit(bench)
    bench.house.clock.advance(20)
    bench.mode, bench.since_us = mode, bench.house.clock.wall_us()
    await bench.entry.look()
    bench.house.clock.advance(60)
    await bench.entry.look()
    assert await bench.alerts() == []
    assert [one.id for one in await bench.events()] == [event]


async def test_who_disarms_and_arms_again_was_home(bench: Bench) -> None:
    await visit(bench)
    bench.house.clock.advance(5)
    bench.since_us = bench.house.clock.wall_us()  # away anew
    bench.house.clock.advance(60)
    await bench.entry.look()
    assert await bench.alerts() == []


async def test_what_a_former_house_left_waiting_is_told_once(bench: Bench) -> None:
    await visit(bench)
    bench.house.clock.advance(3600)
    await bench.close()
    for _restart in range(2):
        after = await bench.house.again("phone")
        later = Bench(after)
        later.delay_s, later.since_us = 30.0, bench.since_us
        await later.entry.load()
        await later.entry.look()
        (told,) = await later.alerts()
        assert told.alert.text.endswith(WAITED)
        await later.close()
        bench.house = after


async def test_a_clock_that_was_set_back_keeps_nothing_waiting(bench: Bench) -> None:
    await visit(bench)
    bench.house.clock.step_wall(-7200)
    bench.since_us = bench.house.clock.wall_us()
    await bench.entry.look()
    assert len(await bench.alerts()) == 1


async def test_without_a_delay_when_home_and_with_a_sick_disk_it_goes_out_at_once(bench: Bench) -> None:
    bench.delay_s = 0
    await visit(bench)
    assert len(await bench.alerts()) == 1
    bench.delay_s = 30
    bench.house.db.full = True
    bench.happenings.put(seen("t2", label="dog"))
    await bench.told.get()
    assert [bench.house.outbox.alert(delivery).title for delivery in bench.house.outbox.waiting("phone")] == [
        "Front: person",
        "Front: dog",
    ]


async def test_it_is_told_in_time_although_the_disk_hangs(bench: Bench) -> None:
    event = await visit(bench)
    bench.house.clock.advance(31)
    bench.house.wait_for_the_disk(0.5)
    bench.house.db.thaws = asyncio.Event()
    async with asyncio.timeout(60):
        await bench.entry.look()
    (text,) = bench.house.outbox.waiting("phone")
    assert bench.house.outbox.alert(text).event == event
    bench.house.db.thaws.set()
    await bench.house.outbox.pay()
    await bench.entry.look()
    assert len(bench.house.outbox.waiting("phone")) == 1
