"""How the commands of Foscam's MJPEG generation are sent: `/X.cgi?…`, each answer parsed or told as one of our errors."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, US_PER_S, WallUs
from hearthwatch.vendors.device import Access, ClockReading, LocalUs
from hearthwatch.vendors.foscam_mjpeg_reply import check_ok, local_time, variables
from hearthwatch.vendors.http import DEFAULT_LIMIT_BYTES, CameraHttp, LogIn, query

T = TypeVar("T")

_RESOLUTION_US = 500_000  # the clock is told in whole seconds


class FoscamMjpegCgi:
    """The commands of one camera, on its one `http`."""

    def __init__(self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float) -> None:
        self._clock = clock
        self.http = CameraHttp(access, rng=rng, log_in=LogIn.CHALLENGE, timeout_s=timeout_s)

    async def read(
        self, cgi: str, pairs: Mapping[str, str], step: str, parse: Callable[[bytes], T], limit_bytes: int = DEFAULT_LIMIT_BYTES
    ) -> T:
        """Send one command and return what `parse` makes of the answer; `step` says in an error what was tried."""
        target = f"/{cgi}?{query(pairs)}" if pairs else f"/{cgi}"
        reply = await self.http.get(target, step=step, limit_bytes=limit_bytes)
        with self.http.named(step):
            return parse(reply.body)

    async def do(self, cgi: str, pairs: Mapping[str, str], step: str) -> None:
        """Send one command that is answered with `ok.`."""
        await self.read(cgi, pairs, step, lambda body: check_ok(body, step))

    async def variables(self, cgi: str, step: str) -> dict[str, str]:
        return await self.read(cgi, {}, step, lambda body: variables(body, step))

    async def clock(self) -> ClockReading:
        """Read the camera's clock between two readings of ours."""
        step = "reading its clock"
        before_us, before_ns = self._clock.wall_us(), self._clock.mono_ns()
        status = await self.variables("get_status.cgi", step)
        half_us = (self._clock.mono_ns() - before_ns) * US_PER_S // NS_PER_S // 2
        with self.http.named(step):
            shown_us = LocalUs(local_time(status) + _RESOLUTION_US)
        return ClockReading(local_us=shown_us, at_us=WallUs(before_us + half_us), error_us=half_us + _RESOLUTION_US)
