"""Who is home, by an injected clock: sleep, leaving, overhearing, a dead network, restarts, and a week of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.presence.homes import SILENCE_S, Home, now_of, person, sighting

from hearthwatch.kit.clock import FakeClock
from hearthwatch.kit.secrets import Secret
from hearthwatch.presence.household import Household
from hearthwatch.presence.presence import Device, Means, Person, PersonId, PresenceOptions

DAY_S = 86_400.0


def household(*people: Person, clock: FakeClock, **more: object) -> Household:
    return Household(people, PresenceOptions(), silence_s=SILENCE_S, now=now_of(clock), **more)  # type: ignore[arg-type]


def test_nothing_is_said_of_a_person_who_was_neither_noticed_nor_looked_for() -> None:
    clock = FakeClock()
    found = household(person("anna", 1), clock=clock)
    assert not found.people()[0].known
    for _turn in range(11):
        assert not found.people()[0].known
        due = found.due(now_of(clock))
        assert [device.id for device in due.devices] == ["anna.phone"]
        assert due.thorough == {"anna.phone"}
        found.asked({"anna.phone"}, now_of(clock).mono_ns, now_of(clock), alive=True, really={"anna.phone"})
        clock.advance(60)
    [anna] = found.people()
    assert (anna.known, anna.home, anna.answered) == (True, False, None)


def test_an_answer_brings_home_and_an_overheard_frame_is_not_an_answer() -> None:
    clock = FakeClock()
    found = household(person("anna", 1), clock=clock)
    clock.advance(5)
    found.hear(sighting(clock, "anna.phone", Means.WIFI), now_of(clock))
    [anna] = found.people()
    assert anna.home
    assert anna.answered is None
    assert anna.seen is not None
    assert anna.seen.means is Means.WIFI
    due = found.due(now_of(clock))
    assert due.thorough == {"anna.phone"}, "who was overheard is asked at once, wherever it may be"
    clock.advance(1)
    found.hear(sighting(clock, "anna.phone", Means.NEIGHBOUR), now_of(clock))
    [anna] = found.people()
    assert anna.answered is not None
    assert anna.answered.means is Means.NEIGHBOUR
    assert anna.since_us == anna.seen.at_us - 1_000_000 if anna.seen else False


def test_who_leaves_is_gone_at_the_configured_time_and_the_next_stay_needs_an_answer_of_its_own() -> None:
    home = Home.of(["anna"])
    home.phones["anna.phone"].answers_frac = 1.0
    home.run(1000)
    home.phones["anna.phone"].home = False
    left_s = home.at_s
    home.run(700)
    assert [(who, there) for _at, who, there in home.told] == [("anna", True), ("anna", False)]
    gone_s = home.told[-1][0]
    assert SILENCE_S - 60 <= gone_s - left_s <= SILENCE_S + 4, "silence counts from the last answer, at most one question ago"
    assert home.household.people()[0].answered is None
    home.household.hear(sighting(home.clock, "anna.phone", Means.WIFI), now_of(home.clock))
    [anna] = home.household.people()
    assert anna.home
    assert anna.answered is None


def test_nobody_leaves_while_the_network_itself_is_dead() -> None:
    home = Home.of(["anna", "ben"])
    home.run(600)
    home.alive = False
    home.run(3 * 3600)
    assert all(there for _at, _who, there in home.told)
    home.alive = True
    home.run(600)
    assert all(there for _at, _who, there in home.told)


def test_an_access_point_that_flaps_sends_nobody_away() -> None:
    home = Home.of(["anna", "ben"])
    for phone in home.phones.values():
        phone.answers_frac = 1.0
    home.run(600)
    for _turn in range(20):  # off for eight minutes, on for two, the router behind it answers all the time
        for phone in home.phones.values():
            phone.home = False
        home.run(480)
        for phone in home.phones.values():
            phone.home = True
        home.run(120)
    assert all(there for _at, _who, there in home.told)


def test_everybody_asleep_overnight_stays_home() -> None:
    home = Home.of(["anna", "ben"], seed=7)
    home.run(9 * 3600)
    assert [(who, there) for _at, who, there in sorted(home.told)] == [("anna", True), ("ben", True)]


@pytest.mark.wired  # no socket, but two seconds of arithmetic
def test_a_week_of_sleeping_phones_has_no_false_transition() -> None:
    home = Home.of(["anna", "ben"], seed=3)
    expected = []
    for day in range(7):
        home.run(DAY_S / 3, tick_s=4)
        for who in ("anna", "ben"):
            home.phones[f"{who}.phone"].home = False
            expected.append((day, who, False))
        home.run(DAY_S / 3, tick_s=4)
        for who in ("anna", "ben"):
            home.phones[f"{who}.phone"].home = True
            expected.append((day, who, True))
        home.run(DAY_S / 3, tick_s=4)
    went = [(round(at) // round(DAY_S), who, there) for at, who, there in home.told]
    arrivals = [(0, "anna", True), (0, "ben", True)]
    assert sorted(went) == sorted(arrivals + expected)
    for at_s, _who, there in home.told[2:]:
        late_s = at_s % (DAY_S / 3)
        assert late_s <= (700 if not there else 500), "a phone is known again before long, and gone after the silence"


def test_a_ping_holds_for_what_nobody_can_ask_and_a_farewell_ends_it() -> None:
    clock = FakeClock()
    phone = Device(person=PersonId("anna"), name="phone", ping=Secret("k" * 40))
    found = household(Person(id=PersonId("anna"), name="Anna", devices=(phone,)), clock=clock)
    found.hear(sighting(clock, "anna.phone", Means.PING), now_of(clock))
    clock.advance(2 * DAY_S)
    found.settle(now_of(clock))
    assert found.people()[0].home
    assert found.due(now_of(clock)).devices == ()
    found.farewell(phone.id, now_of(clock))
    assert not found.people()[0].home
    found.hear(sighting(clock, "anna.phone", Means.PING), now_of(clock))
    clock.advance(4 * DAY_S)
    found.settle(now_of(clock))
    assert not found.people()[0].home, "an arrival whose departure was never told is forgotten"


def test_after_a_farewell_older_signs_and_overheard_ones_bring_nobody_back() -> None:
    clock = FakeClock()
    found = household(person("anna", 1, ping=Secret("k" * 40)), clock=clock)
    clock.advance(60)
    found.hear(sighting(clock, "anna.phone", Means.ARP), now_of(clock))
    found.farewell(found.devices[0].id, now_of(clock))
    clock.advance(5)
    found.hear(sighting(clock, "anna.phone", Means.NEIGHBOUR, age_s=20), now_of(clock))
    found.hear(sighting(clock, "anna.phone", Means.WIFI), now_of(clock))
    assert not found.people()[0].home
    clock.advance(5)
    found.hear(sighting(clock, "anna.phone", Means.ARP), now_of(clock))
    assert found.people()[0].home


def test_a_restart_takes_nobodys_leaving_for_granted_and_no_answer_along() -> None:
    clock = FakeClock()
    before = household(person("anna", 1), person("ben", 2), clock=clock)
    clock.advance(1)
    before.hear(sighting(clock, "anna.phone", Means.ARP), now_of(clock))
    kept = tuple(replace(one, answered=None, known=True) for one in before.people())
    clock.advance(5000)
    after = household(person("anna", 1), person("ben", 2), clock=clock, kept=kept)
    anna, ben = after.people()
    assert (anna.home, anna.known, anna.answered, ben.home) == (True, True, None, False)
    clock.advance(SILENCE_S - 100)
    after.settle(now_of(clock))
    assert after.people()[0].home, "the silence before the restart is not hers"


def test_a_device_with_another_address_is_another_device_and_one_renamed_person_the_same() -> None:
    clock = FakeClock()
    found = household(person("anna", 1), clock=clock)
    clock.advance(1)
    found.hear(sighting(clock, "anna.phone", Means.ARP), now_of(clock))
    renamed = replace(person("anna", 1), name="Dr. Anna")
    found.renew([renamed], PresenceOptions(), silence_s=SILENCE_S, now=now_of(clock))
    assert [(one.name, one.home) for one in found.people()] == [("Dr. Anna", True)]
    found.renew([person("anna", 9)], PresenceOptions(), silence_s=SILENCE_S, now=now_of(clock))
    assert not found.people()[0].home
    found.renew([], PresenceOptions(), silence_s=SILENCE_S, now=now_of(clock))
    assert found.people() == ()


def test_signs_of_strangers_and_of_the_future_change_nothing() -> None:
    clock = FakeClock()
    found = household(person("anna", 1), clock=clock)
    found.hear(sighting(clock, "eve.phone", Means.ARP), now_of(clock))
    found.hear(sighting(clock, "anna.phone", Means.ARP, age_s=-60), now_of(clock))
    assert not found.people()[0].home


def test_one_device_of_two_is_enough() -> None:
    clock = FakeClock()
    one = person("anna", 1)
    both = replace(one, devices=(*one.devices, replace(person("anna", 2).devices[0], name="watch")))
    found = household(both, clock=clock)
    clock.advance(1)
    for device in ("anna.phone", "anna.watch"):
        found.hear(sighting(clock, device, Means.ARP), now_of(clock))
    for _turn in range(120):
        clock.advance(10)
        found.hear(sighting(clock, "anna.watch", Means.NEIGHBOUR), now_of(clock))
        due = found.due(now_of(clock))
        ids = {device.id for device in due.devices}
        found.asked(ids, now_of(clock).mono_ns, now_of(clock), alive=True, really=ids)
    [anna] = found.people()
    assert anna.home
    assert [(device.device, device.home) for device in anna.devices] == [("phone", False), ("watch", True)]
