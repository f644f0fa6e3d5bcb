from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthwatch.kit.mailbox import Closed, GopBox, Latest, Lossless


@dataclass(frozen=True)
class Item:
    """A packet, or a reset; `number` tells its place in what was put."""

    number: int
    starts_gop: bool = False
    is_reset: bool = False
    size_bytes: int = 1


PUT = st.tuples(st.sampled_from(("key", "delta", "delta", "delta", "reset")), st.integers(0, 12))
STEPS = st.lists(st.one_of(PUT, st.just(("get", 0))), max_size=80)


@given(STEPS, st.integers(1, 30))
def test_a_gop_box_gives_whole_gop_beginnings_in_order_and_never_the_middle(steps: list[tuple[str, int]], limit: int) -> None:
    box: GopBox[Item] = GopBox("x", limit)
    put: list[Item] = []
    got: list[Item] = []
    for number, (what, size) in enumerate(steps):
        if what == "get":
            item = box.get(timeout_s=0)
            if item is not None:
                got.append(item)
        else:
            put.append(
                Item(
                    number=number, starts_gop=what == "key", is_reset=what == "reset", size_bytes=0 if what == "reset" else size
                )
            )
            box.put(put[-1])
    while (item := box.get(timeout_s=0)) is not None:
        got.append(item)

    at = {item.number: place for place, item in enumerate(put)}
    assert [item.number for item in got] == sorted(item.number for item in got)
    for before, item in zip([None, *got], got, strict=False):
        if item.starts_gop or item.is_reset:
            continue
        assert before is not None, "began in the middle of a GOP"
        assert not before.is_reset, "went on in the middle of a GOP after a reset"
        assert at[item.number] == at[before.number] + 1, "a hole inside a GOP"
    last_reset = max((item.number for item in put if item.is_reset), default=None)
    if last_reset is not None:
        assert last_reset in {item.number for item in got}, "the newest reset was lost"
    count = box.count()
    assert count.put == len(put)
    assert count.waiting == 0
    packets_lost = sum(not item.is_reset for item in put) - sum(not item.is_reset for item in got)
    assert count.dropped == packets_lost


@given(STEPS, st.integers(5, 30))
def test_a_gop_box_holds_no_more_than_its_limit(steps: list[tuple[str, int]], limit: int) -> None:
    box: GopBox[Item] = GopBox("x", limit)
    for number, (what, size) in enumerate(steps):
        if what == "get":
            box.get(timeout_s=0)
        else:
            box.put(
                Item(
                    number=number,
                    starts_gop=what == "key",
                    is_reset=what == "reset",
                    size_bytes=0 if what == "reset" else min(size, limit),
                )
            )
        held = sum(item.size_bytes for item in box._items)
        assert held <= limit


def test_a_key_frame_replaces_a_stale_backlog() -> None:
    box: GopBox[Item] = GopBox("x", 3)
    for item in (Item(0, starts_gop=True), Item(1), Item(2), Item(3), Item(4), Item(5, starts_gop=True), Item(6)):
        box.put(item)
    assert [box.get(0), box.get(0), box.get(0)] == [Item(5, starts_gop=True), Item(6), None]
    assert box.count().dropped == 5


def test_on_put_is_called_for_every_item() -> None:
    calls: list[int] = []
    box: GopBox[Item] = GopBox("x", 3, on_put=lambda: calls.append(1))
    box.put(Item(0))
    box.put(Item(1, starts_gop=True))
    assert len(calls) == 2


@given(st.lists(st.integers(), max_size=30))
def test_lossless_keeps_everything_in_order(items: list[int]) -> None:
    box: Lossless[int] = Lossless("x", 100)
    for item in items:
        assert box.put(item)
    assert [box.get(0) for _ in items] == items
    assert box.count().dropped == 0


def test_a_full_lossless_box_makes_the_giver_wait_until_there_is_room() -> None:
    box: Lossless[int] = Lossless("x", 1)
    assert box.put(1)
    assert box.put(2, timeout_s=0) is False
    accepted = threading.Event()
    giver = threading.Thread(target=lambda: box.put(3) and accepted.set())
    giver.start()
    assert box.get() == 1
    assert accepted.wait(60)
    giver.join()
    assert box.get() == 3


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=40))
def test_latest_gives_the_newest_of_each_key_once_and_in_turn(puts: list[tuple[str, int]]) -> None:
    box: Latest[tuple[str, int]] = Latest("x")
    for key, value in puts:
        box.put(key, (key, value))
    got = []
    while (item := box.get(0)) is not None:
        got.append(item)
    assert dict(got) == dict(puts)
    assert [key for key, _value in got] == list(dict.fromkeys(key for key, _value in puts))
    assert box.count().dropped == len(puts) - len(got)


BOXES: list[tuple[Callable[[], Any], Callable[[Any], None]]] = [
    (lambda: Lossless("x", 5), lambda box: box.put(Item(0))),
    (lambda: GopBox("x", 5), lambda box: box.put(Item(0, starts_gop=True))),
    (lambda: Latest("x"), lambda box: box.put("k", Item(0))),
]


@pytest.mark.parametrize(("make", "put"), BOXES)
def test_a_closed_box_is_emptied_first_and_then_ends_whoever_waits(make: Callable[[], Any], put: Callable[[Any], None]) -> None:
    box = make()
    put(box)
    ended = threading.Event()

    def take_all() -> None:
        try:
            while True:
                box.get()
        except Closed:
            ended.set()

    taker = threading.Thread(target=take_all)
    taker.start()
    box.close()
    assert ended.wait(60)
    taker.join()


def test_giving_to_a_closed_lossless_box_is_an_error() -> None:
    box: Lossless[int] = Lossless("x", 1)
    box.close()
    with pytest.raises(Closed):
        box.put(1)
