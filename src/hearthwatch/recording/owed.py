"""What the index of footage is still to be told: written in order, as soon as it takes anything again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import StorageFailed, StorageFault
from hearthwatch.kit.units import NS_PER_S

_AGAIN_NS = 3 * NS_PER_S
"""Somebody may hold the index: every try keeps the disk's thread waiting."""
_MOST = 20_000
"""What is dropped beyond that the next start finds in the files."""


class Owed:
    """Belongs to the disk's thread. What fails is reported and tried again; each write may come twice and must not mind."""

    def __init__(self, clock: Clock, report: Callable[[StorageFailed], None]) -> None:
        self._clock = clock
        self._report = report
        self._writes: deque[Callable[[], object]] = deque(maxlen=_MOST)
        self._again_ns = 0
        self._failure: StorageFailed | None = None

    def __bool__(self) -> bool:
        return bool(self._writes)

    def add(self, write: Callable[[], object]) -> None:
        self._writes.append(write)

    def note(self, write: Callable[[], object]) -> None:
        """Write now, or as soon as what is before it is written."""
        self.add(write)
        self.settle()

    def settle(self) -> bool:
        """Write what is owed, unless that failed just now; True when nothing is owed any more."""
        while self._writes and self._clock.mono_ns() >= self._again_ns:
            try:
                self._writes[0]()
            except StorageFailed as error:
                self._failure = error
                if error.fault is not StorageFault.NO_SPACE:
                    self._again_ns = self._clock.mono_ns() + _AGAIN_NS
                self._report(error)
                break
            self._writes.popleft()
        return not self._writes

    @property
    def is_full(self) -> bool:
        """Whether the disk has no room for what is owed."""
        return bool(self._writes) and self._failure is not None and self._failure.fault is StorageFault.NO_SPACE

    def take_back(self, write: Callable[[], object]) -> None:
        """Do not write that after all."""
        self._writes.remove(write)

    def clear(self) -> None:
        """Forget all: the index it was meant for is gone."""
        self._writes.clear()
        self._again_ns = 0
