"""Counting lines against a model of a camera's ring: nothing missed, nothing twice."""

from __future__ import annotations

from collections import Counter, deque

from hypothesis import given, settings
from hypothesis import strategies as st

from hearthwatch.logins.novelty import Known, fresh, is_undated, key_of
from hearthwatch.vendors.device import LocalUs

YEAR_2026_US = 1_767_225_600_000_000


def lines(*raws: str, undated: bool = False):
    return [(key_of(raw), undated) for raw in raws]


def test_equal_lines_of_one_second_are_each_one() -> None:
    first = fresh({}, lines("a", "a"), whole=True)
    assert first.new == (0, 1)
    known: dict[bytes, Known] = {}
    first.apply(known)
    assert fresh(known, lines("a", "a"), whole=True).new == ()
    assert fresh(known, lines("a", "a", "a"), whole=True).new == (2,)


def test_a_short_reading_forgets_nothing_but_what_it_would_have_had() -> None:
    known: dict[bytes, Known] = {}
    fresh(known, [*lines("old"), *lines("1970", undated=True)], whole=True).apply(known)
    fresh(known, lines("new"), whole=False).apply(known)
    assert key_of("old") in known
    assert key_of("1970") not in known, "an undated line comes with every reading: it is gone, and the same may come again"


def test_a_whole_reading_forgets_what_the_ring_dropped_so_that_it_counts_when_it_comes_again() -> None:
    known: dict[bytes, Known] = {}
    fresh(known, lines("boot", "b"), whole=True).apply(known)
    fresh(known, lines("b", "c"), whole=True).apply(known)
    assert fresh(known, lines("c", "boot"), whole=True).new == (1,)


def test_a_log_of_which_nothing_is_left_is_broken_and_a_first_one_is_not() -> None:
    assert not fresh({}, lines("a"), whole=True).broken
    known = {key_of("a"): Known(count=1, undated=False)}
    assert fresh(known, lines("b"), whole=True).broken
    assert fresh(known, [], whole=True).broken
    assert not fresh(known, lines("a", "b"), whole=True).broken


def test_what_counts_as_undated() -> None:
    assert is_undated(None)
    assert is_undated(LocalUs(12_000_000))
    assert not is_undated(LocalUs(YEAR_2026_US))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from("abc"), st.integers(1, 4)),
        st.tuples(st.just("jump"), st.integers(-5, 5), st.just(0)),
        st.tuples(st.just("poll"), st.booleans(), st.just(0)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=40)
@given(STEPS)
def test_a_log_that_keeps_all_is_found_whole_whatever_its_clock_does(steps) -> None:
    log: list[str] = []
    found: Counter[str] = Counter()
    known: dict[bytes, Known] = {}
    second = 0
    for what, value, times in [*steps, ("poll", True, 0)]:
        match what:
            case "write":
                second += 1
                log += [f"{second} {value}"] * times
            case "jump":
                second = max(0, second + value)
            case "poll":
                seen = log if value else log[-len(log) // 2 :]
                told = fresh(known, lines(*seen), whole=value)
                found.update(seen[index] for index in told.new)
                told.apply(known)
            case "restart":
                known = dict(known)
    assert found == Counter(log)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 7), max_size=20), st.integers(8, 12))
def test_a_ring_is_found_whole_as_long_as_it_is_read_before_it_wraps(bursts, size) -> None:
    ring: deque[str] = deque(maxlen=size)
    ledger: list[str] = []
    found: list[str] = []
    known: dict[bytes, Known] = {}
    for burst in bursts:
        for _ in range(burst):
            ledger.append(f"line {len(ledger)}")
            ring.append(ledger[-1])
        told = fresh(known, lines(*ring), whole=True)
        assert not told.broken or not ring
        found += [list(ring)[index] for index in told.new]
        told.apply(known)
        assert len(known) <= size
    assert found == ledger


def test_a_ring_that_wrapped_says_so() -> None:
    known: dict[bytes, Known] = {}
    fresh(known, lines("a", "b", "c"), whole=True).apply(known)
    told = fresh(known, lines("d", "e", "f"), whole=True)
    assert told.new == (0, 1, 2)
    assert told.broken
