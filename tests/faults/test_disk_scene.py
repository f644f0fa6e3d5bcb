"""What counts as lost and as told twice when the power is cut."""

from __future__ import annotations

from pathlib import Path

from tests.faults.disk_scene import Child, Journal, lost_acknowledged
from tests.faults.disk_terms import DiskTerms


def life(events: list[str], took: dict[str, int]) -> Child:
    child = Child(DiskTerms(disk=Path("disk"), clip=Path("clip")))
    child.said["event"] = [(key,) for key in events]
    child.said["happened"] = [(key, "0") for key in events]
    child.said["took"] = [(key, "0", key, str(at_us)) for key, at_us in took.items()]
    return child


def kept(events: list[str]) -> Journal:
    return Journal(events=set(events), alerts=dict.fromkeys(events, "sent"), sound=True)


def test_what_was_sent_while_the_power_went_may_be_noted_or_come_again() -> None:
    first = life(["a", "b", "c", "d"], {"a": 10, "b": 21, "c": 22, "d": 23})  # the power goes between 20 and 25
    again = life([], {"b": 90, "c": 91, "d": 92})
    assert lost_acknowledged(kept(["a", "b", "c", "d"]), [first, again], 20, 25) == (0, [])
    assert lost_acknowledged(kept(["a", "b", "c", "d"]), [first, life([], {})], 20, 25) == (0, [])


def test_what_was_sent_after_the_power_went_was_sent_by_nobody() -> None:
    lost, wrong = lost_acknowledged(kept(["a", "b"]), [life(["a", "b"], {"a": 10, "b": 26}), life([], {})], 20, 25)
    assert (lost, wrong) == (1, ["1 acknowledged alerts never reached the channel"])


def test_more_than_one_sent_before_the_cut_and_again_is_too_much() -> None:
    first = life(["a", "b", "c"], {"a": 10, "b": 11, "c": 12})
    assert lost_acknowledged(kept(["a", "b", "c"]), [first, life([], {"c": 90})], 20, 25) == (0, [])
    _lost, wrong = lost_acknowledged(kept(["a", "b", "c"]), [first, life([], {"b": 90, "c": 91})], 20, 25)
    assert wrong == ["2 alerts came twice in 1 cuts, 0 were owed to the disk"]
