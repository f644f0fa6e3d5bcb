"""Searching a Dahua log so that nothing is missed: by its own clock, which may never have been set or be set meanwhile."""

from __future__ import annotations

import contextlib

from hearthwatch.kit.errors import BadReply, HearthwatchError
from hearthwatch.kit.units import US_PER_S, WallUs
from hearthwatch.vendors.dahua_cgi import DahuaCgi
from hearthwatch.vendors.dahua_log import Entry, login_record, page, search_token
from hearthwatch.vendors.device import ClockReading, LocalUs, LoginAction
from hearthwatch.vendors.local_time import print_local

_MARGIN_US = 5 * US_PER_S
_LATER_US = 86_400 * US_PER_S
_JUMP_US = 60 * US_PER_S
_NEVER_SET = (LocalUs(0), LocalUs(1_009_843_199 * US_PER_S))
"""1970 to the end of 2001: where cameras begin to count when their clock was not set."""
_EVERYTHING = (LocalUs(0), LocalUs(2_147_483_647 * US_PER_S))
_PAGE = 100
_MAX_LINES = 20_000


class LogSearch:
    """One reader of a camera's log. Each reader has its own: it remembers how the clock stood when it last looked."""

    def __init__(self, cgi: DahuaCgi) -> None:
        self._cgi = cgi
        self._ahead_us: int | None = None

    async def since(self, since_us: WallUs) -> tuple[ClockReading, tuple[Entry, ...]]:
        """Return the lines from `since_us` on and those of a clock that was never set; all there are at first and when the
        clock was set meanwhile, because what was written before that lies elsewhere."""
        clock = await self._cgi.clock()
        latest = LocalUs(clock.local_us + _LATER_US)
        start = LocalUs(clock.local(since_us) - _MARGIN_US)
        entries: tuple[Entry, ...] | None = None
        if self._ahead_us is not None and abs(clock.ahead_us - self._ahead_us) <= _JUMP_US and start > _NEVER_SET[1]:
            entries = await self._search(*_NEVER_SET) + await self._search(start, latest)
            records = (login_record(entry, clock) for entry in entries)
            if any(record is not None and record.action is LoginAction.CLOCK_SET for record in records):
                entries = None
        if entries is None:
            entries = await self._search(*_EVERYTHING)
        self._ahead_us = clock.ahead_us
        return clock, entries

    async def _search(self, start: LocalUs, end: LocalUs) -> tuple[Entry, ...]:
        """Run one search to its end and close it whatever happens: a camera has few of them."""
        span = {"condition.StartTime": print_local(start), "condition.EndTime": print_local(end)}
        token = await self._cgi.read("log.cgi", {"action": "startFind", **span}, "starting the log search", search_token)
        try:
            entries: list[Entry] = []
            while True:
                pairs = {"action": "doFind", "token": token, "count": str(_PAGE)}
                found, lines = await self._cgi.read("log.cgi", pairs, "reading the log", page)
                if found == 0:
                    return tuple(entries)
                entries += lines
                if len(entries) > _MAX_LINES or not lines:
                    raise BadReply(f"{self._cgi.http.name}, reading the log: it does not end")
        finally:
            with contextlib.suppress(HearthwatchError):
                await self._cgi.do("log.cgi", {"action": "stopFind", "token": token}, "ending the log search")
