"""Event rules: one visitor is one event, told once."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.events.event import ChangeKind, EventId, EventKind, EventOptions
from hearthwatch.events.rules import Rules
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import CameraId, MonoNs, WallUs
from hearthwatch.tracks.track import MotionSpan, Track, TrackId, TrackState, ZoneOptions

CAMERA = CameraId("front")
S = 1_000_000
T0 = 1_700_000_000 * S
SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


def at(seconds: float) -> WallUs:
    return WallUs(T0 + round(seconds * S))


def box(x: float, y: float = 0.5) -> Box:
    return Box(x0=x - 0.05, y0=y - 0.1, x1=x + 0.05, y1=y + 0.1)


def track(name="t1", seconds=0.0, *, first=None, x=0.2, **fields) -> Track:
    given = {
        "id": TrackId(name),
        "camera": CAMERA,
        "label": "person",
        "state": TrackState.CONFIRMED,
        "box": box(x),
        "score": 0.7,
        "first_us": at(seconds if first is None else first),
        "last_us": at(seconds),
        "best_us": at(seconds),
        "best_score": 0.7,
        "best_box": box(x),
        "zones": frozenset(),
        "entered_zones": frozenset(),
        "moved": True,
        "first_ns": MonoNs(1),
        "decided_ns": MonoNs(42),
    }
    return Track(**(given | fields))


def span(start=0.0, last=1.5, end=None) -> MotionSpan:
    end_us = None if end is None else at(end)
    return MotionSpan(camera=CAMERA, start_us=at(start), last_us=at(last), end_us=end_us, peak_frac=0.1, box=box(0.5))


@pytest.fixture
def rules() -> Rules:
    return make()


def make(labels=("person", "car"), options=None, zones=None) -> Rules:
    numbers = count(1)
    return Rules(CAMERA, labels, options or EventOptions(), lambda: EventId(f"E{next(numbers)}"), zones)


def kinds(changes):
    return [change.kind for change in changes]


def test_a_visit_is_opened_told_once_and_closed_after_its_last_sight(rules):
    (opened,) = rules.track(track(seconds=1, first=0))
    assert (opened.kind, opened.tell) == (ChangeKind.OPENED, True)
    assert opened.event.start_us == at(0)
    assert opened.event.received_ns == 42
    assert opened.event.kind is EventKind.OBJECT
    assert rules.event_of(TrackId("t1")) == opened.event.id
    assert rules.track(track(seconds=2)) == ()
    assert rules.track(track(seconds=300)) == ()
    (left,) = rules.track(track(seconds=301, state=TrackState.ENDED))
    assert (left.kind, left.tell, left.event.end_us) == (ChangeKind.UPDATED, False, at(301))
    assert rules.flush(at(304.9)) == ()
    (closed,) = rules.flush(at(305.1))
    assert (closed.kind, closed.tell, closed.event.end_us) == (ChangeKind.CLOSED, False, at(301))
    assert rules.flush(at(400)) == ()


@pytest.mark.parametrize(
    ("fields", "opens"),
    [
        ({}, True),
        ({"state": TrackState.STILL}, True),
        ({"state": TrackState.TENTATIVE}, False),
        ({"state": TrackState.LOST}, False),
        ({"state": TrackState.ENDED}, False),
        ({"label": "giraffe"}, False),
        ({"moved": False}, True),
        ({"label": "car"}, True),
        ({"label": "car", "moved": False}, False),
        ({"label": "car", "moved": False, "state": TrackState.STILL}, False),
    ],
)
def test_what_opens_an_event(rules, fields, opens):
    assert bool(rules.track(track(**fields))) is opens


def test_a_parked_car_opens_when_it_drives_off(rules):
    assert rules.track(track(label="car", moved=False)) == ()
    assert kinds(rules.track(track(label="car", seconds=5, moved=True))) == [ChangeKind.OPENED]


@pytest.mark.parametrize(
    ("zone_labels", "entered", "opens"),
    [
        ((), (), False),
        ((), ("porch",), True),
        (("person",), (), False),
        (("person",), ("porch",), True),
        (("person",), ("elsewhere",), False),
        (("car",), (), True),
    ],
)
def test_zones(zone_labels, entered, opens):
    rules = make(zones={"porch": ZoneOptions(points=SQUARE, labels=zone_labels)})
    changes = rules.track(track(entered_zones=frozenset(entered)))
    assert bool(changes) is opens


def test_a_visitor_who_comes_out_of_hiding_goes_on_with_the_event(rules):
    (opened,) = rules.track(track("t1", 0))
    rules.track(track("t1", 4, state=TrackState.ENDED))
    (back,) = rules.track(track("t2", 8, first=7, x=0.35))
    assert (back.kind, back.event.id, back.event.end_us) == (ChangeKind.UPDATED, opened.event.id, None)
    assert rules.event_of(TrackId("t2")) == opened.event.id
    assert rules.flush(at(20)) == ()
    rules.track(track("t2", 20, state=TrackState.ENDED))
    (closed,) = rules.flush(at(30))
    assert (closed.event.id, closed.event.end_us) == (opened.event.id, at(20))


@pytest.mark.parametrize(("first", "same"), [(4.9, True), (5.1, False)])
def test_who_comes_four_seconds_after_somebody_left_is_the_next_visitor(rules, first, same):
    (opened,) = rules.track(track("t1", 0))
    rules.track(track("t1", 1, state=TrackState.ENDED))
    rules.track(track("t2", first + 0.2, first=first))
    assert (rules.event_of(TrackId("t2")) == opened.event.id) is same


def test_a_lost_track_is_continued_too_and_may_come_back_itself(rules):
    (opened,) = rules.track(track("t1", 0))
    rules.track(track("t1", 1, state=TrackState.LOST))
    (back,) = rules.track(track("t2", 2))
    assert (back.kind, back.event.id) == (ChangeKind.UPDATED, opened.event.id)
    assert rules.event_of(TrackId("t2")) == opened.event.id
    rules.track(track("t2", 3, state=TrackState.LOST))
    rules.track(track("t1", 4))
    assert rules.flush(at(60)) == ()


@pytest.mark.parametrize(
    ("fields", "same"),
    [
        ({"x": 0.25}, True),
        ({"x": 0.9}, False),
        ({"label": "car"}, False),
    ],
)
def test_only_a_plausible_place_and_the_same_label_continue(rules, fields, same):
    (opened,) = rules.track(track("t1", 0))
    rules.track(track("t1", 1, state=TrackState.ENDED))
    changes = rules.track(track("t2", 2, **fields))
    assert (rules.event_of(TrackId("t2")) == opened.event.id) is same
    assert [change.kind for change in changes] == [ChangeKind.UPDATED if same else ChangeKind.OPENED]


def test_two_people_at_once_are_two_events_of_which_one_is_told(rules):
    (first,) = rules.track(track("t1", 0))
    (second,) = rules.track(track("t2", 3, x=0.8))
    assert (first.tell, second.tell) == (True, False)
    assert first.event.id != second.event.id


@pytest.mark.parametrize(
    ("seconds", "x", "label", "same"),
    [
        (0.3, 0.3, "person", True),
        (3.9, 0.45, "person", True),
        (0.3, 0.6, "person", False),
        (4.1, 0.3, "person", False),
        (0.3, 0.3, "car", False),
    ],
)
def test_who_is_seen_beside_a_visitor_that_just_came_is_part_of_the_same_event(rules, seconds, x, label, same):
    """Legs and a head are found apart while somebody comes in; two people who come together are one visit."""
    (opened,) = rules.track(track("t1", 0))
    changes = rules.track(track("t2", seconds, x=x, label=label))
    assert (rules.event_of(TrackId("t2")) == opened.event.id) is same
    assert (kinds(changes) == [ChangeKind.OPENED]) is not same


def test_an_event_lasts_until_the_last_of_those_who_came_together_is_gone(rules):
    (opened,) = rules.track(track("t1", 0))
    rules.track(track("t2", 1, x=0.3))
    rules.track(track("t1", 2, state=TrackState.ENDED))
    assert rules.flush(at(30)) == ()
    rules.track(track("t2", 31, x=0.3, state=TrackState.ENDED))
    (closed,) = rules.flush(at(38))
    assert (closed.event.id, closed.event.end_us) == (opened.event.id, at(31))


@pytest.mark.parametrize(
    ("left", "back", "cooldown", "told"),
    [(1, 10, 15.0, False), (1, 15.9, 15.0, False), (1, 16.1, 15.0, True), (30, 40, 15.0, False), (1, 8, 0.0, True)],
)
def test_cooldown_counts_from_when_the_told_visitor_left(left, back, cooldown, told):
    rules = make(options=EventOptions(cooldown_s=cooldown))
    rules.track(track("t1", 0))
    rules.track(track("t1", left, state=TrackState.ENDED))
    rules.flush(at(back))
    (change,) = [c for c in rules.track(track("t2", back, x=0.8)) if c.kind is ChangeKind.OPENED]
    assert change.tell is told


def test_somebody_first_seen_just_before_the_other_left_is_within_the_cooldown(rules):
    rules.track(track("t1", 0))
    rules.track(track("t1", 30, state=TrackState.ENDED))
    (second,) = rules.track(track("t2", 31, first=28, x=0.9))
    assert not second.tell


def test_a_clock_set_back_silences_nobody(rules):
    rules.track(track("t1", 0))
    rules.track(track("t1", 1, state=TrackState.ENDED))
    (second,) = rules.track(track("t2", -3600, x=0.9))
    assert second.tell


def test_cooldown_is_of_each_label_alone(rules):
    rules.track(track("t1", 0))
    (car,) = rules.track(track("t2", 1, label="car"))
    assert car.tell


def test_an_untold_event_does_not_prolong_the_cooldown(rules):
    told = []
    for number in range(5):
        seconds = number * 9.0
        for change in (*rules.flush(at(seconds)), *rules.track(track(f"t{number}", seconds, x=0.2 if number % 2 else 0.9))):
            if change.kind is ChangeKind.OPENED:
                told.append(change.tell)
        rules.track(track(f"t{number}", seconds + 0.5, state=TrackState.ENDED, x=0.2 if number % 2 else 0.9))
    assert told == [True, False, True, False, True]


def test_better_pictures_and_new_zones_are_updates(rules):
    rules.track(track(best_score=0.5))
    assert rules.track(track(seconds=1, best_score=0.52)) == ()
    (better,) = rules.track(track(seconds=2, best_score=0.9, best_box=box(0.6)))
    assert (better.kind, better.tell, better.event.score, better.event.box) == (ChangeKind.UPDATED, False, 0.9, box(0.6))
    (zoned,) = rules.track(track(seconds=3, best_score=0.9, entered_zones=frozenset({"porch"})))
    assert zoned.event.zones == {"porch"}
    assert zoned.event.score == 0.9


def test_the_box_follows_the_best_moment_of_its_track_though_another_scored_a_little_more(rules):
    """A whole visitor is a better picture than one cut by the edge; the score stays the highest."""
    rules.track(track(seconds=0, best_score=0.85, best_box=box(0.05)))
    rules.track(track(seconds=2, best_score=0.8, best_box=box(0.5)))
    rules.track(track("t2", 3, first=1, x=0.3, best_score=0.7, best_box=box(0.3)))
    rules.track(track(seconds=4, best_us=at(2), best_score=0.8, best_box=box(0.5), state=TrackState.ENDED))
    rules.track(track("t2", 4, first=1, x=0.3, best_score=0.7, best_box=box(0.3), state=TrackState.ENDED))
    (closed,) = rules.flush(at(20))
    assert (closed.event.score, closed.event.box, closed.event.best_us) == (0.85, box(0.5), at(2))


def test_a_looker_that_died_and_tells_again_continues_the_event(rules):
    (opened,) = rules.track(track("t1", 0))
    rules.abandon(at(1))
    assert rules.track(track("u1", 3, first=2, x=0.9)) == ()
    assert rules.event_of(TrackId("u1")) == opened.event.id


def test_a_house_that_died_does_not_tell_again(rules):
    (opened,) = rules.track(track("t1", 0))
    after = make()
    after.resume([opened.event], at(5))
    assert after.track(track("t1", 6, first=0, x=0.9)) == ()
    assert after.event_of(TrackId("t1")) == opened.event.id
    after.track(track("t1", 7, state=TrackState.ENDED))
    assert [c.event.end_us for c in after.flush(at(20))] == [at(7)]


def test_a_visitor_who_stood_there_long_before_the_house_died_is_not_told_again(rules):
    (opened,) = rules.track(track("t1", 0))
    rules.track(track("t1", 90, first=0))
    after = make()
    after.resume([opened.event], at(93))
    assert after.track(track("t1", 94, first=0)) == ()
    assert after.event_of(TrackId("t1")) == opened.event.id


def test_two_visitors_of_a_dead_house_each_go_on_with_their_own_event():
    rules = make(options=EventOptions(cooldown_s=0))
    (one,) = rules.track(track("t1", 0))
    (two,) = rules.track(track("t2", 30, x=0.8))
    after = make(options=EventOptions(cooldown_s=0))
    after.resume([one.event, two.event], at(40))
    assert after.track(track("t1", 41, first=0)) == ()
    assert after.track(track("t2", 41, first=30, x=0.8)) == ()
    assert after.event_of(TrackId("t1")) == one.event.id
    assert after.event_of(TrackId("t2")) == two.event.id


def test_who_comes_after_the_house_is_back_is_somebody_new():
    rules = make(options=EventOptions(cooldown_s=5))
    (opened,) = rules.track(track("t1", 0))
    after = make(options=EventOptions(cooldown_s=5))
    after.resume([opened.event], at(10))
    (fresh,) = after.track(track("t2", 14, first=13.5))
    assert (fresh.kind, fresh.tell) == (ChangeKind.OPENED, True)


def test_the_ledger_knows_who_had_left_when_the_house_died(rules):
    (opened,) = rules.track(track("t1", 0))
    (left,) = rules.track(track("t1", 4, first=0, state=TrackState.LOST))
    assert (left.kind, left.event.id, left.event.end_us, left.tell) == (ChangeKind.UPDATED, opened.event.id, at(4), False)
    (back,) = rules.track(track("t1", 6, first=0))
    assert (back.kind, back.event.end_us) == (ChangeKind.UPDATED, None)
    rules.track(track("t1", 7, first=0, state=TrackState.ENDED))
    (closed,) = rules.flush(at(20))
    assert (closed.kind, closed.event.end_us) == (ChangeKind.CLOSED, at(7))


def test_closing_what_a_dead_house_left_open_does_not_silence_the_next_visitor():
    rules = make(options=EventOptions(cooldown_s=5))
    (opened,) = rules.track(track("t1", 0))
    after = make(options=EventOptions(cooldown_s=5))
    after.resume([opened.event], at(10))
    assert len(after.flush(at(17))) == 1
    (fresh,) = after.track(track("t2", 18, first=14.5))
    assert (fresh.kind, fresh.tell) == (ChangeKind.OPENED, True)


def test_a_looker_that_comes_back_with_the_house_sees_the_same_visitor(rules):
    (opened,) = rules.track(track("t1", 0))
    after = make()
    after.resume([opened.event], at(5))
    assert after.track(track("u1", 7, first=6.5)) == ()
    assert after.event_of(TrackId("u1")) == opened.event.id


def test_what_a_dead_house_left_open_is_closed(rules):
    after = make()
    (opened,) = rules.track(track("t1", 0))
    after.resume([opened.event], at(5))
    (closed,) = after.flush(at(12))
    assert closed.event.end_us == at(5)


def test_a_clock_set_back_closes(rules):
    rules.track(track("t1", 100))
    rules.track(track("t1", 101, state=TrackState.ENDED))
    (closed,) = rules.flush(at(-3000))
    assert closed.event.end_us == at(101)


def test_an_ended_track_whose_event_is_closed_stays_quiet(rules):
    rules.track(track("t1", 0))
    rules.track(track("t1", 1, state=TrackState.LOST))
    rules.flush(at(50))
    assert rules.track(track("t1", 50)) == ()


def test_motion_opens_only_when_asked_for(rules):
    assert rules.motion(span()) == ()
    rules = make(options=EventOptions(motion=True))
    (opened,) = rules.motion(span())
    assert (opened.event.kind, opened.event.label, opened.tell) == (EventKind.MOTION, "", True)
    assert rules.motion(span(last=3)) == ()
    assert rules.motion(span(last=4, end=4)) == ()
    assert rules.motion(span(start=6, last=7.5)) == ()
    assert rules.motion(span(start=6, last=8, end=8)) == ()
    (closed,) = rules.flush(at(15))
    assert closed.event.end_us == at(8)
    assert rules.motion(span(start=6, last=9)) == ()
    assert rules.motion(span(start=90, last=91, end=91)) == ()


def test_motion_beside_somebody_named_is_no_news():
    rules = make(options=EventOptions(motion=True))
    rules.track(track())
    (opened,) = rules.motion(span())
    assert not opened.tell


def test_the_number_of_open_events_is_bounded(rules):
    opened = closed = 0
    for number in range(100):
        changes = rules.track(track(f"t{number}", number * 5))
        opened += kinds(changes).count(ChangeKind.OPENED)
        closed += kinds(changes).count(ChangeKind.CLOSED)
    assert (opened, closed) == (100, 36)


def test_long_gone_tracks_are_forgotten(rules):
    for number in range(600):
        rules.track(track(f"t{number}", number * 20))
        rules.track(track(f"t{number}", number * 20 + 1, state=TrackState.ENDED))
        rules.flush(at(number * 20 + 10))
    assert rules.event_of(TrackId("t0")) is None
    assert rules.event_of(TrackId("t599")) is not None


def test_who_comes_back_after_long_is_a_new_visitor_even_before_a_flush(rules):
    (opened,) = rules.track(track("t1", 0))
    rules.track(track("t1", 1, state=TrackState.ENDED))
    (again,) = rules.track(track("t2", 40))
    assert again.event.id != opened.event.id
    assert again.tell


STATES = st.sampled_from(list(TrackState))


@given(
    st.lists(
        st.tuples(st.integers(0, 3), STATES, st.floats(0, 5), st.floats(0.1, 0.9), st.sampled_from(["person", "car"])),
        max_size=60,
    )
)
def test_every_event_opens_once_closes_once_and_is_told_once_at_most(steps):
    rules = make()
    now = 0.0
    seen: dict[str, list[ChangeKind]] = {}
    told: dict[str, int] = {}
    changes = []
    for name, state, wait, x, label in steps:
        now += wait
        changes += rules.track(track(f"{label}{name}", now, state=state, x=x, label=label))
        changes += rules.flush(at(now))
    rules.abandon(at(now))
    changes += rules.flush(at(now + 60))
    for change in changes:
        seen.setdefault(change.event.id, []).append(change.kind)
        told[change.event.id] = told.get(change.event.id, 0) + change.tell
        assert change.event.end_us is None or change.event.end_us >= change.event.start_us
    for history in seen.values():
        assert history[0] is ChangeKind.OPENED
        assert history[-1] is ChangeKind.CLOSED
        assert history.count(ChangeKind.OPENED) == history.count(ChangeKind.CLOSED) == 1
    assert all(number <= 1 for number in told.values())


def test_labels_may_be_a_mapping_of_options():
    rules = make(labels={"person": replace})
    assert rules.track(track())
