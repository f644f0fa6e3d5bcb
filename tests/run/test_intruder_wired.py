"""A burglar at the doors of four cameras and what the owner does about it, in the real house; how fast is the run's own question."""

from __future__ import annotations

import pytest
from tests.runs import intruder

pytestmark = pytest.mark.wired


async def test_a_burglar_is_told_shut_out_and_what_he_did_undone(tmp_path) -> None:
    account = await intruder.run(tmp_path, poll_s=2, parts=tuple(intruder.PARTS))
    assert not account.problems, "\n".join(account.problems)
    deeds = {one.deed for one in account.told}
    assert deeds == {
        "log-in from outside",
        "our own account from elsewhere",
        "20 wrong passwords",
        "a new account",
        "a setting changed",
    }


async def test_the_ledgers_agree_through_a_burst_kills_jumping_clocks_and_a_log_that_wraps(tmp_path) -> None:
    account = await intruder.run(tmp_path, poll_s=2, parts=(intruder.LEDGER,))
    assert not account.problems, "\n".join(account.problems)
