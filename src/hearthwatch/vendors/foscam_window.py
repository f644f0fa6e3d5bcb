"""Which lines of a whole Foscam log a reader gets: all that may be new to it, whatever the camera's clock did meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors.device import ClockReading, LocalUs

_NEVER_SET_UNTIL = LocalUs(1_009_843_200 * US_PER_S)
"""2002: before that lies what a clock that was not set writes."""
_JUMP_US = 60 * US_PER_S
_MARGIN_US = 2 * _JUMP_US


class Dated(Protocol):
    @property
    def local_us(self) -> LocalUs | None: ...


D = TypeVar("D", bound=Dated)


class LogWindow:
    """The memory of one reader of a log: how the camera's clock stood when it last looked."""

    def __init__(self) -> None:
        self._ahead_us: int | None = None

    def since(self, lines: Sequence[D], clock: ClockReading, since_us: WallUs) -> tuple[D, ...]:
        """Return of `lines`, oldest first, what was written from `since_us` on; all at first and after the clock was set."""
        steady = self._ahead_us is not None and abs(clock.ahead_us - self._ahead_us) <= _JUMP_US
        self._ahead_us = clock.ahead_us
        return tuple(lines[first_since(lines, clock, since_us) :]) if steady else tuple(lines)


def first_since(lines: Sequence[Dated], clock: ClockReading, since_us: WallUs) -> int:
    """Return the index of the first of `lines` that may be newer than `since_us`.

    Lines before it are older, and their dates credible: they only grow, are not those of a clock never set, and all there is
    to say against them would show in a date that goes back. From the first doubt on everything stays.
    """
    start = clock.local(since_us) - _MARGIN_US
    before = LocalUs(_NEVER_SET_UNTIL)
    for index, line in enumerate(lines):
        at = line.local_us
        if at is None or at < before or at >= start:
            return index
        before = at
    return len(lines)
