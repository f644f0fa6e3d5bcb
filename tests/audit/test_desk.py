"""A question first, a yes that counts once, the trail before and after, and what a crash leaves behind."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from sqlalchemy import create_engine
from tests.audit.repair_bench import Client, House, Knife, LastGood

from hearthwatch.audit import trail
from hearthwatch.audit.desk import RepairDesk
from hearthwatch.audit.remedy import Remedy, RemedyKind
from hearthwatch.audit.repairs import Repairs
from hearthwatch.audit.restart import Restart
from hearthwatch.audit.trail import RepairState
from hearthwatch.audit.unsettled import Unsettled
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import Unsupported

REBOOT = Remedy(kind=RemedyKind.REBOOT, camera="front")
PASSWORD = Remedy(kind=RemedyKind.CHANGE_PASSWORD, camera="front", subject="admin")


class MemoryDb:
    """One connection in memory."""

    def __init__(self) -> None:
        self._engine = create_engine("sqlite://")
        trail.metadata.create_all(self._engine)

    async def run(self, work):
        with self._engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        self._engine.dispose()


class Bench:
    def __init__(self, house, db, clock) -> None:
        self.house = house
        self.db = db
        self.clock = clock
        self.told: list[tuple[str, str]] = []
        self.announced: list[Remedy] = []
        self.pause = asyncio.Event()
        self.pause.set()
        restart = Restart(house, house.folder, pause=lambda _: self.pause.wait())
        self.repairs = Repairs(house, house.keyring, house, restart, LastGood())
        ids = (f"E{number}" for number in itertools.count(clock.mono_ns()))
        self.desk = RepairDesk(
            self.repairs,
            house,
            db=db,
            clock=clock,
            ids=lambda: next(ids),
            tell=self._tell,
            announce=self.announced.append,
            ended=self._look_again,
        )
        self.unsettled = Unsettled(self.repairs.passwords, house.keyring, self.desk.at_work, self._tell)

    async def _look_again(self) -> None:
        await self.unsettled.load()

    async def _tell(self, camera, text, key) -> None:
        self.told.append((text, key))

    def again(self) -> Bench:
        self.clock.advance(60)
        return Bench(self.house.again(), self.db, self.clock)

    async def entries(self):
        return await self.db.run(trail.recent)


@pytest.fixture
def bench(tmp_path):
    db = MemoryDb()
    yield Bench(House(tmp_path), db, FakeClock())
    db.close()


async def test_asked_then_done_and_both_in_the_trail(bench):
    asked = await bench.desk.ask(PASSWORD, "page ada")
    assert asked.text.startswith("Front door: change the password of admin?")
    assert await bench.entries() == (asked,)
    assert bench.house.lets_us_in()
    assert bench.announced == []
    bench.clock.advance(5)
    done = await bench.desk.confirm(asked.id, "page ada")
    assert (done.state, done.verified, done.who) == (RepairState.DONE, True, "page ada")
    assert done.text.startswith("Front door: The password of admin was changed and works.")
    assert "hearthwatch secrets show camera.front.password" in done.text
    assert (done.asked_us, done.begun_us, done.ended_us) == (
        asked.asked_us,
        asked.asked_us + 5_000_000,
        asked.asked_us + 5_000_000,
    )
    assert await bench.entries() == (done,)
    assert bench.announced == [PASSWORD]
    made = bench.house.secrets.get("camera.front.password")
    assert made.reveal() not in done.text
    assert bench.desk.take_password(asked.id) == made
    assert bench.desk.take_password(asked.id) is None


async def test_a_camera_is_disturbed_while_something_is_done_to_it_and_for_a_moment_afterwards(bench):
    bench.pause.clear()
    asked = await bench.desk.ask(REBOOT, "page ada")
    assert not bench.desk.disturbs("front")
    doing = asyncio.create_task(bench.desk.confirm(asked.id, "page ada"))
    while not bench.announced:  # noqa: ASYNC110 the desk has no event for it
        await asyncio.sleep(0)
    assert (bench.desk.disturbs("front"), bench.desk.disturbs("back")) == (True, False)
    bench.pause.set()
    await doing
    assert bench.desk.disturbs("front")
    bench.clock.advance(16)
    assert not bench.desk.disturbs("front")


@pytest.mark.parametrize(("who", "late_s"), [("page eve", 0), ("telegram 1", 0), ("page ada", 601), ("page ada", -3600)])
async def test_only_who_asked_may_say_yes_and_only_for_ten_minutes(bench, who, late_s):
    asked = await bench.desk.ask(REBOOT, "page ada")
    bench.clock.step_wall(late_s)
    with pytest.raises(Unsupported, match="ask for it again"):
        await bench.desk.confirm(asked.id, who)
    assert bench.announced == []


async def test_a_yes_counts_once_however_often_it_is_said(bench):
    asked = await bench.desk.ask(REBOOT, "page ada")
    answers = await asyncio.gather(*(bench.desk.confirm(asked.id, "page ada") for _ in range(5)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Entry", *["Unsupported"] * 4]
    assert bench.announced == [REBOOT]


async def test_a_no_is_final(bench):
    asked = await bench.desk.ask(REBOOT, "page ada")
    assert not await bench.desk.decline(asked.id, "page eve")
    assert await bench.desk.decline(asked.id, "page ada")
    assert not await bench.desk.decline(asked.id, "page ada")
    with pytest.raises(Unsupported):
        await bench.desk.confirm(asked.id, "page ada")
    assert (await bench.entries())[0].state is RepairState.DECLINED


async def test_what_there_is_no_way_for_is_said_at_once_and_written_down(bench):
    bench.house.mere = True
    asked = await bench.desk.ask(REBOOT, "page ada")
    assert asked.state is RepairState.IMPOSSIBLE
    assert asked.text == "Front door: This camera cannot be restarted from here: pull its plug for ten seconds."
    assert await bench.entries() == (asked,)
    with pytest.raises(Unsupported):
        await bench.desk.confirm(asked.id, "page ada")


@pytest.mark.parametrize(
    ("kind", "subject", "value"),
    [(RemedyKind.CHANGE_NETWORK, "", "address=somewhere"), (RemedyKind.SERVICE_OFF, "everything", "")],
)
async def test_what_makes_no_sense_is_not_even_asked(bench, kind, subject, value):
    with pytest.raises(Unsupported):
        await bench.desk.ask(Remedy(kind=kind, camera="front", subject=subject, value=value), "page ada")
    assert await bench.entries() == ()


async def test_a_failure_is_an_outcome(bench):
    asked = await bench.desk.ask(REBOOT, "page ada")
    bench.house.camera.gone = True
    failed = await bench.desk.confirm(asked.id, "page ada")
    assert (failed.state, failed.verified) == (RepairState.FAILED, False)
    assert failed.text == "Front door: it did not work: no answer within 10 s"


async def test_who_waits_no_longer_is_told_that_it_runs(bench):
    bench.pause.clear()
    asked = await bench.desk.ask(REBOOT, "page ada")
    running = await bench.desk.confirm(asked.id, "page ada", wait_s=0.05)
    assert running.state is RepairState.RUNNING
    assert bench.desk.at_work("front").locked()
    bench.pause.set()
    async with bench.desk.at_work("front"):
        pass
    for _ in range(20):
        await asyncio.sleep(0)
    assert (await bench.entries())[0].state is RepairState.DONE


async def test_the_command_line_asks_its_owner_itself(bench):
    done = await bench.desk.do(PASSWORD, "terminal")
    assert (done.state, done.who) == (RepairState.DONE, "terminal")


async def test_a_crash_in_the_middle_is_told_once_at_the_next_start(bench):
    bench.pause.clear()
    asked = await bench.desk.ask(REBOOT, "page ada")
    await bench.desk.confirm(asked.id, "page ada", wait_s=0.05)
    await bench.desk.close()
    assert (await bench.entries())[0].state is RepairState.RUNNING
    after = bench.again()
    await after.desk.resume()
    ((text, key),) = after.told
    assert text.startswith("Hearthwatch stopped in the middle of this: restart the camera.")
    assert key == f"remedy/{asked.id}"
    (entry,) = await after.entries()
    assert (entry.state, entry.text) == (RepairState.UNFINISHED, f"Front door: {text}")
    again = after.again()
    await again.desk.resume()
    assert again.told == []


@pytest.mark.parametrize("taken", [True, False])
async def test_a_password_left_half_way_is_settled_and_what_holds_is_told(bench, taken):
    asked = await bench.desk.ask(PASSWORD, "page ada")
    since_us, now_us = asked.asked_us - 1, bench.clock.wall_us()
    await bench.db.run(lambda c: trail.begin(c, asked.id, "page ada", not_before_us=since_us, now_us=now_us))
    after = bench.again()
    after.house.secrets.set("camera.front.pending.admin", "brand-New-1")
    if taken:
        after.house.camera.passwords["admin"] = "brand-New-1"
    await after.unsettled.settle()
    await after.desk.resume()
    ((text, _),) = after.told
    assert text.endswith(
        "The new password of admin works and is in use." if taken else "The camera kept the old password of admin."
    )
    assert after.house.lets_us_in()


async def test_a_password_seen_half_way_by_who_settles_them_is_free_once_it_is_changed(bench, monkeypatch):
    change = Client.change_password
    held = []

    async def seen(client, user, new):
        await bench.unsettled.load()
        held.append(bench.unsettled.why_held("front"))
        await change(client, user, new)

    monkeypatch.setattr(Client, "change_password", seen)
    asked = await bench.desk.ask(PASSWORD, "page ada")
    assert (await bench.desk.confirm(asked.id, "page ada")).state is RepairState.DONE
    assert [*held, bench.unsettled.why_held("front")] == ["", ""]


async def test_a_move_cut_off_before_our_side_followed_is_followed_at_the_next_start(bench):
    bench.house.knife = Knife()
    move = Remedy(kind=RemedyKind.CHANGE_NETWORK, camera="front", value="address=192.168.1.30")
    asked = await bench.desk.ask(move, "page ada")
    since_us = asked.asked_us - 1
    await bench.db.run(
        lambda connection: trail.begin(connection, asked.id, "page ada", not_before_us=since_us, now_us=bench.clock.wall_us())
    )
    bench.house.camera.host = "192.168.1.30"  # the camera heard it, then the power went
    after = bench.again()
    assert not after.house.lets_us_in()
    await after.desk.resume()
    assert after.house.lets_us_in()
    assert "reaches it at 192.168.1.30" in after.told[0][0]


async def test_questions_nobody_answered_expire(bench):
    await bench.desk.ask(REBOOT, "page ada")
    bench.clock.advance(3600)
    fresh = await bench.desk.ask(REBOOT, "page ada")
    await bench.desk.resume()
    assert [entry.state for entry in await bench.entries()] == [RepairState.ASKED, RepairState.EXPIRED]
    assert (await bench.entries())[0] == fresh


async def test_the_trail_tells_whether_we_worked_on_a_camera(bench):
    start_us = bench.clock.wall_us()
    assert not await bench.db.run(lambda connection: trail.touched(connection, "front", start_us))
    await bench.desk.do(PASSWORD, "terminal")
    assert await bench.db.run(lambda connection: trail.touched(connection, "front", start_us))
    assert not await bench.db.run(lambda connection: trail.touched(connection, "back", start_us))
    assert not await bench.db.run(lambda connection: trail.touched(connection, "front", start_us + 1))


async def test_the_trail_is_read_newest_first_by_camera_and_in_pages(bench):
    other = Remedy(kind=RemedyKind.REBOOT, camera="back")
    for remedy in (REBOOT, other, REBOOT):
        await bench.desk.ask(remedy, "page ada")
        bench.clock.advance(1)
    first, second, third = await bench.entries()
    assert [one.remedy.camera for one in (first, second, third)] == ["front", "back", "front"]
    assert await bench.db.run(lambda c: trail.recent(c, camera="front")) == (first, third)
    assert await bench.db.run(lambda c: trail.recent(c, before_us=first.asked_us, limit=1)) == (second,)
    assert await bench.db.run(lambda c: trail.find(c, second.id)) == second
