"""What the doctor says of the walls a kernel gives."""

from __future__ import annotations

import pytest

from hearthwatch.run.check import Verdict
from hearthwatch.run.doctor_box import told


@pytest.mark.parametrize(
    ("landlock", "unprivileged", "needs_landlock", "verdict", "says"),
    [
        (7, True, True, Verdict.OK, "landlock 7"),
        (0, True, False, Verdict.OK, "no landlock"),
        (0, True, True, Verdict.WARN, "could read files of this user"),
        (7, False, False, Verdict.WARN, "stays root"),
    ],
)
def test_a_wall_that_is_missing_is_told_with_what_it_means(
    landlock: int, unprivileged: bool, needs_landlock: bool, verdict: Verdict, says: str
) -> None:
    found = told(landlock=landlock, unprivileged=unprivileged, needs_landlock=needs_landlock)
    assert found.verdict is verdict
    assert says in found.detail
