"""A burglar at the doors of four cameras and what the owner does about it, in the real house; how fast is measured by the run itself."""

from __future__ import annotations

import pytest
from tests.runs import intruder

pytestmark = [pytest.mark.wired, pytest.mark.timeout(240)]


async def test_told_changed_restored_mended_and_nothing_missed_or_doubled(tmp_path) -> None:
    account = await intruder.run(tmp_path, poll_s=2)
    assert account.problems == []
    deeds = {one.deed for one in account.told}
    assert {
        "log-in from outside",
        "our own account from elsewhere",
        "20 wrong passwords",
        "a new account",
        "a setting changed",
    } == deeds
