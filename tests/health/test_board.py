"""The board: one outage, two notices, one row."""

from __future__ import annotations

import pytest
from tests.alerts.house import House

from hearthwatch.health import ledger
from hearthwatch.health.board import Board
from hearthwatch.health.outage import Fault
from hearthwatch.kit.units import CameraId, WallUs

FRONT = CameraId("front")
GONE = Fault.CAMERA_UNREACHABLE


class Desk:
    def __init__(self, house) -> None:
        self.house = house
        self.told = []
        self.board = Board(house.db, house.clock, self._tell)

    async def _tell(self, outage) -> None:
        self.told.append((outage.fault, outage.end_us is not None))

    async def wait(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.house.clock.advance(1)
            await self.board.tick()

    def fail(self, detail="no route") -> None:
        self.board.failed(GONE, "front", detail, camera=FRONT)

    def heal(self) -> None:
        self.board.recovered(GONE, "front")

    async def rows(self):
        return await self.house.db.real.run(lambda connection: ledger.recent(connection, since_us=WallUs(0)))


@pytest.fixture
async def desk(tmp_path):
    house = House(tmp_path)
    desk = Desk(house)
    await desk.board.load()
    yield desk
    house.close()


async def test_one_notice_at_each_end(desk):
    start_us = desk.house.clock.wall_us()
    desk.fail()
    await desk.wait(11)
    assert desk.told == []
    desk.fail()
    await desk.wait(2)
    assert desk.told == [(GONE, False)]
    await desk.wait(100)
    desk.fail()
    healed_us = desk.house.clock.wall_us()
    desk.heal()
    desk.heal()
    await desk.wait(20)
    assert desk.told == [(GONE, False), (GONE, True)]
    (outage,) = await desk.rows()
    assert (outage.start_us, outage.end_us, outage.camera, outage.subject) == (start_us, healed_us, FRONT, "front")
    assert desk.board.snapshot() == ()


async def test_a_blip_is_stored_and_not_told(desk):
    desk.fail()
    await desk.wait(5)
    desk.heal()
    assert desk.board.snapshot() == ()
    await desk.wait(60)
    assert desk.told == []
    assert len(await desk.rows()) == 1


async def test_a_camera_that_flaps_is_one_outage(desk):
    for _ in range(100):
        desk.fail()
        await desk.wait(2)
        desk.heal()
        await desk.wait(1)
    await desk.wait(60)
    assert desk.told == [(GONE, False), (GONE, True)]
    assert len(await desk.rows()) == 1


async def test_other_faults_are_told_at_once_and_over_at_once(desk):
    desk.board.failed(Fault.DISK_FULL, "footage", "make room")
    await desk.board.tick()
    desk.board.recovered(Fault.DISK_FULL, "footage")
    await desk.board.tick()
    assert desk.told == [(Fault.DISK_FULL, False), (Fault.DISK_FULL, True)]


async def test_recovery_of_what_never_failed_is_nothing(desk):
    desk.heal()
    await desk.wait(20)
    assert desk.told == []
    assert await desk.rows() == ()


async def test_the_newest_detail_is_shown(desk):
    desk.fail()
    desk.fail("wrong port")
    assert [outage.detail for outage in desk.board.snapshot()] == ["wrong port"]


async def test_the_newest_detail_is_stored(desk):
    desk.fail("line 4")
    await desk.wait(2)
    desk.fail("line 7")
    await desk.wait(2)
    (outage,) = await desk.rows()
    assert outage.detail == "line 7"


async def test_an_outage_goes_on_over_a_restart_and_is_not_told_again(desk):
    desk.fail()
    await desk.wait(20)
    after = Desk(desk.house)
    await after.board.load()
    after.fail()
    await after.wait(20)
    after.heal()
    await after.wait(20)
    assert after.told == [(GONE, True)]
    (outage,) = await after.rows()
    assert outage.end_us is not None


async def test_what_fails_before_the_ledger_is_read_gets_a_row_of_its_own(desk):
    desk.fail("old")
    desk.board.failed(Fault.DISK_FULL, "footage", "full")
    await desk.wait(13)
    start_us = min(row.start_us for row in await desk.rows())
    desk.told.clear()
    desk.board = Board(desk.house.db, desk.house.clock, desk._tell)
    desk.fail("new")
    desk.board.failed(GONE, "yard", "silent", camera=CameraId("yard"))
    await desk.board.load()
    desk.board.failed(GONE, "porch", "silent", camera=CameraId("porch"))
    await desk.wait(13)
    rows = {row.subject: row for row in await desk.rows()}
    assert rows.keys() == {"front", "footage", "yard", "porch"}
    assert (rows["front"].start_us, rows["front"].detail) == (start_us, "new")
    assert desk.told == [(GONE, False), (GONE, False)]


async def test_a_full_disk_does_not_silence_the_board(desk):
    desk.house.db.full = True
    desk.fail()
    await desk.wait(20)
    assert desk.told == [(GONE, False)]
    assert await desk.rows() == ()
    desk.house.db.full = False
    await desk.wait(1)
    (outage,) = await desk.rows()
    assert outage.end_us is None


async def test_the_number_of_open_outages_is_bounded(desk):
    for number in range(1500):
        desk.board.failed(GONE, f"camera {number}", "x")
    assert len(desk.board.snapshot()) == 1000


async def test_what_left_the_configuration_is_over_without_a_word(desk):
    desk.fail()
    desk.board.failed(GONE, "yard", "silent", camera=CameraId("yard"))
    await desk.wait(13)
    desk.told.clear()
    desk.house.clock.advance(5)
    over_us = desk.house.clock.wall_us()
    desk.board.forget(lambda outage: outage.camera == FRONT)
    assert [outage.subject for outage in desk.board.snapshot()] == ["yard"]
    await desk.wait(20)
    assert desk.told == []
    rows = {row.subject: row.end_us for row in await desk.rows()}
    assert rows == {"front": over_us, "yard": None}


async def test_a_forgotten_outage_that_comes_again_is_a_new_one(desk):
    desk.fail()
    await desk.wait(13)
    desk.board.forget(lambda outage: True)
    desk.fail("again")
    await desk.wait(13)
    assert desk.told == [(GONE, False), (GONE, False)]
    assert [(row.detail, row.end_us is None) for row in await desk.rows()] == [("again", True), ("no route", False)]


async def test_a_camera_that_fell_silent_is_told_counting_from_its_last_picture(desk):
    start_us = desk.house.clock.wall_us()
    last_ns = desk.house.clock.mono_ns()
    desk.house.clock.advance(10)
    desk.board.failed(GONE, "front", "no picture for 10 s", camera=FRONT, since_ns=last_ns)
    await desk.wait(1)
    assert desk.told == []
    await desk.wait(1)
    assert desk.told == [(GONE, False)]
    (outage,) = await desk.rows()
    assert outage.start_us == start_us


async def test_what_comes_and_goes_is_told_thrice_and_then_over_when_it_stayed_well(desk):
    said = []

    async def hear(outage):
        said.append((outage.end_us is not None, "comes and goes" in outage.detail))

    board = Board(desk.house.db, desk.house.clock, hear)
    await board.load()

    async def spell(well_s):
        board.failed(Fault.CAMERA_TURNED, "front", "elsewhere", camera=FRONT)
        desk.house.clock.advance(15)
        await board.tick()
        board.recovered(Fault.CAMERA_TURNED, "front")
        for _ in range(well_s):
            desk.house.clock.advance(1)
            await board.tick()

    for _ in range(20):
        await spell(20)
    assert said == [(False, False), (True, False), (False, False), (True, False), (False, True)]
    last_us = desk.house.clock.wall_us()
    await spell(610)
    assert said[5:] == [(True, False)]
    rows = await desk.house.db.real.run(lambda connection: ledger.recent(connection, since_us=WallUs(0)))
    assert max(row.end_us for row in rows) == last_us + 15_000_000
    await spell(1000)
    await spell(1000)
    await spell(0)
    assert said[6:] == [(False, False), (True, False), (False, False), (True, False), (False, False)]
