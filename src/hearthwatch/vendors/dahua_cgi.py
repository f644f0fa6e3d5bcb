"""How Dahua's commands are sent: `/cgi-bin/X.cgi?action=…` by Digest, each answer parsed or told as one of our errors."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.errors import Unsupported
from hearthwatch.kit.units import NS_PER_S, US_PER_S, MonoNs, WallUs
from hearthwatch.vendors.dahua_reply import check_ok, local_time, pairs_of, text_of
from hearthwatch.vendors.device import Access, ClockReading, LocalUs
from hearthwatch.vendors.http import DEFAULT_LIMIT_BYTES, CameraHttp, LogIn, query

T = TypeVar("T")

_BAD_REQUEST = frozenset({400})
_RECENT_NS = 30 * NS_PER_S
_RESOLUTION_US = 500_000  # the clock is told in whole seconds


class DahuaCgi:
    """The commands of one camera, on its one `http`."""

    def __init__(self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float) -> None:
        self._clock = clock
        self._reading: ClockReading | None = None
        self._read_ns = MonoNs(0)
        self.http = CameraHttp(access, rng=rng, log_in=LogIn.DIGEST, timeout_s=timeout_s)

    async def read(
        self,
        cgi: str,
        pairs: Mapping[str, str],
        step: str,
        parse: Callable[[bytes], T],
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
    ) -> T:
        """Send one command and return what `parse` makes of the answer; `step` says in an error what was tried."""
        target = f"/cgi-bin/{cgi}?{query(pairs)}"
        reply = await self.http.get(target, step=step, limit_bytes=limit_bytes, also=_BAD_REQUEST)
        with self.http.named(step):
            if reply.status == 400:
                text_of(reply.body, step)  # usually says what is wrong
                raise Unsupported("the camera does not understand the request")
            return parse(reply.body)

    async def do(self, cgi: str, pairs: Mapping[str, str], step: str) -> None:
        """Send one command that is answered with OK."""
        await self.read(cgi, pairs, step, lambda body: check_ok(body, step))

    async def magic(self, action: str, parse: Callable[[bytes], T]) -> T:
        return await self.read("magicBox.cgi", {"action": action}, f"asking {action}", parse)

    async def table(self, name: str) -> dict[str, str]:
        """Return the settings `name` as `table.…` keys."""
        step = f"reading the settings {name}"
        pairs = {"action": "getConfig", "name": name}
        return await self.read("configManager.cgi", pairs, step, lambda body: pairs_of(body, step))

    async def clock(self) -> ClockReading:
        """Read the camera's clock between two readings of ours."""
        before_us, before_ns = self._clock.wall_us(), self._clock.mono_ns()
        local_us = await self.read("global.cgi", {"action": "getCurrentTime"}, "reading its clock", local_time)
        half_us = (self._clock.mono_ns() - before_ns) * US_PER_S // NS_PER_S // 2
        shown_us = LocalUs(local_us + _RESOLUTION_US)
        self._read_ns = before_ns
        self._reading = ClockReading(local_us=shown_us, at_us=WallUs(before_us + half_us), error_us=half_us + _RESOLUTION_US)
        return self._reading

    async def recent_clock(self) -> ClockReading:
        """Return a reading of its clock that is at most half a minute old."""
        if self._reading is None or self._clock.mono_ns() - self._read_ns > _RECENT_NS:
            return await self.clock()
        return self._reading
