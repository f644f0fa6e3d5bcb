"""How the commands of Foscam's HD generation are sent: `CGIProxy.fcgi?cmd=…` with credentials in each URL, answers parsed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from hearthwatch.kit.clock import Clock
from hearthwatch.kit.units import NS_PER_S, US_PER_S, WallUs
from hearthwatch.vendors.device import Access, ClockReading, LocalUs
from hearthwatch.vendors.foscam_hd_reply import fields, local_time, west_us
from hearthwatch.vendors.http import DEFAULT_LIMIT_BYTES, CameraHttp, LogIn, QueryKeys, query

T = TypeVar("T")

_RESOLUTION_US = 500_000  # the clock is told in whole seconds


class FoscamHdCgi:
    """The commands of one camera, on its one `http`."""

    def __init__(self, access: Access, *, clock: Clock, rng: random.Random, timeout_s: float) -> None:
        self._clock = clock
        keys = QueryKeys(user="usr", password="pwd")  # noqa: S106 - a name
        self.http = CameraHttp(access, rng=rng, log_in=LogIn.QUERY, query_keys=keys, timeout_s=timeout_s)

    async def read(
        self,
        cmd: str,
        step: str,
        parse: Callable[[bytes], T],
        pairs: Mapping[str, str] | None = None,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
    ) -> T:
        """Send one command and return what `parse` makes of the answer; `step` says in an error what was tried."""
        reply = await self.http.get(target(cmd, pairs), step=step, limit_bytes=limit_bytes)
        with self.http.named(step):
            return parse(reply.body)

    async def fields(self, cmd: str, step: str, pairs: Mapping[str, str] | None = None) -> dict[str, str]:
        return await self.read(cmd, step, lambda body: fields(body, step), pairs)

    async def clock_and_west(self) -> tuple[ClockReading, int]:
        """Read the camera's clock between two readings of ours; and how far west of universal time it says it is, in us."""
        step = "reading its clock"
        before_us, before_ns = self._clock.wall_us(), self._clock.mono_ns()
        said = await self.fields("getDevInfo", step)
        half_us = (self._clock.mono_ns() - before_ns) * US_PER_S // NS_PER_S // 2
        with self.http.named(step):
            shown_us = LocalUs(local_time(said) + _RESOLUTION_US)
        reading = ClockReading(local_us=shown_us, at_us=WallUs(before_us + half_us), error_us=half_us + _RESOLUTION_US)
        return reading, west_us(said)


def target(cmd: str, pairs: Mapping[str, str] | None = None) -> str:
    return f"/cgi-bin/CGIProxy.fcgi?{query({'cmd': cmd, **(pairs or {})})}"
