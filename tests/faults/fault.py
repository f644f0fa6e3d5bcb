"""What a fault is, what a trial is given and what it says."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Opened = TypeVar("Opened")


class NotHere(Exception):
    """This machine cannot do it (no root, no such file system); the words say what is missing. The fault is passed over."""


class Shared(contextlib.AsyncExitStack):
    """What lives as long as the trials of one fault; after a trial that raised, the next one gets an empty one."""

    def __init__(self) -> None:
        super().__init__()
        self._opened: dict[Callable[[], AbstractAsyncContextManager[Any]], Any] = {}

    async def once(self, opening: Callable[[], AbstractAsyncContextManager[Opened]]) -> Opened:
        """Enter `opening()` when it is first asked for; afterwards return the same again."""
        if opening not in self._opened:
            self._opened[opening] = await self.enter_async_context(opening())
        return self._opened[opening]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one trial is given."""

    number: int
    """From 1."""
    seed: int
    """Of the fault, the run's seed and the number: the trial can be done again alone."""
    random: random.Random
    """Of the seed; the only source of chance."""
    folder: Path
    """Empty; deleted afterwards, unless something broke."""
    shared: Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one trial."""

    figures: Mapping[str, float] = field(default_factory=dict)
    """The unit is in the key. The larger a figure, the worse: the worst of all trials is the largest."""
    broken: tuple[str, ...] = ()
    """A plain sentence for each promise that did not hold; empty when all held."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Which process, at which step …: counted in the evidence, so of few values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing done to the product; the constant `FAULT` of its module."""

    id: str
    """`F06`, or `F06-inodes` where one number is tried in several ways; begins as the module's name."""
    what: str
    promise: str
    """Of docs/reliability.md: `P4`, `P1 P3`."""
    short: int
    """Trials in `make test`."""
    full: int
    """Trials in `make faults`."""
    trial: Callable[[Terms], Awaitable[Outcome]]
    limit_s: float = 180.0
    """A trial that takes longer has hung: it is cancelled and counts as broken."""
