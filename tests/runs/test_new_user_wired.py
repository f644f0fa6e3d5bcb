"""The way of a new owner, on a desk to the file that plays; see `new_user`, which does it with a finger, too."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hearthwatch.web.page import BUILT
from tests.runs.new_user import LIMIT_S
from tests.runs.rig import ROOT
from tests.web.browsing import CHROMIUM

pytestmark = [
    pytest.mark.wired,
    pytest.mark.waits,
    pytest.mark.timeout(LIMIT_S + 60),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed (make test installs it)"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built (make setup builds it)"),
]


def test_from_the_bare_machine_to_the_visitor() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runs.new_user"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=LIMIT_S,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
