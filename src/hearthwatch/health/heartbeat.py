"""The dead-man heartbeat: a call to an address outside as long as all is well here; whoever sits there notices when it stops.

It says nothing but that it came. The address is a secret: who knows it could go on calling in our stead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from hearthwatch.health.outage import Fault, HealthSink
from hearthwatch.kit.late import late
from hearthwatch.kit.logs import hide
from hearthwatch.kit.traffic import TRAFFIC, request_bytes

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = late("aiohttp")

_SUBJECT = "heartbeat"
_TIMEOUT_S = 20
_MISSES = 3
_HEADERS = {"User-Agent": "Hearthwatch"}


class Heartbeat:
    """Calls the address by GET as long as `well` says so; `address` and `every_s` are asked each time, "" is no address."""

    def __init__(
        self, address: Callable[[], str], every_s: Callable[[], float], *, well: Callable[[], bool], health: HealthSink
    ) -> None:
        self._address = address
        self._every_s = every_s
        self._well = well
        self._health = health
        self._missed = 0

    async def run(self) -> None:
        """Call until cancelled."""
        while True:
            await self.beat()
            await asyncio.sleep(self._every_s())

    async def beat(self) -> None:
        """Call once, if there is anybody to call and all is well."""
        url = self._address()
        if not url:
            self._note("")
        elif not url.startswith(("http://", "https://")):
            self._note("it does not begin with http:// or https://")
        elif self._well():
            hide(url)
            self._note(await _call(url))

    def _note(self, fault: str) -> None:
        if not fault:
            self._missed = 0
            self._health.recovered(Fault.HEARTBEAT_LOST, _SUBJECT)
            return
        self._missed += 1
        if self._missed >= _MISSES:
            detail = (
                f"The address outside that watches over this box does not take its sign of life: {fault}. Check the "
                "Internet connection, and the secret heartbeat.url."
            )
            self._health.failed(Fault.HEARTBEAT_LOST, _SUBJECT, detail)


async def _call(url: str) -> str:
    """Return what went wrong, "" for nothing."""
    TRAFFIC.sent("heartbeat", request_bytes("GET", url, _HEADERS))
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=_HEADERS, trust_env=False) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            return "" if answer.status < 300 else f"it answers with status {answer.status}"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return f"it cannot be reached ({type(error).__name__})"
