"""What false alarms teach: it keeps them away, and nobody a person has seen and let stand."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.alerts.house import FRONT, an_event

from hearthwatch.detect.detection import LabelOptions
from hearthwatch.events.event import Event
from hearthwatch.events.suggestion import Filters, Suggestion, SuggestionKind, suggest
from hearthwatch.frames.geometry import Box
from hearthwatch.kit.units import WallUs

NOTHING = Filters(label=LabelOptions())


def event(x: float, y: float, *, size: float = 0.1, score: float = 0.8, reviewed: bool = False, number: int = 0) -> Event:
    box = Box(x0=x, y0=y, x1=min(1.0, x + size), y1=min(1.0, y + size))
    return an_event(box=box, score=score, reviewed=reviewed, camera=FRONT, start_us=WallUs(1000 - number))


def kinds(found: tuple[Suggestion, ...]) -> list[SuggestionKind]:
    return [one.kind for one in found]


def test_four_of_the_last_five_were_in_one_corner():
    false_alarms = [event(0.02, 0.02), event(0.04, 0.03), event(0.7, 0.7, size=0.3), event(0.03, 0.05), event(0.05, 0.02)]
    people = [event(0.4, 0.3, size=0.3, reviewed=True), event(0.6, 0.3, size=0.3, reviewed=True)]
    first = suggest(false_alarms, people, NOTHING)[0]
    assert (first.kind, first.of, first.covers, first.also) == (SuggestionKind.MASK, 5, 4, 0)
    assert first.region == Box(x0=0.005, y0=0.005, x1=0.165, y1=0.165)
    assert first.mask == ((0.005, 0.005), (0.165, 0.005), (0.165, 0.165), (0.005, 0.165))


def test_no_corner_where_people_were_seen_too():
    false_alarms = [event(0.4, 0.4, size=0.1), event(0.41, 0.4), event(0.42, 0.41)]
    seen = [event(0.41, 0.4, size=0.1, score=0.9, reviewed=True)]
    assert SuggestionKind.MASK not in kinds(suggest(false_alarms, seen, NOTHING))
    unseen = [replace(seen[0], reviewed=False)]
    assert next(one for one in suggest(false_alarms, unseen, NOTHING) if one.kind is SuggestionKind.MASK).also == 1


def test_small_ones_all_over_ask_for_a_least_size():
    false_alarms = [event(0.1, 0.1, size=0.05), event(0.8, 0.2, size=0.06), event(0.4, 0.8, size=0.05)]
    found = suggest(false_alarms, [event(0.3, 0.3, size=0.3, score=0.5, reviewed=True)], NOTHING)
    assert kinds(found) == [SuggestionKind.MIN_AREA]
    assert found[0].value == round(0.06 * 0.06 * 1.15, 4)


def test_uncertain_ones_ask_for_more_certainty():
    false_alarms = [
        event(0.1, 0.1, size=0.3, score=0.45),
        event(0.6, 0.2, size=0.3, score=0.5),
        event(0.1, 0.6, size=0.3, score=0.42),
    ]
    found = suggest(false_alarms, [event(0.3, 0.3, size=0.3, score=0.7, reviewed=True)], NOTHING)
    assert kinds(found) == [SuggestionKind.MIN_SCORE]
    assert (found[0].value, found[0].covers) == (0.51, 3)


def test_once_or_twice_is_chance_and_what_counts_already_is_not_proposed_again():
    two = [event(0.02, 0.02), event(0.03, 0.02)]
    assert suggest(two, [], NOTHING) == ()
    three = [*two, event(0.02, 0.03)]
    mask = next(one for one in suggest(three, [], NOTHING) if one.kind is SuggestionKind.MASK)
    assert suggest(three, [], replace(NOTHING, masks=(mask.mask,))) == ()


BOXES = st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.01, 0.4), st.floats(0.3, 1.0))


@given(
    st.lists(BOXES, max_size=10),
    st.lists(st.tuples(BOXES, st.booleans()), max_size=20),
    st.floats(0, 0.05),
    st.floats(0.2, 0.6),
)
def test_a_suggestion_keeps_its_word(bad, good, least_area, least_score):
    """Whatever was marked: it covers what it says, it hides nobody a person let stand, and it is stricter than what is."""
    false_alarms = [event(x, y, size=size, score=score, number=n) for n, (x, y, size, score) in enumerate(bad)]
    others = [event(x, y, size=size, score=score, reviewed=seen) for (x, y, size, score), seen in good]
    now = Filters(label=LabelOptions(min_area_frac=least_area, min_score=least_score))
    for one in suggest(false_alarms, others, now):
        options = now.label
        if one.kind is SuggestionKind.MIN_AREA:
            assert least_area < one.value <= 0.06
            options = replace(options, min_area_frac=one.value)
        elif one.kind is SuggestionKind.MIN_SCORE:
            assert least_score < one.value <= 0.75
            options = replace(options, min_score=one.value)
        after = Filters(label=options, masks=(one.mask,) if one.kind is SuggestionKind.MASK else ())
        counted = [each for each in false_alarms if not now.stop(each)][:5]
        assert (one.of, one.covers) == (len(counted), sum(after.stop(each) for each in counted))
        assert one.covers >= 3
        assert one.covers * 2 > one.of
        hidden = [each for each in others if after.stop(each) and not now.stop(each)]
        assert not any(each.reviewed for each in hidden)
        assert one.also == len(hidden)
        assert one.region is None or (0 <= one.region.x0 < one.region.x1 <= 1 and one.region.area_frac <= 0.2501)
