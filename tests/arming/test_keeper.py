"""The keeper: what is stored and told before it counts, and when the devices are asked."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from tests.alerts.house import House
from tests.arming.scene import BERLIN, person

from hearthwatch.alerts import ledger as alert_ledger
from hearthwatch.arming.arming import Cause, Mode
from hearthwatch.kit.errors import Unreachable, Unsupported
from hearthwatch.kit.ids import Ulids
from hearthwatch.run.arming_desk import ArmingDesk
from hearthwatch.run.config import parse


class Household:
    """Implements WhoIsHome; `after` is what a scan finds."""

    def __init__(self) -> None:
        self.now = ()
        self.after = None
        self.scans = 0

    def people(self):
        return self.now

    async def scan(self):
        self.scans += 1
        if isinstance(self.after, Exception):
            raise self.after
        return self.now if self.after is None else self.after


class Scene:
    def __init__(self, house: House, text: str = "") -> None:
        self.house = house
        self.config = parse(text)
        self.who = Household()
        self.published = []
        self.desk = ArmingDesk(
            house.db,
            house.clock,
            house.outbox,
            self.who,
            files=house.files,
            reader=house._engine,
            config=lambda: self.config,
            zone=BERLIN,
            ids=Ulids(house.clock),
            publish=self.published.append,
        )

    async def again(self, text: str = "") -> Scene:
        scene = Scene(await self.house.again("phone"), text)
        await scene.desk.load()
        return scene

    async def told(self):
        return [each.alert for each in reversed(await self.house.db.real.run(alert_ledger.recent))]

    async def look(self) -> None:
        """As the two tasks do together."""
        keeper = self.desk.keeper
        await keeper.look()
        if keeper._doubted.is_set():
            keeper._doubted.clear()
            await keeper.scan()


@pytest.fixture
async def scene(tmp_path):
    house = House(tmp_path)
    await house.start("phone")
    scene = Scene(house)
    await scene.desk.load()
    yield scene
    scene.house.close()


async def test_a_change_is_announced_kept_and_published(scene):
    done = await scene.desk.wish(Mode.DISARMED, who="Anna", via="Telegram")
    assert (done.stored, done.state.mode) == (True, Mode.DISARMED)
    (alert,) = await scene.told()
    assert alert.title == "Home: disarmed"
    assert alert.text.startswith("By Anna (Telegram), until it is changed, or somebody comes home")
    assert scene.published == [done.state]
    (line,) = scene.desk.lines(before=None, limit=5)
    assert (line.before, line.mode, line.who, line.via) == (Mode.AWAY, Mode.DISARMED, "Anna", "Telegram")
    again = await scene.again()
    assert again.desk.state == done.state
    again.house.close()


async def test_what_cannot_be_done_leaves_no_trace(scene):
    await scene.desk.wish(Mode.DISABLED, who="Anna", via="page")
    with pytest.raises(Unsupported):
        await scene.desk.wish(Mode.AWAY, who="Anna", via="page")
    assert len(scene.published) == 1


async def test_a_dead_disk_delays_the_writing_alone(scene):
    scene.house.db.full = True
    done = await scene.desk.wish(Mode.DISARMED, who="Anna", via="page")
    assert (done.stored, scene.desk.mode()) == (False, Mode.DISARMED)
    (waiting,) = scene.house.outbox.waiting("phone")
    assert scene.house.outbox.alert(waiting).degraded
    await scene.desk.wish(Mode.HOME, who="Anna", via="page")
    scene.house.db.full = False
    scene.house.clock.advance(6)
    assert await scene.house.outbox.pay()
    assert [line.mode for line in scene.desk.lines(before=None, limit=5)] == [Mode.HOME, Mode.DISARMED]
    again = await scene.again()
    assert again.desk.mode() is Mode.HOME
    again.house.close()


async def test_nobody_comes_or_goes_without_a_scan(scene):
    scene.who.now = (person("anna", home=True),)
    scene.who.after = (person("anna"),)  # heard before, gone when asked
    await scene.look()
    assert (scene.desk.mode(), scene.who.scans) == (Mode.AWAY, 1)
    await scene.look()
    assert scene.who.scans == 1  # the same doubt is not asked about again at once
    scene.house.clock.advance(61)
    scene.who.after = None
    await scene.look()
    assert (scene.desk.mode(), scene.who.scans) == (Mode.HOME, 2)
    (alert,) = await scene.told()
    assert alert.title == "Home: not armed, somebody is home"
    assert "Anna: phone answered by ARP" in alert.text
    scene.who.now = (person("anna"), person("ben", home=True))
    scene.who.after = Unreachable("the home network does not work")
    await scene.look()
    assert (scene.desk.mode(), scene.who.scans) == (Mode.HOME, 3)


async def test_somebody_new_is_asked_about_at_once(scene):
    scene.who.now = (person("anna", home=True, answered=False),)
    await scene.look()
    scene.who.now = (person("anna", home=True, answered=False), person("ben", home=True))
    await scene.look()
    assert (scene.who.scans, scene.desk.state.home) == (2, {"ben"})


async def test_who_comes_back_just_after_leaving_is_asked_about_at_once(scene):
    scene.who.now = (person("anna", home=True),)
    await scene.look()
    scene.house.clock.advance(600)
    scene.who.now = (person("anna"),)
    await scene.look()
    assert (scene.desk.mode(), scene.who.scans) == (Mode.AWAY, 2)
    scene.house.clock.advance(8)
    scene.who.now = (person("anna", home=True),)
    await scene.look()
    assert (scene.desk.mode(), scene.who.scans) == (Mode.HOME, 3)


async def test_a_question_is_told_with_its_number(scene):
    scene.config = parse('[arming]\ndisarm = "confirm"')
    await scene.desk.renew(scene.config, BERLIN)
    scene.who.now = (person("anna", home=True),)
    await scene.look()
    question = scene.desk.state.question
    (alert,) = await scene.told()
    assert alert.dedupe_key == f"arming-question/{question.number}"
    assert "Anna came home" in alert.title
    again = await scene.again()
    assert again.desk.state.question == question
    again.house.close()


async def test_the_schedule_is_followed_and_not_repeated_after_a_restart(scene):
    text = '[arming.schedule.night]\nat = "23:00"\nmode = "disarmed"'
    scene.config = parse(text)
    await scene.desk.renew(scene.config, BERLIN)
    now = datetime.fromtimestamp(scene.house.clock.wall_us() / 1e6, BERLIN)
    till_night_s = ((23 - now.hour) * 3600 - now.minute * 60 - now.second) % 86_400
    scene.house.clock.advance(till_night_s + 1)
    await scene.look()
    state = scene.desk.state
    assert (state.mode, state.cause, state.who) == (Mode.DISARMED, Cause.SCHEDULE, "night")
    again = await scene.again(text)
    await again.look()
    assert again.desk.state.number == state.number
    again.house.close()


async def test_a_zone_that_leaps_over_a_time_of_the_schedule_makes_up_for_it(scene):
    text = '[arming.schedule.night]\nat = "23:00"\nmode = "disarmed"'
    scene.config = parse(text)
    await scene.desk.renew(scene.config, BERLIN)
    now = datetime.fromtimestamp(scene.house.clock.wall_us() / 1e6, BERLIN)
    till_night_s = ((23 - now.hour) * 3600 - now.minute * 60 - now.second) % 86_400
    scene.house.clock.advance(till_night_s - 1800)
    await scene.look()
    assert scene.desk.mode() is not Mode.DISARMED
    await scene.desk.renew(scene.config, ZoneInfo("Europe/Paris"))  # shows the same time
    await scene.look()
    assert scene.desk.mode() is not Mode.DISARMED
    await scene.desk.renew(scene.config, ZoneInfo("Europe/Helsinki"))
    await scene.look()
    state = scene.desk.state
    assert (state.mode, state.who) == (Mode.DISARMED, "night")
    scene.house.clock.advance(60)
    await scene.look()
    assert scene.desk.state.number == state.number


async def test_whoever_asked_may_go_away_before_it_is_done(scene):
    asked = asyncio.create_task(scene.desk.wish(Mode.DISARMED, who="Anna", via="page"))
    await asyncio.sleep(0)
    asked.cancel()
    await scene.desk.wish(Mode.HOME, who="Ben", via="page")
    assert scene.desk.lines(before=None, limit=1)[0].mode is Mode.HOME
    assert len(await scene.told()) == len(scene.published)
