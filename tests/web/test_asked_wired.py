"""Every operation of the API asked what its description allows and forbids, as a stranger, a viewer, a member and an owner.

`HEARTHWATCH_EXAMPLES=200 pytest tests/web/test_asked_wired.py` asks each operation 200 times as each of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.web.asked import ROLES, Served, ask, served

EXAMPLES = int(os.environ.get("HEARTHWATCH_EXAMPLES", "1"))

pytestmark = [pytest.mark.wired, pytest.mark.long, pytest.mark.timeout(900 if EXAMPLES < 10 else 6 * 3600)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("asked")) as running:
        yield running


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_answers_as_it_says(role: str, house: Served, capfd: pytest.CaptureFixture[str]) -> None:
    everything = ("examples", "coverage", "fuzzing")
    found = ask(house, role, examples=EXAMPLES, phases=everything if role == "owner" or EXAMPLES > 1 else ("fuzzing",))
    said = capfd.readouterr().err
    with capfd.disabled():
        print(
            f"\n{role}: {len(found.operations)} operations, {found.requests} requests, {dict(sorted(found.statuses.items()))}"
        )
    assert not found.findings, "\n".join(f"{name}\n{said}" for name, said in sorted(found.findings.items()))
    assert len(found.operations) > 160
    assert not {status for status in found.statuses if status >= 500}
    assert role == "anonymous" or found.statuses[200] > 30
    assert "Traceback" not in said
