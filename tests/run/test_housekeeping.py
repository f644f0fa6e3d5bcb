"""What is older than all footage goes, with its files; what still waits to be sent never does."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from tests.alerts.house import House, an_event
from tests.run.leaping_loop import after, leap
from tests.run.quiet_db import QuietDb

from hearthwatch.alerts import ledger as alert_ledger
from hearthwatch.alerts.alert import DeliveryState
from hearthwatch.events import ledger as event_ledger
from hearthwatch.events.event import Change, ChangeKind
from hearthwatch.events.ledger import EventFiles
from hearthwatch.health import ledger as health_ledger
from hearthwatch.health.outage import Fault, Outage
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.recording.segment import StorageOptions
from hearthwatch.run.config import parse
from hearthwatch.run.housekeeping import Housekeeping

DAY_S = 86_400


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    await house.start("phone")
    yield house
    house.close()


def keeping(house: House, **days: float) -> Housekeeping:
    storage = StorageOptions(**({"keep_continuous_days": 1, "keep_motion_days": 2, "keep_event_days": 3} | days))
    config = replace(parse(""), storage=storage)
    return Housekeeping(house.db, house.files, house.clock, lambda: config)


async def told(house: House, *, open_: bool = False) -> str:
    """Let an event happen now, with a picture, and return its id."""
    change = house.change()
    if not open_:
        change = replace(change, event=replace(change.event, end_us=change.event.start_us))
    await house.outbox.record(change, house.alert(change))
    house.files.write_picture(change.event.id, b"picture")
    return change.event.id


async def sent(house: House) -> None:
    await house.outbox.settle(house.outbox.waiting("phone"), DeliveryState.SENT)


async def events(house: House) -> set[str]:
    return {event.id for event in await house.db.run(event_ledger.recent)}


async def alerts(house: House) -> set[str]:
    return {one.alert.event for one in await house.db.run(alert_ledger.recent)}


async def test_what_is_older_than_the_longest_kept_footage_goes_with_its_files(house):
    old = await told(house)
    await sent(house)
    house.clock.advance(2.5 * DAY_S)
    young = await told(house)
    await sent(house)
    await keeping(house).drop_old()
    assert await events(house) == {old, young}
    house.clock.advance(DAY_S)
    await keeping(house).drop_old()
    assert await events(house) == await alerts(house) == {young}
    assert house.files.picture(old) is None
    assert house.files.picture(young) == b"picture"


async def test_an_alert_that_still_waits_is_never_dropped(house):
    event = await told(house)
    house.clock.advance(99 * DAY_S)
    await keeping(house).drop_old()
    assert await alerts(house) == {event}
    assert len(house.outbox.waiting("phone")) == 1
    await sent(house)
    await keeping(house).drop_old()
    assert await alerts(house) == set()


async def test_an_event_that_is_not_over_stays(house):
    event = await told(house, open_=True)
    house.clock.advance(99 * DAY_S)
    await keeping(house).drop_old()
    assert await events(house) == {event}
    assert house.files.picture(event) == b"picture"


@pytest.mark.parametrize("kind", ["keep_continuous_days", "keep_motion_days", "keep_event_days"])
async def test_where_any_footage_has_no_limit_by_age_nothing_goes(house, kind):
    event = await told(house)
    await sent(house)
    house.clock.advance(999 * DAY_S)
    await keeping(house, **{kind: 0}).drop_old()
    assert await events(house) == await alerts(house) == {event}


async def test_outages_that_are_over_go_and_those_that_last_stay(house):
    at_us = house.clock.wall_us()
    over = Outage(fault=Fault.DISK_FULL, camera=None, subject="a", start_us=at_us, end_us=at_us, detail="")
    lasting = replace(over, subject="b", end_us=None)

    def save(connection):
        for key, outage in enumerate((over, lasting)):
            health_ledger.save(connection, key, outage, told=True)

    await house.db.run(save)
    house.clock.advance(4 * DAY_S)
    await keeping(house).drop_old()
    left = await house.db.run(lambda connection: health_ledger.recent(connection, since_us=WallUs(0)))
    assert [outage.subject for outage in left] == ["b"]


async def test_more_than_one_bite_is_eaten(house):
    start_us = WallUs(house.clock.wall_us())

    def save(connection):
        for _ in range(1101):
            event_ledger.save(connection, an_event(start_us=start_us, end_us=start_us))

    await house.db.run(save)
    house.clock.advance(4 * DAY_S)
    await keeping(house).drop_old()
    assert await events(house) == set()


def test_it_looks_a_minute_after_the_start_and_then_each_hour(tmp_path):
    clock = FakeClock()
    db, files = QuietDb(tmp_path), EventFiles(tmp_path)
    config = replace(parse(""), storage=StorageOptions(keep_continuous_days=1, keep_motion_days=1, keep_event_days=1))

    async def days() -> list[int]:
        left = []
        task = asyncio.create_task(after(9000, Housekeeping(db, files, clock, lambda: config).run()))
        for wait_s in (59, 2, 3540, 70):
            await asyncio.sleep(wait_s)
            clock.advance(wait_s + 2 * DAY_S)
            left.append(len(await db.run(event_ledger.recent)))
            at_us = WallUs(clock.wall_us() - 2 * DAY_S * US_PER_S)
            change = Change(kind=ChangeKind.CLOSED, event=an_event(start_us=at_us, end_us=at_us), tell=False)
            await db.run(lambda connection, change=change: event_ledger.save(connection, change.event))
        task.cancel()
        return left

    assert leap(days()) == [0, 0, 1, 0]
    db.close()
