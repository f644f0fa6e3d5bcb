"""The machine against a model a child could check: people come and go, say things, clocks jump, the house dies and is back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.alerts.house import opened
from tests.arming.scene import BERLIN, person

from hearthwatch.arming import ledger, machine
from hearthwatch.arming.arming import ArmingOptions, Cause, Disarm, Mode, Planned, ScheduleOptions, Weekday
from hearthwatch.arming.machine import Scene
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs, to_datetime

QUARTER_US = 900 * US_PER_S
DAY_US = 86_400 * US_PER_S
STARTS = (1_774_656_000, 1_792_800_000, 1_795_000_000)  # the days before both changes of the clocks in Berlin, and none
SCHEDULES = (
    {},
    {
        "night": ScheduleOptions(at="23:00", mode=Planned.AWAY),
        "morning": ScheduleOptions(at="06:45", mode=Planned.AUTO, days=(Weekday.MON, Weekday.FRI, Weekday.SUN)),
        "noon": ScheduleOptions(at="12:15", mode=Planned.DISARMED, days=(Weekday.SAT, Weekday.SUN)),
    },
    {"early": ScheduleOptions(at="01:45", mode=Planned.HOME), "late": ScheduleOptions(at="03:15", mode=Planned.AUTO)},
)
NAMES = ("anna", "ben")


@dataclass
class Model:
    """Who holds the house, told in as few words as there are."""

    policy: Disarm
    schedule: dict[str, ScheduleOptions]
    followed_us: int
    mode: Mode = Mode.AWAY
    held: bool = False
    until_us: int | None = None
    planned: Mode | None = None
    home: set[str] = field(default_factory=set)

    def times_in(self, now_us: int) -> list[Mode | None]:
        """Every quarter of an hour since the last look, by the clock on the wall; an hour that comes twice counts once."""
        found = []
        for at_us in range(self.followed_us // QUARTER_US * QUARTER_US + QUARTER_US, now_us + 1, QUARTER_US):
            at = to_datetime(WallUs(at_us), BERLIN)
            for entry in self.schedule.values():
                if at.fold == 0 and f"{at:%H:%M}" == entry.at and f"{at:%a}".lower() in entry.days:
                    found.append(None if entry.mode is Planned.AUTO else Mode(entry.mode.value))
        return found

    def look(self, now_us: int, people: set[str], home: set[str]) -> None:
        due = self.times_in(now_us)
        self.followed_us = now_us if self.followed_us > now_us + DAY_US else max(self.followed_us, now_us)
        if due:
            self.planned = due[-1]
        came, empty = home - self.home, bool(self.home) and not home
        nobody_left = bool(self.home) and not people
        self.home = home
        over = self.until_us is not None and now_us >= self.until_us
        if self.held:
            free = over or (
                self.mode is not Mode.DISABLED and (bool(came) or empty or (bool(due) and not people and self.until_us is None))
            )
        else:
            free = bool(came) or empty or bool(due) or nobody_left
        if not free:
            return
        wanted = self.planned or (Mode.HOME if home else Mode.AWAY)
        by_presence = self.planned is None and wanted is Mode.HOME
        if self.mode is Mode.AWAY and by_presence and self.policy is not Disarm.AUTOMATIC:
            wanted = Mode.AWAY
            if self.held and self.policy is Disarm.CONFIRM and not over:
                return
        self.mode, self.held, self.until_us = wanted, False, None


class Arming(RuleBasedStateMachine):
    @initialize(
        start_s=st.sampled_from(STARTS),
        policy=st.sampled_from(Disarm),
        schedule=st.sampled_from(SCHEDULES),
        set_up=st.booleans(),
    )
    def begin(self, start_s, policy, schedule, set_up):
        self.folder = tempfile.TemporaryDirectory()
        self.engine = opened(Path(self.folder.name))
        self.now_us = WallUs(start_s * US_PER_S)
        self.options = ArmingOptions(disarm=policy, schedule=schedule)
        self.names = NAMES if set_up else ()
        self.near: dict[str, bool] = {}
        self.state = machine.first(self.now_us)
        self.model = Model(policy=policy, schedule=schedule, followed_us=self.now_us)
        self.lines = 0

    def scene(self) -> Scene:
        people = tuple(person(name, home=name in self.near, answered=self.near.get(name, False)) for name in self.names)
        return Scene(now_us=self.now_us, people=people, options=self.options, zone=BERLIN)

    def take(self, step) -> None:
        if step.state.number != step.before.number:
            with self.engine.begin() as connection:
                ledger.save(connection, step.state, [step.change] if step.change else [])
        self.lines += step.change is not None
        self.state = step.state

    def look(self) -> None:
        home = {name for name in self.names if name in self.near and (self.near[name] or name in self.model.home)}
        self.model.look(self.now_us, set(self.names), home)
        self.take(machine.look(self.state, self.scene(), scanned=True))

    @precondition(lambda self: self.names)
    @rule(name=st.sampled_from(NAMES), answers=st.booleans())
    def comes(self, name, answers):
        self.near[name] = self.near.get(name, False) or answers
        self.look()

    @precondition(lambda self: self.near)
    @rule(name=st.sampled_from(NAMES))
    def goes(self, name):
        self.near.pop(name, None)
        self.look()

    @rule(seconds=st.one_of(st.integers(1, 120), st.integers(1, 30 * 3600)))
    def time_passes(self, seconds):
        self.now_us = WallUs(self.now_us + seconds * US_PER_S)
        self.look()

    @rule(hours=st.sampled_from((-30, -2, -1, 5)))
    def the_clock_is_set(self, hours):
        self.now_us = WallUs(self.now_us + hours * 3600 * US_PER_S)
        self.look()

    @rule(mode=st.sampled_from(Mode), until_s=st.one_of(st.none(), st.integers(1, 20 * 3600)))
    def somebody_says(self, mode, until_s):
        until_us = None if until_s is None else WallUs(self.now_us + until_s * US_PER_S)
        try:
            step = machine.wish(self.state, self.scene(), mode, who="anna", via="page", until_us=until_us)
        except Unsupported:
            assert self.model.mode is Mode.DISABLED
            assert mode is not Mode.DISABLED
            return
        self.model.mode, self.model.held, self.model.until_us = mode, True, until_us
        self.take(step)

    @rule()
    def somebody_hands_back(self):
        try:
            step = machine.enable(self.state, self.scene(), who="anna", via="page")
        except Unsupported:
            assert not self.model.held
            return
        self.model.held, self.model.until_us = False, None
        self.model.mode = self.model.planned or (Mode.HOME if self.model.home else Mode.AWAY)
        self.take(step)

    @precondition(lambda self: self.state.question)
    @rule(yes=st.booleans())
    def somebody_answers(self, yes):
        try:
            step = machine.answer(self.state, self.scene(), self.state.question.number, yes=yes, who="ben", via="Telegram")
        except Unsupported:
            return  # it lapsed
        if yes:
            self.model.mode, self.model.held, self.model.until_us = Mode.HOME, False, None
        self.take(step)

    @rule()
    def the_house_dies_and_is_back(self):
        """Phones seen before are unknown at first; what was acknowledged is there."""
        with self.engine.begin() as connection:
            kept = ledger.kept(connection)
        if kept is None:
            kept = machine.first(self.now_us)
            self.model.followed_us = self.now_us
        else:
            self.model.followed_us = kept.planned_us
        self.state = kept
        self.look()

    @invariant()
    def they_agree(self):
        if not hasattr(self, "model"):
            return
        model, state = self.model, self.state
        assert state.mode is model.mode
        assert (state.cause is Cause.PERSON) is model.held
        assert state.home == model.home
        assert state.until_us == model.until_us
        assert state.planned == model.planned
        if self.options.disarm is not Disarm.CONFIRM:
            assert state.question is None

    @invariant()
    def every_change_is_in_the_ledger(self):
        if hasattr(self, "engine"):
            with self.engine.begin() as connection:
                assert len(ledger.recent(connection, limit=1000)) == self.lines

    def teardown(self):
        if hasattr(self, "engine"):
            self.engine.dispose()
            self.folder.cleanup()


TestArming = Arming.TestCase
TestArming.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
