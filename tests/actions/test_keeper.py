"""The keeper: on once, written down before, off in any case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.actions.test_rules import change
from tests.alerts.house import Health
from tests.run.quiet_db import QuietDb

from hearthwatch.actions import ledger
from hearthwatch.actions.action import ActionOptions, CameraActionOptions, Turn, WebhookActionOptions, WhenOptions
from hearthwatch.actions.keeper import ActionKeeper
from hearthwatch.arming.arming import Mode
from hearthwatch.health.outage import Fault
from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.errors import BadReply, Refused, StorageFailed, StorageFault, Unreachable, Unsupported
from hearthwatch.kit.ids import Ulids

SIREN = ActionOptions(camera=CameraActionOptions(camera="front"), when=WhenOptions(labels=("person",)), off_after_s=30)
HOOK = ActionOptions(webhook=WebhookActionOptions(url="http://a/ring"), when=WhenOptions(labels=("person",)))


class Wires:
    """A Driver: what is on, and what goes wrong next."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.errors: list[Exception] = []
        self.always: Exception | None = None
        self.lasts_s: float | None = None

    async def drive(self, name, options, turn):
        self.done.append((name, turn.value))
        if self.always:
            raise self.always
        if self.errors:
            raise self.errors.pop(0)
        return self.lasts_s


class Stage:
    def __init__(self, folder, **options) -> None:
        self.db, self.clock, self.wires, self.health = QuietDb(folder), FakeClock(), Wires(), Health()
        self.options = options
        self.start()

    def start(self) -> None:
        """A new process."""
        self.keeper = ActionKeeper(
            self.wires,
            options=lambda: self.options,
            db=self.db,
            clock=self.clock,
            ids=Ulids(self.clock),
            health=self.health,
            retry_s=0,
        )

    async def seen(self, mode=Mode.AWAY) -> None:
        self.keeper.on_event(change(), mode)
        await self.keeper.settle()

    async def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.clock.advance(1)
            self.keeper.tick()
            await self.keeper.settle()

    async def on_in_db(self):
        return [one.name for one in await self.db.run(ledger.all_on)]


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path, siren=SIREN)
    yield stage
    stage.db.close()


async def test_on_for_its_time_then_off_and_rests(stage) -> None:
    await stage.seen()
    assert stage.wires.done == [("siren", "on")]
    assert await stage.on_in_db() == ["siren"]
    await stage.pass_s(29)
    await stage.seen()
    assert stage.wires.done == [("siren", "on")]
    await stage.pass_s(1)
    assert stage.wires.done == [("siren", "on"), ("siren", "off")]
    assert await stage.on_in_db() == []
    await stage.pass_s(58)
    await stage.seen()
    assert len(stage.wires.done) == 2
    await stage.pass_s(2)
    await stage.seen()
    assert stage.wires.done[2:] == [("siren", "on")]


async def test_every_turn_is_in_the_trail_with_its_reason(stage) -> None:
    await stage.seen()
    stage.keeper.on_mode(Mode.DISARMED)
    await stage.keeper.settle()
    await stage.keeper.test("siren", "test by anna (page)")
    deeds = await stage.db.run(lambda connection: ledger.recent(connection, 10))
    assert [(deed.turn, deed.why, deed.done) for deed in reversed(deeds)] == [
        (Turn.ON, "person at front", True),
        (Turn.OFF, "mode disarmed", True),
        (Turn.ON, "test by anna (page)", True),
    ]
    assert stage.keeper.now()[0].last == deeds[0]


async def test_what_a_killed_house_left_on_goes_off_at_the_start_of_the_next(stage) -> None:
    await stage.seen()
    stage.start()
    await stage.keeper.load()
    await stage.pass_s(1)
    assert stage.wires.done == [("siren", "on"), ("siren", "off")]
    assert await stage.on_in_db() == []


async def test_also_where_it_was_killed_before_the_switch_was_reached_and_its_section_is_gone(stage) -> None:
    stage.wires.always = Unreachable("no answer")
    await stage.seen()
    stage.options = {}
    stage.start()
    await stage.keeper.load()
    stage.wires.always = None
    stage.wires.done.clear()
    await stage.pass_s(1)
    assert stage.wires.done == [("siren", "off")]


async def test_what_is_to_stay_on_stays_on_over_a_restart_until_the_mode_ends_it(tmp_path) -> None:
    stage = Stage(tmp_path, lamp=replace(SIREN, off_after_s=0))
    await stage.seen()
    stage.start()
    await stage.keeper.load()
    await stage.pass_s(100)
    assert stage.wires.done == [("lamp", "on")]
    stage.keeper.on_mode(Mode.HOME)
    await stage.keeper.settle()
    assert stage.wires.done == [("lamp", "on"), ("lamp", "off")]
    stage.db.close()


