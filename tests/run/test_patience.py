"""When a process is taken for stuck: silence while it works, silence while it starts, and a start that never ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hearthwatch.kit.units import NS_PER_S
from hearthwatch.run.child import BEAT_S
from hearthwatch.run.patience import BEAT_LIMIT_S, START_LIMIT_S, START_WHOLE_S, Patience, used_s


def at(seconds: float) -> int:
    return round((1000 + seconds) * NS_PER_S)


def over_at(patience: Patience, used: dict[int, float], until_s: int) -> int | None:
    """Return the second at which patience is over, when it is looked at each second; `used` is from which second on how much
    of the processor was used."""
    so_far = 0.0
    for second in range(until_s):
        so_far = used.get(second, so_far)
        if not patience.is_ready:
            patience.look(at(second), so_far)
        if patience.is_over(at(second)):
            return second
    return None


SLOWLY = {second: second * 0.01 for second in range(2000)}
"""A hundredth of a processor: the machine does everything else first."""


@pytest.mark.parametrize(
    ("used", "over"),
    [
        pytest.param({}, START_LIMIT_S + 1, id="does nothing at all"),
        pytest.param({0: 0.4}, START_LIMIT_S + 1, id="began and then waits for ever"),
        pytest.param({second: 0.001 * second for second in range(30)}, START_LIMIT_S + 1, id="hardly a sign of life"),
        pytest.param({second: second * 0.01 for second in range(300)}, 361, id="worked slowly for five minutes, then hung"),
        pytest.param(SLOWLY, START_WHOLE_S + 1, id="turns in circles"),
    ],
)
def test_a_process_that_starts_may_take_its_time_while_it_works(used: dict[int, float], over: float) -> None:
    found = over_at(Patience(at(0)), used, 1200)
    assert found is not None
    assert abs(found - over) <= 6  # it is a sign of life once it adds up to something


def test_an_overloaded_machine_has_time_to_start_a_process() -> None:
    patience = Patience(at(0))
    assert over_at(patience, SLOWLY, 600) is None
    patience.is_ready = True
    patience.hear(at(600))
    assert not patience.is_over(at(600 + BEAT_LIMIT_S))


def test_one_that_is_stuck_is_seen_in_time_to_work_again_after_fifteen_seconds() -> None:
    patience = Patience(at(0), is_ready=True)
    patience.hear(at(BEAT_S))
    assert patience.is_over(at(BEAT_S + 12))


def test_one_that_is_ready_must_say_so_whatever_it_uses() -> None:
    patience = Patience(at(0), is_ready=True)
    patience.hear(at(5))
    assert not patience.is_over(at(5 + BEAT_LIMIT_S))
    patience.worked_ns = at(19)
    assert patience.is_over(at(5 + BEAT_LIMIT_S + 1))


def test_what_a_process_has_used_grows_with_what_it_and_its_children_do() -> None:
    before = used_s(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(range(4_000_000))"], check=True)
    assert used_s(os.getpid()) > before
    assert used_s(2**22 + 1) == 0.0
