"""Making a process of a house do what no input makes it do, by a signal: turn in circles, or have its detector fail."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path

_FOLDER = Path(__file__).with_name("injected")


class Injected(IntEnum):
    """See injected/sitecustomize.py. TURN and HOLD are of any process, the others of the looker."""

    TURN = signal.SIGRTMIN + 1
    HOLD = signal.SIGRTMIN + 2
    STALL = signal.SIGRTMIN + 3
    NAN = signal.SIGRTMIN + 4
    SLOW = signal.SIGRTMIN + 5
    DIE = signal.SIGRTMIN + 6
    HEAL = signal.SIGRTMIN + 7


@contextlib.contextmanager
def environment(more: Mapping[str, str]) -> Iterator[None]:
    """Start everything in the block with these variables, too."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def injectable() -> Iterator[None]:
    """Let a house that is started in the block obey Injected."""
    with environment({"PYTHONPATH": str(_FOLDER)}):
        yield