async def test_an_off_that_fails_is_told_once_and_tried_until_it_works(stage) -> None:
    await stage.seen()
    stage.wires.always = Unreachable("no answer")
    await stage.pass_s(30 + 200)
    tries = stage.wires.done.count(("siren", "off"))
    assert 7 <= tries <= 12
    assert (Fault.ACTION_STUCK, "siren") in stage.health.open
    assert await stage.on_in_db() == ["siren"]
    deeds = await stage.db.run(lambda connection: ledger.recent(connection, 50))
    assert [deed.done for deed in deeds] == [False, True]
    stage.wires.always = None
    await stage.pass_s(60)
    assert stage.health.open == {}
    assert await stage.on_in_db() == []


async def test_one_that_surely_did_not_go_on_is_told_and_not_switched_off(stage) -> None:
    stage.wires.errors = [Refused("wrong password")]
    await stage.seen()
    assert "wrong password" in stage.health.open[Fault.ACTION_FAILED, "siren"]
    assert await stage.on_in_db() == []
    await stage.pass_s(100)
    assert stage.wires.done == [("siren", "on")]
    await stage.seen()
    assert stage.health.open == {}


@pytest.mark.parametrize("error", [Unreachable("broke off"), BadReply("said yes")])
async def test_one_that_may_be_on_is_switched_off(stage, error) -> None:
    stage.wires.errors = [error] * 3
    await stage.seen()
    assert (Fault.ACTION_FAILED, "siren") in stage.health.open
    stage.wires.errors.clear()
    await stage.pass_s(31)
    assert stage.wires.done[-1] == ("siren", "off")


async def test_no_answer_is_tried_again_at_once(stage) -> None:
    stage.wires.errors = [Unreachable("lost"), Unreachable("lost")]
    await stage.seen()
    assert stage.wires.done == [("siren", "on")] * 3
    assert stage.health.open == {}


async def test_a_dead_disk_keeps_no_siren_from_sounding_or_ending(stage) -> None:
    async def broken(work):
        raise StorageFailed(StorageFault.NO_SPACE, "no space")

    real, stage.db.run = stage.db.run, broken
    await stage.seen()
    await stage.pass_s(31)
    assert stage.wires.done == [("siren", "on"), ("siren", "off")]
    stage.db.run = real


async def test_a_siren_that_stops_by_itself_is_asked_again_until_its_time_is_over(stage) -> None:
    stage.wires.lasts_s = 10
    await stage.seen()
    await stage.pass_s(40)
    assert stage.wires.done == [("siren", "on")] * 4 + [("siren", "off")]


async def test_a_pulse_has_nothing_to_switch_off_but_rests_too(tmp_path) -> None:
    stage = Stage(tmp_path, bell=HOOK)
    await stage.seen()
    assert await stage.on_in_db() == []
    await stage.pass_s(59)
    await stage.seen()
    await stage.pass_s(2)
    await stage.seen()
    assert stage.wires.done == [("bell", "on")] * 2
    stage.db.close()


async def test_a_test_lasts_five_seconds_and_refuses_what_is_on(stage) -> None:
    assert (await stage.keeper.test("siren", "test")).done
    with pytest.raises(Unsupported, match="on already"):
        await stage.keeper.test("siren", "test")
    with pytest.raises(Unsupported, match="no action horn"):
        await stage.keeper.test("horn", "test")
    await stage.pass_s(5)
    assert stage.wires.done == [("siren", "on"), ("siren", "off")]


async def test_switching_off_by_hand_works_though_nothing_is_known_to_be_on(stage) -> None:
    assert (await stage.keeper.off("siren", "by anna")).done
    assert stage.wires.done == [("siren", "off")]


async def test_one_whose_configuration_changed_is_switched_off_as_it_was_switched_on(stage) -> None:
    used = []

    async def drive(name, options, turn):
        used.append((options.camera.camera, turn.value))

    stage.wires.drive = drive
    await stage.seen()
    stage.options = {"siren": replace(SIREN, camera=CameraActionOptions(camera="back"))}
    await stage.pass_s(1)
    assert used == [("front", "on"), ("front", "off")]


async def test_an_ordinary_end_of_the_house_switches_off(stage) -> None:
    await stage.seen()
    await stage.keeper.close()
    assert stage.wires.done == [("siren", "on"), ("siren", "off")]
    assert await stage.on_in_db() == []
