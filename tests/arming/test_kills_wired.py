"""What was acknowledged survives kill -9; the whole run of 100 is `python -m tests.arming.kills`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.wired
ROOT = Path(__file__).resolve().parents[2]


def test_the_acknowledged_state_survives_kill_9():
    """In a process of its own, which has no threads when it forks."""
    command = [sys.executable, "-m", "tests.arming.kills", "--times", "15"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.stdout.strip() == "15 of 15 kills: the last acknowledged state was there", done.stderr
