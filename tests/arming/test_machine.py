"""What the house's arming becomes: tables for each rule."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.arming.scene import NOW, person, scene

from hearthwatch.arming import machine
from hearthwatch.arming.arming import ArmingOptions, Cause, Disarm, Mode, Planned, ScheduleOptions
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import US_PER_S, WallUs

ANNA, ANNA_AWAY = person("anna", home=True), person("anna")
BEN, BEN_AWAY = person("ben", home=True), person("ben")
CONFIRM = ArmingOptions(disarm=Disarm.CONFIRM)
NEVER = ArmingOptions(disarm=Disarm.NEVER)
NIGHT = ArmingOptions(
    schedule={
        "night": ScheduleOptions(at="23:00", mode=Planned.AWAY),
        "morning": ScheduleOptions(at="07:00", mode=Planned.AUTO),
        "cleaner": ScheduleOptions(at="09:00", mode=Planned.DISARMED),
    }
)
H = 3600


def fresh():
    return machine.first(NOW)


def at_home(*people):
    """A house whose people came home at NOW."""
    return machine.look(fresh(), scene(*people), scanned=True).state


def wish(state, mode, *, at_s=0.0, until_s=None, people=(), options=None):
    until_us = None if until_s is None else WallUs(NOW + round(until_s * US_PER_S))
    there = scene(*people, at_s=at_s, options=options)
    return machine.wish(state, there, mode, who="anna", via="page", until_us=until_us).state


def test_a_new_house_is_armed_and_stays_so_while_nobody_is_set_up():
    state = fresh()
    assert (state.mode, state.cause) == (Mode.AWAY, Cause.START)
    step = machine.look(state, scene(at_s=1e6), scanned=True)
    assert not step.is_news
    assert step.change is None


def test_an_answer_at_home_disarms_only_when_a_scan_confirms_it():
    step = machine.look(fresh(), scene(ANNA))
    assert (step.state.mode, step.doubts) == (Mode.AWAY, {"anna"})
    step = machine.look(fresh(), scene(ANNA), scanned=True)
    assert (step.state.mode, step.state.cause, step.state.home) == (Mode.HOME, Cause.PRESENCE, {"anna"})
    assert step.change.before is Mode.AWAY
    assert step.state.evidence == ("Anna: phone answered by ARP",)


@pytest.mark.parametrize("who", [person("anna", home=True, answered=False), person("anna", known=False, home=True)])
def test_an_overheard_or_unknown_phone_never_disarms(who):
    step = machine.look(fresh(), scene(who), scanned=True)
    assert step.state.mode is Mode.AWAY
    assert not step.is_news


def test_the_last_one_leaving_arms_with_evidence():
    state = at_home(ANNA, BEN)
    one = machine.look(state, scene(ANNA_AWAY, BEN), scanned=True)
    assert one.state.mode is Mode.HOME
    assert one.change is None
    assert machine.look(one.state, scene(ANNA_AWAY, BEN_AWAY)).state.mode is Mode.HOME
    both = machine.look(one.state, scene(ANNA_AWAY, BEN_AWAY), scanned=True)
    assert (both.state.mode, both.state.evidence) == (Mode.AWAY, ("Ben: no sign for 12 min, no answer",))


def test_one_of_whom_nothing_is_known_yet_has_neither_come_nor_gone():
    state = at_home(ANNA)
    step = machine.look(state, scene(person("anna", known=False)), scanned=True)
    assert not step.is_news
    assert step.doubts == frozenset()


def test_people_taken_out_of_the_configuration_leave_an_armed_house():
    step = machine.look(at_home(ANNA), scene(), scanned=True)
    assert (step.state.mode, step.state.cause, step.state.home) == (Mode.AWAY, Cause.START, frozenset())


@pytest.mark.parametrize("mode", [Mode.AWAY, Mode.DISARMED, Mode.HOME])
def test_a_person_wins_until_somebody_comes(mode):
    state = wish(at_home(ANNA), mode, people=(ANNA, BEN_AWAY))
    assert (state.mode, state.cause, state.who, state.via) == (mode, Cause.PERSON, "anna", "page")
    assert machine.look(state, scene(ANNA, BEN_AWAY, at_s=1e6), scanned=True).state.mode is mode
    step = machine.look(state, scene(ANNA, BEN, at_s=1e6), scanned=True)
    assert (step.state.mode, step.state.cause) == (Mode.HOME, Cause.PRESENCE)


@pytest.mark.parametrize("mode", [Mode.AWAY, Mode.DISARMED, Mode.HOME])
def test_a_person_wins_until_the_last_one_goes(mode):
    state = wish(at_home(ANNA, BEN), mode)
    still = machine.look(state, scene(ANNA_AWAY, BEN, at_s=9), scanned=True)
    assert (still.state.mode, still.state.cause) == (mode, Cause.PERSON)
    gone = machine.look(still.state, scene(ANNA_AWAY, BEN_AWAY, at_s=10), scanned=True)
    assert (gone.state.mode, gone.state.cause) == (Mode.AWAY, Cause.PRESENCE)


def test_the_time_a_person_gave_ends_the_wish():
    state = wish(at_home(ANNA), Mode.AWAY, until_s=60)
    assert machine.look(state, scene(ANNA, at_s=59)).state.mode is Mode.AWAY
    step = machine.look(state, scene(ANNA, at_s=60))
    assert (step.state.mode, step.state.until_us) == (Mode.HOME, None)
    assert step.state.evidence == ("the time anna gave is over", "at home: Anna")


def test_disabled_stays_whoever_comes_and_goes_and_whatever_the_schedule_says():
    state = wish(at_home(ANNA), Mode.DISABLED)
    for people, at_s in (((ANNA_AWAY,), H), ((ANNA,), 2 * H), ((ANNA,), 30 * H), ((ANNA_AWAY,), 40 * H), ((), 50 * H)):
        state = machine.look(state, scene(*people, at_s=at_s, options=NIGHT), scanned=True).state
        assert (state.mode, state.cause) == (Mode.DISABLED, Cause.PERSON)
    for mode in (Mode.AWAY, Mode.HOME, Mode.DISARMED):
        with pytest.raises(Unsupported, match="Enable them first"):
            wish(state, mode, at_s=50 * H)
    after = machine.enable(state, scene(at_s=51 * H), who="ben", via="page").state
    assert (after.mode, after.cause) == (Mode.DISARMED, Cause.SCHEDULE)  # the cleaner's time is the one that holds now


def test_disabled_ends_at_the_time_given():
    state = wish(fresh(), Mode.DISABLED, until_s=60)
    assert machine.look(state, scene(at_s=60)).state.mode is Mode.AWAY


def test_enable_hands_back_what_a_person_holds():
    state = wish(at_home(ANNA), Mode.AWAY)
    after = machine.enable(state, scene(ANNA), who="ben", via="Telegram").state
    assert (after.mode, after.cause, after.who, after.via) == (Mode.HOME, Cause.PRESENCE, "ben", "Telegram")
    with pytest.raises(Unsupported, match="decides itself already"):
        machine.enable(after, scene(ANNA), who="ben", via="Telegram")


@pytest.mark.parametrize(("until_s", "words"), [(0, "over already"), (-5, "over already"), (400 * 86_400, "more than a year")])
def test_times_nobody_can_mean(until_s, words):
    with pytest.raises(Unsupported, match=words):
        wish(fresh(), Mode.AWAY, until_s=until_s)


def test_confirm_asks_and_stays_armed():
    step = machine.look(fresh(), scene(ANNA, BEN_AWAY, options=CONFIRM), scanned=True)
    assert step.state.mode is Mode.AWAY
    assert step.asks.people == {"Anna"}
    again = machine.look(step.state, scene(ANNA, BEN_AWAY, at_s=5, options=CONFIRM), scanned=True)
    assert not again.is_news
    more = machine.look(step.state, scene(ANNA, BEN, at_s=6, options=CONFIRM), scanned=True)
    assert more.asks.people == {"Anna", "Ben"}
    with pytest.raises(Unsupported, match="not open"):
        machine.answer(more.state, scene(), step.asks.number, yes=True, who="ben", via="Telegram")
    yes = machine.answer(more.state, scene(ANNA, BEN, at_s=7), more.asks.number, yes=True, who="ben", via="Telegram").state
    assert (yes.mode, yes.cause, yes.question) == (Mode.HOME, Cause.PRESENCE, None)
    assert yes.evidence == ("Anna, Ben came home; asked, ben said yes",)
    no = machine.answer(more.state, scene(ANNA, BEN, at_s=7), more.asks.number, yes=False, who="ben", via="Telegram").state
    assert (no.mode, no.question) == (Mode.AWAY, None)


def test_a_question_lapses_and_goes_with_who_came():
    asked = machine.look(fresh(), scene(ANNA, options=CONFIRM), scanned=True).state
    late = machine.look(asked, scene(ANNA, at_s=901, options=CONFIRM))
    assert (late.state.question, late.state.mode) == (None, Mode.AWAY)
    with pytest.raises(Unsupported, match="not open"):
        machine.answer(asked, scene(at_s=901), asked.question.number, yes=True, who="anna", via="page")
    gone = machine.look(asked, scene(ANNA_AWAY, at_s=60, options=CONFIRM), scanned=True)
    assert (gone.state.question, gone.state.mode) == (None, Mode.AWAY)


def test_confirm_keeps_a_persons_wish_until_the_answer():
    state = wish(fresh(), Mode.AWAY)
    asked = machine.look(state, scene(ANNA, options=CONFIRM), scanned=True).state
    assert (asked.mode, asked.cause) == (Mode.AWAY, Cause.PERSON)
    over = machine.look(wish(fresh(), Mode.AWAY, until_s=5), scene(ANNA, at_s=6, options=CONFIRM), scanned=True).state
    assert (over.mode, over.cause, over.question.people) == (Mode.AWAY, Cause.PRESENCE, {"Anna"})


def test_never_leaves_disarming_to_a_person():
    step = machine.look(fresh(), scene(ANNA, options=NEVER), scanned=True)
    assert (step.state.mode, step.asks) == (Mode.AWAY, None)
    state = wish(step.state, Mode.DISARMED, options=NEVER)
    gone = machine.look(state, scene(ANNA_AWAY, options=NEVER), scanned=True)
    assert gone.state.mode is Mode.AWAY


def test_the_schedule_wins_over_presence_until_it_hands_back():
    state = at_home(ANNA)
    night = machine.look(state, scene(ANNA, at_s=11 * H, options=NIGHT))
    assert (night.state.mode, night.state.cause, night.state.who) == (Mode.AWAY, Cause.SCHEDULE, "night")
    late = machine.look(night.state, scene(ANNA, BEN, at_s=12 * H, options=NIGHT), scanned=True)
    assert (late.state.mode, late.state.cause) == (Mode.AWAY, Cause.SCHEDULE)
    morning = machine.look(late.state, scene(ANNA, BEN, at_s=19 * H, options=NIGHT))
    assert (morning.state.mode, morning.state.cause) == (Mode.HOME, Cause.PRESENCE)
    cleaner = machine.look(morning.state, scene(ANNA_AWAY, BEN_AWAY, at_s=21 * H, options=NIGHT), scanned=True)
    assert (cleaner.state.mode, cleaner.state.who) == (Mode.DISARMED, "cleaner")


def test_a_person_wins_over_the_schedule_but_nobody_is_stuck():
    lived_in = wish(at_home(ANNA), Mode.DISARMED)
    assert machine.look(lived_in, scene(ANNA, at_s=11 * H, options=NIGHT)).state.mode is Mode.DISARMED
    empty = wish(fresh(), Mode.DISARMED)
    assert machine.look(empty, scene(at_s=11 * H, options=NIGHT)).state.mode is Mode.AWAY
    given = wish(fresh(), Mode.DISARMED, until_s=12 * H)
    assert machine.look(given, scene(at_s=11 * H, options=NIGHT)).state.mode is Mode.DISARMED
    assert machine.look(given, scene(at_s=12 * H, options=NIGHT)).state.mode is Mode.AWAY


def test_a_schedule_that_is_taken_away_hands_back():
    night = machine.look(at_home(ANNA), scene(ANNA, at_s=11 * H, options=NIGHT)).state
    step = machine.look(night, scene(ANNA, at_s=12 * H))
    assert (step.state.mode, step.state.cause, step.state.planned) == (Mode.HOME, Cause.PRESENCE, None)


def test_a_changed_schedule_makes_up_for_nothing():
    state = machine.skip(fresh(), WallUs(NOW + 11 * H * US_PER_S)).state
    assert state.number == 1
    assert machine.look(state, scene(at_s=11 * H + 60, options=NIGHT)).state.cause is Cause.START


def test_a_missed_time_is_made_up_for_after_an_outage():
    step = machine.look(fresh(), scene(at_s=3 * 24 * H + 20 * H, options=NIGHT))
    assert (step.state.cause, step.state.planned) == (Cause.START, None)  # 08:00: the morning is the last that came
    step = machine.look(fresh(), scene(at_s=3 * 24 * H + 12 * H, options=NIGHT))
    assert (step.state.cause, step.state.who) == (Cause.SCHEDULE, "night")


def test_a_clock_set_back_repeats_no_time():
    night = machine.look(fresh(), scene(at_s=11 * H, options=NIGHT)).state
    state = replace(night, mode=Mode.DISARMED)
    state = machine.look(state, scene(at_s=10.5 * H, options=NIGHT)).state
    assert machine.look(state, scene(at_s=11 * H, options=NIGHT)).state.mode is Mode.DISARMED


def test_a_clock_that_was_days_ahead_does_not_silence_the_schedule():
    ahead = machine.look(fresh(), scene(at_s=1000 * 24 * H, options=NIGHT)).state
    back = machine.look(ahead, scene(options=NIGHT)).state
    assert back.planned_us == NOW
    assert machine.look(replace(back, mode=Mode.DISARMED), scene(at_s=11 * H, options=NIGHT)).state.mode is Mode.AWAY


def test_only_what_must_be_kept_gets_a_number():
    state = at_home(ANNA)
    assert machine.look(state, scene(ANNA, at_s=5), scanned=True).state.number == state.number
    assert machine.look(state, scene(ANNA, BEN, at_s=5), scanned=True).state.number == state.number + 1
