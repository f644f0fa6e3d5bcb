from __future__ import annotations

import dataclasses
import itertools

from hearthwatch.events.event import Event, EventId, EventKind
from hearthwatch.kit.units import US_PER_S, CameraId, WallUs
from hearthwatch.offsite.upload import PieceKind, Priority, TargetId, TargetKind, TargetOptions
from hearthwatch.recording.segment import FootageClass
from hearthwatch.run.offsite_pursuit import OVERLAP_US, Pursuits

START_US = 1_800_000_000 * US_PER_S
TARGETS = {
    TargetId("all"): TargetOptions(kind=TargetKind.FOLDER),
    TargetId("events"): TargetOptions(kind=TargetKind.S3, footage=(FootageClass.EVENT,)),
}
EVENT = Event(
    id=EventId("e1"),
    camera=CameraId("front"),
    kind=EventKind.OBJECT,
    label="person",
    start_us=WallUs(START_US),
    end_us=None,
    score=0.9,
    box=None,
    zones=frozenset(),
    picture=False,
    best_us=WallUs(START_US),
    reviewed=False,
)


def after(seconds: float) -> WallUs:
    return WallUs(START_US + round(seconds * US_PER_S))


def test_an_event_is_sent_at_once_from_before_its_beginning_and_on_until_it_is_over() -> None:
    pursuits = Pursuits(lambda: TARGETS)
    pursuits.event(EVENT, 5 * US_PER_S, after(0.4))
    pursuits.event(EVENT, 5 * US_PER_S, after(0.5))
    sent = []
    for tenth in range(4, 300):
        now_us = after(tenth / 10)
        if tenth == 200:
            pursuits.event(dataclasses.replace(EVENT, end_us=now_us), 5 * US_PER_S, now_us)
        sent += [one for one in pursuits.due(now_us) if one.target == "all"]
    pieces = [one.piece for one in sent]
    assert pieces[0].start_us == START_US - 5 * US_PER_S
    assert pieces[0].end_us == after(0.4)
    assert pieces[1].end_us <= after(3.1)
    assert pieces[-1].end_us == after(20)
    for before, then in itertools.pairwise(pieces):
        assert then.start_us == before.end_us - OVERLAP_US or then.start_us == before.start_us
    assert {one.priority for one in sent} == {Priority.EVENT_FRAGMENT}
    assert {(one.kind, one.footage_class, one.event) for one in pieces} == {(PieceKind.FRAGMENT, FootageClass.EVENT, "e1")}
    assert pursuits.next_us() is None


def test_motion_without_a_name_goes_only_where_motion_goes() -> None:
    pursuits = Pursuits(lambda: TARGETS)
    pursuits.event(dataclasses.replace(EVENT, label="", kind=EventKind.MOTION), 0, after(1))
    assert [one.target for one in pursuits.due(after(1))] == ["all"]


def test_the_picture_goes_once_and_a_better_one_at_the_end() -> None:
    pursuits = Pursuits(lambda: TARGETS)
    first = dataclasses.replace(EVENT, picture=True)
    better = dataclasses.replace(first, best_us=after(4))
    over = dataclasses.replace(better, end_us=after(9))
    assert list(pursuits.picture(EVENT)) == []
    sent = [[one.piece.start_us for one in pursuits.picture(event)] for event in (first, first, better, over, over)]
    assert sent == [[START_US] * 2, [], [], [after(4)] * 2, []]


def test_an_event_that_was_over_long_ago_is_not_pursued() -> None:
    pursuits = Pursuits(lambda: TARGETS)
    pursuits.event(EVENT, 0, after(3600))
    assert list(pursuits.due(after(3600))) == []


def test_one_that_never_ends_is_left_to_the_finished_files() -> None:
    pursuits = Pursuits(lambda: TARGETS)
    pursuits.event(EVENT, 0, after(0))
    ends = [one.piece.end_us for second in range(1000) for one in pursuits.due(after(second))]
    assert after(595) <= max(ends) <= after(620)
