from __future__ import annotations

import pytest

from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.offsite.ledger import TargetCount
from hearthwatch.run.offsite_checks import late

NOW_US = WallUs(1_800_000_000 * US_PER_S)
MINUTE_US = 60 * US_PER_S


def waiting(minutes_old: float, count: int = 3) -> TargetCount:
    oldest_us = WallUs(NOW_US - round(minutes_old * MINUTE_US))
    return TargetCount(waiting=count, waiting_bytes=5 << 20, waiting_events=0, oldest_us=oldest_us)


@pytest.mark.parametrize(
    ("count", "proved_min_ago", "said"),
    [
        (TargetCount(waiting=0, waiting_bytes=0, waiting_events=0, oldest_us=None), 10_000, ""),
        (waiting(2), 10_000, ""),
        (waiting(20), 1, ""),
        (waiting(20), 16, "nothing arrived there for 16 minutes"),
        (waiting(13 * 60), 1, "13 hours old"),
    ],
)
def test_copies_are_late_when_nothing_arrives_or_they_fall_behind(count: TargetCount, proved_min_ago: float, said: str) -> None:
    found = late(count, WallUs(NOW_US - round(proved_min_ago * MINUTE_US)), NOW_US)
    assert said in found
    assert bool(found) == bool(said)
